// Which classes a split filter tells from which.

import Plumbing

/// Draws sets of classes: halves at random, single classes, and sets that part classes which are still confused.
struct ClassPartitions {
  private let classes: Int
  /// How often two classes are taken for each other, for every pair (a, b) with a < b.
  private let confusions: [(a: Int, b: Int, count: Int64)]
  private let total: Int64

  /// Partitions of `classes` classes.
  /// - Parameter answers: classes × classes, how many images of a class were taken for which; empty where nothing is known.
  init(classes: Int, answers: [Int64]) {
    self.classes = classes
    var confusions: [(a: Int, b: Int, count: Int64)] = []
    for b in 0..<(answers.isEmpty ? 0 : classes) {
      for a in 0..<b {
        let count = answers[a * classes + b] + answers[b * classes + a]
        if count > 0 { confusions.append((a, b, count)) }
      }
    }
    self.confusions = confusions
    total = confusions.reduce(0) { $0 + $1.count }
  }

  /// A random set of about half of the classes, or a single class one time in four. Where classes are confused, every other
  /// set parts two of them, drawn by how often that happens.
  func draw(_ generator: inout SeededGenerator) -> [Bool] {
    var order = Array(0..<classes)
    generator.shuffle(&order)
    let size = generator.below(4) == 0 ? 1 : max(1, classes / 2)
    var inA = [Bool](repeating: false, count: classes)
    for label in order[..<size] { inA[label] = true }
    guard total > 0, generator.below(2) == 0 else { return inA }
    var left = Int64(generator.next() % UInt64(total))
    for (a, b, count) in confusions {
      if left < count {
        // A single class is one of the two; of halves one class changes sides.
        let one = generator.below(2) == 0 ? a : b
        if size == 1 { inA = (0..<classes).map { $0 == one } } else if inA[a] == inA[b] { inA[one].toggle() }
        break
      }
      left -= count
    }
    return inA
  }
}
