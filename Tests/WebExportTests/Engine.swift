// The scripts of exported pages, run in Node.

import Foundation
import Testing
import _TestSupport

/// What a page's script says of an image; an error's words where it says nothing.
struct EngineResult: Decodable {
  var error: String?
  var classes: [String]?
  var pixels: [UInt8]?
  var scores: [Int64]?
  var shares: [Int64]?
  var looks: Int?
  var layers: Int?
  /// The sum of every class's evidence.
  var evidence: [Double]?
}

/// Files of pages and images, in the order in which the scripts get them.
struct Engine {
  let folder: TemporaryFolder
  private var files: [String] = []

  private static let script = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("WebPages/engine.mjs")
    .path

  init() throws { folder = try TemporaryFolder() }

  /// Adds a page; images that are added next are its own.
  mutating func add(page: String) throws {
    files.append(try folder.write(Array(page.utf8), to: "\(files.count).html"))
  }

  /// Adds an image: the bytes of pixels, or a PNG file.
  mutating func add(_ image: [UInt8], isPNG: Bool = false) throws {
    files.append(try folder.write(image, to: "\(files.count).\(isPNG ? "png" : "raw")"))
  }

  /// What the scripts say of all images.
  func results() throws -> [EngineResult] {
    let process = Process()
    let ended = DispatchSemaphore(value: 0)
    // Files, not pipes: nothing here has to keep reading.
    let streams = try ["out", "err"].map {
      try folder.write([], to: $0)
      return try FileHandle(forWritingTo: folder.url.appendingPathComponent($0))
    }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["node", Self.script] + files
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (streams[0], streams[1])
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    for stream in streams { try stream.close() }
    ended.wait()
    let errors = try String(contentsOfFile: folder.path("err"), encoding: .utf8)
    try #require(process.terminationStatus == 0, "\(errors.prefix(2000))")
    return try JSONDecoder().decode(
      [EngineResult].self, from: Data(contentsOf: folder.url.appendingPathComponent("out")))
  }
}
