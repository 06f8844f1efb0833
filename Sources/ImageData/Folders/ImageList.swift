// Image files in one file, with the class and the part of each: what tables of images become before they are read.
// docs/wire-protocol.md lays it out; the Python package in spark/ writes it.

import Plumbing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A list of images, of which the index is in memory and the images are in the file.
package struct ImageList: Sendable {
  /// The ending of its name.
  package static let ending = ".imagelist"

  /// What an image is for.
  enum Part: UInt64 {
    case train = 0
    case validation = 1
    case test = 2
  }
  /// One image.
  struct Entry {
    let place: Range<Int>
    let label: Int
    let part: Part
    /// What the table calls it; empty where it does not.
    let name: String
  }
  private struct About: Decodable {
    var name: String
    var classes: [String]
  }

  /// What the table was called.
  let name: String
  /// The classes in their order.
  let classes: [String]
  let entries: [Entry]
  /// Where the images are; nil for the index alone.
  private let file: PlacedFile?

  private static let magic = Array("TALLYIML".utf8)
  private static let entryBytes = 15
  private static let footerBytes = 36

  /// Opens a list and reads its index; every length and number is checked.
  /// - Throws: `DatasetError`.
  init(path: String) throws(DatasetError) {
    do {
      let file = try PlacedFile(path: path)
      self.file = file
      guard file.size >= Self.magic.count + Self.footerBytes,
        try file.read(0..<Self.magic.count) == Self.magic
      else { throw ByteReader.Failure(message: "its first bytes are not those of a list of images") }
      var footer = ByteReader(try file.read(file.size - Self.footerBytes..<file.size))
      let count = try footer.read(bytes: 8)
      let (nameBytes, length) = (try footer.read(bytes: 8), try footer.read(bytes: 8))
      let check = try footer.read(bytes: 4)
      guard try footer.readBytes(8) == Self.magic else {
        throw ByteReader.Failure(message: "it ends too early")
      }
      let room = UInt64(file.size - Self.magic.count - Self.footerBytes)
      guard length <= room, nameBytes <= room - length,
        count <= (room - length - nameBytes) / UInt64(Self.entryBytes)
      else {
        throw ByteReader.Failure(message: "\(count) images do not fit its length")
      }
      let start = file.size - Self.footerBytes - Int(length + nameBytes) - Int(count) * Self.entryBytes
      let bytes = file.size - Self.footerBytes - start
      try MemoryLimit.current.check(
        MemoryLimit.sum(MemoryLimit.product(160, Int(count)), 2 * bytes), for: "a list of \(count) images")
      let index = try file.read(start..<file.size - Self.footerBytes)
      guard UInt64(CRC32.checksum(index)) == check else {
        throw ByteReader.Failure(message: "its index does not match its checksum")
      }
      (name, classes, entries) = try Self.content(
        of: index, count: Int(count), textBytes: Int(length), end: start)
    } catch let error as ByteReader.Failure {
      throw DatasetError(
        code: .damagedImage, message: "\(path): not a whole list of images: \(error.message); write it again")
    } catch let error as FileError {
      throw DatasetError(error, path: path)
    } catch {
      throw DatasetError(code: .tooLong, message: "\(path): \(error)")
    }
  }

  /// An index alone, of images that another process has: entries, names and JSON, the number of images (8) and the bytes of
  /// the JSON (8). The images' lengths are 0.
  /// - Throws: `DatasetError`.
  init(index bytes: [UInt8], path: String) throws(DatasetError) {
    file = nil
    do throws(ByteReader.Failure) {
      guard bytes.count >= 16 else { throw ByteReader.Failure(message: "its index ends too early") }
      var footer = ByteReader(Array(bytes.suffix(16)))
      let (count, length) = (try footer.read(bytes: 8), try footer.read(bytes: 8))
      let room = UInt64(bytes.count - 16)
      guard length <= room, count <= (room - length) / UInt64(Self.entryBytes) else {
        throw ByteReader.Failure(message: "\(count) images do not fit its length")
      }
      do {
        try MemoryLimit.current.check(
          MemoryLimit.sum(MemoryLimit.product(160, Int(count)), 2 * bytes.count),
          for: "a list of \(count) images")
      } catch { throw ByteReader.Failure(message: error.message) }
      (name, classes, entries) = try Self.content(
        of: Array(bytes.dropLast(16)), count: Int(count), textBytes: Int(length), end: Self.magic.count)
    } catch {
      throw DatasetError(
        code: .damagedImage, message: "\(path): not a whole list of images: \(error.message)")
    }
  }

  /// What an index says: entries, names and JSON.
  private static func content(
    of index: [UInt8], count: Int, textBytes: Int, end: Int
  ) throws(ByteReader.Failure) -> (name: String, classes: [String], entries: [Entry]) {
    guard let about = try? JSONDecoder().decode(About.self, from: Data(index.suffix(textBytes))) else {
      throw ByteReader.Failure(message: "it does not say which classes there are")
    }
    let entries = try entries(
      Array(index.dropLast(textBytes)), count: count, classes: about.classes.count, end: end)
    return (about.name, about.classes, entries)
  }

  /// The entries of images whose bytes end at `end`.
  /// - Parameter index: what is between the images and the JSON.
  private static func entries(
    _ index: [UInt8], count: Int, classes: Int, end: Int
  ) throws(ByteReader.Failure) -> [Entry] {
    var reader = ByteReader(index)
    var names = ByteReader(Array(index[(count * entryBytes)...]))
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    var at = magic.count
    for number in 0..<count {
      let (size, label) = (try reader.read(bytes: 8), try reader.read(bytes: 4))
      guard let part = Part(rawValue: try reader.read(bytes: 1)), label < UInt64(classes),
        size <= UInt64(end - at)
      else { throw ByteReader.Failure(message: "image \(number) has no such class, part or length") }
      let name = FileName.text(try names.readBytes(Int(try reader.read(bytes: 2))))
      entries.append(Entry(place: at..<at + Int(size), label: Int(label), part: part, name: name))
      at += Int(size)
    }
    guard names.remaining == 0 else {
      throw ByteReader.Failure(message: "\(names.remaining) bytes of names belong to no image")
    }
    guard at == end else { throw ByteReader.Failure(message: "\(end - at) bytes belong to no image") }
    return entries
  }

  /// The bytes of an image.
  func read(_ index: Int) throws(DatasetError) -> [UInt8] {
    let place = entries[index].place
    guard place.count <= ImageFile.mostBytes else {
      throw DatasetError(
        code: .tooLong,
        message: "\(name) row \(index): has more than the \(ImageFile.mostBytes) bytes accepted here")
    }
    guard let file else { preconditionFailure("another process has the images") }
    do { return try file.read(place) } catch { throw DatasetError(error, path: name) }
  }
}
