// The binary versions of CIFAR-10 and CIFAR-100: records of 1 or 2 label bytes and 3 planes of 32x32 bytes. Files are
// found by CIFARFiles.

import Plumbing
import Synchronization

/// Reads CIFAR batches.
enum CIFARReader {
  /// The two data sets.
  enum Format: Hashable {
    /// CIFAR-10: a record opens with the class.
    case ten
    /// CIFAR-100: a record opens with one of 20 coarse classes, then one of 100, which is the one that counts.
    case hundred

    /// The number of classes.
    var classes: Int { self == .ten ? 10 : 100 }
    /// Bytes before the planes.
    var labelBytes: Int { self == .ten ? 1 : 2 }
    /// Bytes of a record.
    var recordBytes: Int { labelBytes + shape.pixels }
    /// What it is called.
    var name: String { "CIFAR-\(classes)" }
  }

  /// The shape of the images.
  static let shape = ImageShape(width: 32, height: 32, channels: 3)
  /// Most bytes of a batch, decompressed.
  static let mostBytes = 1 << 30

  /// The records of one or more batches.
  struct Records: Sendable {
    var pixels: [UInt8] = []
    var labels: [Int] = []
  }

  /// The records of all batches in order, up to `threads` of them decompressed at once.
  static func read(
    batches: [String], format: Format, threads: Int, budget: MemoryBudget
  ) throws(DatasetError) -> PartContent {
    var pixels = try PixelWriter(budget: budget)
    var labels: [Int] = []
    let together = max(1, threads)
    for first in stride(from: 0, to: batches.count, by: together) {
      let some = Array(batches[first..<min(first + together, batches.count)])
      let results = Mutex([Result<Records, DatasetError>?](repeating: nil, count: some.count))
      parallelFor(some.count, threads: threads) { item, _ in
        let result = Result { () throws(DatasetError) in try read(batch: some[item], format) }
        results.withLock { $0[item] = result }
      }
      // The first batch's error is the one reported, whichever came first in time.
      for result in results.withLock({ $0 }) {
        guard let records = try result?.get() else { continue }
        try pixels.append(records.pixels.span)
        labels.append(contentsOf: records.labels)
      }
    }
    return PartContent(shape: shape, pixels: pixels.finish(), values: labels, classes: format.classes)
  }

  /// The records of one batch, pixels turned from planes to channels-last.
  static func read(batch path: String, _ format: Format) throws(DatasetError) -> Records {
    let (recordBytes, planes) = (format.recordBytes, format.labelBytes)
    var all = Records()
    let file = try DecodedFile(path: path)
    let blockRecords = 1024
    var record = 0
    while true {
      let block = try file.read(upTo: blockRecords * recordBytes)
      let records = block.count / recordBytes
      for i in 0..<records {
        let label = Int(block[i * recordBytes + planes - 1])
        guard label < format.classes else {
          throw DatasetError(
            code: .labelOutOfRange,
            message:
              "\(path): record \(record + i), at byte \((record + i) * recordBytes), has label \(label), but "
              + "\(format.name) labels are 0 to \(format.classes - 1); is this file \(format.name) in its binary version?"
              + (format == .ten ? " CIFAR-100's files are called train.bin and test.bin" : ""))
        }
        all.labels.append(label)
        all.pixels.append(addingCapacity: shape.pixels) { output in
          interleave(
            planes: block.span.extracting((i * recordBytes + planes)..<((i + 1) * recordBytes)), into: &output
          )
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
          message: "\(path): goes on after \(mostBytes) bytes; is it \(format.name) in its binary version?")
      }
      if records < blockRecords { break }
    }
    guard record > 0 else {
      throw DatasetError(code: .empty, message: "\(path): holds no images; fetch the file again")
    }
    return all
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
