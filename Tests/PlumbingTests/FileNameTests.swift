// Names of files: every one has a string and that string gives it back; what a terminal would obey is escaped.

import Foundation
import Plumbing
import Testing
import _TestSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct FileNameTests {
  @Test(arguments: ["", "a b", "äöü", "日本", "e\u{301}", "👩‍👩‍👧", "a\nb"]) func textIsItself(_ text: String) {
    #expect(FileName.text(Array(text.utf8)).unicodeScalars.elementsEqual(text.unicodeScalars))
    #expect(FileName.bytes(text) == Array(text.utf8) && FileName.isUTF8(text))
  }

  @Test func everyByteComesBack() {
    for byte in UInt8.min...UInt8.max {
      for name in [
        [byte], [0x61, byte, 0x62], [byte, 0x80], [0xE2, byte], [0xEF, 0x9E, byte], [0xF0, 0x9F, byte, byte],
      ] {
        #expect(FileName.bytes(FileName.text(name)) == name)
        #expect(FileName.isUTF8(FileName.text(name)) == (String(validating: name, as: UTF8.self) != nil))
      }
    }
  }

  @Test func randomNamesComeBackAndDiffer() {
    var generator = SeededGenerator(seed: 7)
    var texts: [[UInt32]: [UInt8]] = [:]
    for _ in 0..<20_000 {
      let count = Int(generator.next() % 7)
      // Bytes that begin and continue scalars, so that most names are nearly UTF-8.
      let name = (0..<count).map { _ in
        [0x41, 0x80, 0x9E, 0x9F, 0xBF, 0xC3, 0xE9, 0xED, 0xEF, 0xF0, 0xF4, 0xFF][Int(generator.next() % 12)]
          as UInt8
      }
      let text = FileName.text(name)
      #expect(FileName.bytes(text) == name)
      #expect(texts.updateValue(name, forKey: text.unicodeScalars.map(\.value)) ?? name == name)
    }
  }

  @Test func aNameThatHoldsAnEscapeIsNotTheNameOfTheByte() {
    let byte: [UInt8] = [0xE9]
    let scalar = Array("\u{F7E9}".utf8)
    #expect(FileName.text(byte) != FileName.text(scalar))
    #expect(FileName.bytes(FileName.text(scalar)) == scalar)
  }

  @Test func filesWithSuchNamesAreListedAndRead() throws {
    let folder = try TemporaryFolder()
    let names: [[UInt8]] = [[0x63, 0x61, 0x66, 0xE9], Array("e\u{301}".utf8), Array("\u{E9}".utf8)]
    for (index, name) in names.enumerated() {
      var path = Array(folder.url.path.utf8) + [UInt8(ascii: "/")] + name
      path.append(0)
      // SAFETY: the array is a terminated string that lives for the call.
      let descriptor = unsafe path.withUnsafeBytes { bytes in
        unsafe open(bytes.baseAddress!.assumingMemoryBound(to: CChar.self), O_WRONLY | O_CREAT, 0o600)
      }
      // A file system that takes only UTF-8, or one spelling of a text, has no such names.
      guard descriptor >= 0 else { return }
      var byte = UInt8(index)
      // SAFETY: one byte of a local is written.
      _ = unsafe write(descriptor, &byte, 1)
      close(descriptor)
    }
    let listed = try listFolder(folder.url.path)
    #expect(Set(listed.map(FileName.bytes)) == Set(names))
    for name in listed {
      let content = try readFile("\(folder.url.path)/\(name)", limit: 1)
      #expect(names[Int(content[0])] == FileName.bytes(name))
    }
    // Two spellings of one text are equal strings; their order still is one.
    #expect(listed.map(FileName.bytes) == Array(listed.reversed()).sortedAsNames().map(FileName.bytes))
  }

  @Test func emptyPathsAndNULsNameNothing() {
    for path in ["", "a\0b"] {
      #expect(throws: FileError.self) { _ = try readFile(path, limit: 1) }
      #expect(throws: FileError.self) { _ = try listFolder(path) }
      #expect(FileKind(path: path) == .missing)
    }
  }

  @Test(arguments: [
    ("plain äöü 日本 👩‍👧", "plain äöü 日本 👩‍👧"), ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\u{1B}[31mred", "\\e[31mred"),
    ("\u{9B}31m", "\\x9B31m"), ("\u{7F}\u{0}", "\\x7F\\x00"), ("a\u{202E}gnp", "a\\u{202E}gnp"),
    ("a\\n", "a\\n"),
  ]) func terminalsGetNothingToObey(_ text: String, _ shown: String) {
    #expect(text.printable == shown)
  }

  @Test func bytesAreShown() {
    #expect(FileName.text([0x63, 0xE9, 0x0A]).printable == "c\\xE9\\n")
    #expect("a\nb\u{1B}".printable(keeping: ["\n"]) == "a\nb\\e")
  }
}

@Suite struct SpecialFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// What reading the path gives.
  private func refusal(_ path: String) -> String {
    do { return "\(try readFile(path, limit: 10))" } catch { return "\(error)" }
  }

  @Test func pipesDevicesAndSocketsAreNamedWithoutWaiting() throws {
    let pipe = folder.path("pipe")
    // SAFETY: the C string lives for the call.
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    #expect(refusal(pipe) == "cannot read \(pipe): it is a pipe (FIFO); name a regular file")
    #expect(refusal("/dev/zero") == "cannot read /dev/zero: it is a device; name a regular file")
    let socketPath = folder.path("socket")
    try bindSocket(socketPath)
    #expect(refusal(socketPath) == "cannot read \(socketPath): it is a socket; name a regular file")
  }

  private func bindSocket(_ path: String) throws {
    #if canImport(Darwin)
      let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
    // SAFETY: the path is copied into the address's own field, which is longer; the call reads the address alone.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
  }
}
