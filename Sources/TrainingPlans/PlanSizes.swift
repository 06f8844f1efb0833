// What a plan comes to for images of one shape: maps, bits, memory, work. Judging it against limits is next door.

package import BinaryNetworks
package import BitKernels

/// The sizes a plan gives for images of one shape.
package struct PlanSizes: Hashable, Sendable {
  /// Bits per position of an encoded image.
  package let encoderBits: Int

  /// Estimated bytes of every thread while it encodes images, a copy of the image and its pyramid among them.
  package let encoderBytes: Int

  /// Bytes of the tables of classes by classes while a finished layer is judged.
  package let judgingBytes: Int

  /// Products of pixels and factors in the encoder.
  package let encoderMultiplyAdds: Int

  /// The layers, first to last.
  package let layers: [LayerSizes]

  /// What an image costs.
  package var work: NetworkWork {
    NetworkWork(encoderMultiplyAdds: encoderMultiplyAdds, layers: layers.map(\.work))
  }
}

/// The sizes of one layer.
///
/// With P positions, L words per patch of D bits, K filters, T features of which the head counts H, S squares, G cells and C classes, memory is
/// estimated as follows; images are worked on one by one by every thread, one layer is learned at a time:
///
/// * model: 16·K·L filters and masks + 4·K·T thresholds + 4·C·G·H·K head
/// * shared while learned: 8·K·D accumulators and momentum + 12·C·G·H·K the head's step
///   + 16·G·H·K·min(H·K, 128) the head's covariance and its inverse, in blocks
/// * per thread: 8·P·L patches + 2·P·K distances + 16·K·⌈P/64⌉ votes + 8·P·T·⌈K/64⌉ features
///   + 4·K·D counts + 4·K·(D + 1) histogram + 8·G·H·K cell counts
///   + where cells overlap, 12·S·H·K + 4·√S·H·K for what squares count and wish
///   + 256 KiB, or 16 patches for every filter where that is more: the buckets of clustering
/// * split filters, also as a start: shared 16·C·S·64·L bits by class and place + 24·C² answers; S such counts of 20 bytes per thread
///
/// Beside the layers every thread encodes images, and judging a layer takes 32·C² for its confusions.
package struct LayerSizes: Hashable, Sendable {
  /// Width of the layer's map, in positions, before its reduction.
  package let width: Int

  /// Height of the layer's map, in positions, before its reduction.
  package let height: Int

  /// How the bits of one input position are packed.
  package let input: ChannelLayout

  /// Bits of a patch: window² × bits of an input position.
  package let patchBits: Int

  /// What an image costs in the layer.
  package let work: LayerWork

  /// Estimated bytes of the layer in the model.
  package let modelBytes: Int

  /// Estimated bytes that all threads share while the layer is learned, without the model.
  package let sharedBytes: Int

  /// Estimated bytes of every thread while the layer is learned.
  package let bytesPerThread: Int

  /// Sizes of a layer on a map of that width and height.
  init(_ plan: LayerPlan, width: Int, height: Int, input: ChannelLayout, classes: Int) {
    self.width = width
    self.height = height
    self.input = input
    let positions = width * height
    let filters = plan.filters
    let features = plan.thresholds.count
    let (squares, cells) = (plan.head.layout.squares, plan.head.layout.cells)
    let patchWords = plan.window * plan.window * input.words / plan.groups
    patchBits = plan.window * plan.window * input.bits / plan.groups
    let counts = plan.countedFeatures * filters
    let masks = plan.mask > 0 || (plan.learner == .refine && plan.refine.maskLevel > 0)
    work = LayerWork(
      positions: positions, filters: filters,
      words: FilterBank.comparedWords(window: plan.window, input: input, groups: plan.groups),
      patchBits: patchBits, hasMasks: masks, features: features, weights: classes * cells * counts,
      biases: classes)
    modelBytes = 16 * filters * patchWords + 4 * filters * features + 4 * classes * cells * counts
    let head = 12 * classes * cells * counts + 16 * cells * counts * min(counts, 128)
    let countsClasses = plan.learner == .split || plan.refinementStart == .split
    let places = countsClasses ? squares * 64 * patchWords : 0
    let split = 16 * classes * places + (countsClasses ? 24 * classes * classes : 0)
    sharedBytes = 8 * filters * patchBits + head + split
    let image = 8 * positions * (patchWords + features * wordCount(bits: filters)) + 2 * positions * filters
    let votes = 16 * filters * wordCount(bits: positions)
    let bits = 4 * filters * patchBits + 4 * filters * (patchBits + 1) + 8 * cells * counts
    let kept =
      4 * plan.head.layout.kept(perCell: counts) + (plan.head.layout.overlaps ? 8 * squares * counts : 0)
    let buckets = max(1 << 18, 16 * 8 * filters * patchWords)
    bytesPerThread = image + votes + bits + kept + buckets + 20 * places
  }

  /// Estimated bytes while this layer is learned, the frozen layers' models not counted.
  func bytes(threads: Int) -> Int { modelBytes + sharedBytes + threads * bytesPerThread }
}
