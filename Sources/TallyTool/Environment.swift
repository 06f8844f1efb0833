// What the environment may change of the tool. None of it changes a model.
//
// TALLY_CHECKPOINT_SECONDS  least time between two checkpoints within a layer; default 5, 0 = after every round
// TALLY_MEMORY_MIB          memory that anything may need, in MiB; default: what the machine gives the process
// TALLY_FORCE_KERNELS and TALLY_DATA_PATH are read by the libraries, TALLY_TEST_SIGNAL by TestHook.

import Foundation
import Plumbing

/// Settings from the environment, checked.
struct ToolEnvironment {
  /// Seconds that at least lie between two checkpoints within a layer.
  var checkpointSeconds = 5.0
  /// Bytes of memory that a plan, or anything else that depends on what is read, may need.
  var memoryLimit = MemoryLimit.current.bytes
  /// Where a test wants a signal.
  let hook: TestHook

  /// Reads the variables.
  /// - Throws: `UserError` for one that is no number in its range.
  init(_ variables: [String: String] = ProcessInfo.processInfo.environment) throws {
    hook = try TestHook(variables)
    if let text = variables["TALLY_CHECKPOINT_SECONDS"], !text.isEmpty {
      guard let seconds = Double(text), (0...86_400).contains(seconds) else {
        throw UserError(
          description: "TALLY_CHECKPOINT_SECONDS=\(text): give seconds in 0...86400, or unset it", code: 2)
      }
      checkpointSeconds = seconds
    }
  }

  /// Takes the limit of the process's memory from the environment, where that says one.
  /// - Throws: `UserError` for one that is no number in its range.
  static func chooseMemoryLimit(
    _ variables: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    guard let text = variables["TALLY_MEMORY_MIB"], !text.isEmpty else { return }
    guard let mebibytes = Int(text), (1...(1 << 40)).contains(mebibytes) else {
      throw UserError(
        description: "TALLY_MEMORY_MIB=\(text): give a whole number from 1, or unset it", code: 2)
    }
    MemoryLimit.choose(bytes: mebibytes << 20)
  }
}
