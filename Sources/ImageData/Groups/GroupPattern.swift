// From the paths of image files to the names of their groups, by a regular expression.

import Dispatch
import Plumbing
import Synchronization

/// A regular expression that finds the name of a group in a file's path.
struct GroupPattern {
  let text: String
  /// Seconds after which an expression that is still at one path counts as endless.
  var patience = 10

  /// The name of the group of every path: what the first parentheses of the first match hold, or the whole match where
  /// the expression has none; nil where nothing matches, or nothing but an empty text.
  ///
  /// The expression is tried on a thread of its own, as one like `(a+)+$` may take longer than anyone waits: then that
  /// thread is left behind, and the error says so.
  /// - Throws: `DatasetError` `wrongGroups`.
  func names(of paths: [String]) throws(DatasetError) -> [String?] {
    guard text.utf8.count <= GroupRecord.mostRuleBytes else {
      throw wrong("has \(text.utf8.count) bytes, more than the \(GroupRecord.mostRuleBytes) accepted")
    }
    let work = Work()
    let text = self.text
    DispatchQueue.global().async {
      work.result.withLock { $0 = Self.match(text, paths) { work.done.wrappingAdd(1, ordering: .relaxed) } }
      work.end.signal()
    }
    var seen = -1
    while work.end.wait(timeout: .now() + .seconds(patience)) == .timedOut {
      let done = work.done.load(ordering: .relaxed)
      guard done != seen else {
        throw wrong(
          "takes too long on \"\(paths[min(done, paths.count - 1)])\"; write it without nested repeats")
      }
      seen = done
    }
    switch work.result.withLock({ $0 }) {
    case .success(let names): return names
    case .failure(let problem): throw wrong("is not a regular expression: \(problem.words)")
    }
  }

  private func wrong(_ what: String) -> DatasetError {
    DatasetError(code: .wrongGroups, message: "--group \"\(text.printable)\" \(what)")
  }

  /// What is wrong with an expression.
  private struct Problem: Error {
    let words: String
  }

  /// What the two threads share.
  private final class Work: Sendable {
    let done = Atomic<Int>(0)
    let end = DispatchSemaphore(value: 0)
    let result = Mutex<Result<[String?], Problem>>(.success([]))
  }

  private static func match(
    _ text: String, _ paths: [String], onDone: () -> Void
  ) -> Result<[String?], Problem> {
    let expression: Regex<AnyRegexOutput>
    do { expression = try Regex(text) } catch { return .failure(Problem(words: "\(error)")) }
    var names: [String?] = []
    for path in paths {
      let output = path.firstMatch(of: expression)?.output
      let found = output.flatMap { $0.count > 1 ? $0[1].substring : $0[0].substring }
      names.append(found.flatMap { $0.isEmpty ? nil : String($0) })
      onDone()
    }
    return .success(names)
  }
}
