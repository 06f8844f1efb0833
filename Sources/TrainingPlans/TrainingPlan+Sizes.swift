// Whether a plan fits images of one shape and a machine's memory; the estimate itself is in PlanSizes.swift.

public import BinaryNetworks
import BitKernels
import ImageEncoding
import Plumbing

extension TrainingPlan {
  /// Most bits a patch may have: a distance fits 16 bits.
  public static let largestPatch = 65535

  /// Refuses a plan that is wrong in itself, does not fit the images, or needs more memory than there is.
  /// - Parameters:
  ///   - width: pixels in a row: 1...16384.
  ///   - height: rows of pixels: 1...16384.
  ///   - channels: values of a pixel: 1...16.
  ///   - classes: 2...65535.
  ///   - memoryLimitBytes: memory that training may use besides the images themselves.
  ///   - threads: threads that work at the same time: 1...65536.
  /// - Throws: the setting at fault, its value and what is allowed.
  public func validate(
    width: Int, height: Int, channels: Int, classes: Int, memoryLimitBytes: Int, threads: Int = 1
  ) throws(TrainingPlanError) {
    let sizes = try sizes(width: width, height: height, channels: channels, classes: classes)
    let (threads, memoryLimitBytes) = (max(1, min(threads, 65536)), max(0, memoryLimitBytes))
    guard sizes.judgingBytes <= memoryLimitBytes else {
      throw TrainingPlanError(
        .tooLittleMemory,
        "the images: \(classes) classes need about \(amount(sizes.judgingBytes)) of memory for tables of classes by classes, the "
          + "limit is \(amount(memoryLimitBytes)); allowed: fewer classes (are the labels numbered without gaps?)"
      )
    }
    // What encoding takes is there from the first layer to the last.
    var frozen = MemoryLimit.product(threads, sizes.encoderBytes)
    guard frozen <= memoryLimitBytes else {
      throw TrainingPlanError(
        .tooLittleMemory,
        "the images: \(width)×\(height)×\(channels) need about \(amount(frozen)) to be encoded "
          + "(\(amount(sizes.encoderBytes)) for each of \(threads) threads), the limit is \(amount(memoryLimitBytes)); "
          + "allowed: smaller images, or fewer threads")
    }
    for (i, layer) in sizes.layers.enumerated() {
      let needed = frozen + layer.bytes(threads: threads)
      if needed > memoryLimitBytes {
        let most = largestFilters(
          i, sizes: layer, classes: classes, threads: threads, limit: memoryLimitBytes - frozen)
        throw TrainingPlanError(
          .tooLittleMemory,
          "layers[\(i)].filters: more filters than memory: \(layers[i].filters) need about \(amount(needed)) "
            + "(\(amount(layer.bytesPerThread)) for each of \(threads) threads), the limit is "
            + "\(amount(memoryLimitBytes)); allowed: "
            + (most > 0 ? "1...\(most)" : "none (use a smaller window or head.grid, or fewer threads)"))
      }
      frozen += layer.modelBytes
    }
  }

  /// The sizes of every layer for images of one shape; parameters as for `validate`.
  /// - Throws: the setting at fault, its value and what is allowed.
  package func sizes(
    width: Int, height: Int, channels: Int, classes: Int
  ) throws(TrainingPlanError) -> PlanSizes {
    try checkSettings()
    for (what, value, allowed) in [
      ("width", width, 1...16384), ("height", height, 1...16384), ("channels", channels, 1...16),
      ("classes", classes, 2...65535),
    ] where !allowed.contains(value) {
      throw TrainingPlanError(
        .impossibleSize,
        "the images: \(what) \(value) cannot be trained on; "
          + "allowed: \(allowed.lowerBound)...\(allowed.upperBound)"
      )
    }
    let encoderBits = try checkedEncoderBits(channels: channels)
    let spec = EncoderSpec(signals: encoder.signals(channels: channels), pyramid: encoder.pyramid)
    let image = spec.layout(channels: channels)
    var input = image
    var (mapWidth, mapHeight) = (width, height)
    var sizes: [LayerSizes] = []
    var encoderMultiplyAdds = 0
    for (i, layer) in layers.enumerated() {
      if i == 0 || layer.signals != nil {
        let seen = spec.only(signals: try signals(ofLayer: i, of: spec))
        (mapWidth, mapHeight, input) = (width, height, seen.layout(channels: channels))
        encoderMultiplyAdds += MemoryLimit.product(width * height, seen.multiplyAdds(channels: channels))
      }
      let layerSizes = LayerSizes(layer, width: mapWidth, height: mapHeight, input: input, classes: classes)
      try check(layer, layerSizes, at: "layers[\(i)]")
      sizes.append(layerSizes)
      input = ChannelLayout(groups: layer.thresholds.filter(\.isHandedOn).map { _ in layer.filters })
      if layer.reduction != .none {
        (mapWidth, mapHeight) = ((mapWidth + 1) / 2, (mapHeight + 1) / 2)
        if encoder.pyramid, i + 1 < layers.count, layers[i + 1].signals == nil {
          input = input.appending(image)
          encoderMultiplyAdds += MemoryLimit.product(
            mapWidth * mapHeight, spec.multiplyAdds(channels: channels))
        }
      }
    }
    let shape = ImageShape(width: width, height: height, channels: channels)
    return PlanSizes(
      encoderBits: encoderBits,
      encoderBytes: MemoryLimit.sum(
        MemoryLimit.product(2, spec.workspaceBytes(shape: shape)), 3 * shape.pixels),
      judgingBytes: MemoryLimit.product(32, classes, classes),
      encoderMultiplyAdds: encoderMultiplyAdds, layers: sizes)
  }

  /// The signals that a layer looks at, all of which are there.
  private func signals(ofLayer layer: Int, of spec: EncoderSpec) throws(TrainingPlanError) -> [Int] {
    let chosen = layers[layer].signals ?? Array(spec.signals.indices)
    guard let missing = chosen.first(where: { !spec.signals.indices.contains($0) }) else { return chosen }
    throw TrainingPlanError(
      .impossibleSize,
      "layers[\(layer)].signals: there is no signal \(missing); allowed: 0...\(spec.signals.count - 1)")
  }

  /// What an image costs in the network that the plan gives; parameters as for `validate`.
  /// - Throws: the setting at fault, its value and what is allowed.
  public func work(
    width: Int, height: Int, channels: Int, classes: Int
  ) throws(TrainingPlanError) -> NetworkWork {
    try sizes(width: width, height: height, channels: channels, classes: classes).work
  }

  private func checkedEncoderBits(channels: Int) throws(TrainingPlanError) -> Int {
    let key = channels == 1 ? "encoder.grey" : "encoder.colour"
    let signals = encoder.signals(channels: channels)
    if signals.isEmpty {
      throw TrainingPlanError(
        .impossibleSize,
        "\(key): no signals, but the images have \(channels) channel(s); allowed: 1...32 signals")
    }
    if let problem = EncoderPlan.channelsProblem(signals, channels: channels) {
      throw TrainingPlanError(.impossibleSize, key + problem)
    }
    let bits = encoder.bits(channels: channels)
    if bits > EncoderPlan.largestBits {
      throw TrainingPlanError(
        .impossibleSize,
        "\(key): \(bits) bits per position for \(channels) channels; "
          + "allowed: at most \(EncoderPlan.largestBits)"
      )
    }
    return bits
  }

  private func check(_ layer: LayerPlan, _ sizes: LayerSizes, at path: String) throws(TrainingPlanError) {
    let map = "\(sizes.width)×\(sizes.height)"
    let side = min(sizes.width, sizes.height)
    if layer.head.grid > side {
      throw TrainingPlanError(
        .impossibleSize,
        "\(path).head.grid: \(layer.head.grid) \(layer.head.span > 1 ? "squares" : "cells") a side on a map of \(map); allowed: 1...\(min(16, side))"
      )
    }
    if layer.reduction != .none && sizes.width == 1 && sizes.height == 1 {
      throw TrainingPlanError(
        .impossibleSize, "\(path).reduction: \(layer.reduction.rawValue) on a map of 1×1; allowed: none")
    }
    if let problem = FilterBank.groupsProblem(
      layer.groups, window: layer.window, input: sizes.input, count: layer.filters)
    {
      throw TrainingPlanError(.impossibleSize, "\(path).groups: \(problem)")
    }
    let words = layer.window * layer.window * sizes.input.words / layer.groups
    if 64 * words > Self.largestPatch {
      let window = (1...7).last { 64 * $0 * $0 * sizes.input.words <= Self.largestPatch } ?? 1
      throw TrainingPlanError(
        .impossibleSize,
        "\(path).window: \(layer.window)×\(layer.window) × \(sizes.input.bits) bits make a patch of "
          + "\(sizes.patchBits) bits, \(words) words; allowed: at most \(Self.largestPatch / 64) words "
          + "(window 1...\(window), or fewer filters below)"
      )
    }
    // A threshold is at most a patch's bits. Below 2^25 a count fits its 32 bits, its square sums 64 over 2,048 images,
    // and its deviation still has an inverse in fixed point.
    let (grid, span) = (layer.head.grid, layer.head.span)
    let cell = (span * sizes.width / grid + 1) * (span * sizes.height / grid + 1)
    if cell * layer.head.counts.rules.largestAmount(reach: sizes.patchBits) > 1 << 25 {
      throw TrainingPlanError(
        .impossibleSize,
        "\(path).head.grid: a cell of \(cell) positions and patches of \(sizes.patchBits) bits make "
          + "counts above 2^25; allowed: a finer grid, up to \(min(16, side))\(span > 1 ? ", or a smaller span" : "")"
      )
    }
  }

  /// The largest number of filters of layer `i` that fits the limit; 0 if none does.
  private func largestFilters(_ i: Int, sizes: LayerSizes, classes: Int, threads: Int, limit: Int) -> Int {
    var layer = layers[i]
    var fits = 0
    var tooMany = layer.filters
    while tooMany - fits > 1 {
      layer.filters = (fits + tooMany) / 2
      let tried = LayerSizes(
        layer, width: sizes.width, height: sizes.height, input: sizes.input, classes: classes)
      if tried.bytes(threads: threads) <= limit { fits = layer.filters } else { tooMany = layer.filters }
    }
    return fits
  }
}

/// Bytes in the unit that reads best, rounded to a tenth.
private func amount(_ bytes: Int) -> String {
  for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] where bytes >= unit {
    return "\(shortest((Double(bytes) * 10 / Double(unit)).rounded() / 10)) \(name)"
  }
  return "\(bytes) bytes"
}
