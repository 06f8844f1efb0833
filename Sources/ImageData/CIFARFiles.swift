// Which files of a folder are CIFAR's. What is in them, CIFARReader knows.

import Plumbing

extension CIFARReader {
  /// Finds CIFAR's files among the names of a folder; leaves the location as it is where there are none.
  static func find(in path: String, _ names: [String], _ location: inout DatasetLocation) {
    func files(_ stems: [(stem: String, name: String)], _ format: Format) -> DatasetLocation.Files? {
      stems.isEmpty ? nil : .cifar(batches: stems.map { "\(path)/\($0.name)" }, format: format)
    }
    let (train, test) = (batches("data_batch_", in: names), batches("test_batch", in: names))
    location.train = files(train, .ten)
    location.test = files(test, .ten)
    if location.train != nil || location.test != nil {
      if names.contains("batches.meta.txt") { location.classNamesFile = "\(path)/batches.meta.txt" }
      let missing = (1...5).map { "data_batch_\($0)" }.filter { batch in !train.contains { $0.stem == batch }
      }
      if !train.isEmpty, !missing.isEmpty, train.count < 5 {
        location.notes.append(
          "\(path): \(train.count) of CIFAR-10's 5 training batches; missing are "
            + missing.map { "\($0).bin" }.joined(separator: ", "))
      }
      return
    }
    location.train = files(batches("train", in: names).filter { $0.stem == "train" }, .hundred)
    location.test = files(batches("test", in: names).filter { $0.stem == "test" }, .hundred)
    let hasNames = names.contains("fine_label_names.txt")
    if location.train != nil || location.test != nil, hasNames {
      location.classNamesFile = "\(path)/fine_label_names.txt"
    }
  }

  /// The batches whose name is `prefix`, anything, `.bin`, and perhaps a compressed ending: in natural order, each once.
  private static func batches(_ prefix: String, in names: [String]) -> [(stem: String, name: String)] {
    var found: [(stem: String, name: String)] = []
    for ending in [".bin", ".bin.gz", ".bin.xz"] {
      for name in names where name.hasPrefix(prefix) && name.hasSuffix(ending) {
        let stem = String(name.dropLast(ending.count))
        if !found.contains(where: { $0.stem == stem }) { found.append((stem, name)) }
      }
    }
    // Shorter first puts batch 10 behind batch 9.
    return found.sorted { ($0.stem.utf8.count, $0.stem) < ($1.stem.utf8.count, $1.stem) }
  }
}
