// The IDX format of the MNIST family: big-endian header, then unsigned bytes. Files are found by DatasetLocator.
//
// Header: 0, 0, element type (0x08 = unsigned byte, the only one read here), number of dimensions D, then D sizes
// of 4 bytes each. Labels: D = 1 (N). Images: D = 3 (N, H, W) or D = 4 (N, H, W, C).

import Plumbing

/// Reads pairs of IDX files.
enum IDXReader {
  /// Most bytes of content that a header may ask for.
  static let mostBytes = 1 << 32

  /// Images and labels, checked against each other before the images are read.
  static func read(
    images imagesPath: String, labels labelsPath: String, budget: MemoryBudget
  ) throws(DatasetError) -> (shape: ImageShape, pixels: ByteStore, labels: [UInt8]) {
    let labelFile = try DecodedFile(path: labelsPath)
    let labelSizes = try header(of: labelFile, dimensions: 1...1, holding: "labels")
    let imageFile = try DecodedFile(path: imagesPath)
    let imageSizes = try header(of: imageFile, dimensions: 3...4, holding: "images")
    guard labelSizes[0] == imageSizes[0] else {
      throw DatasetError(
        code: .countMismatch,
        message: "\(imagesPath) has \(imageSizes[0]) images but \(labelsPath) has \(labelSizes[0]) labels; "
          + "use two files that belong together")
    }
    guard imageSizes[0] > 0 else {
      throw DatasetError(code: .empty, message: "\(imagesPath): holds no images (its header says 0)")
    }
    let shape = ImageShape(
      width: imageSizes[2], height: imageSizes[1], channels: imageSizes.count == 4 ? imageSizes[3] : 1)
    guard shape.isValid else {
      throw DatasetError(
        code: .wrongShape,
        message: "\(imagesPath): its header, at byte 8, gives images of \(shape), which is empty or beyond "
          + "\(ImageShape.largestSide) a side, \(ImageShape.mostChannels) channels, \(ImageShape.mostValues) values"
      )
    }
    // A valid shape has at most 2^28 values and a count is below 2^32: the product fits.
    let bytes = imageSizes[0] * shape.pixels
    guard bytes <= mostBytes else {
      throw DatasetError(
        code: .tooLong,
        message: "\(imagesPath): its header, at byte 4, promises \(bytes) bytes of images; "
          + "at most \(mostBytes) are accepted, so cut the file or check that it is IDX")
    }
    let labels = try labelFile.read(labelSizes[0], of: "its \(labelSizes[0]) labels")
    try labelFile.expectEnd()
    let pixels = try imageFile.read(bytes, of: "its \(imageSizes[0]) images of \(shape)", budget: budget)
    try imageFile.expectEnd()
    return (shape, pixels, labels)
  }

  /// The sizes in the header of a file.
  private static func header(
    of file: DecodedFile, dimensions: ClosedRange<Int>, holding content: String
  ) throws(DatasetError) -> [Int] {
    let magic = try file.read(4, of: "the 4 bytes that open an IDX file")
    guard magic[0] == 0, magic[1] == 0, magic[2] == 8, dimensions.contains(Int(magic[3])) else {
      throw DatasetError(
        code: .wrongMagic,
        message: "\(file.path): bytes 0 to 3 are \(hex(magic)), but an IDX file of \(content) starts with "
          + dimensions.map { hex([0, 0, 8, UInt8($0)]) }.joined(separator: " or ") + hint(magic))
    }
    let sizes = try file.read(4 * Int(magic[3]), of: "the sizes in its header")
    return stride(from: 0, to: sizes.count, by: 4).map { i in
      sizes[i..<(i + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  /// What the first bytes are, where that is known.
  private static func hint(_ magic: [UInt8]) -> String {
    guard magic[0] == 0, magic[1] == 0 else { return "" }
    switch (magic[2], magic[3]) {
    case (8, 1): return "; this is a file of labels"
    case (8, 3), (8, 4): return "; this is a file of images"
    case (9, _), (11...14, _): return "; its numbers are not unsigned bytes"
    default: return ""
    }
  }
}
