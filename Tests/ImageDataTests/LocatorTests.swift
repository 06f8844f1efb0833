// What a data set's name may be, and what is said when it leads nowhere.

import Foundation
import ImageData
import Testing
import _TestSupport

@Suite struct LocatorTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  static let images = idx([2, 1, 1], [10, 20])
  static let labels = idx([2], [1, 0])

  /// Writes the four files of an IDX data set with names made by `name`.
  func writeSet(in place: String = "", _ name: (_ part: String, _ stem: String, _ dimensions: Int) -> String)
    throws
  {
    try FileManager.default.createDirectory(atPath: folder.path(place), withIntermediateDirectories: true)
    for part in ["train", "t10k"] {
      try folder.write(Self.images, to: place + "/" + name(part, "images", 3))
      try folder.write(Self.labels, to: place + "/" + name(part, "labels", 1))
    }
  }

  @Test(arguments: ["-", "."]) func foldersOfIDXFiles(separator: String) throws {
    try writeSet { "\($0)-\($1)\(separator)idx\($2)-ubyte" }
    let set = try openHere(folder.url.path)
    #expect(
      set.train?.labels == [1, 0] && set.test?.pixels == [10, 20] && set.train?.classNames == ["0", "1"])
    #expect(set.name == folder.url.lastPathComponent)
    #expect(try openHere(folder.url.path + "/").name == set.name)
  }

  @Test func eitherPartMayBeAbsent() throws {
    try folder.write(try gzip(Self.images), to: "t10k-images-idx3-ubyte.gz")
    try folder.write(Self.labels, to: "t10k-labels-idx1-ubyte")
    let set = try openHere(folder.url.path)
    #expect(set.train == nil && set.test?.count == 2)
    #expect(datasetError { _ = try set.requireTrain() }?.code == .missing)
    // Images without labels are an error only where they are wanted.
    try folder.write(Self.images, to: "train-images-idx3-ubyte")
    #expect(try openHere(folder.url.path, parts: .test).test?.count == 2)
    let error = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(error.code == .missing && error.message.contains(folder.path("train-labels-idx1-ubyte")))
  }

  @Test func onlyThePartAskedForIsRead() throws {
    try writeSet { "\($0)-\($1)-idx\($2)-ubyte" }
    try folder.write([1, 2], to: "train-images-idx3-ubyte")
    let set = try openHere(folder.url.path, parts: .test)
    #expect(set.train == nil && set.test?.count == 2)
    #expect(datasetError { _ = try openHere(folder.url.path, parts: .train) }?.code == .truncated)
  }

  @Test func classNamesBesideIDXFiles() throws {
    try writeSet { "\($0)-\($1)-idx\($2)-ubyte" }
    try folder.write(Array("ring\n  star \r\nmoon\n\n".utf8), to: "classes.txt")
    #expect(try openHere(folder.url.path).train?.classNames == ["ring", "star", "moon"])
    try folder.write(Array("ring\n".utf8), to: "classes.txt")
    let error = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(error.code == .countMismatch && error.message.contains("classes.txt"))
  }

  @Test func partsOfDifferentShapeDoNotGoTogether() throws {
    try writeSet { "\($0)-\($1)-idx\($2)-ubyte" }
    try folder.write(idx([2, 1, 2], [1, 2, 3, 4]), to: "t10k-images-idx3-ubyte")
    #expect(datasetError { _ = try openHere(folder.url.path) }?.code == .wrongShape)
  }

  @Test func partsShareTheirClasses() throws {
    try writeSet { "\($0)-\($1)-idx\($2)-ubyte" }
    try folder.write(idx([2], [0, 4]), to: "t10k-labels-idx1-ubyte")
    let set = try openHere(folder.url.path)
    #expect(set.train?.classNames.count == 5 && set.test?.classNames.count == 5)
  }

  @Test func filesByName() throws {
    let (images, labels) = (try folder.write(Self.images, to: "a"), try folder.write(Self.labels, to: "b"))
    let both = try openHere("\(images),\(labels)")
    #expect(both.name == "a" && both.train?.count == 2 && both.test == nil)
    let others = try folder.write(idx([2], [2, 2]), to: "c")
    let four = try openHere("\(images),\(labels),\(images),\(others)")
    #expect(four.train?.labels == [1, 0] && four.test?.labels == [2, 2])
    for spec in ["\(images),", ",", "\(images),\(labels),\(images)"] {
      #expect(datasetError { _ = try openHere(spec) }?.code == .unknownName)
    }
  }

  /// Archives of MNIST that unpack every file into a folder of its name, beside files with a dot in theirs.
  @Test func filesInFoldersOfTheirNames() throws {
    for (stem, bytes) in [("images-idx3", Self.images), ("labels-idx1", Self.labels)] {
      let name = "train-\(stem)-ubyte"
      try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
      try folder.write(bytes, to: "\(name)/\(name)")
    }
    #expect(try openHere(folder.url.path).train?.pixels == [10, 20])
    try folder.write(idx([2, 1, 1], [30, 40]), to: "train-images.idx3-ubyte")
    #expect(try openHere(folder.url.path).train?.pixels == [30, 40])
    // Folders without such a file are what is wrong, not what is missing.
    for part in ["images-idx3", "labels-idx1"] {
      try FileManager.default.createDirectory(
        atPath: folder.path("t10k-\(part)-ubyte"), withIntermediateDirectories: true)
    }
    #expect(datasetError { _ = try openHere(folder.url.path) }?.code == .wrongKind)
  }

  @Test func testImagesMayBeCalledSo() throws {
    try writeSet { "\($0 == "t10k" ? "test" : $0)-\($1)-idx\($2)-ubyte" }
    #expect(try openHere(folder.url.path).test?.pixels == [10, 20])
    try folder.write(idx([2, 1, 1], [30, 40]), to: "t10k-images-idx3-ubyte")
    try folder.write(Self.labels, to: "t10k-labels-idx1-ubyte")
    let both = try openHere(folder.url.path)
    #expect(
      both.test?.pixels == [30, 40]
        && both.notes.contains { $0.contains("test-images… beside them is not used") })
  }

  @Test(arguments: [
    (["train_32x32.mat"], "scipy.io.loadmat"), (["a.feather"], "tables are not read"),
    (["a.parquet"], "are read by tally train"),
    (["a.tfrecord"], "TFRecord"), (["images.zip"], "unpack it"), (["mnist_train.csv"], "np.loadtxt"),
    (["data_batch_1", "batches.meta"], "binary version of CIFAR"),
    (["meta", "test", "train"], "binary version of CIFAR"),
    (["mnist.npz"], "/mnist.npz"), (["a.h5"], "h5py"),
    (["X_train.npy", "Y_train.npy", "X_test.npy", "Y_test.npy"], "X_train.npy,"),
    (["emnist-letters-train-images-idx3-ubyte"], "IMAGES,LABELS"),
  ])
  func formsThatAreNotReadAreNamed(names: [String], words: String) throws {
    for name in names { try folder.write([1], to: name) }
    let error = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(error.code == .unrecognisedFolder && error.message.contains(words), "\(error)")
    #expect(!error.message.contains("\n"))
    guard names.count == 1, words != "/mnist.npz" else { return }
    let file = try #require(datasetError { _ = try openHere(folder.path(names[0])) })
    #expect(file.code == .wrongKind && file.message.contains(words), "\(file)")
  }

  @Test func aFolderMayHaveACommaInItsName() throws {
    try writeSet(in: "a,b") { "\($0)-\($1)-idx\($2)-ubyte" }
    #expect(try openHere(folder.path("a,b")).train?.count == 2)
  }

  @Test func namedSetsAreFoundInTheSearchFolders() throws {
    try writeSet(in: "x/fashion-mnist") { "\($0)-\($1)-idx\($2)-ubyte" }
    let set = try openHere("fashion-mnist", searchFolders: [folder.path("none"), folder.path("x")])
    #expect(set.name == "fashion-mnist" && set.train?.classNames.last == "Ankle boot")
    let error = try #require(
      datasetError { _ = try openHere("fashion-mnist", searchFolders: [folder.path("none")]) })
    #expect(error.code == .missing && error.message.contains("sudo apt-get install dataset-fashion-mnist"))
  }

  @Test func unknownNamesGetTheKnownOnes() throws {
    let error = try #require(datasetError { _ = try openHere("fashion_mnist") })
    #expect(error.code == .unknownName)
    for part in ["fashion_mnist", "fashion-mnist", "train-images-idx3-ubyte", "data_batch_*.bin"] {
      #expect(error.message.contains(part))
    }
    #expect(datasetError { _ = try openHere(folder.path("none")) }?.code == .missing)
    #expect(datasetError { _ = try openHere("") }?.code == .unknownName)
  }

  @Test func foldersThatHoldNoDataSet() throws {
    let empty = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(empty.code == .unrecognisedFolder && empty.message.contains("is empty"))
    for name in ["a", "b", "c", "d", "e", "f"] { try folder.write([], to: name) }
    let other = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(
      other.code == .unrecognisedFolder && other.message.contains("a, b, c") && other.message.contains("…"))
    for name in ["a.png", "b.png"] { try folder.write([], to: name) }
    let pictures = try #require(datasetError { _ = try openHere(folder.url.path) })
    #expect(
      pictures.code == .unrecognisedFolder && pictures.message.contains("2 pictures, but no class folders"))
    let file = try #require(datasetError { _ = try openHere(folder.path("a.png")) })
    #expect(file.code == .wrongKind && file.message.contains(folder.path("a.png")))
  }

  @Test func whatMayNotBeReadIsSaidToBe() async throws {
    try writeSet { "\($0)-\($1)-idx\($2)-ubyte" }
    let (place, path) = (folder.url.path, folder.path("train-images-idx3-ubyte"))
    try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: path)
    // A process of its own, which gives up the superuser's rights where it has them.
    await #expect(processExitsWith: .success) { [place = place as String, path = path as String] in
      try giveUpRights()
      let error = try #require(datasetError { _ = try openHere(place) })
      #expect(error.code == .unreadable && error.message.contains("\(path): reading is not permitted"))
    }
  }
}
