// The binary version of CIFAR-10: records of 1 label byte and 3 planes of 32x32 bytes. Files are found by
// DatasetLocator.

/// Reads CIFAR-10 batches.
enum CIFARReader {
  /// The shape of the images.
  static let shape = ImageShape(width: 32, height: 32, channels: 3)
  /// The number of classes.
  static let classes = 10
  /// Bytes of a record.
  static let recordBytes = 1 + shape.pixels
  /// Most bytes of a batch, decompressed.
  static let mostBytes = 1 << 30

  /// Appends the records of one batch, pixels turned from planes to channels-last.
  static func read(
    batch path: String, pixels: inout [UInt8], labels: inout [UInt16]
  ) throws(DatasetError) {
    let file = try DecodedFile(path: path)
    let blockRecords = 1024
    var record = 0
    while true {
      let block = try file.read(upTo: blockRecords * recordBytes)
      let records = block.count / recordBytes
      for i in 0..<records {
        let label = block[i * recordBytes]
        guard label < classes else {
          throw DatasetError(
            code: .labelOutOfRange,
            message:
              "\(path): record \(record + i), at byte \((record + i) * recordBytes), has label \(label), but "
              + "CIFAR-10 labels are 0 to \(classes - 1); is this file CIFAR-10 in its binary version?")
        }
        labels.append(UInt16(label))
        pixels.append(addingCapacity: shape.pixels) { output in
          interleave(
            planes: block.span.extracting((i * recordBytes + 1)..<((i + 1) * recordBytes)), into: &output)
        }
      }
      record += records
      guard records * recordBytes == block.count else {
        throw DatasetError(
          code: .truncated,
          message: "\(path): ends at \(file.place), within record \(record), which starts at byte "
            + "\(record * recordBytes); records have \(recordBytes) bytes, so fetch the file again")
      }
      guard file.offset <= mostBytes else {
        throw DatasetError(
          code: .tooLong,
          message: "\(path): goes on after \(mostBytes) bytes; is it CIFAR-10 in its binary version?")
      }
      if records < blockRecords { break }
    }
    guard record > 0 else {
      throw DatasetError(code: .empty, message: "\(path): holds no images; fetch the file again")
    }
  }

  private static func interleave(planes: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    let size = shape.width * shape.height
    let red = planes.extracting(0..<size)
    let green = planes.extracting(size..<(2 * size))
    let blue = planes.extracting((2 * size)..<(3 * size))
    for i in 0..<size {
      output.append(red[i])
      output.append(green[i])
      output.append(blue[i])
    }
  }
}
