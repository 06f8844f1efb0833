// Pixels on their way into a store, with the errors of data sets.

import Plumbing

/// Puts the pixels of a part of a data set together.
struct PixelWriter: ~Copyable {
  private var bytes: ByteStoreWriter

  /// A writer; see `ByteStoreWriter`.
  init(budget: MemoryBudget, expected: Int? = nil) throws(DatasetError) {
    do { bytes = try ByteStoreWriter(budget: budget, expected: expected) } catch {
      throw DatasetError(storing: error)
    }
  }

  /// The number of bytes so far.
  var count: Int { bytes.count }

  /// Adds pixels.
  mutating func append(_ pixels: Span<UInt8>) throws(DatasetError) {
    do { try bytes.append(pixels) } catch { throw DatasetError(storing: error) }
  }

  /// The store with all pixels added.
  consuming func finish() -> ByteStore { bytes.finish() }
}
