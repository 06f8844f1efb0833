// The name that an exported program's functions, macros and files begin with.

/// A name that C takes as the beginning of others.
public struct ExportName: Hashable, Sendable, CustomStringConvertible {
  /// The name as it is.
  public let text: String

  /// The name that is taken where none is given.
  public static let standard = ExportName(unchecked: "tally_model")

  private init(unchecked text: String) { self.text = text }

  /// A name; nil unless it is a letter and up to 47 more letters, digits and underscores.
  public init?(_ text: String) {
    func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 48,
      text.utf8.allSatisfy({ isLetter($0) || (48...57).contains($0) || $0 == 95 })
    else { return nil }
    self.text = text
  }

  /// The name in capitals, as macros have it.
  public var capitals: String {
    String(decoding: text.utf8.map { (97...122).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
  }

  /// The name.
  public var description: String { text }

  /// Text written for `tally_model`, with this name in its place.
  func naming(_ text: String) -> String {
    text.replacing("tally_model", with: self.text).replacing("TALLY_MODEL", with: capitals)
  }

  /// The same of a file that is built in.
  func naming(_ file: [UInt8]) -> String { naming(String(decoding: file, as: UTF8.self)) }
}
