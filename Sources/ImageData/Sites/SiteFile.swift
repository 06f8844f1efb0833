// The files that sites exchange before a training: JSON with a kind, a version and a checksum.

public import Plumbing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What one kind of these files holds.
public protocol SiteFile: Codable, Sendable {
  /// What the file is, as it says itself.
  static var kind: String { get }
  /// Its name in its folder.
  static var fileName: String { get }
  /// How it is made again.
  static var remedy: String { get }
  /// What is wrong with its numbers or names; nil if nothing.
  var problem: String? { get }
}

/// The file as a whole.
private struct Sealed<Content: SiteFile>: Codable {
  var kind = Content.kind
  var version = SiteFiles.version
  var checksum = ""
  let content: Content

  init(_ content: Content) {
    self.content = content
    checksum = hexadecimal(SiteFiles.sum(of: content))
  }
}

/// What a file says before anything else is believed.
private struct SealedHead: Decodable { let kind: String, version: Int }
private struct SealedKind: Decodable { let kind: String }

/// What all of these files have in common.
public enum SiteFiles {
  /// The version that is written and read.
  static let version = 1

  /// CRC-64 of a content as JSON.
  static func sum<Content: SiteFile>(of content: Content) -> UInt64 { CRC64.checksum(text(of: content)) }

  fileprivate static func text<T: Encodable>(of value: T) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ((try? encoder.encode(value)).map { Array($0) } ?? []) + [0x0a]
  }

  /// The kind that a file says it is; nil where it says none.
  /// - Throws: `FileError` when it cannot be read.
  public static func kind(of path: String) throws(FileError) -> String? {
    let bytes = try readFile(path, limit: ShardManifest.mostBytes)
    return (try? JSONDecoder().decode(SealedKind.self, from: Data(bytes)))?.kind
  }

  /// A name that a site can have: 1 to 64 of the letters a to z and A to Z, digits, ".", "_" and "-".
  public static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || [0x2e, 0x5f, 0x2d].contains(byte)
      }
  }
}

extension SiteFile {
  /// The content of the file.
  public func encoded() -> [UInt8] { SiteFiles.text(of: Sealed(self)) }

  /// Writes it into a folder.
  /// - Throws: `FileError`.
  public func write(into folder: String) throws(FileError) {
    try makeFolders(folder)
    try AtomicFile.write(encoded(), to: "\(folder)/\(Self.fileName)")
  }

  /// Reads the content of a file and checks it.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: its name, for the error.
  /// - Throws: `DatasetError`.
  public init(encoded bytes: [UInt8], path: String) throws(DatasetError) {
    func wrong(_ what: String) -> DatasetError {
      DatasetError(code: .damagedImage, message: "\(path): \(what); \(Self.remedy)")
    }
    do { try MemoryLimit.current.check(16 * bytes.count, for: "a file of \(bytes.count) bytes") } catch {
      throw wrong(error.message)
    }
    guard let head = try? JSONDecoder().decode(SealedHead.self, from: Data(bytes)), head.kind == Self.kind
    else {
      throw wrong("not a file of the kind \"\(Self.kind)\"")
    }
    guard head.version == SiteFiles.version else {
      throw wrong("version \(head.version), this Tally reads \(SiteFiles.version)")
    }
    guard let sealed = try? JSONDecoder().decode(Sealed<Self>.self, from: Data(bytes)) else {
      throw wrong("not whole")
    }
    guard hexadecimal(SiteFiles.sum(of: sealed.content)) == sealed.checksum else {
      throw wrong("the checksum does not match (truncated or changed)")
    }
    if let problem = sealed.content.problem { throw wrong(problem) }
    self = sealed.content
  }

  /// Reads a file.
  /// - Throws: `DatasetError`.
  public init(path: String) throws(DatasetError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path, limit: ShardManifest.mostBytes) } catch {
      throw DatasetError(error, path: path)
    }
    try self.init(encoded: bytes, path: path)
  }
}
