// log.jsonl: one JSON object a line, through swift-log.

import Foundation
import Logging
import Plumbing
import Synchronization

/// A log handler that appends every message and its metadata as one JSON object to a file.
struct JSONLinesLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let file: FileHandle

  /// A handler that appends to the file at `path`; the file is made if it is missing.
  init(path: String) throws {
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw UserError(description: "cannot write \(path); choose another --out")
      }
    }
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw UserError(description: "cannot write \(path); choose another --out")
    }
    self.file = file
    // A process that was killed, or a disk that was full, may have left part of a line.
    let content = try readFile(path, limit: 1 << 30)
    let whole = content.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    if whole < content.count { try file.truncate(atOffset: UInt64(whole)) }
    try file.seekToEnd()
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var object: [String: Any] = ["time": Date().timeIntervalSince1970, "event": event.message.description]
    for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
      object[key] = Double(value.description).map { $0 as Any } ?? value.description
    }
    guard var line = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]) else {
      return
    }
    line.append(0x0a)
    // A log that cannot be written (a full disk) must not end a training; but no part of a line may stay in it.
    guard let end = try? file.offset() else { return }
    do { try file.write(contentsOf: line) } catch { try? file.truncate(atOffset: end) }
  }
}
