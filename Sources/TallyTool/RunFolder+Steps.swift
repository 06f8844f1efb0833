// In which order the files of a run come and go, so that after every single step, should it be the last one, the folder
// holds one training that --resume can go on with, or says that it does not.
//
// A training begins with one step, the writing of origin.json: before it the folder is the earlier training's, as it was;
// after it the folder is the new training's. What the earlier one left beside it is named in origin.json until it is gone.
// Results of an earlier training stay in their places until all of the new ones are whole in the checkpoint's folder.

import Plumbing

extension RunFolder {
  /// Begins a training: from here on the folder is its own.
  func begin(_ origin: inout RunOrigin) throws {
    try makeFolders(checkpointFolder)
    sweep()
    // The last step of an earlier training, see `takeUp`.
    if let old = try? readOrigin(), old.isSettled, isThere(staged.log) {
      try moveFile(staged.log, to: results.log)
    }
    // A report without a model is that of a training that was not finished; it followed it.
    let wasUnfinished = isThere(self.origin) && !isThere(results.model)
    origin.keepsResults =
      isThere(results.model) || (isThere(results.report) && !wasUnfinished) ? true : nil
    origin.hasLeftovers = leftovers(origin).contains(where: isThere) ? true : nil
    try AtomicFile.write(origin.encoded(), to: self.origin)
    try removeLeftovers(&origin)
  }

  /// Goes on with a training, from wherever it ended.
  func takeUp(_ origin: inout RunOrigin) throws {
    sweep()
    try removeLeftovers(&origin)
    // The last step of `publish`, where that was cut short.
    if origin.isSettled, isThere(staged.log) { try moveFile(staged.log, to: results.log) }
  }

  /// Where a training writes its results.
  func places(_ origin: RunOrigin) -> Results { origin.keepsResults == true ? staged : results }

  /// Puts the new results, which are whole, in the places of the earlier ones; without effect where there are none.
  func publish(_ origin: inout RunOrigin) throws {
    guard origin.keepsResults == true else { return }
    try moveFile(staged.model, to: results.model)
    // Where no images were at hand there is no report, and the earlier one is not this model's.
    if isThere(staged.report) {
      try moveFile(staged.report, to: results.report)
    } else {
      try removeFile(results.report)
    }
    // Until origin.json says otherwise, --resume makes the results again and comes back here. The log cannot be made
    // again, so it moves when nothing can happen to it any more.
    origin.keepsResults = nil
    try AtomicFile.write(origin.encoded(), to: self.origin)
    try moveFile(staged.log, to: results.log)
  }

  /// Removes unfinished files that a killed process left behind.
  func sweep() {
    for folder in [path, checkpointFolder] {
      for name in (try? listFolder(folder)) ?? [] where name.hasPrefix(".tally-") && name.hasSuffix(".tmp") {
        try? removeFile("\(folder)/\(name)")
      }
    }
  }

  /// Files of an earlier training that a new one must not take for its own.
  private func leftovers(_ origin: RunOrigin) -> [String] {
    [checkpoint] + staged.all + (origin.keepsResults == true ? [] : results.all)
  }

  private func removeLeftovers(_ origin: inout RunOrigin) throws {
    guard origin.hasLeftovers == true else { return }
    for file in leftovers(origin) { try removeFile(file) }
    origin.hasLeftovers = nil
    try AtomicFile.write(origin.encoded(), to: self.origin)
  }
}

extension RunOrigin {
  /// Whether all that is in the folder is this training's own.
  fileprivate var isSettled: Bool { keepsResults != true && hasLeftovers != true }
}
