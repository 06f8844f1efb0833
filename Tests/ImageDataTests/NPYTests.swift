// NumPy arrays as data sets: .npy pairs and .npz archives, and what is said of arrays that are something else.

import Foundation
import ImageData
import Plumbing
import Testing
import _TestSupport

@Suite struct NPYTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func little(_ value: Int, _ count: Int) -> [UInt8] { littleEndian(value, bytes: count) }

  private func pair(_ images: [UInt8], _ labels: [UInt8]) throws -> ImageDataset {
    let (a, b) = (try folder.write(images, to: "a.npy"), try folder.write(labels, to: "b.npy"))
    return try openHere("\(a),\(b)")
  }

  private var images: [UInt8] { npy("|u1", [3, 2, 2], Array(1...12)) }

  @Test(arguments: ["|u1", "|i1", "<u2", ">i2", "<i4", ">u4", "<i8", "<u8", ">i8"])
  func labelsOfEveryType(type: String) throws {
    let width = Int(String(type.last ?? "1")) ?? 1
    let numbers = [2, 0, 1].flatMap { type.hasPrefix(">") ? bigEndian($0, bytes: width) : little($0, width) }
    for shape in [[3], [3, 1]] {
      let set = try pair(images, npy(type, shape, numbers))
      #expect(set.train?.labels == [2, 0, 1] && set.train?.pixels == Array(1...12))
      #expect(set.train?.classNames == ["0", "1", "2"] && set.train?.isNumbered == true)
    }
  }

  @Test func versionsColourAndCompression() throws {
    let labels = npy("|u1", [2], [0, 1])
    for version in [1, 2, 3] as [UInt8] {
      let set = try pair(npy("|u1", [2, 1, 2, 3], Array(0..<12), version: version), labels)
      #expect(set.train?.shape == ImageShape(width: 2, height: 1, channels: 3))
      #expect(set.train?.pixels == Array(0..<12))
    }
    let a = try folder.write(try gzip(npy("|u1", [2, 1, 1], [7, 8])), to: "c.npy.gz")
    #expect(try openHere("\(a),\(folder.write(labels, to: "d.npy"))").train?.pixels == [7, 8])
    try expectSameInFiles("\(a),\(folder.path("d.npy"))")
  }

  @Test func whatIsNoImagesOrLabels() throws {
    let labels = npy("|u1", [3], [0, 1, 2])
    let cases: [([UInt8], [UInt8], DatasetError.Code, String)] = [
      (
        npy("|u1", [3, 2, 2], Array(1...12), order: "True"), labels, .wrongShape,
        "a.npy: its numbers are in Fortran order; save np.ascontiguousarray(x)"
      ),
      (npy("<f4", [3, 1, 1], [UInt8](repeating: 0, count: 12)), labels, .wrongShape, "<f4"),
      (npy("<u2", [3, 1, 1], [UInt8](repeating: 0, count: 6)), labels, .wrongShape, "uint16"),
      (npy("|u1", [3, 4], Array(1...12)), labels, .wrongShape, "[3, 4]"),
      (npy("|u1", [0, 2, 2], []), npy("|u1", [0], []), .empty, "no images"),
      (npy("|u1", [3, 0, 2], []), labels, .wrongShape, "empty"),
      (images, npy("|u1", [2], [0, 1]), .countMismatch, "3 images"),
      (images, npy("|u1", [3, 2], Array(1...6)), .wrongShape, "[3, 2]"),
      (images, npy("|i1", [3], [0, 255, 1]), .labelOutOfRange, "label 1"),
      (Array("no array".utf8), labels, .wrongMagic, "a.npy"), ([], labels, .wrongMagic, "a.npy"),
      (images + [0], labels, .tooLong, "extra bytes"),
      (Array(images.dropLast()), labels, .truncated, "a.npy"),
      (npy("|u1", [1 << 40, 1 << 40, 1 << 40], []), labels, .tooLong, "accepted"),
      (npy("|u1", [3, 2, -2], []), labels, .wrongMagic, "-2"),
      (npy("|u1", [3, 2, 2], Array(1...12), version: 9), labels, .wrongMagic, "version 9"),
    ]
    for (images, labels, code, words) in cases {
      let error = try #require(datasetError { _ = try pair(images, labels) }, "\(words)")
      #expect(error.code == code && error.message.contains(words), "\(error)")
    }
  }

  private func archive(_ names: [String], deflated: Bool = false, wide: Bool = false) -> [UInt8] {
    zip(
      names.enumerated().map { n, name in
        let isLabels = name.hasPrefix("y") || name.hasSuffix("labels")
        let first = UInt8(n)
        return (
          name + ".npy",
          isLabels
            ? npy("<i8", [3], [first, 0, 0, 0, 0, 0, 0, 0] + little(0, 8) + little(1, 8))
            : npy("|u1", [3, 2, 2], [first] + Array(2...12))
        )
      }, deflated: deflated, wide: wide)
  }

  @Test(arguments: [false, true], [false, true]) func archives(deflated: Bool, wide: Bool) throws {
    let plain = archive(["x_train", "y_train", "x_test", "y_test", "more"], deflated: deflated, wide: wide)
    let set = try openHere(try folder.write(plain, to: "set.npz"))
    #expect(set.name == "set.npz" && set.train?.pixels.first == 0 && set.train?.labels == [1, 0, 1])
    #expect(set.test?.pixels.first == 2 && set.test?.labels == [3, 0, 1] && set.validation == nil)
    #expect(set.train?.classNames.count == 4)
    let names = ["train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"]
    let three = try openHere(try folder.write(archive(names, deflated: deflated, wide: wide), to: "med.npz"))
    #expect(three.validation?.pixels.first == 2 && three.test?.pixels.first == 4)
    #expect(try three.requireLearning().validation == [3, 4, 5])
    try expectSameInFiles(folder.path("med.npz"))
    let two = try openHere(
      try folder.write(archive(["images", "labels"], deflated: deflated), to: "two.npz"))
    // A tenth of three images is none.
    #expect(two.train?.count == 3 && two.test == nil)
  }

  @Test func archivesThatLackSomething() throws {
    for (bytes, words) in [
      (archive(["x_train", "y_test"]), "y_train"), (archive(["a", "b"]), "a.npy, b.npy"),
      (zip([]), "nothing"), ([], "first bytes"), (Array("PK".utf8), "directory is missing"),
    ] {
      let path = try folder.write(bytes, to: "bad.npz")
      let error = try #require(datasetError { _ = try openHere(path) })
      #expect(error.message.contains(path) && error.message.contains(words), "\(error)")
    }
    let path = try folder.write(archive(["x_test", "y_test"]), to: "test.npz")
    #expect(try openHere(path).train == nil)
  }

  /// Cut or changed anywhere, a file is refused or gives a set that holds together.
  @Test(arguments: [false, true]) func mutatedArchives(deflated: Bool) throws {
    let whole = archive(["x_train", "y_train", "x_test", "y_test"], deflated: deflated, wide: deflated)
    for count in 0..<whole.count {
      #expect(datasetError { _ = try openHere(folder.write(Array(whole[..<count]), to: "cut.npz")) } != nil)
    }
    var generator = SeededGenerator(seed: 4)
    var refused = 0
    for at in whole.indices {
      var changed = whole
      changed[at] = UInt8(generator.below(256))
      do {
        let set = try openHere(try folder.write(changed, to: "changed.npz"))
        #expect(
          [set.train, set.test].compactMap { $0 }.allSatisfy { $0.count == 3 && $0.pixels.count == 12 })
      } catch {
        #expect(error is DatasetError)
        refused += 1
      }
    }
    #expect(refused > whole.count / 4)
  }

  @Test func mutatedArrays() throws {
    let labels = npy("|u1", [3], [0, 1, 2])
    for count in 0..<images.count {
      #expect(datasetError { _ = try pair(Array(images[..<count]), labels) } != nil)
    }
    var generator = SeededGenerator(seed: 4)
    for at in images.indices {
      var changed = images
      changed[at] = UInt8(generator.below(256))
      do {
        let set = try pair(changed, labels)
        #expect(set.train?.count == 3)
      } catch {
        #expect(error is DatasetError)
      }
    }
  }
}
