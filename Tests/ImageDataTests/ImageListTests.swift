// Lists of images: they are read as the folder of the same files is, and nothing damaged is read.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct ImageListTests {
  private struct Item {
    var content: [UInt8]
    var label: Int
    var name = ""
    var part = 0
  }

  /// A list as the Python package writes it.
  private func list(_ items: [Item], classes: [String]) -> [UInt8] {
    var (contents, index) = (ByteWriter(), ByteWriter())
    contents.append(Array("TALLYIML".utf8))
    for item in items {
      contents.append(item.content)
      for (value, width) in [
        (item.content.count, 8), (item.label, 4), (item.part, 1), (item.name.utf8.count, 2),
      ] {
        index.append(UInt64(value), bytes: width)
      }
    }
    let names = items.flatMap { Array($0.name.utf8) }
    let quoted = classes.map { "\"\($0)\"" }.joined(separator: ",")
    let about = Array("{\"name\": \"table\", \"classes\": [\(quoted)]}".utf8)
    index.append(names + about)
    let check = CRC32.checksum(index.bytes)
    for value in [items.count, names.count, about.count] { index.append(UInt64(value), bytes: 8) }
    index.append(UInt64(check), bytes: 4)
    return contents.bytes + index.bytes + Array("TALLYIML".utf8)
  }

  /// Pictures of two classes, and what they are called.
  private func items() -> [Item] {
    (0..<20).map { number in
      let rows = (0..<16).map { y in (0..<16).map { UInt8(truncatingIfNeeded: $0 * (number + 1) + 7 * y) } }
      return Item(
        content: png(width: 16, height: 16, colourType: 0, rows: rows), label: number / 10,
        name: "\(number + 10).png")
    }
  }

  @Test func itsRowsAreTheFilesOfAFolder() throws {
    let folder = try TemporaryFolder()
    let (classes, items) = (["a", "b"], items())
    for item in items {
      let place = folder.path("set/\(classes[item.label])")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try folder.write(item.content, to: "set/\(classes[item.label])/\(item.name)")
    }
    let path = try folder.write(list(items, classes: classes), to: "set.imagelist")
    for options in [FolderOptions(seed: 4), FolderOptions(width: 9, height: 7, colour: .rgb, testShare: 0)] {
      let listed = try ImageDataset.open(path, folder: options)
      let filed = try ImageDataset.open(folder.path("set"), folder: options)
      #expect(try listed.requireTrain().digest == filed.requireTrain().digest)
      #expect(listed.test?.digest == filed.test?.digest)
      #expect(listed.record == filed.record && listed.name == "table")
    }
    let first = try #require(try ImageDataset.open(path).requireTrain().path(of: 0))
    #expect(first.hasPrefix("table row ") && first.hasSuffix(".png)"))
  }

  @Test func partsAreThoseThatAreSaid() throws {
    let folder = try TemporaryFolder()
    var items = items()
    for at in items.indices { items[at].part = at % 10 < 6 ? 0 : at % 10 < 8 ? 1 : 2 }
    let path = try folder.write(list(items, classes: ["b", "a"]), to: "parts.imagelist")
    let set = try ImageDataset.open(path)
    #expect([set.train?.count, set.validation?.count, set.test?.count] == [12, 4, 4])
    // The list's order, not that of names.
    #expect(set.train?.classNames == ["b", "a"])
  }

  @Test func anUnreadableImageIsNamed() throws {
    let folder = try TemporaryFolder()
    var items = items()
    items[3].content = []
    items[3].name = ""
    let path = try folder.write(list(items, classes: ["a", "b"]), to: "set.imagelist")
    let set = try ImageDataset.open(path, parts: .train, folder: FolderOptions(testShare: 0))
    #expect(set.train?.count == 19)
    #expect(set.warnings.contains { $0.contains("table row 3: an empty file") })
  }

  @Test func nothingDamagedIsRead() throws {
    let folder = try TemporaryFolder()
    let few = [Item(content: [1, 2, 3], label: 0, name: "x"), Item(content: [], label: 1)]
    let whole = list(few, classes: ["a", "b"])
    func fails(_ bytes: [UInt8]) throws {
      let path = try folder.write(bytes, to: "bad.imagelist")
      #expect(throws: DatasetError.self) { try ImageList(path: path) }
    }
    #expect(try ImageList(path: folder.write(whole, to: "good.imagelist")).entries.count == 2)
    for length in 0..<whole.count { try fails(Array(whole[..<length])) }
    // The images themselves have no checksum here: their formats have.
    for at in whole.indices where !(8..<11).contains(at) {
      var changed = whole
      changed[at] ^= 0x10
      try fails(changed)
    }
    try fails(list([Item(content: [1], label: 2)], classes: ["a", "b"]))
    try fails(list([Item(content: [1], label: 0, part: 3)], classes: ["a", "b"]))
    let empty = try folder.write(list([], classes: []), to: "empty.imagelist")
    #expect(throws: DatasetError.self) { try ImageDataset.open(empty) }
  }
}
