// log.jsonl: one JSON object a line, a line an event of the training.
// What the events are, TrainingSession says; reading them is ReportWriter's.

import Foundation
import Plumbing

/// What an event says besides its name: texts and numbers.
typealias LogValues = [String: any Encodable & Sendable]

/// The log of a run, to which events are appended.
final class RunLog {
  private let file: AppendedFile
  /// Why the first event that is missing could not be written; nil if none is missing.
  private(set) var problem: String?

  /// The log at `path`, which is made if it is missing.
  init(path: String) throws { file = try AppendedFile(path: path) }

  /// Appends a line with the event, the time, the processor time that this process has taken so far, and the values.
  ///
  /// A log that cannot be written (a full disk) does not end a training; but no part of a line stays in it, and `problem`
  /// says so.
  func append(_ event: String, _ values: LogValues = [:]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let own: LogValues = [
      "time": Date().timeIntervalSince1970, "cpuSeconds": Double(Machine.processorNanoseconds) * 1e-9,
      "event": event,
    ]
    do {
      let line = try encoder.encode(LogLine(values: values.merging(own) { $1 }))
      try file.append((Array(line) + [0x0a]).span)
    } catch {
      problem = problem ?? "\(error)"
    }
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
