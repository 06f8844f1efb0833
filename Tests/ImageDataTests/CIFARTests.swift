// CIFAR-10 batches: order, layout, class names, and every way in which a batch can be wrong.

import Foundation
import ImageData
import Plumbing
import Testing
import _TestSupport

@Suite struct CIFARTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func error(_ parts: DatasetParts = .all, at name: String, location: SourceLocation = #_sourceLocation)
    throws
    -> DatasetError
  {
    let error = try #require(
      datasetError { _ = try openHere(folder.url.path, parts: parts) }, sourceLocation: location)
    #expect(error.message.contains(folder.path(name)), sourceLocation: location)
    #expect(!error.description.contains("\n"), sourceLocation: location)
    return error
  }

  @Test func planesBecomeChannelsLast() throws {
    let one = record(7, seed: 1)
    try folder.write(one + record(0, seed: 2), to: "data_batch_1.bin")
    let train = try openHere(folder.url.path).requireTrain()
    #expect(train.labels == [7, 0] && train.shape == ImageShape(width: 32, height: 32, channels: 3))
    for (y, x, c) in [(0, 0, 0), (0, 0, 2), (0, 1, 1), (31, 31, 2), (5, 9, 1)] {
      #expect(train.pixels[(y * 32 + x) * 3 + c] == one[1 + c * 1024 + y * 32 + x])
    }
    #expect(train.classNames == (0..<10).map { "\($0)" })
  }

  @Test(arguments: [1, 2, 5]) func batchesAreReadInNaturalOrder(threads: Int) throws {
    for batch in [1, 2, 9, 10, 11] {
      try folder.write(record(UInt8(batch % 10), seed: UInt64(batch)), to: "data_batch_\(batch).bin")
    }
    let set = try ImageDataset.open(folder.url.path, parts: .train, threads: threads)
    #expect(try set.requireTrain().labels == [1, 2, 9, 0, 1])
    try expectSameInFiles(folder.url.path)
    #expect(set.test == nil && datasetError { _ = try set.requireTest() }?.code == .missing)
  }

  @Test func compressedBatchesAreTheSame() throws {
    // More than one block of 1024 records.
    let bytes = noise(3072 + 1030, seed: 1)
    let batch = (0..<1030).flatMap { [UInt8($0 % 10)] + bytes[$0..<($0 + 3072)] }
    try folder.write(batch, to: "data_batch_1.bin")
    try folder.write(try gzip(batch), to: "data_batch_2.bin.gz")
    try folder.write(xz(batch, preset: 0), to: "data_batch_3.bin.xz")
    // The plain file is taken where both are there.
    try folder.write([1, 2, 3], to: "data_batch_1.bin.xz")
    let train = try openHere(folder.url.path).requireTrain()
    #expect(train.count == 3 * 1030)
    let plain = train.prefix(1030).digest
    #expect(train.subset(Array(1030..<2060)).digest == plain)
    #expect(train.subset(Array(2060..<3090)).digest == plain)
  }

  @Test func onlyThePartAskedForIsRead() throws {
    try folder.write(Array("broken".utf8), to: "data_batch_1.bin.xz")
    try folder.write(record(4, seed: 1), to: "test_batch.bin")
    let set = try openHere(folder.url.path, parts: .test)
    #expect(set.train == nil && set.test?.labels == [4])
    #expect(try error(at: "data_batch_1.bin.xz").code == .corruptCompression)
  }

  @Test func classNamesComeFromTheFileBeside() throws {
    try folder.write(record(4, seed: 1), to: "test_batch.bin")
    let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    try folder.write(Array((names.joined(separator: "\r\n") + "\n\n").utf8), to: "batches.meta.txt")
    #expect(try openHere(folder.url.path).requireTest().classNames == names)
    try folder.write(Array("airplane\nautomobile\n".utf8), to: "batches.meta.txt")
    let error = try error(at: "batches.meta.txt")
    #expect(error.code == .countMismatch && error.message.contains("2 classes"))
  }

  @Test func labelsBeyondNine() throws {
    try folder.write(record(9, seed: 1) + record(10, seed: 2), to: "test_batch.bin")
    let error = try error(at: "test_batch.bin")
    #expect(error.code == .labelOutOfRange)
    #expect(error.message.contains("record 1") && error.message.contains("byte 3073"))
  }

  @Test(arguments: [1, 3072, 3074, 6145]) func partialRecords(size: Int) throws {
    try folder.write(Array((record(1, seed: 1) + record(2, seed: 2))[..<size]), to: "test_batch.bin")
    let error = try error(at: "test_batch.bin")
    #expect(error.code == .truncated)
    #expect(error.message.contains("byte \(size)") && error.message.contains("record \(size / 3073)"))
  }

  @Test func theSetOfAHundredClasses() throws {
    let (first, second) = (noise(3072, seed: 1), noise(3072, seed: 2))
    try folder.write([19, 99] + first + [0, 3] + second, to: "train.bin")
    try folder.write([5, 42] + first, to: "test.bin")
    let set = try openHere(folder.url.path)
    #expect(set.train?.labels == [99, 3] && set.test?.labels == [42] && set.train?.classNames.count == 100)
    #expect(set.train?.pixels[1] == first[1024] && set.train?.pixels[3072 + 2] == second[2048])
    try folder.write(Array((0..<100).map { "class \($0)\n" }.joined().utf8), to: "fine_label_names.txt")
    #expect(try openHere(folder.url.path).train?.classNames[99] == "class 99")
    try folder.write([5, 100] + first, to: "test.bin")
    #expect(try error(.test, at: "test.bin").message.contains("CIFAR-100 labels are 0 to 99"))
    // Under the other set's name the file is not taken for that set's.
    try FileManager.default.removeItem(atPath: folder.path("train.bin"))
    try folder.write([19, 99] + first, to: "data_batch_1.bin")
    #expect(try error(.train, at: "data_batch_1.bin").message.contains("train.bin"))
  }

  @Test func missingBatchesAreSaid() throws {
    try folder.write(record(1, seed: 1), to: "data_batch_1.bin")
    try folder.write(record(1, seed: 1), to: "data_batch_3.bin")
    let notes = try openHere(folder.url.path).notes
    #expect(
      notes.contains { $0.contains("2 of CIFAR-10's 5") && $0.contains("data_batch_2.bin, data_batch_4.bin") }
    )
    for batch in [2, 4, 5] { try folder.write(record(1, seed: 1), to: "data_batch_\(batch).bin") }
    #expect(try openHere(folder.url.path).notes == [])
  }

  @Test func emptyBatches() throws {
    try folder.write([], to: "test_batch.bin")
    #expect(try error(at: "test_batch.bin").code == .empty)
  }

  @Test func theFirstBadBatchIsReported() throws {
    for batch in 1...4 { try folder.write([1], to: "data_batch_\(batch).bin") }
    let error = try #require(datasetError { _ = try ImageDataset.open(folder.url.path, threads: 4) })
    #expect(error.message.contains("data_batch_1.bin"))
  }

  @Test func aFolderInPlaceOfABatch() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("test_batch.bin"), withIntermediateDirectories: false)
    #expect(try error(at: "test_batch.bin").code == .wrongKind)
  }
}
