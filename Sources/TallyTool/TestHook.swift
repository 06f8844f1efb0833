// Hooks for tests, read here and nowhere else: TALLY_TEST_SIGNAL makes a process send itself a signal at a named point, so
// that a test, not the machine's speed, decides where a kill, a stop or a pause falls. TALLY_TEST_FAULT does the like at
// any call that changes a file system. Without the variables nothing happens.
//
// TALLY_TEST_SIGNAL="KILL checkpoint 3"      right after its third checkpoint has its name
// TALLY_TEST_SIGNAL="STOP map 8 /tmp/token"  in the eighth round of a worker, the first that can remove the file
// TALLY_TEST_FAULT="KILL 17"                 killed in place of its 17th such call
// TALLY_TEST_FAULT="ENOSPC 17"               that call fails, and all after it that need space

import Foundation
import Plumbing
import Synchronization

/// The places where a process can send itself a signal.
enum TestPoint: String, CaseIterable {
  /// A training has done a round and neither logged nor saved it.
  case round
  /// A checkpoint is whole in its temporary file and does not yet have its name.
  case write
  /// A checkpoint has its name.
  case checkpoint
  /// The model is written, the report is not.
  case model
  /// A worker has mapped a round and has not answered.
  case map
  /// A worker has got a shard that it is to check.
  case cut
}

/// Sends the signal that TALLY_TEST_SIGNAL asks for, once.
final class TestHook: Sendable {
  private let wanted: (signal: Int32, point: TestPoint, count: Int, token: String?)?
  private let passed = Atomic<Int>(0)

  /// Reads the variable: `SIGNAL POINT COUNT [FILE]`.
  /// - Throws: `UserError` for anything else.
  init(_ variables: [String: String] = ProcessInfo.processInfo.environment) throws {
    guard let text = variables["TALLY_TEST_SIGNAL"], !text.isEmpty else {
      wanted = nil
      return
    }
    let signals = ["INT": SIGINT, "TERM": SIGTERM, "KILL": SIGKILL, "STOP": SIGSTOP]
    let words = text.split(separator: " ", maxSplits: 3).map(String.init)
    guard words.count >= 3, let signal = signals[words[0]], let point = TestPoint(rawValue: words[1]),
      let count = Int(words[2]), count > 0
    else {
      let points = TestPoint.allCases.map(\.rawValue).joined(separator: "|")
      throw UserError(
        description: "TALLY_TEST_SIGNAL=\(text): give INT|TERM|KILL|STOP \(points) COUNT [FILE], or unset it",
        code: 2)
    }
    wanted = (signal, point, count, words.count > 3 ? words[3] : nil)
  }

  /// The process is at a point.
  /// - Parameter isNoticed: whether SIGINT or SIGTERM has arrived; what comes after the point waits for it.
  func reach(_ point: TestPoint, isNoticed: () -> Bool = { true }) {
    guard let wanted, wanted.point == point,
      passed.wrappingAdd(1, ordering: .relaxed).newValue == wanted.count
    else { return }
    // SAFETY: the C string lives for the call.
    if let token = wanted.token, unsafe unlink(token) != 0 { return }
    if wanted.signal == SIGKILL || wanted.signal == SIGSTOP {
      // To this thread: it does not get beyond this line before the signal arrives.
      raise(wanted.signal)
    } else {
      kill(getpid(), wanted.signal)
      while !isNoticed() { usleep(1000) }
    }
  }
}

/// Plans the fault that TALLY_TEST_FAULT asks for: `KILL|ENOSPC|EDQUOT|EFBIG|EIO CALL`.
/// - Throws: `UserError` for anything else.
func planTestFault(_ variables: [String: String] = ProcessInfo.processInfo.environment) throws {
  guard let text = variables["TALLY_TEST_FAULT"], !text.isEmpty else { return }
  let errors = ["ENOSPC": ENOSPC, "EDQUOT": EDQUOT, "EFBIG": EFBIG, "EIO": EIO]
  let words = text.split(separator: " ").map(String.init)
  guard words.count == 2, let call = Int(words[1]), call > 0, words[0] == "KILL" || errors[words[0]] != nil
  else {
    throw UserError(
      description: "TALLY_TEST_FAULT=\(text): give KILL|ENOSPC|EDQUOT|EFBIG|EIO CALL, or unset it", code: 2)
  }
  FileFaults.plan(errors[words[0]].map { .fail($0) } ?? .kill, call: call)
}
