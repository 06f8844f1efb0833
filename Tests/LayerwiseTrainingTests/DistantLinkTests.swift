// Images that lie elsewhere, over pipes: what a worker says of files, what a driver answers, and lines for what is wrong.

import CountingRounds
import Foundation
import ImageData
import Plumbing
import Testing
import _TestSupport

@testable import LayerwiseTraining

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct DistantLinkTests {
  private let files: [[UInt8]]

  init() {
    files =
      (0..<3).map { image in
        png(
          width: 8, height: 6, colourType: 0,
          rows: (0..<6).map { y in (0..<8).map { UInt8($0 * 9 + y + image) } })
      } + [Array("no picture".utf8), []]
  }

  private func images(_ contents: [[UInt8]]) -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(0, bytes: 1)
    bytes.append(UInt64(contents.count), bytes: 4)
    for content in contents { bytes.append(UInt64(content.count), bytes: 8) }
    for content in contents { bytes.append(content) }
    return bytes.bytes
  }

  private func fit(_ wish: UInt8, _ contents: [[UInt8]], _ sides: [Int] = [4, 4, 3]) -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(UInt64(wish), bytes: 1)
    for side in sides { bytes.append(UInt64(side), bytes: 4) }
    bytes.append(images(contents))
    return bytes.bytes
  }

  /// A descriptor to read a file from, and one to write it with.
  private func reading(_ path: String) throws -> Int32 {
    let handle = try #require(FileHandle(forReadingAtPath: path))
    return withExtendedLifetime(handle) { dup(handle.fileDescriptor) }
  }

  private func writing(_ path: String) throws -> Int32 {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    return withExtendedLifetime(handle) { dup(handle.fileDescriptor) }
  }

  /// What a worker answers to some messages.
  private func answers(_ messages: [Frame], threads: Int = 1) throws -> [Frame] {
    let folder = try TemporaryFolder()
    let input = try folder.write(messages.flatMap { $0.encoded() }, to: "in")
    let output = try folder.write([], to: "out")
    let end = try writing(output)
    defer { close(end) }
    var worker = try Worker(input: reading(input), output: end, threads: threads)
    try worker.run(version: "test")
    let channel = try FrameChannel(input: reading(output), output: -1, peer: "the worker")
    var frames: [Frame] = []
    while let frame = try channel.receive() { frames.append(frame) }
    return Array(frames.dropFirst())
  }

  @Test(arguments: [1, 3])
  func aWorkerSaysWhatFilesAre(threads: Int) throws {
    let found = try answers(
      [Frame(.look, images(files)), Frame(.fit, fit(0, files)), Frame(.fit, fit(2, Array(files.prefix(3))))],
      threads: threads)
    #expect(found.map(\.kind) == [.looked, .fitted, .pixels])
    var looks = ByteReader(found[0].payload)
    for file in files {
      #expect(try looks.read(bytes: 8) == UInt64(file.count))
      #expect(try looks.read(bytes: 8) == CRC64.checksum(file))
      #expect(try looks.read(bytes: 4) == (file.count > 10 ? 6 : 0))
    }
    try looks.expectEnd()
    // One value of three, and the checksum of these.
    #expect(found[2].payload.count == 3 * 16)
    var fits = ByteReader(found[1].payload)
    for (item, state) in [1, 1, 1, 0, 0].enumerated() {
      #expect(try fits.read(bytes: 1) == UInt64(state))
      let (least, most) = (try fits.read(bytes: 1), try fits.read(bytes: 1))
      let (_, greySum) = (try fits.read(bytes: 8), try fits.read(bytes: 8))
      let text = String(decoding: try fits.readBytes(Int(try fits.read(bytes: 4))), as: UTF8.self)
      guard state == 1 else {
        #expect(text.hasPrefix("\u{1}: "))
        continue
      }
      let pixels = Array(found[2].payload[16 * item..<16 * (item + 1)])
      #expect(greySum == CRC64.checksum(pixels))
      #expect([UInt8(least), UInt8(most)] == [pixels.min(), pixels.max()])
    }
    try fits.expectEnd()
  }

  @Test func whatIsWrongWithAMessageIsSaidInALine() throws {
    let whole = fit(0, files)
    let wrong: [Frame] =
      (0..<16).map { Frame(.fit, Array(whole.prefix($0))) } + [
        Frame(.fit, [3] + whole.dropFirst()), Frame(.fit, fit(0, files, [0, 4, 3])),
        Frame(.fit, fit(0, files, [4, 4, 2])), Frame(.fit, fit(0, files, [1 << 20, 4, 3])),
        Frame(.fit, fit(1, files)), Frame(.look, [1] + images(files).dropFirst()),
        Frame(.look, Array(images(files).dropLast())), Frame(.seal, []),
        Frame(.seal, Array("TALLYSH1".utf8) + [UInt8](repeating: 0, count: 40)),
      ]
    let found = try answers(wrong)
    #expect(found.count == wrong.count)
    for (number, answer) in found.enumerated() {
      // Two channels are a shape of arrays: every image then says that it cannot be fitted to it.
      #expect(answer.kind == (number == 18 ? .fitted : .failure))
      #expect(!answer.text.isEmpty)
    }
  }

  /// A way to a driver that gives these answers whatever it is asked.
  private func link(_ answers: [Frame], _ folder: TemporaryFolder) throws -> DistantLink {
    let input = try folder.write(answers.flatMap { $0.encoded() }, to: "answers")
    let output = try folder.write([], to: "questions")
    return try DistantLink(input: reading(input), output: writing(output), peer: "the driver")
  }

  @Test func aDriversAnswersAreChecked() throws {
    let folder = try TemporaryFolder()
    #expect(throws: RoundError("no Java")) { try link([.failure("no Java")], folder) }
    #expect(throws: RoundError.self) { try link([], folder) }
    #expect(throws: RoundError.self) { try link([Frame(.source, [2])], folder) }
    #expect(throws: RoundError.self) { try link([Frame(.manifest, [0])], folder) }
    let source = Frame(.source, [0])
    func said(_ answer: Frame?) throws -> String {
      let link = try link([source] + (answer.map { [$0] } ?? []), folder)
      return #expect(throws: DatasetError.self) { try link.look(at: .files(["a/b.png", "a/c.png"])) }?
        .description ?? ""
    }
    #expect(try said(.failure("host: cannot read a/b.png")) == "host: cannot read a/b.png")
    #expect(try said(nil).contains("the driver has ended"))
    #expect(try said(Frame(.fitted)).contains("answered with a message of kind"))
    let record = [UInt8](repeating: 0, count: 20)
    for count in [0, 1, 3] {
      let payload = [UInt8](repeating: 0, count: 20 * count)
      #expect(try said(Frame(.looked, payload)).contains("cannot be read"))
    }
    let two = try link([source, Frame(.looked, record + record)], folder)
    #expect(try two.look(at: .rows([4, 9])).map(\.length) == [0, 0])
    // As docs/wire-protocol.md lays it out.
    let question = try readFile(folder.path("questions"), limit: 1 << 10)
    #expect(Array(question[20..<25]) == [1, 2, 0, 0, 0] && question[25] == 4 && question[33] == 9)
    let listed = try link([source, Frame(.listed, [1, 1, 0, 97, 2, 2, 0, 98, 99])], folder).list("")
    #expect(listed.map(\.name) == ["a", "bc"] && listed.map(\.kind) == [.folder, .missing])
  }
}
