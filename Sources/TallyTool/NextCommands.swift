// Commands to paste behind a training.

import Foundation
import ImageData
import Plumbing

/// What one does with a model that was just trained.
struct NextCommands {
  let folder: RunFolder
  let origin: RunOrigin
  /// The part held out for testing, where one was drawn.
  let record: FolderRecord?
  /// The file of an image that the model did not learn from, where images are files.
  let photo: String?

  /// Three commands.
  var lines: [String] {
    let data = hasTestImages ? "" : " --data SET"
    let image =
      photo.map(\.shellQuoted)
      ?? (hasTestImages ? "--data \(origin.data.shellQuoted) --index 0 --top 3" : "photo.jpg")
    return [
      "tally evaluate \(folder.shellPath)\(data)",
      "tally explain \(folder.shellPath)\(data) --index 0 --out why.html",
      "tally predict \(folder.shellPath) \(image)",
    ]
  }

  /// Whether the data have test images, as far as that is known without reading them.
  private var hasTestImages: Bool {
    if let record { return record.testShare > 0 }
    if ShardFolder.isThere(origin.data) || origin.engine != nil { return false }
    guard FileKind(path: origin.data) == .folder else { return true }
    return ((try? listFolder(origin.data)) ?? []).contains { name in
      ["test", "t10k"].contains { name.lowercased().hasPrefix($0) }
    }
  }
}

extension String {
  /// The same as it is typed into a shell.
  var shellQuoted: String {
    let plain = allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:,@%".contains($0) }
    return plain && !isEmpty ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
