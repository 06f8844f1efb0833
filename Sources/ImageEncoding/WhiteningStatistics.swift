// Counting how pixels go together, so that whitening can take out what neighbours already say.
// The solve is in WhiteningSolve.

import BitKernels
package import Plumbing

/// How the values of a window go together: their sums and products over samples, values less 128.
package struct PixelMoments: Sendable {
  /// Windows looked at.
  let samples: Int64
  /// D sums.
  let sums: [Int64]
  /// D * D products.
  let products: [Int64]
}

/// Sums and products of the pixels in drawn neighbourhoods, at every level of the pyramid; they add over sets of images.
///
/// Shapes, for every level and every `SignalSpec` of window w whose factors are learned: D = w * w * channels sums and
/// D * D products of values less 128, of `samples` neighbourhoods an image.
package struct WhiteningStatistics: Sendable {
  /// Neighbourhoods of an image that are looked at, at every level.
  static let samples = 64

  /// The encoding that is being prepared.
  package let spec: EncoderSpec
  /// The shape of the images.
  package let shape: ImageShape
  /// Levels of the pyramid that are counted.
  package let pyramidLevels: Int
  /// Neighbourhoods, sums, products of one level and spec after the other.
  package private(set) var counts: [Int64]
  private var rows: [Int16] = []

  /// Starts with no images.
  /// - Throws: `ImageEncodingError` when the description is outside its limits.
  package init(spec: EncoderSpec, shape: ImageShape, pyramidLevels: Int) throws(ImageEncodingError) {
    try spec.validate(shape: shape, pyramidLevels: pyramidLevels)
    self.spec = spec
    self.shape = shape
    self.pyramidLevels = pyramidLevels
    let sizes = Self.sizes(spec, shape.channels)
    counts = [Int64](repeating: 0, count: pyramidLevels * sizes.reduce(0) { $0 + 1 + $1 + $1 * $1 })
  }

  /// Bytes of what is counted for an encoding: sums and products of neighbouring pixels, and then values.
  package static func bytes(spec: EncoderSpec, channels: Int, pyramidLevels: Int) -> Int {
    let level = sizes(spec, channels).reduce(0) { $0 + 1 + $1 + $1 * $1 }
    let bins = spec.binCount(channels: channels, pyramidLevels: pyramidLevels)
    return MemoryLimit.sum(MemoryLimit.product(8, pyramidLevels, level), 8 * bins)
  }

  private static func sizes(_ spec: EncoderSpec, _ channels: Int) -> [Int] {
    spec.signals.filter(\.needsWhitening).map { $0.whiteningSize(channels: channels) }
  }

  /// Counts drawn neighbourhoods of one image, at every level of the pyramid; `seed` draws them.
  /// - Precondition: `pixels` has `shape.pixels` values.
  package mutating func add(_ pixels: Span<UInt8>, seed: UInt64) {
    precondition(pixels.count == shape.pixels, "an image of \(shape)")
    var offset = 0
    var level = (pixels: (0..<pixels.count).map { pixels[$0] }, shape: shape)
    for l in 0..<pyramidLevels {
      if l > 0 { level = halve(pixels: level.pixels, shape: level.shape) }
      for signal in spec.signals where signal.needsWhitening {
        var generator = SeededGenerator(seed: seed, 0x7768_6974, UInt64(l), UInt64(signal.window))
        add(level.pixels, level.shape, window: signal.window, offset: &offset, &generator)
      }
    }
  }

  /// Adds one level's neighbourhoods: value d of all of them lies in row d, so that products are one call.
  private mutating func add(
    _ pixels: [UInt8], _ shape: ImageShape, window: Int, offset: inout Int, _ generator: inout SeededGenerator
  ) {
    let channels = shape.channels
    let size = window * window * channels
    let samples = Self.samples
    if rows.count < size * samples { rows = [Int16](repeating: 0, count: size * samples) }
    // The whole neighbourhood lies in the image where there is room for it: repeated edges are rare in patches, too.
    func start(_ side: Int) -> Int {
      side >= window ? generator.below(side - window + 1) : generator.below(side) - window / 2
    }
    for s in 0..<samples {
      let (top, left) = (start(shape.height), start(shape.width))
      var d = s
      for y in top..<top + window {
        let row = min(max(y, 0), shape.height - 1) * shape.width
        for x in left..<left + window {
          let from = (row + min(max(x, 0), shape.width - 1)) * channels
          for c in 0..<channels {
            rows[d] = Int16(pixels[from + c]) - 128
            d += samples
          }
        }
      }
    }
    counts[offset] += Int64(samples)
    for d in 0..<size {
      var sum: Int64 = 0
      for s in 0..<samples { sum += Int64(rows[d * samples + s]) }
      counts[offset + 1 + d] += sum
    }
    let products = offset + 1 + size
    let rows = self.rows
    var all = counts.mutableSpan
    var out = all._mutatingExtracting(products..<products + size * size)
    // |value| <= 128: 64 products stay below 2^21.
    Kernels.dotMatrix(
      rows.span, rows: size, stride: samples, rows.span, rows: size, stride: samples, length: samples,
      block: 64, into: &out, sumStride: size)
    offset = products + size * size
  }

  /// The filters that counted sums describe.
  /// - Parameter counts: the sum of `counts` over all images.
  /// - Throws: `ImageEncodingError` when they are not of this encoding.
  package func filters(from counts: [Int64]) throws(ImageEncodingError) -> WhiteningFilters {
    guard counts.count == self.counts.count else {
      throw ImageEncodingError(
        code: .badCounts, message: "\(counts.count) sums, but this encoding has \(self.counts.count)")
    }
    var offset = 0
    var factors: [[[Int16]]] = []
    for _ in 0..<pyramidLevels {
      var filters: [[Int16]] = []
      for signal in spec.signals {
        guard let rule = signal.source.rules.whitening else { continue }
        let size = signal.whiteningSize(channels: shape.channels)
        let n = counts[offset]
        guard n > 0 else {
          throw ImageEncodingError(
            code: .badCounts, message: "no values were counted; add images before making an encoder")
        }
        let sums = counts[offset + 1..<offset + 1 + size]
        let products = counts[offset + 1 + size..<offset + 1 + size + size * size]
        let moments = PixelMoments(samples: n, sums: Array(sums), products: Array(products))
        guard let found = rule(moments, signal.window, shape.channels) else {
          throw ImageEncodingError(
            code: .badCounts, message: "the sums of signal \(signal.name) are those of no images")
        }
        filters += found.prefix(signal.signals(channels: shape.channels))
        offset += 1 + size + size * size
      }
      factors.append(filters)
    }
    return WhiteningFilters(factors: factors)
  }
}
