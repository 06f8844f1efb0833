// Images in memory: putting together, choosing, digests, and fitness for training.

import ImageData
import Plumbing
import Testing

@Suite struct LabelledImagesTests {
  static let shape = ImageShape(width: 2, height: 1, channels: 2)

  func make(
    shape: ImageShape = shape, pixels: [UInt8] = Array(0..<12), labels: [UInt16] = [1, 0, 1],
    names: [String] = ["a", "b"]
  ) throws -> LabelledImages {
    try LabelledImages(shape: shape, pixels: pixels, labels: labels, classNames: names)
  }

  @Test func choosesImages() throws {
    let set = try make()
    let some = set.subset([2, 0, 2])
    #expect(some.labels == [1, 1, 1] && some.pixels == [8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11])
    #expect(set.subset([]).count == 0 && set.subset([0, 1, 2]).digest == set.digest)
    #expect(set.prefix(2).digest == set.subset([0, 1]).digest && set.prefix(0).count == 0)
    #expect(set.prefix(9).digest == set.digest && set.classCounts == [1, 2])
    #expect(set.pixels(of: 1) == [4, 5, 6, 7] && some.pixels(of: 1) == [0, 1, 2, 3])
    #expect(
      some.subset([2, 1]).pixels == [8, 9, 10, 11, 0, 1, 2, 3] && some.prefix(1).pixels == [8, 9, 10, 11])
    #expect(some.store === set.store && (0..<3).map(some.slot) == [2, 0, 2])
  }

  @Test func theDigestIsTheDocumentedOne() throws {
    // CRC-64/XZ of the documented bytes, computed with another implementation.
    #expect(try make().digest == 0xC962_1619_ECF4_5985)
  }

  @Test func theDigestSeesEverything() throws {
    let digests: [UInt64] = [
      try make().digest,
      try make(shape: ImageShape(width: 1, height: 2, channels: 2)).digest,
      try make(shape: ImageShape(width: 2, height: 2, channels: 1)).digest,
      try make(pixels: Array(0..<11) + [12]).digest,
      try make(labels: [1, 0, 0]).digest,
      try make(labels: [0, 1, 1]).digest,
      try make(names: ["a", "c"]).digest,
      try make(names: ["ab", "c"]).digest,
      try make(names: ["a", "b", "c"]).digest,
      try make().subset([0, 2, 1]).digest,
    ]
    #expect(Set(digests).count == digests.count)
  }

  @Test func partsThatDoNotFit() {
    #expect(datasetError { _ = try make(pixels: Array(0..<11)) }?.code == .countMismatch)
    #expect(datasetError { _ = try make(labels: [1, 0]) }?.code == .countMismatch)
    let label = datasetError { _ = try make(labels: [1, 0, 2]) }
    #expect(label?.code == .labelOutOfRange && label?.message.contains("image 2") == true)
    for (w, h, c) in [
      (0, 1, 1), (1, 0, 1), (1, 1, 0), (-2, -1, 2), (1 << 40, 1 << 40, 1), (65_535, 65_535, 1),
    ] {
      let shape = ImageShape(width: w, height: h, channels: c)
      #expect(!shape.isValid && datasetError { _ = try make(shape: shape) }?.code == .wrongShape)
    }
  }

  @Test(arguments: [
    ["a", "a"], ["a", ""], ["a", "b "], ["a", "b\n"], ["a", "b\0"], ["caf\u{e9}", "cafe\u{301}"],
  ])
  func classNamesTellClassesApart(names: [String]) {
    // Blanks at an end alone are no fault.
    #expect(datasetError { _ = try make(names: names) }?.code == (names[1] == "b " ? nil : .wrongNames))
  }

  @Test func trainingNeedsTwoClasses() throws {
    try make().validateForTraining()
    let single = datasetError { try make(labels: [1, 1, 1]).validateForTraining() }
    #expect(single?.code == .singleClass && single?.message.contains("\"b\"") == true)
    #expect(datasetError { try make(pixels: [], labels: []).validateForTraining() }?.code == .empty)
  }
}

@Suite struct ImageShardTests {
  @Test(arguments: [(10, 3), (10, 10), (10, 1), (3, 7), (0, 4), (1000, 7)])
  func shardsAreContiguousAndEven(count: Int, shards: Int) throws {
    let images = try LabelledImages(
      shape: ImageShape(width: 1, height: 1, channels: 1), pixels: [UInt8](repeating: 0, count: 1000),
      labels: [UInt16](repeating: 0, count: 1000), classNames: ["a"])
    let indices = (0..<count).map { ($0 * 7) % 1000 }
    let parts = makeShards(images: images, indices: indices, count: shards)
    #expect(parts.count == min(shards, count))
    #expect(parts.flatMap(\.indices) == indices)
    let sizes = parts.map(\.count)
    #expect(sizes.allSatisfy { $0 > 0 } && (sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
  }
}
