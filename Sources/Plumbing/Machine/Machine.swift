// What this machine gives the process: memory and processors, as the system, its control groups and limits allow.
// How control groups say it is ControlGroups.swift's.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The machine as this process may use it. Asked once: limits hardly change while a process runs.
public enum Machine {
  /// Bytes of memory: what is installed, less where a control group or a limit of the address space allows less.
  public static let memory: Int = {
    [physicalMemory, groups?.memory, addressSpace].compactMap { $0 }.min() ?? .max
  }()

  /// Threads that can run at the same time: the processors the process may run on, fewer where a control group allows
  /// less time; at least 1.
  public static let threads: Int = {
    max(1, min(onlineProcessors, allowedProcessors ?? .max, groups?.processors ?? .max))
  }()

  /// Processor time that all threads of this process have taken so far, nanoseconds.
  public static var processorNanoseconds: Int {
    var time = timespec()
    // SAFETY: `time` is a local of the type the call fills.
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }

  private static var onlineProcessors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  private static func text(_ path: String) -> String? {
    (try? readFile(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
  }

  #if canImport(Darwin)
    private static let groups: ControlGroups? = nil
    private static let allowedProcessors: Int? = nil
    private static let addressSpace: Int? = nil

    private static var physicalMemory: Int? {
      var (bytes, size) = (UInt64(0), MemoryLayout<UInt64>.size)
      // SAFETY: the call writes at most `size` bytes to a local of that size.
      guard unsafe sysctlbyname("hw.memsize", &bytes, &size, nil, 0) == 0 else { return nil }
      return Int(clamping: bytes)
    }
  #else
    private static let groups = text("/proc/self/cgroup").map { ControlGroups(membership: $0, read: text) }

    private static var physicalMemory: Int? {
      let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
      return pages > 0 && size > 0 ? MemoryLimit.product(pages, size) : nil
    }

    /// What is left of the largest address space; nil without a limit.
    private static var addressSpace: Int? {
      var limit = rlimit()
      // SAFETY: `limit` is a local of the type the call fills.
      guard unsafe getrlimit(Int32(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(Int.max) else {
        return nil
      }
      let used = text("/proc/self/statm").flatMap(ProcessStatus.addressSpacePages) ?? 0
      return max(0, Int(limit.rlim_cur) - MemoryLimit.product(used, sysconf(Int32(_SC_PAGESIZE))))
    }

    /// The processors that the process is bound to; nil where the system does not say.
    private static let allowedProcessors = text("/proc/self/status").flatMap(ProcessStatus.processors)
  #endif
}
