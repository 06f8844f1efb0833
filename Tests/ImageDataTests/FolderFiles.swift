// Folders of images made by the tests.

import Foundation
import Plumbing
import _TestSupport

@testable import ImageData

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension TemporaryFolder {
  /// Writes PNG images of 20×18 pixels whose first value is their number and `more`, into class folders.
  func writeClasses(
    _ counts: [String: Int], in place: String = "set", colour: Bool = false, more: Int = 0
  ) throws {
    for (name, count) in counts {
      let path = "\(place)/\(name)"
      try makeFolder(path)
      for n in 0..<count { try write(Self.image(n + more, colour: colour), to: "\(path)/\(n).png") }
    }
  }

  /// A PNG file of 20×18 pixels of one value, or of a colour with it.
  static func image(_ number: Int, colour: Bool = false) -> [UInt8] {
    let pixels = [UInt8](repeating: UInt8(number), count: 20 * 18).flatMap { (value: UInt8) -> [UInt8] in
      colour ? [value, value, 200] : [value]
    }
    return png(
      DecodedImage(shape: ImageShape(width: 20, height: 18, channels: colour ? 3 : 1), pixels: pixels))
  }

  /// Makes a folder and those above it.
  func makeFolder(_ place: String) throws {
    try FileManager.default.createDirectory(atPath: path(place), withIntermediateDirectories: true)
  }

  /// Makes a folder with a name of any bytes; false where the file system wants text.
  func makeFolder(named name: [UInt8], in place: String) -> Bool {
    let text = (Array(path(place).utf8) + [UInt8(ascii: "/")] + name + [0]).map { CChar(bitPattern: $0) }
    // SAFETY: the characters end in a zero and live for the call.
    return unsafe mkdir(text, 0o700) == 0
  }
}
