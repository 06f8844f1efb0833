// From accumulators to filter and mask bits.

import BinaryNetworks
import BitKernels

/// Packs the accumulators of a refinement: a bit is on where the accumulator is positive, masked where it is small.
struct AccumulatorPacking {
  private let maskLevel: Int32
  private let masks: Bool
  private let valid: [UInt64]

  init(settings: RefineSettings, bank: FilterBank) {
    masks = settings.maskLevel >= 0
    maskLevel = Int32(max(0, settings.maskLevel))
    valid = bank.validBits
  }

  /// Filter and mask words of one filter's accumulators.
  func words(_ accumulator: Span<Int32>, word j: Int) -> (filter: UInt64, mask: UInt64) {
    var filter: UInt64 = 0
    var mask: UInt64 = 0
    for b in 0..<64 {
      let value = accumulator[64 * j + b]
      filter |= (value > 0 ? 1 : 0) << UInt64(b)
      mask |= ((value < 0 ? 0 &- value : value) > maskLevel ? 1 : 0) << UInt64(b)
    }
    mask = masks ? mask & valid[j] : valid[j]
    return (filter & mask, mask)
  }

  /// Packs all filters, K × 64·words accumulators, into a bank.
  func pack(_ accumulator: [Int32], into bank: inout FilterBank) {
    let width = 64 * bank.patchWords
    let stride = bank.stride
    var packedMasks = [UInt64](repeating: 0, count: masks ? bank.filters.count : 0)
    for k in 0..<bank.count {
      let row = accumulator.span.extracting(k * width..<(k + 1) * width)
      for j in 0..<bank.patchWords {
        let (filter, mask) = words(row, word: j)
        bank.filters[j * stride + k] = filter
        if masks { packedMasks[j * stride + k] = mask }
      }
    }
    bank.masks = masks ? packedMasks : nil
  }
}
