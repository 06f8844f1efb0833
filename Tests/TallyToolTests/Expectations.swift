// What every command promises: silence or results on success, one clear line and nothing half-written on failure.

import BitKernels
import Foundation
import Testing

/// Expects success without a word on the error stream.
func expectSuccess(_ outcome: Outcome, _ location: SourceLocation = #_sourceLocation) {
  #expect(outcome.code == 0 && outcome.errors == "", "\(outcome)", sourceLocation: location)
}

/// Expects success and nothing printed at all.
func expectSilence(_ outcome: Outcome, _ location: SourceLocation = #_sourceLocation) {
  expectSuccess(outcome, location)
  #expect(outcome.output == "", sourceLocation: location)
}

/// Expects success and nothing printed but warnings, for trainings whose images or plans may deserve some.
func expectNothingButWarnings(_ outcome: Outcome, _ location: SourceLocation = #_sourceLocation) {
  let lines = outcome.errors.split(separator: "\n")
  #expect(
    outcome.code == 0 && outcome.output == "" && lines.allSatisfy { $0.hasPrefix("warning: ") }, "\(outcome)",
    sourceLocation: location)
}

/// Expects one line `error: …` that holds all of `parts`, the exit code, and nothing on the standard output.
func expectFailure(
  _ outcome: Outcome, code: Int32 = 1, _ parts: String..., at location: SourceLocation = #_sourceLocation
) {
  #expect(outcome.code == code, "\(outcome)", sourceLocation: location)
  #expect(outcome.output == "", sourceLocation: location)
  let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
  #expect(
    lines.count == 2 && lines[0].hasPrefix("error: ") && lines[1] == "", "\(outcome.errors)",
    sourceLocation: location)
  for part in parts {
    #expect(outcome.errors.contains(part), "no \"\(part)\" in: \(outcome.errors)", sourceLocation: location)
  }
}

/// Expects neither a model nor an unfinished file in a run folder.
func expectNothingHalfWritten(
  _ bench: Bench, _ run: String, _ location: SourceLocation = #_sourceLocation
) {
  let files = bench.files(run)
  #expect(!files.contains("model.tally"), "\(files)", sourceLocation: location)
  #expect(
    !files.contains("report.html") || bench.reportIsUnfinished(run), "\(files)", sourceLocation: location)
  #expect(!files.contains { $0.hasSuffix(".tmp") }, "\(files)", sourceLocation: location)
}

extension Bench {
  /// Whether a run's report is there and says that the training is not over.
  func reportIsUnfinished(_ run: String) -> Bool {
    guard let page = try? bytes("\(run)/report.html") else { return false }
    return String(decoding: page, as: UTF8.self).contains("<section id=\"status\">")
  }
}

/// The JSON object a text is.
func jsonObject(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

/// The JSON array of objects a text is.
func jsonArray(_ text: String) throws -> [[String: Any]] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
}

/// The objects of log.jsonl, each line of which must be one.
func logLines(_ bench: Bench, _ run: String) throws -> [[String: Any]] {
  let text = String(decoding: try bench.bytes("\(run)/log.jsonl"), as: UTF8.self)
  #expect(text.hasSuffix("\n"))
  return try text.split(separator: "\n").map { try jsonObject(String($0)) }
}
