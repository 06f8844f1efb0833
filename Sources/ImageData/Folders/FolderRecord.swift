// What a training leaves behind of the folder that it drew a test part from, so that the same part can be found again.

import Plumbing

/// The identity of a folder of images that a test part was drawn from.
public struct FolderRecord: Hashable, Sendable, Codable {
  /// The fraction held out for testing, parts per million.
  public let testShare: Int
  /// Images in the folder.
  public let files: Int
  /// CRC-64 of their names, `class/name` and a line feed each, in 16 hexadecimal digits; for arrays `arrays`, a blank and
  /// the digits of `PartContent.digest`.
  public let names: String
  /// A checksum of what the files hold, see `addContent`, in 16 hexadecimal digits; nil in models that
  /// know the names only.
  public private(set) var content: String?

  /// A record.
  public init(testShare: Int, files: Int, names: String, content: String? = nil) {
    self.testShare = testShare
    self.files = files
    self.names = names
    self.content = content
  }

  /// The record of a folder with these classes and files, without what they hold.
  init(_ part: ClassFolders.Part, testShare: Int) {
    var crc = CRC64()
    for file in part.files {
      crc.update(Array("\(part.classes[file.label])/\(file.name)\n".utf8).span)
    }
    self.init(testShare: testShare, files: part.files.count, names: hexadecimal(crc.value))
  }

  /// Whether this is the folder of a training's record: by what the files hold, whatever they are called, or for a record
  /// without content by their names.
  func isSame(_ learned: FolderRecord) -> Bool {
    guard let content = learned.content else { return learned.names == names }
    return learned.files == files && content == self.content
  }

  /// Adds the checksum of what the files hold: the classes' names, how many files each has, the length of every file, and
  /// all bytes of those held out. Files that are equal in all of these, in the same order, make the same test part.
  ///
  /// Only the held-out files are read, as reading all would take longer than an evaluation.
  /// - Throws: `DatasetError` where another process reads the images and cannot.
  mutating func addContent(
    of part: ClassFolders.Part, heldOut: [Int], threads: Int
  ) throws(DatasetError) {
    if let distant = part.distant {
      let looks = try distant.looks(at: part)
      return setContent(
        of: part, lengths: looks.map { UInt64($0.length) }, sums: heldOut.map { looks[$0].sum })
    }
    let unknown = UInt64.max
    let lengths = SharedBuffer<UInt64>(repeating: unknown, count: part.files.count)
    parallelFor(part.files.count, threads: threads) { item, _ in
      // What cannot be read is reported when it is decoded.
      guard let size = part.length(part.files[item]) else { return }
      lengths.withMutableSpan(item..<item + 1) { $0[0] = UInt64(size) }
    }
    let sums = SharedBuffer<UInt64>(repeating: unknown, count: heldOut.count)
    parallelFor(heldOut.count, threads: threads) { item, _ in
      guard let bytes = try? part.read(part.files[heldOut[item]]) else { return }
      sums.withMutableSpan(item..<item + 1) { $0[0] = CRC64.checksum(bytes) }
    }
    setContent(of: part, lengths: lengths.array, sums: sums.array)
  }

  /// - Parameters:
  ///   - lengths: of all files.
  ///   - sums: checksums of those held out.
  private mutating func setContent(of part: ClassFolders.Part, lengths: [UInt64], sums: [UInt64]) {
    var counts = [UInt64](repeating: 0, count: part.classes.count)
    for file in part.files { counts[file.label] += 1 }
    var description = ByteWriter()
    for (name, count) in zip(part.classes, counts) {
      description.append(UInt64(name.utf8.count), bytes: 8)
      description.append(Array(name.utf8))
      description.append(count, bytes: 8)
    }
    for number in lengths + sums { description.append(number, bytes: 8) }
    content = hexadecimal(CRC64.checksum(description.bytes))
  }
}
