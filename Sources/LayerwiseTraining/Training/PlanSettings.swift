// From the plan's words and decimals to the integers that learning uses.

import BinaryNetworks
import FilterLearning
import ImageData
import ImageEncoding
import TrainingPlans

extension TrainingPlan {
  /// Settings of a layer's refinement, or of its head alone, on so many training images.
  func refineSettings(layer: LayerPlan, classes: Int, images: Int, head: Bool) -> RefineSettings {
    let masked = layer.refine.maskLevel > 0
    return RefineSettings(
      learnsFilters: !head, batch: batch(layer.refine.batch, images: images),
      passes: head ? layer.head.passes : layer.refine.passes,
      mergesPerPass: mergesPerPass, shards: shards,
      filterRate: scaled(layer.refine.filterRatePartsPerMillion, bits: 20),
      nearness: scaled(layer.refine.nearnessPartsPerMillion, bits: 8),
      wishes: scaled(layer.refine.wishesPartsPerMillion, bits: 16), momentumShift: layer.refine.momentumShift,
      maskLevel: masked ? scaled(layer.refine.maskLevelPartsPerMillion, bits: 20) : -1,
      onRates: layer.thresholds.filter(\.isCounted).map { $0.quantilePartsPerMillion ?? 0 },
      grid: layer.head.grid, span: layer.head.span,
      counts: layer.head.counts,
      headRate: scaled(layer.head.ratePartsPerMillion, bits: 16),
      damping: max(1, scaled(layer.head.dampingPartsPerMillion, bits: 16)),
      onTopOfEarlierScores: layer.head.boost,
      classes: classes)
  }

  /// Images in a mini-batch of one shard, where there may be few: so many that the rounds of a pass look at every image once, not
  /// more often, and 16 at least. Steps stay as many as with more images.
  func batch(_ batch: Int, images: Int) -> Int {
    min(shardBatch(batch), max(16, images / shards / mergesPerPass))
  }

  /// Images in a mini-batch of one shard: the plan's with one or two shards, fewer with more.
  ///
  /// Shards learn side by side and are averaged, so S shards take S times fewer steps in a pass. With mini-batches smaller
  /// by √(S / 2) they take √(2 · S) times fewer, while what is averaged still rests on more images than with one shard.
  func shardBatch(_ batch: Int) -> Int {
    var images = batch
    while images > 16, images * images * shards > 2 * batch * batch { images -= 1 }
    return images
  }

  /// The encoder for images of a shape.
  func encoderSpec(channels: Int) -> EncoderSpec {
    EncoderSpec(signals: encoder.signals(channels: channels), pyramid: encoder.pyramid)
  }

  /// Levels of the pyramid that the network looks at.
  var pyramidLevels: Int {
    encoder.pyramid ? 1 + layers.dropLast().count { $0.reduction != .none } : 1
  }

  /// How training images are varied.
  var imageAugmentation: Augmentation { Augmentation(shift: augmentation.shift, flip: augmentation.flip) }

  private func scaled(_ partsPerMillion: Int, bits: Int) -> Int {
    ((partsPerMillion << bits) + 500_000) / 1_000_000
  }
}

extension ThresholdPlan {
  /// The rule in the learner's terms.
  var learnedBy: ThresholdRule {
    quantilePartsPerMillion.map { .quantile(partsPerMillion: $0) } ?? .half
  }
}
