// gzip and xz: whole files, several members, and damage at every place that a checksum guards.

import Foundation
import ImageData
import Testing
import _TestSupport

@Suite struct CompressionTests {
  enum Format: String, CaseIterable, Sendable {
    case gz, xz
    func pack(_ bytes: [UInt8]) throws -> [UInt8] { self == .gz ? try gzip(bytes) : ImageDataTests.xz(bytes) }
  }

  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  // More than the 256 KiB of the input buffer, and more than 1 MiB unpacked.
  static let count = 1500
  static let pixels: [UInt8] = {
    let bytes = noise(400_000, seed: 3)
    return bytes + bytes + [UInt8](repeating: 5, count: count * 28 * 28 - 800_000)
  }()
  static let file = idx([count, 28, 28], pixels)

  func open(_ packed: [UInt8], name: String) throws -> LabelledImages {
    let images = try folder.write(packed, to: name)
    let labels = try folder.write(
      idx([Self.count], (0..<Self.count).map { UInt8($0 % 10) }), to: "labels")
    return try ImageDataset.open("\(images),\(labels)", folder: FolderOptions(testShare: 0)).requireTrain()
  }

  func code(_ packed: [UInt8], _ format: Format) throws -> DatasetError.Code? {
    let name = "images.\(format.rawValue)"
    let error = datasetError { _ = try open(packed, name: name) }
    if let error {
      #expect(error.message.contains(folder.path(name)) && !error.description.contains("\n"))
    }
    return error?.code
  }

  @Test(arguments: Format.allCases) func unpacks(format: Format) throws {
    let packed = try format.pack(Self.file)
    #expect(packed.count > 1 << 18 && packed.count < Self.file.count)
    #expect(try open(packed, name: "images.\(format.rawValue)").pixels == Self.pixels)
    // The content decides, not the name.
    #expect(try open(packed, name: "images").pixels == Self.pixels)
  }

  @Test(arguments: Format.allCases) func unpacksSeveralMembers(format: Format) throws {
    let cuts = [0, 5, 16, 16, 700_001, Self.file.count]
    let packed = try zip(cuts, cuts.dropFirst()).flatMap { try format.pack(Array(Self.file[$0..<$1])) }
    #expect(try open(packed, name: "images.\(format.rawValue)").pixels == Self.pixels)
  }

  @Test(arguments: Format.allCases) func truncatedAnywhere(format: Format) throws {
    let packed = try format.pack(Self.file)
    for size in [20, 1000, 1 << 18, packed.count / 2, packed.count - 9, packed.count - 4, packed.count - 1] {
      #expect(try code(Array(packed[..<size]), format) == .truncated, "\(size) bytes")
    }
    #expect(try code([], format) == .corruptCompression)
    #expect(try code([packed[0]], format) == .corruptCompression)
  }

  @Test func damagedGzip() throws {
    let packed = try gzip(Self.file)
    // The method, the CRC, the length.
    for at in [2, packed.count - 8, packed.count - 1] {
      var damaged = packed
      damaged[at] ^= 0x10
      #expect(try code(damaged, .gz) == .corruptCompression, "byte \(at)")
    }
    // Within the data: an error in any case, whichever check finds it.
    var damaged = packed
    damaged[packed.count / 2] ^= 0x10
    #expect(try code(damaged, .gz) != nil)
  }

  @Test func damagedXZ() throws {
    let packed = xz(Self.file)
    for at in [7, 20, packed.count / 2, packed.count - 30, packed.count - 1] {
      var damaged = packed
      damaged[at] ^= 0x10
      #expect(try code(damaged, .xz) == .corruptCompression, "byte \(at)")
    }
  }

  @Test func otherBytesBehindTheData() throws {
    #expect(try code(try gzip(Self.file) + [1, 2, 3], .gz) == .tooLong)
    let packed = xz(Self.file)
    #expect(try code(packed + [UInt8](repeating: 9, count: 40), .xz) == .corruptCompression)
    // Too few bytes to tell them from the start of another stream.
    #expect(try code(packed + [1, 2, 3, 4], .xz) == .truncated)
    // Padding with zeros, in fours, belongs to the format.
    #expect(try code(packed + [0, 0, 0, 0], .xz) == nil)
    #expect(try code(packed + [0, 0, 0], .xz) == .corruptCompression)
  }

  @Test(arguments: Format.allCases) func otherBytesWithinTheData(format: Format) throws {
    #expect(try code(try format.pack(Self.file + [0]), format) == .tooLong)
    #expect(try code(try format.pack(Array(Self.file.dropLast())), format) == .truncated)
  }

  @Test func namesThatPromiseCompression() throws {
    #expect(try code(Self.file, .gz) == .corruptCompression)
    #expect(try code(Self.file, .xz) == .corruptCompression)
  }

  @Test(arguments: Format.allCases) func aBombStopsAtTheHeadersPromise(format: Format) throws {
    // 64 MiB of zeros behind a header that promises 60 bytes.
    let bomb = idx([4, 3, 5], [UInt8](repeating: 0, count: 64 << 20))
    let images = try folder.write(try format.pack(bomb), to: "bomb")
    let labels = try folder.write(idx([4], [0, 1, 2, 3]), to: "labels")
    #expect(datasetError { _ = try openHere("\(images),\(labels)") }?.code == .tooLong)
  }
}
