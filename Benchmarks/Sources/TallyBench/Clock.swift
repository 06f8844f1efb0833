// Wall time, processor time and peak memory: of this process, or of a program that is run.

import Foundation

/// Seconds of wall and processor time since it was made.
struct Stopwatch {
  private let wallStart = Stopwatch.wallNow()
  private let cpuStart = Stopwatch.cpuNow()

  var wall: Double { Self.wallNow() - wallStart }
  var cpu: Double { Self.cpuNow() - cpuStart }

  private static func wallNow() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
  private static func cpuNow() -> Double {
    var usage = rusage()
    getrusage(ownUsage, &usage)
    return usage.seconds
  }
}

/// What a program used.
struct ProgramRun {
  let wall: Double
  let cpu: Double
  /// Most memory it had at once, bytes.
  let peakBytes: Double
}

struct BenchmarkError: Error, CustomStringConvertible { let description: String }

/// Runs a program to its end with its output thrown away.
func run(_ arguments: [String]) throws -> ProgramRun {
  let watch = Stopwatch()
  var files: posix_spawn_file_actions_t = .init()
  posix_spawn_file_actions_init(&files)
  defer { posix_spawn_file_actions_destroy(&files) }
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)
  var pid: pid_t = 0
  var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for pointer in argv { free(pointer) } }
  let failure = posix_spawn(&pid, arguments[0], &files, nil, &argv, environ)
  guard failure == 0 else {
    throw BenchmarkError(description: "\(arguments[0]): \(String(cString: strerror(failure)))")
  }
  var status: Int32 = 0
  var usage = rusage()
  var peak = 0.0
  // Linux counts the memory of the process that spawned it as the program's, too, so its own is looked up while it runs.
  while true {
    let found = wait4(pid, &status, WNOHANG, &usage)
    if found == pid { break }
    guard found == 0 || errno == EINTR else { throw BenchmarkError(description: "lost \(arguments[0])") }
    peak = max(peak, peakMemory(of: pid))
    usleep(20_000)
  }
  guard status == 0 else {
    throw BenchmarkError(description: "\(arguments.joined(separator: " ")) ended with status \(status)")
  }
  return ProgramRun(
    wall: watch.wall, cpu: usage.seconds, peakBytes: peak > 0 ? peak : Double(usage.ru_maxrss))
}

/// The most memory a running process has had at once, bytes; 0 where the system does not say.
private func peakMemory(of pid: pid_t) -> Double {
  let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
  guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
    let kilobytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({
      Double($0)
    })
  else { return 0 }
  return 1024 * kilobytes
}

#if canImport(Darwin)
  private let ownUsage = RUSAGE_SELF
#else
  private let ownUsage = __rusage_who_t(RUSAGE_SELF.rawValue)
#endif

extension rusage {
  /// User and system time.
  var seconds: Double {
    Double(ru_utime.tv_sec + ru_stime.tv_sec) + 1e-6 * Double(ru_utime.tv_usec + ru_stime.tv_usec)
  }
}
