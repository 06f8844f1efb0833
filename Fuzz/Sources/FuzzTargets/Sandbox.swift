// Files for readers that open what they read by name. They are small, overwritten all the time, and never synced.

import Plumbing
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder of one target's files.
struct Sandbox {
  let path: String

  private static let made = Mutex<Set<String>>([])

  /// The folder of a name, made when it is first asked for. The process leaves it behind: `scripts/fuzz` gives the
  /// temporary folder and takes it away.
  init(_ name: String) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tally-fuzz-\(getpid())")
      .appendingPathComponent(name)
    path = folder.path
    guard Self.made.withLock({ $0.insert(name).inserted }) else { return }
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// Whether a file is there.
  func has(_ name: String) -> Bool { FileKind(path: "\(path)/\(name)") == .file }

  /// Makes a folder in the folder.
  func folder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: "\(path)/\(name)", withIntermediateDirectories: true)
  }

  /// A descriptor that reads a file.
  func reading(_ name: String) -> Int32 {
    // SAFETY: the C string lives for the call.
    unsafe open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
  }

  /// A descriptor that writes a file from its beginning.
  func writing(_ name: String) -> Int32 {
    // SAFETY: the C string lives for the call.
    unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  }

  /// Closes a descriptor.
  static func close(_ descriptor: Int32) { _ = closeDescriptor(descriptor) }

  /// The two ends of a new pipe.
  static func pipe() -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: the array has room for the two descriptors that the call writes.
    guard unsafe makePipe(&ends) == 0 else { return (-1, -1) }
    return (ends[0], ends[1])
  }
}

/// The system's `close` and `pipe`, under names that do not collide with methods.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
@unsafe
private func makePipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 {
  // SAFETY: the caller vouches for two numbers.
  unsafe pipe(ends)
}
