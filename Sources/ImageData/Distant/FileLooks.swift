// What a worker says of images that it was handed: of their files, and of their pixels once they are fitted to a shape.

package import Plumbing

/// What the file of an image is.
package struct FileLook: Hashable, Sendable {
  /// Its bytes, and their CRC-64.
  package let length: Int
  package let sum: UInt64
  /// The shorter of the sides that its header says; 0 where it says none.
  package let shorterSide: Int

  init(length: Int, sum: UInt64, shorterSide: Int) {
    (self.length, self.sum, self.shorterSide) = (length, sum, shorterSide)
  }

  /// Looks at the bytes of a file.
  package init(at bytes: [UInt8]) {
    let size = try? ImageFile.size(of: bytes, path: FittedLook.name)
    self.init(
      length: bytes.count, sum: CRC64.checksum(bytes), shorterSide: size.map { min($0.width, $0.height) } ?? 0
    )
  }

  /// Appends length (8), checksum (8) and shorter side (4).
  package func append(to bytes: inout ByteWriter) {
    bytes.append(UInt64(length), bytes: 8)
    bytes.append(sum, bytes: 8)
    bytes.append(UInt64(shorterSide), bytes: 4)
  }

  /// Reads what `append` wrote.
  package init(_ reader: inout ByteReader) throws(ByteReader.Failure) {
    (length, sum) = (Int(clamping: try reader.read(bytes: 8)), try reader.read(bytes: 8))
    shorterSide = Int(try reader.read(bytes: 4))
  }
}

/// What an image fitted to a shape is.
package struct FittedLook: Hashable, Sendable {
  /// What a worker calls an image, as it is told no names.
  static let name = "\u{1}"

  /// Whether it shows no colour.
  let isGrey: Bool
  /// The least and the largest value of its pixels.
  let least, most: UInt8
  /// CRC-64 of its pixels; and of one value each where there are three of one grey.
  let sum, greySum: UInt64
  /// Why it cannot be read; nil where it can.
  let error: String?
  /// What a person should know of it.
  let notes: [DecodingNote]

  /// Decodes the bytes of a file.
  package init(at bytes: [UInt8], fitting shape: ImageShape) {
    do throws(DatasetError) {
      let found = try ImageDecoder.decodeNoting(bytes, path: Self.name, fitting: shape)
      let pixels = found.image.pixels
      (isGrey, error, notes) = (found.isGrey, nil, found.notes)
      (least, most) = (pixels.min() ?? 0, pixels.max() ?? 0)
      sum = CRC64.checksum(pixels)
      greySum = found.isGrey && shape.channels == 3 ? CRC64.checksum(Self.grey(pixels)) : sum
    } catch {
      (isGrey, least, most, sum, greySum) = (false, 0, 0, 0, 0)
      (self.error, notes) = (error.description, [])
    }
  }

  /// The pixels of an image.
  /// - Parameters:
  ///   - decoded: what it is fitted to.
  ///   - isGrey: whether one value of three is kept.
  /// - Throws: `DatasetError` for an image that cannot be read.
  package static func pixels(
    of bytes: [UInt8], fitting decoded: ImageShape, isGrey: Bool
  ) throws(DatasetError) -> [UInt8] {
    let pixels = try ImageDecoder.decode(bytes, path: "an image", fitting: decoded).pixels
    return isGrey && decoded.channels == 3 ? grey(pixels) : pixels
  }

  /// One value of three that are equal.
  private static func grey(_ pixels: [UInt8]) -> [UInt8] {
    stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }
  }

  /// Appends state (1: 0 not read, 1 grey, 2 colour), least and largest value (1 + 1), checksums (8 + 8), the length of a
  /// text (4) and the text: the error, or a line for each note, which begins with ! where it is serious.
  package func append(to bytes: inout ByteWriter) {
    bytes.append(error != nil ? 0 : isGrey ? 1 : 2, bytes: 1)
    bytes.append([least, most])
    bytes.append(sum, bytes: 8)
    bytes.append(greySum, bytes: 8)
    let text = error ?? notes.map { ($0.isSerious ? "!" : " ") + $0.text }.joined(separator: "\n")
    bytes.append(UInt64(text.utf8.count), bytes: 4)
    bytes.append(Array(text.utf8))
  }

  /// Reads what `append` wrote.
  package init(_ reader: inout ByteReader) throws(ByteReader.Failure) {
    let state = try reader.read(bytes: 1)
    guard state <= 2 else { throw ByteReader.Failure(message: "an image in state \(state)") }
    (least, most) = (UInt8(try reader.read(bytes: 1)), UInt8(try reader.read(bytes: 1)))
    (sum, greySum) = (try reader.read(bytes: 8), try reader.read(bytes: 8))
    let text = String(decoding: try reader.readBytes(Int(try reader.read(bytes: 4))), as: UTF8.self)
    isGrey = state == 1
    error = state == 0 ? text : nil
    notes =
      state == 0
      ? []
      : text.split(separator: "\n").map { DecodingNote(String($0.dropFirst()), isSerious: $0.first == "!") }
  }

  /// The error with the image's own name; nil where it can be read.
  func error(naming name: String) -> DatasetError? {
    error.map { text in
      let parts = text.split(separator: Character(Self.name), omittingEmptySubsequences: false)
      return DatasetError(code: .damagedImage, message: parts.joined(separator: name))
    }
  }
}
