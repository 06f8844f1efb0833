// Image files: which names they have, how large they are, and reading one. See ImageDecoder for the formats.

package import Plumbing

/// An image fitted to a shape, and what else is known of its file.
package struct NotedImage: Sendable {
  package let image: DecodedImage
  /// Sides of the image as the file holds it, upright.
  let width, height: Int
  /// Whether the file shows no colour at all, whatever the shape.
  package let isGrey: Bool
  /// What a person should know.
  package let notes: [DecodingNote]
}

/// Reads PNG, JPEG and WebP files.
public enum ImageFile {
  /// Most bytes of an image file.
  public static let mostBytes = 1 << 28

  /// Whether a name ends as names of these files do: .png, .jpg, .jpeg, .jpe, .jfif, .webp, large or small.
  public static func isImageName(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return ["png", "jpg", "jpeg", "jpe", "jfif", "webp"].contains(
      name[name.index(after: dot)...].lowercased())
  }

  /// Reads and decodes an image.
  /// - Throws: `DatasetError` that names the file: as `ImageDecoder.decode`, or what the system said.
  package static func load(_ path: String) throws(DatasetError) -> DecodedImage {
    try ImageDecoder.decode(read(path), path: path)
  }

  /// Reads and decodes an image and fits it to a shape, see `DecodedImage.fitted`.
  /// - Throws: as `load`; `wrongShape` also for a shape that is neither grey nor RGB.
  package static func load(_ path: String, fitting shape: ImageShape) throws(DatasetError) -> DecodedImage {
    try ImageDecoder.decode(read(path), path: path, fitting: shape)
  }

  /// The same with what else is known of the file.
  package static func loadNoting(
    _ path: String, fitting shape: ImageShape
  ) throws(DatasetError) -> NotedImage {
    try ImageDecoder.decodeNoting(read(path), path: path, fitting: shape)
  }

  /// Width and height as the file's header says, before any turning; only the beginning is read where that is enough.
  static func size(_ path: String) throws(DatasetError) -> (width: Int, height: Int) {
    let head = try beginning(path)
    if let size = try size(ofBeginning: head, path: path) { return size }
    return try size(of: head.count == headBytes ? read(path) : head, path: path)
  }

  /// The same for the bytes of a file.
  static func size(of bytes: [UInt8], path: String) throws(DatasetError) -> (width: Int, height: Int) {
    if let size = try size(ofBeginning: bytes, path: path) { return size }
    throw DatasetError(
      code: .damagedImage, message: "\(path): the JPEG has no frame header; fetch it again")
  }

  /// The size by the first bytes of a file; nil for a JPEG that says it further on, or not at all.
  private static func size(
    ofBeginning head: [UInt8], path: String
  ) throws(DatasetError) -> (width: Int, height: Int)? {
    switch try ImageDecoder.Format(head, path: path) {
    case .png:
      guard head.count >= 24 else {
        throw DatasetError(code: .truncated, message: "\(path): the PNG ends in its header; fetch it again")
      }
      func number(_ at: Int) -> Int { head[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
      return (number(16), number(20))
    case .jpeg: return JPEGSegments(head).size
    case .webp: return try ImageCodec.webp.size(head[...], path: path)
    }
  }

  private static let headBytes = 1 << 16

  /// The bytes of a file.
  static func read(_ path: String) throws(DatasetError) -> [UInt8] {
    do { return try readFile(path, limit: mostBytes) } catch { throw DatasetError(error, path: path) }
  }

  private static func beginning(_ path: String) throws(DatasetError) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(FileError) {
      let file = try InputFile(path: path)
      try bytes.append(addingCapacity: headBytes) { output throws(FileError) in
        _ = try file.read(into: &output)
      }
    } catch {
      throw DatasetError(error, path: path)
    }
    return bytes
  }
}
