// Which file an image was read from: known of folders of images through every part that is made of them.

import Testing
import _TestSupport

@testable import ImageData

@Suite struct ImagePathTests {
  @Test func everyPartKnowsItsFiles() throws {
    let folder = try TemporaryFolder()
    for (part, count) in [("train", 5), ("val", 3), ("test", 2)] {
      try folder.writeClasses(["a": count, "b": count], in: "set/\(part)")
    }
    let data = try ImageDataset.open(folder.path("set"))
    let train = try data.requireTrain()
    // The value of a picture is its name.
    func expectRight(_ images: LabelledImages, _ index: Int, in part: String) throws {
      let path = try #require(images.path(of: index))
      let name = images.classNames[Int(images.labels[index])]
      #expect(path.hasPrefix(folder.path("set/\(part)/\(name)/")))
      #expect(path.hasSuffix("/\(images.pixels(of: index)[0]).png"))
    }
    for index in 0..<train.count { try expectRight(train, index, in: "train") }
    let some = train.subset([7, 2]).prefix(1)
    #expect(some.path(of: 0) == train.path(of: 7))
    let learning = try data.requireLearning()
    let validation = Set(try #require(learning.validation))
    for index in 0..<learning.images.count {
      try expectRight(learning.images, index, in: validation.contains(index) ? "val" : "train")
    }
    let test = try data.requireTest()
    try expectRight(try test.matched(to: ["b", "a"]), 3, in: "test")
    let bare = try LabelledImages(
      shape: train.shape, pixels: train.pixels, labels: train.labels, classNames: train.classNames)
    #expect(bare.path(of: 0) == nil)
  }
}
