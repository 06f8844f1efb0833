// Named integer arrays that add: what a map gives, what an engine sums, what a state is kept in.
// How they look as bytes is in Tally+Wire.swift.

/// A set of named arrays of integers whose only operation is addition.
///
/// Adding is associative and commutative, so any engine that sums the tallies of all shards, in any order and
/// grouping, gets the same arrays. States travel in the same container.
package struct Tally: Hashable, Sendable {
  /// The arrays by name.
  package private(set) var arrays: [String: [Int64]]

  /// A tally with the given arrays; the empty tally is the zero of addition.
  package init(_ arrays: [String: [Int64]] = [:]) { self.arrays = arrays }

  /// The array of a name.
  /// - Precondition: reading needs the name to be present.
  package subscript(name: String) -> [Int64] {
    get {
      guard let array = arrays[name] else { preconditionFailure("tally has no array '\(name)'") }
      return array
    }
    set { arrays[name] = newValue }
  }

  /// The single number stored under a name (an array of one element).
  package subscript(number name: String) -> Int64 {
    get { self[name][0] }
    set { self[name] = [newValue] }
  }

  /// Whether a name is present.
  package func contains(_ name: String) -> Bool { arrays[name] != nil }

  /// Adds another tally, array by array; a name that only one side has is kept as it is.
  /// - Precondition: arrays of the same name have the same length; sums fit 64 bits.
  package mutating func add(_ other: Tally) {
    for (name, values) in other.arrays {
      if arrays[name] == nil {
        arrays[name] = values
      } else {
        Self.add(values, to: &arrays[name, default: []], name: name)
      }
    }
  }

  private static func add(_ values: [Int64], to sums: inout [Int64], name: String) {
    precondition(sums.count == values.count, "tally array '\(name)' has two lengths")
    for i in sums.indices { sums[i] += values[i] }
  }
}
