// Reading and writing files: contents, limits, and every failure that a test can bring about.

import Foundation
import Plumbing
import Testing
import _TestSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The error that a body throws, nil when it throws none.
private func fileError(_ body: () throws -> Void) -> FileError? {
  do { try body() } catch { return error as? FileError }
  return nil
}

@Suite struct ReadFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0, 1, 65_535, 65_536, 300_001]) func givesTheWholeContent(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let path = try folder.write(bytes, to: "a")
    #expect(try readFile(path, limit: size) == bytes)
    if size > 0 { #expect(fileError { _ = try readFile(path, limit: size - 1) }?.code == .tooLong) }
  }

  @Test func readsOnFromWhereItStopped() throws {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    let file = try InputFile(path: try folder.write(bytes, to: "a"))
    #expect(file.size == 1000)
    var all: [UInt8] = []
    var steps: [Int] = []
    for _ in 0..<4 {
      var got = 0
      try all.append(addingCapacity: 400) { output throws(FileError) in got = try file.read(into: &output) }
      steps.append(got)
    }
    #expect(all == bytes && steps == [400, 400, 200, 0])
  }

  @Test func namesThePathOfWhatCannotBeRead() throws {
    let missing = folder.path("missing")
    let error = try #require(fileError { _ = try readFile(missing, limit: 10) })
    #expect(error.code == .missing && error.message.contains(missing))
    let folderError = try #require(fileError { _ = try readFile(folder.url.path, limit: 10) })
    #expect(folderError.code == .folder && folderError.message.contains(folder.url.path))
  }

  @Test func saysWhatAPathIs() throws {
    let path = try folder.write([1], to: "a")
    #expect(FileKind(path: path) == .file)
    #expect(FileKind(path: folder.url.path) == .folder)
    #expect(FileKind(path: "/dev/null") == .other("a device"))
    #expect(FileKind(path: folder.path("b")) == .missing)
  }

  @Test func listsAFolderSorted() throws {
    #expect(try listFolder(folder.url.path) == [])
    let long = String(repeating: "n", count: 255)
    for name in ["b", "ä", ".hidden", "a", long] { try folder.write([], to: name) }
    #expect(try listFolder(folder.url.path) == ["b", "ä", ".hidden", "a", long].sorted())
    #expect(fileError { _ = try listFolder(folder.path("none")) }?.code == .missing)
  }
}

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0, 1, 100_000]) func writesANewFileAndReplacesAnOldOne(size: Int) throws {
    let path = folder.path("model")
    try AtomicFile.write([7, 7, 7], to: path)
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    try AtomicFile.write(bytes, to: path)
    #expect(try readFile(path, limit: size) == bytes)
    #expect(try listFolder(folder.url.path) == ["model"])
  }

  @Test func namesOfTheLongestLengthAreFine() throws {
    let path = folder.path(String(repeating: "m", count: 255))
    try AtomicFile.write([1, 2], to: path)
    #expect(try readFile(path, limit: 2) == [1, 2])
  }

  @Test func aFolderOrDeviceIsNotReplaced() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("d"), withIntermediateDirectories: false)
    #expect(fileError { try AtomicFile.write([1], to: folder.path("d")) }?.code == .folder)
    let error = try #require(fileError { try AtomicFile.write([1], to: "/dev/null") })
    #expect(error.message.contains("/dev/null") && FileKind(path: "/dev/null") == .other("a device"))
    #expect(try listFolder(folder.url.path) == ["d"])
  }

  @Test func aMissingFolderIsNamed() throws {
    let error = try #require(fileError { try AtomicFile.write([1], to: folder.path("no/model")) })
    #expect(error.code == .missing && error.message.contains(folder.path("no")))
  }

  @Test func anUnwritableFolderIsNamedAndTheOldFileSurvives() async throws {
    let path = try folder.write([1, 2, 3], to: "model")
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
    let place = folder.url.path
    // A process of its own, which gives up the superuser's rights where it has them.
    await #expect(processExitsWith: .success) { [place = place as String, path = path as String] in
      if geteuid() == 0 { #expect(seteuid(65_534) == 0) }
      let error = try #require(fileError { try AtomicFile.write([9], to: path) })
      #expect(error.code == .denied && error.message.contains(place))
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path)
    #expect(try readFile(path, limit: 3) == [1, 2, 3])
    #expect(try listFolder(place) == ["model"])
  }

  @Test func anUnreadableFileIsDenied() async throws {
    let path = try folder.write([1, 2, 3], to: "model")
    try FileManager.default.setAttributes([.posixPermissions: 0o000], ofItemAtPath: path)
    await #expect(processExitsWith: .success) { [path = path as String] in
      if geteuid() == 0 { #expect(seteuid(65_534) == 0) }
      let error = try #require(fileError { _ = try readFile(path, limit: 3) })
      #expect(error.code == .denied && error.message.contains(path))
    }
  }

  @Test func writingThatFailsHalfWayLeavesTheOldFile() async throws {
    let path = try folder.write([1, 2, 3], to: "model")
    // The limit on file sizes stops the write after 4096 bytes, as a full disk would.
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      #if canImport(Darwin)
        #expect(setrlimit(RLIMIT_FSIZE, &limit) == 0)
      #else
        #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      #endif
      let error = try #require(
        fileError { try AtomicFile.write([UInt8](repeating: 5, count: 100_000), to: path) })
      #expect(error.code == .failed && error.message.contains(path))
    }
    #expect(try readFile(path, limit: 3) == [1, 2, 3])
    #expect(try listFolder(folder.url.path) == ["model"])
  }

  @Test(.enabled(if: FileKind(path: "/dev/full") == .other("a device"), "there is no /dev/full"))
  func aFullDiskSaysSo()
    throws
  {
    // SAFETY: the C string lives for the call.
    let descriptor = unsafe open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let bytes: [UInt8] = [1, 2, 3]
    let error = try #require(
      fileError { try AtomicFile.writeAll(bytes.span, to: descriptor, path: "model.tally") })
    #expect(error.message.contains("model.tally") && error.message.contains("free some space"))
  }
}
