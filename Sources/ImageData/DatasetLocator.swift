// From what a person writes (a name, a folder, files) to the files of a data set. Nothing is read but folder
// listings; reading is in ImageDataset.

import Plumbing

/// Which parts of a data set are wanted.
public struct DatasetParts: OptionSet, Hashable, Sendable {
  public let rawValue: Int

  /// Creates a set of parts from its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The images to learn from.
  public static let train = DatasetParts(rawValue: 1)
  /// The images to measure with.
  public static let test = DatasetParts(rawValue: 2)
  /// Both.
  public static let all: DatasetParts = [.train, .test]
}

/// Where the files of a data set are.
struct DatasetLocation {
  /// The files of one part.
  enum Files: Hashable {
    /// One IDX file of images and one of labels.
    case idx(images: String, labels: String)
    /// One .npy file of images and one of labels.
    case npy(images: String, labels: String)
    /// CIFAR batches, in order.
    case cifar(batches: [String], format: CIFARReader.Format)
  }

  var name: String
  var train: Files?
  var test: Files?
  /// The names of the classes, where the data set is known by name.
  var classNames: [String]?
  /// A text file with one class name a line.
  var classNamesFile: String?
  /// An .npz archive, which then is all there is.
  var archive: String?
  /// Class folders of image files, which are then all there is.
  var folders: ClassFolders?
  /// Whether all images are in `train`, and those to measure with are drawn from them.
  var isWhole = false
  /// What a person should know of the files that were found, and what one must know.
  var notes: [String] = []
  var warnings: [String] = []
}

/// Finds data sets.
///
/// What a person may write, tried in this order:
/// - `images,labels`: two files, IDX or .npy, from which a test part is drawn;
///   `images,labels,images,labels`: the files of the train part, then of the test part;
/// - an .npz archive of NumPy arrays, see `NPYReader`;
/// - the name of a known data set, see `knownNames`;
/// - a folder, recognised by what is in it, see `recognisedFolders`: where there are no files of the other kinds,
///   every sub-folder that holds images is a class. Below it `train`, `val` (also `valid`, `validation`)
///   and `test` may come first, each with a folder for every class.
///
/// A folder whose path holds a comma, or is the name of a known data set, is written with a slash: `./fashion-mnist`
/// always is a folder. Every file may be plain, gzip or xz; where both are there, the plain one is taken.
package enum DatasetLocator {
  /// The data sets that are known by name.
  package static let knownNames = ["fashion-mnist"]

  /// What makes a folder a data set, for messages.
  package static let recognisedFolders =
    "IDX (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte) or "
    + "CIFAR binary (data_batch_*.bin, test_batch.bin; train.bin, test.bin of CIFAR-100), plain, .gz or .xz; or a sub-folder of PNG, JPEG or WebP "
    + "images for each class"

  static let fashionClassNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]
  /// Where Debian's package dataset-fashion-mnist puts its files.
  static let packageFolder = "/usr/share/datasets"

  /// Finds the files of a data set.
  /// - Parameter searchFolders: where the folders of named data sets are looked for, first match first.
  static func locate(
    _ spec: String, parts: DatasetParts, searchFolders: [String]
  ) throws(DatasetError) -> DatasetLocation {
    if spec.contains(","), FileKind(path: spec) != .folder { return try files(spec) }
    if knownNames.contains(spec) { return try named(spec, parts: parts, searchFolders: searchFolders) }
    switch FileKind(path: spec) {
    case .folder: return try folder(spec, name: lastComponent(spec), parts: parts)
    case .file where spec.lowercased().hasSuffix(".npz"):
      return DatasetLocation(name: lastComponent(spec), archive: spec)
    case .file where spec.hasSuffix(ImageList.ending):
      let list = try ImageList(path: spec)
      return DatasetLocation(name: list.name, folders: try ClassFolders(list))
    case .file, .other:
      throw DatasetError(
        code: .wrongKind,
        message:
          "\(spec): a file, but a data set is a folder, a .npz file, or two files (IDX or .npy) written images,labels"
          + (DatasetHints.advice(file: spec).map { "; \($0)" } ?? ""))
    case .missing where spec.contains("/"):
      throw DatasetError(code: .missing, message: "\(spec): no such folder; check the path")
    case .missing:
      throw DatasetError(
        code: .unknownName,
        message:
          "\"\(spec)\" does not exist: no file or folder has that name, and the data sets known by name are: "
          + "\(knownNames.joined(separator: ", ")); a folder holds \(recognisedFolders)")
    }
  }

  private static func files(_ spec: String) throws(DatasetError) -> DatasetLocation {
    let paths = spec.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard paths.count == 2 || paths.count == 4, !paths.contains("") else {
      throw DatasetError(
        code: .unknownName,
        message:
          "\"\(spec)\": IDX or .npy files are given as images,labels or images,labels,images,labels (train, test)"
      )
    }
    return DatasetLocation(
      name: lastComponent(paths[0]), train: pair(paths[0], paths[1]),
      test: paths.count == 4 ? pair(paths[2], paths[3]) : nil, isWhole: paths.count == 2)
  }

  /// Two files by the name of the first.
  private static func pair(_ images: String, _ labels: String) -> DatasetLocation.Files {
    let isArray = [".npy", ".npy.gz", ".npy.xz"].contains { images.lowercased().hasSuffix($0) }
    return isArray ? .npy(images: images, labels: labels) : .idx(images: images, labels: labels)
  }

  private static func named(
    _ name: String, parts: DatasetParts, searchFolders: [String]
  ) throws(DatasetError) -> DatasetLocation {
    for place in searchFolders where FileKind(path: "\(place)/\(name)") == .folder {
      var location = try folder("\(place)/\(name)", name: name, parts: parts)
      location.classNames = fashionClassNames
      location.classNamesFile = nil
      return location
    }
    throw DatasetError(
      code: .missing,
      message: "\(name) is not on this machine; install it with: sudo apt-get install dataset-\(name) "
        + "(or put its four files in a folder \(name) and that folder's parent in TALLY_DATA_PATH)")
  }

  /// Recognises a folder.
  private static func folder(
    _ path: String, name: String, parts: DatasetParts
  ) throws(DatasetError) -> DatasetLocation {
    let names: [String]
    do { names = try listFolder(path) } catch { throw DatasetError(error, path: path) }
    var location = DatasetLocation(name: name)
    CIFARReader.find(in: path, names, &location)
    if location.train == nil && location.test == nil {
      location.train = try idx("train", in: path, names, wanted: parts.contains(.train))
      location.test = try idx("t10k", in: path, names, wanted: parts.contains(.test))
      if location.test == nil {
        location.test = try idx("test", in: path, names, wanted: parts.contains(.test))
      } else if names.contains(where: { $0.hasPrefix("test-images") }) {
        location.notes.append(
          "\(path): the test images are t10k-images…; test-images… beside them is not used")
      }
      if names.contains("classes.txt") { location.classNamesFile = "\(path)/classes.txt" }
    }
    if location.train == nil && location.test == nil, let folders = try ClassFolders(path, names: names) {
      location.folders = folders
      return location
    }
    guard location.train != nil || location.test != nil else {
      let advice = DatasetHints.advice(folder: path, names: names)
      if advice == nil, let message = DatasetHints.loosePictures(folder: path, names: names) {
        throw DatasetError(code: .unrecognisedFolder, message: message)
      }
      let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
      throw DatasetError(
        code: .unrecognisedFolder,
        message: "\(path): not a data set that Tally knows; the folder "
          + (names.isEmpty ? "is empty" : "holds \(shown)")
          + (advice.map { "; \($0)" } ?? "")
          + "; expected: \(recognisedFolders)")
    }
    return location
  }

  /// The two IDX files of a part; nil when there are no images of it.
  private static func idx(
    _ part: String, in folder: String, _ names: [String], wanted: Bool
  ) throws(DatasetError) -> DatasetLocation.Files? {
    func find(_ stem: String, _ dimensions: [Int]) -> String? {
      let spellings = ["", ".gz", ".xz"].flatMap { ending in
        ["-", "."].flatMap { separator in
          dimensions.map { "\(part)-\(stem)\(separator)idx\($0)-ubyte\(ending)" }
        }
      }
      let found = spellings.filter(names.contains)
      if let file = found.first(where: { FileKind(path: "\(folder)/\($0)") != .folder }) { return file }
      // Some archives unpack every file into a folder of its name.
      for outer in found {
        let inner = (try? listFolder("\(folder)/\(outer)")) ?? []
        if let file = spellings.first(where: inner.contains) { return "\(outer)/\(file)" }
      }
      return found.first
    }
    let images = find("images", [3, 4])
    let labels = find("labels", [1])
    if let images, let labels { return .idx(images: "\(folder)/\(images)", labels: "\(folder)/\(labels)") }
    if images == nil && labels == nil { return nil }
    let missing = images == nil ? "\(part)-images-idx3-ubyte" : "\(part)-labels-idx1-ubyte"
    guard wanted else { return nil }
    throw DatasetError(
      code: .missing,
      message: "\(folder)/\(missing): no such file, plain, .gz or .xz, next to \(images ?? labels ?? "")")
  }

  /// Whether names in a folder make it one of IDX or CIFAR files.
  static func isOfArrays(_ names: [String]) -> Bool {
    var location = DatasetLocation(name: "")
    CIFARReader.find(in: "", names, &location)
    return location.train != nil || location.test != nil
      || names.contains { name in ["-idx", ".idx"].contains { name.contains($0) } }
  }

  static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
