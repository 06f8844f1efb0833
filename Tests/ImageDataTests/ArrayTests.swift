// What arrays mean: layouts, classes, a test part where there is none, and advice for arrays that are something else.

import Foundation
import ImageData
import Plumbing
import Testing
import _TestSupport

@Suite struct ArrayTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func spec(_ images: [UInt8], _ labels: [UInt8]) throws -> String {
    let (a, b) = (try folder.write(images, to: "a.npy"), try folder.write(labels, to: "b.npy"))
    return "\(a),\(b)"
  }

  private func open(_ images: [UInt8], _ labels: [UInt8], _ options: FolderOptions = FolderOptions()) throws
    -> ImageDataset
  { try ImageDataset.open(try spec(images, labels), folder: options) }

  /// Images of 2 × 2 that all differ, with labels.
  private func set(_ labels: [Int], _ options: FolderOptions = FolderOptions()) throws -> ImageDataset {
    let pixels = labels.indices.flatMap { (n: Int) -> [UInt8] in
      [UInt8(truncatingIfNeeded: n), UInt8(truncatingIfNeeded: n >> 8), 3, 4]
    }
    return try open(npy("|u1", [labels.count, 2, 2], pixels), npyLabels(labels), options)
  }

  // Layouts

  @Test(arguments: [3, 1]) func channelsThatComeFirst(channels: Int) throws {
    let pixels = noise(2 * channels * 4 * 5, seed: 1)
    for (name, images) in [
      ("npy", npy("|u1", [2, channels, 4, 5], pixels)), ("idx", idx([2, channels, 4, 5], pixels)),
    ] {
      let (a, b) =
        name == "npy"
        ? (try folder.write(images, to: "a.npy"), try folder.write(npyLabels([0, 1]), to: "b.npy"))
        : (try folder.write(images, to: "a"), try folder.write(idx([2], [0, 1]), to: "b"))
      let set = try openHere("\(a),\(b)")
      let train = try set.requireTrain()
      #expect(train.shape == ImageShape(width: 5, height: 4, channels: channels))
      for (n, y, x, c) in [(0, 0, 0, 0), (1, 3, 4, channels - 1), (0, 2, 1, channels / 2)] {
        #expect(
          train.pixels(of: n)[(y * 5 + x) * channels + c] == pixels[((n * channels + c) * 4 + y) * 5 + x])
      }
      #expect(set.notes.contains { $0.contains("channels come first") })
      try expectSameInFiles("\(a),\(b)")
    }
  }

  @Test func channelsThatComeLast() throws {
    for sizes in [
      [2, 3, 5, 3], [2, 3, 3, 3], [2, 1, 4, 1], [2, 3, 9, 4], [2, 3, 5, 2], [2, 8, 9, 4], [2, 5, 5, 16],
    ] {
      let count = sizes.reduce(1, *)
      let set = try open(npy("|u1", sizes, noise(count, seed: 1)), npyLabels([0, 1]))
      #expect(
        set.train?.shape == ImageShape(width: sizes[2], height: sizes[1], channels: sizes[3]), "\(sizes)")
      #expect(set.train?.pixels == noise(count, seed: 1) && set.notes == [])
    }
    for sizes in [[2, 4, 9, 8], [2, 2, 8, 5], [2, 9, 9, 17]] {
      let error = try #require(
        datasetError {
          _ = try open(npy("|u1", sizes, noise(sizes.reduce(1, *), seed: 1)), npyLabels([0, 1]))
        })
      #expect(
        error.code == .wrongShape && error.message.contains("np.transpose(x, (0, 2, 3, 1))"), "\(error)")
    }
  }

  // Classes

  @Test func gapsInLabels() throws {
    // Half of the numbers are enough: the others are classes that this part lacks.
    for (labels, names) in [
      ([0, 1, 2], ["0", "1", "2"]), ([1, 3, 1], ["0", "1", "2", "3"]), ([1, 2, 3], ["0", "1", "2", "3"]),
      ([0, 2, 5], ["0", "1", "2", "3", "4", "5"]), ([0, 255, 0], ["0", "255"]),
      ([60_000, 0, 30_000], ["0", "30000", "60000"]),
      ([70_000, 1 << 40, 7], ["7", "70000", "1099511627776"]),
    ] {
      let set = try set(labels)
      let train = try set.requireTrain()
      #expect(train.classNames == names && train.isNumbered)
      #expect(train.labels.map { names[Int($0)] } == labels.map { "\($0)" })
      #expect(set.notes.contains { $0.contains("have gaps") } == (names.count < (labels.max() ?? 0) + 1))
    }
  }

  @Test func classesAreLimited() throws {
    let most = try set(Array(0..<10_000))
    #expect(most.train?.classNames.count == 10_000)
    for labels in [Array(0...10_000), (0...10_000).map { $0 * 1000 }] {
      let error = try #require(datasetError { _ = try set(labels) })
      #expect(error.code == .labelOutOfRange && error.message.contains("at most 10000"), "\(error)")
    }
  }

  // Parts

  @Test func aTestPartIsDrawnByClassAndFoundAgain() throws {
    let labels = (0..<60).map { $0 % 3 }
    let whole = try set(labels, FolderOptions(seed: 5))
    let (train, test) = (try whole.requireTrain(), try whole.requireTest())
    #expect(train.count == 54 && test.classCounts == [2, 2, 2])
    let all = Set((0..<60).map { (n: Int) -> [UInt8] in [UInt8(n), 0, 3, 4] })
    let (learned, judged) = (
      Set((0..<54).map { train.pixels(of: $0) }), Set((0..<6).map { test.pixels(of: $0) })
    )
    #expect(learned.isDisjoint(with: judged) && learned.union(judged) == all)
    let record = try #require(whole.record)
    #expect(record.files == 60 && record.testShare == 100_000)
    // As a model of seed 5 that knows the set sees it, from other files too.
    let options = FolderOptions(seed: 5, classNames: train.classNames, learnedFrom: record)
    #expect(try set(labels, options).requireTest().digest == test.digest)
    let moved = zip([
      (
        "images.npy",
        npy("|u1", [60, 2, 2], (0..<60).flatMap { (n: Int) -> [UInt8] in [UInt8(n), 0, 3, 4] })
      ), ("Y.npy", npyLabels(labels)),
    ])
    let archive = try ImageDataset.open(
      folder.write(moved, to: "set.npz"), parts: .test, folder: options)
    #expect(archive.test?.digest == test.digest && archive.train == nil && archive.warnings == [])
    // Another set is taken whole, and a model that knows of none takes all.
    let other = try set((0..<60).map { $0 % 2 }, options)
    #expect(other.test?.count == 60 && other.warnings.count == 1 && other.record == nil)
    let unknown = try set(labels, FolderOptions(seed: 5, classNames: train.classNames))
    #expect(unknown.test?.count == 60 && unknown.warnings == [])
    #expect(try set(labels, FolderOptions(testShare: 0)).test == nil)
    #expect(try set(labels, FolderOptions(testShare: 500_000)).test?.count == 30)
    #expect(try set(labels, FolderOptions(seed: 6)).test?.digest != test.digest)
    try expectSameInFiles("\(folder.path("a.npy")),\(folder.path("b.npy"))")
  }

  @Test func setsThatHaveATestPartKeepIt() throws {
    let pixels = npy("|u1", [40, 1, 1], (0..<40).map { UInt8($0) })
    let labels = npyLabels((0..<40).map { $0 % 2 })
    let set = try openHere(
      folder.write(
        zip([
          ("X_train.npy", pixels), ("Y_train.npy", labels), ("X_test.npy", pixels), ("Y_test.npy", labels),
        ]),
        to: "set.npz"))
    #expect(set.train?.count == 40 && set.test?.count == 40 && set.record == nil)
    let without = try openHere(
      folder.write(zip([("train_x.npy", pixels), ("train_targets.npy", labels)]), to: "less.npz"))
    #expect(without.train?.count == 36 && without.test?.count == 4 && without.record != nil)
    let four = "\(try folder.write(pixels, to: "x.npy")),\(try folder.write(labels, to: "y.npy"))"
    #expect(try openHere("\(four),\(four)").train?.count == 40)
  }

  @Test func theRightPartIsBlamed() throws {
    func array(_ side: Int) -> [UInt8] { npy("|u1", [2, side, side], noise(2 * side * side, seed: 1)) }
    func open(_ side: Int, _ other: Int) throws {
      let members = [
        ("x_train.npy", array(4)), ("x_val.npy", array(side)), ("x_test.npy", array(other)),
        ("y_train.npy", npyLabels([0, 1])), ("y_val.npy", npyLabels([0, 1])),
        ("y_test.npy", npyLabels([0, 1])),
      ]
      _ = try openHere(folder.write(zip(members), to: "set.npz"))
    }
    #expect(datasetError { try open(4, 4) } == nil)
    #expect(datasetError { try open(5, 4) }?.message.contains("the validation images are 5x5x1") == true)
    #expect(datasetError { try open(4, 5) }?.message.contains("the test images are 5x5x1") == true)
  }

  // Advice

  private func floats(_ values: [Double]) -> [UInt8] {
    values.flatMap { littleEndian(Int(Float($0).bitPattern), bytes: 4) }
  }

  @Test func adviceForImages() throws {
    func doubles(_ values: [Double]) -> [UInt8] {
      values.flatMap { littleEndian(Int(bitPattern: UInt($0.bitPattern)), bytes: 8) }
    }
    func integers(_ values: [Int], _ bytes: Int) -> [UInt8] {
      values.flatMap { littleEndian($0, bytes: bytes) }
    }
    let cases: [(type: String, content: [UInt8], words: [String])] = [
      ("<f4", floats([0, 0.5, 1]), ["float32 (<f4), values 0 to 1", "(x * 255).round().astype('uint8')"]),
      ("<f8", doubles([-1, 0, 0.5]), ["((x + 1) * 127.5).round().astype('uint8')"]),
      ("<f4", floats([0, 254.5, 3]), ["save x.round().astype('uint8')"]),
      ("<f4", floats([0, 254, 3]), ["save x.astype('uint8')"]),
      ("<f4", floats([-2, 9, 3]), ["(x - x.min()) / (x.max() - x.min()) * 255"]),
      ("<f4", floats([0, .nan, 1]), ["some not finite", "np.nan_to_num(x) * 255"]),
      // 0, 0.5 and 1 in 16 bits.
      ("<f2", integers([0, 0x3800, 0x3c00], 2), ["float16", "values 0 to 1", "(x * 255)"]),
      ("<i8", integers([0, 255, 9], 8), ["int64, values 0 to 255", "save x.astype('uint8')"]),
      ("<i8", integers([0, 1, 1], 8), ["(x * 255)"]),
      ("<u2", integers([0, 65_535, 9], 2), ["uint16", "(x / 65535 * 255).round().astype('uint8')"]),
      ("<u2", integers([0, 4000, 9], 2), ["(x / 4095 * 255)"]),
      (">u2", [0, 0, 0, 255, 0, 1], ["values 0 to 255", "save x.astype('uint8')"]),
      ("|i1", [0, 255, 3], ["int8, values -1 to 3", "x.min()"]),
      ("|b1", [0, 1, 1], ["bool", "x.astype('uint8') * 255"]),
      ("|O", [1, 2, 3], ["Python objects", "np.stack"]),
      ("<c8", floats([0, 1, 0, 1, 0, 1]), ["complex", "np.abs"]),
      ("<U1", floats([0, 1, 0]), ["text"]), ("<M8[ns]", doubles([0, 1, 0]), ["type <M8[ns]"]),
    ]
    for (type, content, words) in cases {
      let error = try #require(
        datasetError { _ = try open(npy(type, [3, 1, 1], content), npyLabels([0, 1, 2])) }, "\(type)")
      #expect(error.code == .wrongShape && error.message.contains("a.npy"))
      for word in words { #expect(error.message.contains(word), "no \(word) in \(error)") }
    }
    for (shape, words) in [
      ([], "a single number"), ([3], "[3]"), ([3, 784], "x.reshape(-1, 28, 28)"),
      ([3, 3072], "x.reshape(-1, 32, 32, 3)"), ([3, 35], "x.reshape(-1, height, width)"),
      ([3, 1, 1, 1, 1], "[3, 1, 1, 1, 1]"),
    ] {
      let images = npy("|u1", shape, [UInt8](repeating: 1, count: shape.reduce(1, *)))
      let error = try #require(datasetError { _ = try open(images, npyLabels([0, 1, 2])) })
      #expect(error.code == .wrongShape && error.message.contains(words), "\(error)")
    }
    let swapped = datasetError { _ = try open(npyLabels([0, 1]), npy("|u1", [2, 1, 1], [1, 2])) }
    #expect(swapped?.message.contains("images come first, then labels") == true)
    let records = npy(
      header: "{'descr': [('a', '<i4'), ('b', '<i4')], 'fortran_order': False, 'shape': (3,), }", [])
    #expect(datasetError { _ = try open(records, npyLabels([0])) }?.message.contains("x['name']") == true)
  }

  @Test func adviceForLabels() throws {
    let images = npy("|u1", [3, 1, 1], [1, 2, 3])
    let cases: [(type: String, shape: [Int], content: [UInt8], words: String)] = [
      ("<f4", [3], floats([0, 1, 2]), "y.astype('int64')"),
      ("<f4", [3], floats([0, 1.5, 2]), "measurements"),
      ("|u1", [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1], "y.argmax(axis=1)"),
      ("|u1", [], [1], "an array of N labels"),
      ("|u1", [3, 1, 1], [1, 0, 0], "y.ravel()"), ("|b1", [3], [1, 0, 0], "y.astype('uint8')"),
      ("|O", [3], [1, 0, 0], "np.unique(y, return_inverse=True)[1]"),
      ("<U1", [3], floats([0, 1, 2]), "np.unique"),
      ("<i4", [3], [0, 0, 0, 0] + [UInt8](repeating: 255, count: 8), "label 1 is -1"),
      ("<u8", [3], [UInt8](repeating: 255, count: 24), "label 0 is 18446744073709551615"),
    ]
    for (type, shape, content, words) in cases {
      let error = try #require(datasetError { _ = try open(images, npy(type, shape, content)) }, "\(words)")
      #expect(error.message.contains("b.npy") && error.message.contains(words), "\(error)")
    }
  }

  @Test func idxFilesOfOtherNumbers() throws {
    let labels = try folder.write(idx([2], [0, 1]), to: "b")
    for (type, name) in [(9, "int8"), (11, "int16"), (12, "int32"), (13, "float32"), (14, "float64")] {
      let images = try folder.write(
        idx([2, 1, 1], [UInt8](repeating: 0, count: 16), type: UInt8(type)), to: "a")
      #expect(
        datasetError { _ = try openHere("\(images),\(labels)") }?.message.contains("its numbers are \(name)")
          == true)
    }
    let flat = try folder.write(idx([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]), to: "a")
    #expect(
      datasetError { _ = try openHere("\(flat),\(labels)") }?.message.contains("it has 2 dimensions") == true)
  }
}
