// Choices among a few kinds of a thing: plans write the name, files and messages the code, and both are for ever.
// Which kinds there are is said by the types that conform.

/// One of a few kinds of a thing; its raw value is its name in plans and reports.
package protocol CodedChoice: CaseIterable, RawRepresentable<String>, Sendable where AllCases == [Self] {
  /// The number that stands for it in model files and in the descriptions of rounds; it never changes its meaning.
  var fileCode: Int { get }
}

extension CodedChoice {
  /// The kind that a number stands for; nil if there is none.
  package init?(fileCode: Int) {
    guard let kind = Self.allCases.first(where: { $0.fileCode == fileCode }) else { return nil }
    self = kind
  }

  /// The numbers that stand for something.
  package static var fileCodes: ClosedRange<Int> { 0...(allCases.map(\.fileCode).max() ?? 0) }
}
