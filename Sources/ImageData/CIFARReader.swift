// The binary version of CIFAR-10: records of 1 label byte and 3 planes of 32x32 bytes. Files are found by
// DatasetLocator.

import Plumbing
import Synchronization

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

  /// The records of one or more batches.
  struct Records: Sendable {
    var pixels: [UInt8] = []
    var labels: [UInt16] = []
  }

  /// The records of all batches in order, up to `threads` of them decompressed at once.
  static func read(
    batches: [String], threads: Int, budget: MemoryBudget
  ) throws(DatasetError) -> (pixels: ByteStore, labels: [UInt16]) {
    var pixels = try PixelWriter(budget: budget)
    var labels: [UInt16] = []
    let together = max(1, threads)
    for first in stride(from: 0, to: batches.count, by: together) {
      let some = Array(batches[first..<min(first + together, batches.count)])
      let results = Mutex([Result<Records, DatasetError>?](repeating: nil, count: some.count))
      parallelFor(some.count, threads: threads) { item, _ in
        let result = Result { () throws(DatasetError) in try read(batch: some[item]) }
        results.withLock { $0[item] = result }
      }
      // The first batch's error is the one reported, whichever came first in time.
      for result in results.withLock({ $0 }) {
        guard let records = try result?.get() else { continue }
        try pixels.append(records.pixels.span)
        labels.append(contentsOf: records.labels)
      }
    }
    return (pixels.finish(), labels)
  }

  /// The records of one batch, pixels turned from planes to channels-last.
  static func read(batch path: String) throws(DatasetError) -> Records {
    var all = Records()
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
        all.labels.append(UInt16(label))
        all.pixels.append(addingCapacity: shape.pixels) { output in
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
