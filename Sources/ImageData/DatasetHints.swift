// What to do with files that are not read: for the messages of DatasetLocator.

import Plumbing

/// Remedies for data sets in forms that are not read.
enum DatasetHints {
  private static let save = "save the arrays with np.savez(path, x_train=…, y_train=…, x_test=…, y_test=…)"

  /// Endings of names, what such files are, and what to do.
  private static let kinds: [(endings: [String], advice: String)] = [
    (
      [".mat"],
      "MATLAB files are not read: load them with scipy.io.loadmat and \(save); SVHN's images are np.transpose(X, (3, 0, 1, 2))"
    ),
    (
      [".parquet"],
      "Parquet files are read by tally train, evaluate, predict, compare, report and shard; elsewhere write the images as PNG files in class folders, or \(save)"
    ),
    (
      [".arrow", ".feather"],
      "tables are not read: write the images as PNG files in class folders, or \(save)"
    ),
    (
      [".tfrecord", ".tfrecords"],
      "TFRecord files are not read: write the images as PNG files in class folders, or \(save)"
    ),
    (
      [".csv", ".tsv"],
      "CSV tables are not read: t = np.loadtxt(path, delimiter=',', skiprows=1), then np.savez(path, labels=t[:, 0].astype('int64'), images=t[:, 1:].reshape(-1, 28, 28).astype('uint8')) for 28x28 pixels after the label"
    ),
    ([".pkl", ".pickle"], "Python pickles are not read: load them with pickle and \(save)"),
    ([".h5", ".hdf5"], "HDF5 files are not read: load them with h5py and \(save)"),
    ([".pt", ".pth", ".safetensors"], "tensors of PyTorch are not read: load them with torch and \(save)"),
    (
      [".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".rar", ".7z"],
      "archives are not read: unpack it and name the folder"
    ),
  ]

  /// Advice for a file, by its name; nil if there is none.
  static func advice(file path: String) -> String? {
    let path = path.lowercased()
    if [".npy", ".npy.gz", ".npy.xz"].contains(where: path.hasSuffix) {
      return "one array is not a data set: give images and labels as IMAGES,LABELS"
    }
    if path.contains("idx") { return "give the files of images and labels as IMAGES,LABELS" }
    return kinds.first { $0.endings.contains(where: path.hasSuffix) }?.advice
  }

  /// What to say of a folder of pictures without class folders; nil for another one.
  static func loosePictures(folder: String, names: [String]) -> String? {
    let pictures = names.filter { !FolderNames.isPassedOver($0) && ImageFile.isImageName($0) }.count
    guard pictures > 0 else { return nil }
    return
      "\(folder): \(counted(pictures, "picture")), but no class folders: what a picture shows is told by the name of the "
      + "folder it is in; make one for each class (\(folder)/cat, \(folder)/dog) and move the pictures there, or classify "
      + "them as they are with: tally predict RUN \(folder)"
  }

  /// Advice for a folder that holds no data set, by the names in it; nil if there is none.
  static func advice(folder: String, names: [String]) -> String? {
    if let archive = names.first(where: { $0.lowercased().hasSuffix(".npz") }) {
      return "name the archive: \(folder)/\(archive)"
    }
    if let arrays = arrays(folder, names) { return "name the arrays: \(arrays)" }
    if names.contains(where: { $0.hasPrefix("data_batch_") || $0 == "test_batch" })
      || Set(["meta", "train", "test"]).isSubset(of: names)
    {
      return
        "Python pickles are not read: fetch the binary version of CIFAR (cifar-10-binary.tar.gz, cifar-100-binary.tar.gz)"
    }
    if let file = names.first(where: { $0.contains("idx3") || $0.contains("idx4") }) {
      return
        "name the IDX files: IMAGES,LABELS or IMAGES,LABELS,IMAGES,LABELS (train, test), where images are such as "
        + "\(folder)/\(file)"
    }
    for name in names {
      if let advice = advice(file: name) { return "\(name): \(advice)" }
    }
    return nil
  }

  /// The .npy files of a folder as they are written after --data; nil if images or labels are not to be seen.
  private static func arrays(_ folder: String, _ names: [String]) -> String? {
    let arrays = names.filter { $0.lowercased().hasSuffix(".npy") }
    func pair(_ part: String) -> [String]? {
      let mine = arrays.filter { $0.lowercased().contains(part) }
      guard
        let images = mine.first(where: { "xi".contains($0.lowercased().first ?? " ") || $0.contains("image") }
        ),
        let labels = mine.first(where: { "yl".contains($0.lowercased().first ?? " ") || $0.contains("label") }
        ),
        images != labels
      else { return nil }
      return [images, labels]
    }
    guard let first = pair("train") ?? pair("") else { return nil }
    return (first + (pair("train").flatMap { _ in pair("test") } ?? [])).map { "\(folder)/\($0)" }
      .joined(separator: ",")
  }
}
