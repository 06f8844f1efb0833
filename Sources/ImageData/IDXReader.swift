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
  ) throws(DatasetError) -> PartContent {
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
    let layout = ArrayLayout(imageSizes)
    let shape = layout.shape
    try layout.check(imagesPath, "its header, at byte 4,")
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
    let pixels = try pixels(of: imageFile, layout, bytes: bytes, budget: budget)
    try imageFile.expectEnd()
    return PartContent(
      shape: shape, pixels: pixels, values: labels.map { Int($0) },
      notes: layout.note(imagesPath).map { [$0] } ?? [])
  }

  /// The pixels of all images, channels last.
  private static func pixels(
    of file: DecodedFile, _ layout: ArrayLayout, bytes: Int, budget: MemoryBudget
  ) throws(DatasetError) -> ByteStore {
    let what = "its \(layout.images) images of \(layout.shape)"
    guard layout.isChannelsFirst else { return try file.read(bytes, of: what, budget: budget) }
    var writer = try PixelWriter(budget: budget)
    for _ in 0..<layout.images {
      try writer.append(layout.channelsLast(try file.read(layout.shape.pixels, of: what)).span)
    }
    return writer.finish()
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
    guard magic[0] == 0, magic[1] == 0 else {
      return magic == [0x93] + Array("NUM".utf8) ? "; this is NumPy's format: let its name end in .npy" : ""
    }
    switch (magic[2], magic[3]) {
    case (8, 1): return "; this is a file of labels"
    case (8, 3), (8, 4): return "; this is a file of images"
    case (9, _), (11, _), (12, _), (13, _), (14, _):
      let name = [9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64"][magic[2]] ?? ""
      return
        "; its numbers are \(name), not unsigned bytes: write it again with type 08, values 0 to 255"
    case (8, let dimensions):
      return "; it has \(dimensions) dimensions: labels have 1 (N), images 3 or 4 (N, H, W or N, H, W, C)"
    default: return ""
    }
  }
}
