// log.jsonl: one JSON object a line, a line an event of the training.
// What the events are, TrainingSession says; reading them is ReportWriter's.

import Foundation
import Plumbing

/// What an event says besides its name: texts and numbers.
typealias LogValues = [String: any Encodable & Sendable]

/// The log of a run, to which events are appended.
struct RunLog {
  private let file: FileHandle

  /// The log at `path`, which is made if it is missing.
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

  /// Appends a line with the event, the time and the values.
  func append(_ event: String, _ values: LogValues = [:]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let own: LogValues = ["time": Date().timeIntervalSince1970, "event": event]
    guard var line = try? encoder.encode(LogLine(values: values.merging(own) { $1 })) else { return }
    line.append(0x0a)
    // A log that cannot be written (a full disk) must not end a training; but no part of a line may stay in it.
    guard let end = try? file.offset() else { return }
    do { try file.write(contentsOf: line) } catch { try? file.truncate(atOffset: end) }
  }
}

/// An object with any keys.
private struct LogLine: Encodable {
  let values: LogValues

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in values { try container.encode(value, forKey: Key(stringValue: key)) }
  }
}
