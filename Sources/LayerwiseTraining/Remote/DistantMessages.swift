// What frames between processes hold of images that lie elsewhere: where they are, what they are to be fitted to, which
// shards they go into. docs/wire-protocol.md lays them out.

import CountingRounds
import ImageData
import Plumbing

extension ImagesMessage {
  /// Reads images that all are files.
  /// - Throws: `RoundError`.
  init(files bytes: [UInt8]) throws(RoundError) {
    try self.init(encoded: bytes)
    guard form == .file else {
      throw RoundError("not a valid message of images: pixels where files are expected")
    }
  }
}

/// Files of images and the shape that they are fitted to.
struct FitMessage: Sendable {
  /// What is to be said of them.
  enum Wish: UInt64 {
    /// What is known without their pixels.
    case look = 0
    /// Their pixels.
    case pixels = 1
    /// One value of three that are equal.
    case greyPixels = 2
  }
  var wish: Wish
  var shape: ImageShape
  var images: ImagesMessage

  /// Reads a frame's payload: wish (1), width, height and channels (4 each), images.
  /// - Throws: `RoundError`.
  init(encoded bytes: [UInt8]) throws(RoundError) {
    var reader = ByteReader(bytes)
    do throws(ByteReader.Failure) {
      guard let wish = Wish(rawValue: try reader.read(bytes: 1)) else {
        throw ByteReader.Failure(message: "a wish of no known kind")
      }
      self.wish = wish
      let (width, height) = (Int(try reader.read(bytes: 4)), Int(try reader.read(bytes: 4)))
      shape = ImageShape(width: width, height: height, channels: Int(try reader.read(bytes: 4)))
      guard shape.isValid else { throw ByteReader.Failure(message: "images of \(shape)") }
    } catch {
      throw RoundError("not a valid message of images to fit: \(error.message)")
    }
    images = try ImagesMessage(files: Array(bytes[reader.position...]))
    // Of pixels, twice while they are put together.
    if wish != .look {
      do {
        try MemoryLimit.current.check(
          MemoryLimit.product(2 * shape.pixels, images.contents.count),
          for: "\(images.contents.count) images of \(shape)")
      } catch { throw RoundError(error.message) }
    }
  }
}

extension DistantPlaces {
  /// Appends form (1: 0 paths, 1 rows), number (4), and paths with a zero byte behind each, or rows (8 each).
  func append(to bytes: inout ByteWriter) {
    switch self {
    case .files(let files):
      bytes.append(0, bytes: 1)
      bytes.append(UInt64(files.count), bytes: 4)
      for file in files {
        bytes.append(Array(file.utf8))
        bytes.append(0, bytes: 1)
      }
    case .rows(let rows):
      bytes.append(1, bytes: 1)
      bytes.append(UInt64(rows.count), bytes: 4)
      for row in rows { bytes.append(UInt64(row), bytes: 8) }
    }
  }
}
