// The encoder: thresholds, and images turned into packed bits with them.

public import BitKernels
public import Plumbing

/// Turns images into bits: for every pixel the thermometer codes of its signals.
///
/// The bits of a pixel are, for every `SignalSpec` in order, for each of its signals (channel by channel, or the two
/// opponents), `value > threshold` for each of the ascending thresholds.
public struct ImageEncoder: Sendable {
  /// The description of the encoding.
  public let spec: EncoderSpec
  /// The shape of the images, at level 0.
  public let shape: ImageShape
  /// Levels of the pyramid: level l is the image halved l times.
  public let pyramidLevels: Int
  /// The thresholds: for every level, for every signal in the order of their bits, ascending.
  public let thresholds: [[[Int32]]]
  /// The filters of whitened signals.
  public let whitening: WhiteningFilters

  /// What is coded, in the order of the bits, for every level.
  private let codes: [[Step]]

  /// One signal by itself, or several whose values are made together.
  private enum Step {
    case signal(SignalCode)
    case patch(PatchFilters, thresholds: [Int16], levels: Int, firstBit: Int)
  }

  /// Puts an encoder together from its thresholds, as read from a file.
  /// - Throws: `ImageEncodingError` when the description is outside its limits or the thresholds do not belong to it.
  public init(
    spec: EncoderSpec, shape: ImageShape, pyramidLevels: Int, thresholds: [[[Int32]]],
    whitening: WhiteningFilters = .none
  ) throws(ImageEncodingError) {
    try spec.validate(shape: shape, pyramidLevels: pyramidLevels)
    if let problem = whitening.problem(spec: spec, channels: shape.channels, pyramidLevels: pyramidLevels) {
      throw ImageEncodingError(code: .badThresholds, message: problem)
    }
    if let problem = Self.problem(thresholds, spec: spec, shape: shape, pyramidLevels: pyramidLevels) {
      throw ImageEncodingError(code: .badThresholds, message: problem)
    }
    self.spec = spec
    self.shape = shape
    self.pyramidLevels = pyramidLevels
    self.thresholds = thresholds
    self.whitening = whitening
    codes = zip(
      whitening.values(spec: spec, levels: pyramidLevels, channels: shape.channels), thresholds
    ).map { Self.steps(spec: spec, values: $0, thresholds: $1) }
  }

  /// What is wrong with thresholds for an encoding, in words; nil if nothing is.
  private static func problem(
    _ thresholds: [[[Int32]]], spec: EncoderSpec, shape: ImageShape, pyramidLevels: Int
  ) -> String? {
    let bins = spec.bins(channels: shape.channels)
    let levels = spec.levels(channels: shape.channels)
    guard thresholds.count == pyramidLevels else {
      return "thresholds for \(thresholds.count) pyramid levels, but there are \(pyramidLevels)"
    }
    for (level, signals) in thresholds.enumerated() {
      guard signals.count == bins.count else {
        return
          "pyramid level \(level) has thresholds for \(signals.count) signals, but there are \(bins.count)"
      }
      for (signal, values) in signals.enumerated() {
        let place = "pyramid level \(level), signal \(signal)"
        guard values.count == levels[signal] else {
          return "\(place): \(values.count) thresholds, but the signal has \(levels[signal]) levels"
        }
        guard zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }) else {
          return "\(place): the thresholds are not ascending"
        }
        guard values.allSatisfy({ bins[signal].range.contains(Int($0)) }) else {
          return "\(place): a threshold is outside the signal's values, "
            + "\(bins[signal].range.lowerBound) to \(bins[signal].range.upperBound)"
        }
      }
    }
    return nil
  }

  /// What is coded at a level: the values of every `SignalSpec`, whose thresholds have been checked.
  private static func steps(
    spec: EncoderSpec, values: [[SignalValues]], thresholds: [[Int32]]
  ) -> [Step] {
    var (firstBit, next) = (0, 0)
    var steps: [Step] = []
    for (i, (signal, values)) in zip(spec.signals, values).enumerated() {
      if spec.beginsWord(i) { firstBit = roundUp(firstBit, to: 64) }
      for values in values {
        switch values {
        case .weighted(let coefficients, let window):
          steps.append(
            .signal(
              SignalCode(
                coefficients: coefficients, window: window, thresholds: thresholds[next], firstBit: firstBit))
          )
        case .filtered(let factors, let window):
          steps.append(
            .signal(
              SignalCode(factors: factors, window: window, thresholds: thresholds[next], firstBit: firstBit)))
        case .contrasted(let filters):
          // Within ±32,767, which has been checked.
          let all = thresholds[next..<next + filters.count].joined().map { Int16($0) }
          steps.append(.patch(filters, thresholds: all, levels: signal.levels, firstBit: firstBit))
        }
        firstBit += values.count * signal.levels
        next += values.count
      }
    }
    return steps
  }

  /// Puts thresholds at the quantiles of counted values: threshold i of n is the smallest value (the last one of its
  /// bin) with at least ceil((i + 1) * total / (n + 1)) values at or below it.
  /// - Parameters:
  ///   - spec: the signals and how many thresholds each has.
  ///   - shape: the shape of the images.
  ///   - pyramidLevels: how many sizes of an image are encoded, each half the one before.
  ///   - whitening: the factors of whitened signals.
  ///   - counts: the sum of `EncodingHistogram.counts` of this encoding.
  /// - Throws: `ImageEncodingError` when the description is outside its limits, or the counts are not of this encoding.
  public init(
    spec: EncoderSpec, shape: ImageShape, pyramidLevels: Int, counts: [Int64],
    whitening: WhiteningFilters = .none
  ) throws(ImageEncodingError) {
    try spec.validate(shape: shape, pyramidLevels: pyramidLevels)
    let bins = spec.bins(channels: shape.channels)
    let expected = spec.binCount(channels: shape.channels, pyramidLevels: pyramidLevels)
    guard counts.count == expected else {
      throw ImageEncodingError(
        code: .badCounts, message: "\(counts.count) counts, but this encoding has \(expected)")
    }
    let levels = spec.levels(channels: shape.channels)
    var thresholds: [[[Int32]]] = []
    var start = 0
    for _ in 0..<pyramidLevels {
      var signals: [[Int32]] = []
      for (bin, n) in zip(bins, levels) {
        signals.append(try Self.quantiles(counts[start..<(start + bin.count)], bins: bin, levels: n))
        start += bin.count
      }
      thresholds.append(signals)
    }
    try self.init(
      spec: spec, shape: shape, pyramidLevels: pyramidLevels, thresholds: thresholds, whitening: whitening)
  }

  private static func quantiles(
    _ counts: ArraySlice<Int64>, bins: SignalBins, levels: Int
  ) throws(ImageEncodingError) -> [Int32] {
    // Below 2^56, so that 64 times the total still fits.
    var total: Int64 = 0
    for count in counts {
      guard count >= 0, count < 1 << 56 - total else {
        throw ImageEncodingError(code: .badCounts, message: "counts of a signal are negative or beyond 2^56")
      }
      total += count
    }
    guard total > 0 else {
      throw ImageEncodingError(
        code: .badCounts, message: "no values were counted; add images before making an encoder")
    }
    var result: [Int32] = []
    var (bin, reached) = (-1, Int64(0))
    for i in 0..<levels {
      let wanted = (Int64(i + 1) * total + Int64(levels)) / Int64(levels + 1)
      while reached < wanted {
        bin += 1
        reached += counts[counts.startIndex + bin]
      }
      result.append(Int32(bins.last(bin)))
    }
    return result
  }

  /// The encoder of some signals' bits alone, at the first level of the pyramid.
  /// - Precondition: there are some, ascending indices of `spec.signals`.
  package func only(signals chosen: [Int]) -> ImageEncoder {
    let channels = shape.channels
    var (signal, filter) = (0, 0)
    var (thresholds, factors): ([[Int32]], [[Int16]]) = ([], [])
    for (index, kind) in spec.signals.enumerated() {
      let (signals, filters) = (kind.signals(channels: channels), kind.whiteningFilters(channels: channels))
      if chosen.contains(index) {
        thresholds += self.thresholds[0][signal..<signal + signals]
        if filters > 0 { factors += whitening.factors[0][filter..<filter + filters] }
      }
      (signal, filter) = (signal + signals, filter + filters)
    }
    do {
      return try ImageEncoder(
        spec: spec.only(signals: chosen), shape: shape, pyramidLevels: 1, thresholds: [thresholds],
        whitening: factors.isEmpty ? .none : WhiteningFilters(factors: [factors]))
    } catch { preconditionFailure("a part of an encoder is none: \(error)") }
  }

  /// The shape of the images at a level of the pyramid.
  public func shape(level: Int) -> ImageShape { shape.halved(level) }

  /// The packing of a pixel's bits, the same at every level.
  public func layout(level: Int) -> ChannelLayout {
    spec.layout(channels: shape.channels)
  }

  /// Writes the bits of every pixel of an image.
  ///
  /// The `wordCount(bits:)` words of pixel (y, x), tail bits zero, go to
  /// `words[offset + y * rowStride + x * columnStride]` onwards; nothing else is written.
  /// - Parameters:
  ///   - pixels: the image at this level of the pyramid, `shape(level:).pixels` values.
  ///   - level: the level of the pyramid.
  ///   - words: where the bits go.
  ///   - offset: the first word of the first pixel.
  ///   - rowStride: words from a row to the next.
  ///   - columnStride: words from a pixel to the next in its row.
  ///   - workspace: memory for images of at least this shape.
  /// - Precondition: every pixel's words lie in `words`, and strides are at least as long as what they step over.
  package func encode(
    _ pixels: Span<UInt8>, level: Int, into words: inout MutableSpan<UInt64>, offset: Int, rowStride: Int,
    columnStride: Int, workspace: EncoderWorkspace
  ) {
    let shape = shape(level: level)
    let (width, height, channels) = (shape.width, shape.height, shape.channels)
    let pixelWords = layout(level: level).words
    precondition(pixels.count == shape.pixels, "an image at level \(level) is \(shape)")
    precondition(
      offset >= 0 && columnStride >= pixelWords
        && (height == 1 || rowStride >= (width - 1) * columnStride + pixelWords)
        && offset + (height - 1) * rowStride + (width - 1) * columnStride + pixelWords <= words.count,
      "every pixel's words lie in the span")
    let layout = GridLayout(offset: offset, rowStride: rowStride, columnStride: columnStride)
    for step in codes[level] {
      switch step {
      case .signal(let code):
        var scratch = workspace.plane.mutableSpan
        Kernels.encodeSignal(
          code, pixels: pixels, rows: height, columns: width, channels: channels, scratch: &scratch,
          into: &words, layout)
      case .patch(let filters, let thresholds, let levels, let firstBit):
        let stride = workspace.fillPatches(pixels, rows: height, columns: width, filters: filters)
        workspace.patches.withSpan(0..<stride * filters.count) { planes in
          Kernels.encodePatches(
            planes, planeStride: stride, rows: height, columns: width, thresholds: thresholds.span,
            levels: levels, firstBit: firstBit, into: &words, layout)
        }
      }
    }
  }
}

extension ImageEncoder: Hashable {
  /// Whether both encode alike; the tables follow from what is compared.
  public static func == (a: ImageEncoder, b: ImageEncoder) -> Bool {
    a.spec == b.spec && a.shape == b.shape && a.pyramidLevels == b.pyramidLevels
      && a.thresholds == b.thresholds && a.whitening == b.whitening
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(spec)
    hasher.combine(shape)
    hasher.combine(pyramidLevels)
    hasher.combine(thresholds)
    hasher.combine(whitening)
  }
}
