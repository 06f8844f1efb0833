// A look inside a model: what each layer is made of and whether its filters earn their bytes.
// How it is shown as text is in NetworkInspection+Text.swift.

public import BinaryNetworks
import BitKernels
public import ImageData

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Sizes, thresholds and redundancy of every layer of a model, and with images the on-rates of its features.
public struct NetworkInspection: Hashable, Sendable, Codable {
  /// Images the features were looked at on; 0 if none.
  public let images: Int
  /// One entry per layer, first to last.
  public let layers: [LayerInspection]
  /// What an image costs.
  public let work: NetworkWork
  /// The lead, 16 fractional bits, from which on an image is answered after each layer; nil where none is.
  public let exits: [Int64?]
  /// Whether images that no layer answered are looked at a second time, mirrored.
  public let mirrors: Bool

  /// Inspects a model on up to `threads` threads; the result does not depend on their number.
  /// - Parameters:
  ///   - model: the model to look into.
  ///   - images: images to run the network on; nil or none to look at the filters alone.
  ///   - threads: how many to use.
  /// - Throws: `PredictionError` if the images have another shape than the model's.
  public init(_ model: Model, images: LabelledImages?, threads: Int) throws {
    try self.init(model.network, images: images, threads: threads)
  }

  init(_ network: Network, images: LabelledImages?, threads: Int) throws {
    var measured: FeatureMeasurement?
    if let images, images.count > 0 {
      try network.check(fits: images.shape)
      measured = FeatureMeasurement(network, images: images, threads: threads)
    }
    self.images = images?.count ?? 0
    work = network.work
    exits = network.layers.map(\.exit)
    mirrors = network.mirrors
    layers = network.layers.enumerated().map { index, layer in
      let bank = layer.bank
      let input = network.input(ofLayer: index)
      let pairs = FilterPairs(bank, threads: threads)
      return LayerInspection(
        layer: index, filters: bank.count, window: bank.window, patchBits: bank.patchBits,
        mapHeight: input.height, mapWidth: input.width, bytes: LayerBytes(layer),
        unmasked: Double(bank.unmaskedBits) / Double(bank.count * bank.patchBits),
        thresholds: bank.features.map {
          ThresholdRange(
            lowest: Int($0.thresholds.min() ?? 0), highest: Int($0.thresholds.max() ?? 0), side: $0.side,
            use: $0.use)
        },
        duplicatePairs: pairs.duplicatePairs, duplicates: pairs.duplicates,
        complementPairs: pairs.complementPairs, complements: pairs.complements,
        filterAgreement: pairs.agreement,
        features: measured.map { measured in
          measured.onCounts[index].map {
            FeatureStatistics(onCounts: $0, positions: measured.positions[index])
          }
        } ?? [],
        featureCorrelation: measured?.correlations[index])
    }
  }

  /// Bytes of all layers.
  public var bytes: Int { layers.reduce(0) { $0 + $1.bytes.total } }

  /// The inspection as JSON, indented, with sorted keys; on-rates are from 0 to 1.
  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }
}

extension LayerBytes {
  fileprivate init(_ layer: NetworkLayer) {
    let bits = (layer.bank.count * layer.bank.patchBits + 7) / 8
    self.init(
      filters: bits, masks: layer.bank.masks == nil ? 0 : bits,
      thresholds: 2 * layer.bank.count * layer.bank.features.count,
      head: layer.head.map { 2 * $0.weights.count + 8 * $0.bias.count } ?? 0)
  }
}

extension FilterBank {
  /// Bits that matter, over all filters.
  fileprivate var unmaskedBits: Int {
    let valid = validBits
    return (0..<count).reduce(0) { sum, k in
      sum + zip(mask(k), valid).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
    }
  }
}
