// The real data sets, where this machine has them.

import ImageData
import Plumbing
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct RealDatasetTests {
  static let hasFashion = FileKind(path: "/usr/share/datasets/fashion-mnist") == .folder

  /// The folder of CIFAR-10 beside the package, or in a folder of TALLY_DATA_PATH.
  static let cifar: String? = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    // SAFETY: the string is copied at once.
    let variable = unsafe getenv("TALLY_DATA_PATH").map { unsafe String(cString: $0) } ?? ""
    let places = ["/\(package)/../shared/data"] + variable.split(separator: ":").map(String.init)
    return places.map { "\($0)/cifar-10-batches-bin" }.first { FileKind(path: $0) == .folder }
  }()

  @Test(.enabled(if: hasFashion, "the package dataset-fashion-mnist is not installed"))
  func fashionMNIST() throws {
    let set = try ImageDataset.open("fashion-mnist")
    let (train, test) = (try set.requireTrain(), try set.requireTest())
    #expect(train.count == 60_000 && test.count == 10_000)
    #expect(train.shape == ImageShape(width: 28, height: 28, channels: 1) && test.shape == train.shape)
    #expect(train.labels[0] == 9 && train.classNames[9] == "Ankle boot" && train.classNames.count == 10)
    #expect(train.classCounts == [Int](repeating: 6000, count: 10))
    #expect(test.classCounts == [Int](repeating: 1000, count: 10))
    try train.validateForTraining()
  }

  @Test(.enabled(if: cifar != nil, "no folder cifar-10-batches-bin in ../shared/data or TALLY_DATA_PATH"))
  func cifarTestBatch() throws {
    let set = try ImageDataset.open(try #require(Self.cifar), parts: .test)
    let test = try set.requireTest()
    #expect(set.train == nil && test.count == 10_000)
    #expect(test.classCounts == [Int](repeating: 1000, count: 10))
    #expect(test.classNames.first == "airplane" && test.classNames.last == "truck")
    // The channels' means tell red, green and blue apart: about 126, 124 and 115.
    var sums = [0, 0, 0]
    for image in stride(from: 0, to: test.count, by: 10) {
      for (i, value) in test.pixels(of: image).enumerated() { sums[i % 3] += Int(value) }
    }
    let means = sums.map { $0 / (1000 * 1024) }
    #expect((120...132).contains(means[0]) && means[0] > means[1] && (108...120).contains(means[2]))
  }
}
