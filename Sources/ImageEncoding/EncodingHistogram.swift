// Counting signal values over images, so that thresholds can be put at their quantiles.

import BitKernels
package import Plumbing

/// How often every value of every signal occurs, at every level of the pyramid.
///
/// Counts of several sets of images add up, element by element, to those of all of them.
package struct EncodingHistogram: Hashable, Sendable {
  /// The encoding that is being prepared.
  package let spec: EncoderSpec
  /// The shape of the images.
  package let shape: ImageShape
  /// Levels of the pyramid that are counted.
  package let pyramidLevels: Int
  /// The filters of whitened signals.
  package let whitening: WhiteningFilters
  /// How every signal is computed, for every level: made ready once and not for every image.
  private let values: [[SignalValues]]
  /// The counts: for every level, for every signal in the order of their bits, one number a bin.
  package private(set) var counts: [Int64]

  /// Starts with no images.
  /// - Throws: `ImageEncodingError` when the description is outside its limits.
  package init(
    spec: EncoderSpec, shape: ImageShape, pyramidLevels: Int, whitening: WhiteningFilters = .none
  ) throws(ImageEncodingError) {
    try spec.validate(shape: shape, pyramidLevels: pyramidLevels)
    if let problem = whitening.problem(spec: spec, channels: shape.channels, pyramidLevels: pyramidLevels) {
      throw ImageEncodingError(code: .badSpec, message: problem)
    }
    self.whitening = whitening
    self.spec = spec
    self.shape = shape
    self.pyramidLevels = pyramidLevels
    values = whitening.values(spec: spec, levels: pyramidLevels, channels: shape.channels)
      .map { Array($0.joined()) }
    counts = [Int64](
      repeating: 0, count: spec.binCount(channels: shape.channels, pyramidLevels: pyramidLevels))
  }

  /// Counts the pixels of one image, at every level of the pyramid.
  /// - Precondition: `pixels` has `shape.pixels` values; the workspace is for this shape.
  package mutating func add(_ pixels: Span<UInt8>, workspace: EncoderWorkspace) {
    precondition(
      pixels.count == shape.pixels && workspace.shape == shape, "an image and workspace of \(shape)")
    let bins = spec.bins(channels: shape.channels)
    let levelBins = bins.reduce(0) { $0 + $1.count }
    add(pixels, level: 0, shape: shape, bins: bins, offset: 0, workspace)
    if pyramidLevels == 1 { return }
    var half = [UInt8](repeating: 0, count: shape.halved.pixels)
    var span = half.mutableSpan
    halve(pixels, shape: shape, into: &span)
    for level in 1..<pyramidLevels {
      let halfShape = shape.halved(level)
      add(
        half.span, level: level, shape: halfShape, bins: bins, offset: level * levelBins, workspace)
      half = halve(pixels: half, shape: halfShape).pixels
    }
  }

  /// Adds the counts of other images.
  /// - Precondition: both are for the same encoding and shape.
  package mutating func merge(_ other: EncodingHistogram) {
    precondition(
      spec == other.spec && shape == other.shape && pyramidLevels == other.pyramidLevels,
      "histograms of one encoding add up")
    for i in counts.indices { counts[i] += other.counts[i] }
  }

  private mutating func add(
    _ pixels: Span<UInt8>, level: Int, shape: ImageShape, bins: [SignalBins], offset: Int,
    _ workspace: EncoderWorkspace
  ) {
    workspace.prepareCounting()
    var (signal, start) = (0, offset)
    for computed in values[level] {
      let bin = bins[signal]
      if case .contrasted(let filters) = computed {
        addPatches(pixels, shape: shape, filters: filters, bins: bin, offset: start, workspace)
      } else {
        let (lowest, shift, first) = (Int32(bin.range.lowerBound), Int32(bin.shift), start)
        var plane = workspace.plane.mutableSpan
        var scratch = workspace.padded.mutableSpan
        let window = Self.fill(&plane, computed, pixels, shape: shape, scratch: &scratch)
        var columnSums = workspace.columnSums.mutableSpan
        var values = workspace.values.mutableSpan
        var target = counts.mutableSpan
        forEachRow(
          plane: plane.span, width: shape.width, height: shape.height, window: window,
          columnSums: &columnSums, values: &values
        ) { _, values in
          for x in 0..<values.count { target[first + Int((values[x] - lowest) >> shift)] += 1 }
        }
      }
      signal += computed.count
      start += computed.count * bin.count
    }
  }

  /// Writes the numbers of one signal.
  /// - Returns: the window whose mean is still to be taken off; 0 for none.
  private static func fill(
    _ plane: inout MutableSpan<Int32>, _ values: SignalValues, _ pixels: Span<UInt8>, shape: ImageShape,
    scratch: inout MutableSpan<Int32>
  ) -> Int {
    switch values {
    case .weighted(let coefficients, let window):
      fillPlane(&plane, coefficients: coefficients, pixels: pixels)
      return window
    case .filtered(let factors, let window):
      Kernels.filterPixels(
        pixels, rows: shape.height, columns: shape.width, channels: shape.channels, factors: factors.span,
        window: window, scratch: &scratch, into: &plane)
      return 0
    case .contrasted: preconditionFailure("values in units of the contrast are several signals")
    }
  }

  /// Counts the values of filters in units of the contrast, whose bins are all alike.
  private mutating func addPatches(
    _ pixels: Span<UInt8>, shape: ImageShape, filters: PatchFilters, bins: SignalBins, offset: Int,
    _ workspace: EncoderWorkspace
  ) {
    let stride = workspace.fillPatches(
      pixels, rows: shape.height, columns: shape.width, filters: filters)
    let (lowest, shift, bins) = (bins.range.lowerBound, bins.shift, bins.count)
    let pixels = shape.width * shape.height
    var all = counts.mutableSpan
    workspace.patches.withSpan(0..<stride * filters.count) { values in
      for filter in 0..<filters.count {
        var target = all._mutatingExtracting(offset + filter * bins..<offset + (filter + 1) * bins)
        for i in filter * stride..<filter * stride + pixels {
          target[(Int(values[i]) &- lowest) &>> shift] &+= 1
        }
      }
    }
  }
}
