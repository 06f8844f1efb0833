// Who writes into a folder: one process at a time, known to those that come after it. The lock itself is Plumbing's.

import Foundation
import Plumbing

/// What a process says of itself to others that want its folder.
struct RunOwner: Codable {
  var pid: Int32
  var host: String
  /// When it took the folder.
  var since: String
  var command: String
  /// The training that it is about to begin, as `RunOrigin.run`; nil for one that was begun before, and other work.
  var run: String?

  /// This process.
  init(beginning run: String? = nil) {
    (pid, host) = (getpid(), ProcessInfo.processInfo.hostName)
    since = Date().formatted(.iso8601)
    command = String((["tally"] + CommandLine.arguments.dropFirst()).joined(separator: " ").prefix(1000))
    self.run = run
  }

  /// Reads what `encoded()` wrote; nil if it is something else.
  init?(encoded bytes: [UInt8]) {
    guard let owner = try? JSONDecoder().decode(RunOwner.self, from: Data(bytes)) else { return nil }
    self = owner
  }

  /// One line.
  func encoded() throws -> [UInt8] { Array(try JSONEncoder().encode(self)) }

  /// In one line, whatever is in it.
  var text: String { "process \(pid) on \(host) since \(since) (\(command))".printable }
  /// Its command in one line.
  var plainCommand: String { command.printable }
}

/// A folder that this process holds, and the folders that it made for that.
final class OwnedFolder {
  private let lock: FolderLock
  private let made: [String]
  /// Whether the word of a training that ended before it began need not stay for others.
  private var isSettled: Bool

  /// Takes a folder, which is made if it is missing.
  /// - Parameters:
  ///   - path: the folder.
  ///   - owner: this process.
  ///   - remedy: what to do if another process has it.
  ///   - check: told who had the folder before and did not let go in good order; may refuse to go on, and then everything
  ///     in the folder stays as it was.
  /// - Throws: `UserError` naming that process; `FileError` when nothing can be written there.
  init(
    _ path: String, _ owner: RunOwner, remedy: String,
    check: (_ predecessor: RunOwner?) throws -> Void = { _ in }
  ) throws {
    let made = try makeFolders(path)
    do {
      let holder = try FolderLock.take(path) { left in
        try check(left.flatMap { RunOwner(encoded: $0) })
        return try owner.encoded()
      }
      switch holder {
      case .me(let lock): self.lock = lock
      case .other(let note):
        let who = RunOwner(encoded: note)?.text ?? "another process"
        throw UserError(description: "\(path) is in use by \(who); \(remedy)")
      }
    } catch {
      removeEmptyFolders(made)
      throw error
    }
    self.made = made
    isSettled = lock.left.flatMap { RunOwner(encoded: $0) }?.run == nil
    if let reason = lock.missing {
      put(
        "warning: \(path) cannot be locked (\(reason)); see to it that nothing else writes there\n",
        on: STDERR_FILENO)
    }
  }

  deinit { release() }

  /// Notes that the folder holds a training of which origin.json says all there is to say.
  func settle() { isSettled = true }

  /// Lets go; folders in which nothing was written go, too.
  func release() {
    lock.release(keepsNote: !isSettled)
    removeEmptyFolders(made)
  }
}
