// IDX files: what is read, and every way in which a file can be wrong.

import Foundation
import ImageData
import Plumbing
import Testing
import _TestSupport

@Suite struct IDXTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  static let labels: [UInt8] = [3, 0, 1, 3]
  static let shape = ImageShape(width: 5, height: 3, channels: 1)
  static let pixels = noise(4 * 15, seed: 1)

  /// Opens a pair of files as a train part.
  func open(images: [UInt8], labels: [UInt8]) throws -> LabelledImages {
    let imagesPath = try folder.write(images, to: "images")
    let labelsPath = try folder.write(labels, to: "labels")
    return try openHere("\(imagesPath),\(labelsPath)").requireTrain()
  }

  /// The error of a pair of files, its message checked for the path that is wrong.
  func error(
    images: [UInt8] = idx([4, 3, 5], pixels), labels: [UInt8] = idx([4], labels), at name: String = "images",
    location: SourceLocation = #_sourceLocation
  ) throws -> DatasetError {
    let error = try #require(
      datasetError { _ = try open(images: images, labels: labels) }, sourceLocation: location)
    #expect(error.message.contains(folder.path(name)), sourceLocation: location)
    #expect(!error.description.contains("\n"), sourceLocation: location)
    return error
  }

  @Test func readsImagesOfOneChannel() throws {
    let set = try open(images: idx([4, 3, 5], Self.pixels), labels: idx([4], Self.labels))
    #expect(set.shape == Self.shape && set.pixels == Self.pixels)
    #expect(set.labels == [3, 0, 1, 3] && set.classNames == ["0", "1", "2", "3"])
    try expectSameInFiles("\(folder.path("images")),\(folder.path("labels"))")
  }

  @Test func readsImagesWithChannelsLast() throws {
    let pixels = noise(4 * 30, seed: 2)
    let set = try open(images: idx([4, 3, 5, 2], pixels), labels: idx([4], Self.labels))
    #expect(set.shape == ImageShape(width: 5, height: 3, channels: 2) && set.pixels == pixels)
  }

  @Test func labelsWithGapsAreTheClasses() throws {
    let set = try open(images: idx([2, 1, 1], [1, 2]), labels: idx([2], [255, 0]))
    #expect(set.labels == [1, 0] && set.classNames == ["0", "255"])
  }

  @Test(
    arguments: [
      ([0x1, 0, 8, 3], "01 00 08 03"), ([0, 0, 9, 3], "not unsigned bytes"),
      ([0, 0, 13, 3], "not unsigned bytes"),
      ([0, 0, 8, 1], "file of labels"), ([0, 0, 8, 2], "00 00 08 02"), ([0, 0, 8, 5], "00 00 08 05"),
      ([0x42, 0x4d, 1, 2], "42 4d 01 02"),
    ] as [([UInt8], String)])
  func wrongMagic(magic: [UInt8], hint: String) throws {
    let error = try error(images: magic + idx([4, 3, 5], Self.pixels).dropFirst(4))
    #expect(
      error.code == .wrongMagic && error.message.contains(hint) && error.message.contains("00 00 08 03"))
  }

  @Test func imagesWhereLabelsBelong() throws {
    let error = try error(labels: idx([4, 3, 5], Self.pixels), at: "labels")
    #expect(error.code == .wrongMagic && error.message.contains("file of images"))
  }

  @Test(arguments: [0, 3, 4, 9, 15, 16, 75]) func truncatedImages(size: Int) throws {
    let error = try error(images: Array(idx([4, 3, 5], Self.pixels)[..<size]))
    #expect(error.code == .truncated && error.message.contains("byte \(size)"))
  }

  @Test(arguments: [0, 3, 7, 8, 11]) func truncatedLabels(size: Int) throws {
    let error = try error(labels: Array(idx([4], Self.labels)[..<size]), at: "labels")
    #expect(error.code == .truncated && error.message.contains("byte \(size)"))
  }

  @Test func trailingBytes() throws {
    #expect(try error(images: idx([4, 3, 5], Self.pixels + [0])).code == .tooLong)
    #expect(try error(labels: idx([4], Self.labels + [0, 0]), at: "labels").code == .tooLong)
  }

  @Test func countsThatDiffer() throws {
    let error = try error(labels: idx([5], Self.labels + [1]), at: "labels")
    #expect(
      error.code == .countMismatch && error.message.contains("4 images") && error.message.contains("5 labels")
    )
  }

  @Test func noImages() throws {
    #expect(try error(images: idx([0, 3, 5], []), labels: idx([0], [])).code == .empty)
  }

  @Test(arguments: [
    [4, 0, 5], [4, 3, 0], [4, 3, 5, 0], [4, 70_000, 1], [4, 65_535, 65_535], [4, 5, 5, 5000],
  ])
  func impossibleShapes(sizes: [Int]) throws {
    #expect(try error(images: idx(sizes, Self.pixels)).code == .wrongShape)
  }

  @Test func headersThatPromiseTooMuch() throws {
    let all = 1 << 32 - 1
    let tooLong = try error(images: idx([all, 28, 28], Self.pixels), labels: idx([all], Self.labels))
    #expect(tooLong.code == .tooLong)
    // Within the limit, but the file has only 60 bytes: no memory is taken for the rest.
    let truncated = try error(
      images: idx([100_000_000, 3, 5], Self.pixels), labels: idx([100_000_000], Self.labels), at: "labels")
    #expect(truncated.code == .truncated)
    let overflow = try error(images: idx([all, all, all, all], Self.pixels), labels: idx([all], Self.labels))
    #expect(overflow.code == .wrongShape)
  }

  @Test func missingFilesAndFolders() throws {
    let images = try folder.write(idx([4, 3, 5], Self.pixels), to: "images")
    let missing = try #require(datasetError { _ = try openHere("\(images),\(folder.path("none"))") })
    #expect(missing.code == .missing && missing.message.contains(folder.path("none")) && missing.cause != nil)
    let place = try #require(datasetError { _ = try openHere("\(images),\(folder.url.path)") })
    #expect(place.code == .wrongKind && place.message.contains(folder.url.path))
  }
}
