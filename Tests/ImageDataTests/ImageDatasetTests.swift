// Opening data sets: the real ones where they are installed.

import BitTensors
import ImageData
import Testing

@Suite struct RealDatasetTests {
  static let fashion = FileKind(path: "/usr/share/datasets/fashion-mnist") == .folder

  @Test(.enabled(if: fashion, "dataset-fashion-mnist is not installed")) func opensFashionMNIST() throws {
    let set = try ImageDataset.open("fashion-mnist")
    let (train, test) = (try set.requireTrain(), try set.requireTest())
    #expect(train.count == 60_000 && test.count == 10_000)
    #expect(train.shape == ImageShape(width: 28, height: 28, channels: 1))
    #expect(train.labels[0] == 9 && train.classNames[9] == "Ankle boot" && train.classNames.count == 10)
    #expect(train.classCounts == [Int](repeating: 6000, count: 10))
  }
}
