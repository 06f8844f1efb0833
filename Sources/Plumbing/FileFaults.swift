// Faults for tests: any call that changes a file system can be made to fail, or to be the last thing the process does.
// Without a fault this costs a comparison a call. Who asks for one is TallyTool's TestHook.

import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What is to happen at which of the calls in FileCalls.swift.
package enum FileFaults {
  /// What happens instead of a call.
  package enum Fault: Sendable {
    /// The process is killed, as a power cut would end it.
    case kill
    /// The call fails with an error number, and so do all after it that may need space.
    case fail(Int32)
  }

  private static let planned = Mutex<(fault: Fault, call: Int)?>(nil)
  private static let isPlanned = Atomic<Bool>(false)
  private static let calls = Atomic<Int>(0)

  /// Plans a fault at the `call`-th call of this process from now on, counted from 1.
  package static func plan(_ fault: Fault, call: Int) {
    planned.withLock { $0 = (fault, call) }
    calls.store(0, ordering: .relaxed)
    isPlanned.store(true, ordering: .releasing)
  }

  /// The error number that the next call must fail with; nil if it may go on.
  /// - Parameter needsSpace: whether the call may take space, rather than give some back.
  static func next(needsSpace: Bool) -> Int32? {
    guard isPlanned.load(ordering: .acquiring), let (fault, call) = planned.withLock({ $0 }) else {
      return nil
    }
    let number = calls.wrappingAdd(1, ordering: .relaxed).newValue
    switch fault {
    case .kill:
      if number == call { raise(SIGKILL) }
      return nil
    case .fail(let error): return number == call || needsSpace && number > call ? error : nil
    }
  }
}
