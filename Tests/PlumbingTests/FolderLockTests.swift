// Locks of folders, lines that are appended, and the calls below them.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct FolderLockTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func taken(_ note: [UInt8]) throws -> FolderLock? {
    guard case .me(let lock) = try FolderLock.take(folder.url.path, note: { _ in note }) else { return nil }
    return lock
  }

  @Test func onlyOneHasAFolder() throws {
    let lock = try #require(try taken([1, 2]))
    #expect(lock.left == nil && lock.missing == nil)
    guard case .other(let note) = try FolderLock.take(folder.url.path, note: { _ in [3] }) else {
      Issue.record("taken twice")
      return
    }
    #expect(note == [1, 2])
    lock.release()
    #expect(try listFolder(folder.url.path) == [])
    let next = try #require(try taken([4]))
    #expect(next.left == nil)
  }

  @Test func theDeadLetGoAndLeaveWord() async throws {
    let place = folder.url.path
    await #expect(processExitsWith: .success) { [place = place as String] in
      let holder = try FolderLock.take(place, note: { _ in [7, 8] })
      guard case .me = holder else { exit(1) }
      withExtendedLifetime(holder) { _exit(0) }
    }
    #expect(try listFolder(place) == [FolderLock.fileName])
    #expect(try #require(try taken([1])).left == [7, 8])
  }

  @Test func wordIsKeptUntilItIsHeeded() throws {
    let path = folder.path(FolderLock.fileName)
    // The last one was killed within its note.
    try folder.write([0x0a, 7, 8, 0x0a, 0x0a, 9], to: FolderLock.fileName)
    struct Refusal: Error {}
    #expect(throws: Refusal.self) {
      try FolderLock.take(folder.url.path) { left in
        #expect(left == [7, 8])
        throw Refusal()
      }
    }
    let lock = try #require(try taken([5]))
    #expect(lock.left == [7, 8])
    lock.release(keepsNote: true)
    #expect(FileKind(path: path) == .file)
    let next = try #require(try taken([6]))
    #expect(next.left == [5])
    next.release()
    #expect(FileKind(path: path) == .missing)
  }

  @Test func whatALinkLeadsToStays() throws {
    let path = try folder.write([5], to: "mine")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(FolderLock.fileName), withDestinationPath: path)
    #expect(throws: FileError.self) { try FolderLock.take(folder.url.path, note: { _ in [1] }) }
    #expect(try readFile(path, limit: 1) == [5])
  }
}

@Suite struct FileCallTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func linesAreWholeWhateverIsInBetween() async throws {
    let path = try folder.write(Array("one\ntw".utf8), to: "log")
    do {
      let file = try AppendedFile(path: path)
      try file.append(Array("two\n".utf8).span)
    }
    #expect(try readFile(path, limit: 100) == Array("one\ntwo\n".utf8))
    await #expect(processExitsWith: .success) { [path = path as String] in
      let file = try AppendedFile(path: path)
      FileFaults.plan(.fail(ENOSPC), call: 1)
      let error = #expect(throws: FileError.self) { try file.append(Array("three\n".utf8).span) }
      #expect(error?.message.contains("free some space") == true)
    }
    #expect(try readFile(path, limit: 100) == Array("one\ntwo\n".utf8))
    #expect(throws: FileError.self) { try AppendedFile(path: folder.url.path) }
  }

  @Test func emptyPathsAreErrors() {
    #expect(throws: FileError.self) { try AtomicFile.write([1], to: "") }
    #expect(throws: FileError.self) { try readFile("", limit: 1) }
    #expect(throws: FileError.self) { try AppendedFile(path: "") }
    #expect(throws: FileError.self) { try makeFolders("") }
  }

  @Test func foldersAreMadeAndTakenBack() throws {
    let made = try makeFolders(folder.path("a/b/c"))
    #expect(made == ["a", "a/b", "a/b/c"].map(folder.path))
    #expect(try makeFolders(folder.path("a/b")) == [])
    try folder.write([1], to: "a/mine")
    removeEmptyFolders(made)
    #expect(try listFolder(folder.path("a")) == ["mine"])
    #expect(throws: FileError.self) { try makeFolders(folder.path("a/mine/b")) }
  }

  @Test func aFailedWriteLeavesTheOldFile() async throws {
    let path = try folder.write([1, 2, 3], to: "model")
    for number in [ENOSPC, EDQUOT, EFBIG, EIO] {
      for call in 1...4 {
        await #expect(processExitsWith: .success) {
          [path = path as String, number = number as Int32, call = call as Int] in
          FileFaults.plan(.fail(number), call: call)
          let error = #expect(throws: FileError.self) { try AtomicFile.write([9, 9], to: path) }
          #expect(error?.message.hasPrefix("cannot write \(path): \(systemWords(number)); ") == true)
        }
        #expect(try readFile(path, limit: 3) == [1, 2, 3])
        #expect(try listFolder(folder.url.path) == ["model"])
      }
    }
  }
}
