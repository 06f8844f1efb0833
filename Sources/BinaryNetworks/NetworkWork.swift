// What an image costs on its way through a network, counted before anything is run: the currency in which layers are compared.

package import BitKernels
package import ImageEncoding
import Plumbing

/// The work of one layer on one image.
public struct LayerWork: Hashable, Sendable, Codable {
  /// Words of 64 bits that are compared: XOR, popcount, sum. Every filter is compared with the patch at every position.
  public let words: Int
  /// Multiplications of the head: counts times weights.
  public let multiplyAdds: Int
  /// Bytes of filters, masks, thresholds, weights and biases.
  public let bytes: Int

  /// The work of a layer of `filters` filters over `positions` positions, of each of which it compares `words` words.
  /// - Parameters:
  ///   - patchBits: bits of a filter, and of its mask where there are masks.
  ///   - features: thresholds of a filter.
  ///   - weights: of the head; 0 without head.
  ///   - biases: of the head.
  package init(
    positions: Int, filters: Int, words: Int, patchBits: Int, hasMasks: Bool, features: Int, weights: Int,
    biases: Int
  ) {
    self.words = positions * filters * words
    multiplyAdds = weights
    let strings = (hasMasks ? 2 : 1) * ((filters * patchBits + 7) / 8)
    bytes = strings + 2 * filters * features + 2 * weights + 8 * biases
  }
}

/// The work of a network on one image.
public struct NetworkWork: Hashable, Sendable, Codable {
  /// Products of pixels and factors in the encoder, over all levels of the pyramid that some layer gets.
  public let encoderMultiplyAdds: Int
  /// The work of every layer.
  public let layers: [LayerWork]

  /// Words that are compared in all layers.
  public var words: Int { layers.reduce(0) { $0 + $1.words } }
  /// Multiplications of encoder and heads.
  public var multiplyAdds: Int { layers.reduce(encoderMultiplyAdds) { $0 + $1.multiplyAdds } }

  /// Words that are compared for an image that is answered at a stage: after a layer, or after the last one by a mirrored look.
  public func words(stage: Int) -> Int {
    stage < layers.count ? layers.prefix(stage + 1).reduce(0) { $0 + $1.words } : 2 * words
  }

  /// Work of parts.
  public init(encoderMultiplyAdds: Int, layers: [LayerWork]) {
    self.encoderMultiplyAdds = encoderMultiplyAdds
    self.layers = layers
  }
}

extension Network {
  /// What an image costs.
  public var work: NetworkWork {
    var encoder = 0
    for index in layers.indices where input(ofLayer: index).imageOffset != nil {
      let input = input(ofLayer: index)
      encoder +=
        input.height * input.width * spec(of: input.signals).multiplyAdds(channels: shape.channels)
    }
    return NetworkWork(
      encoderMultiplyAdds: encoder,
      layers: layers.enumerated().map { index, layer in
        let input = input(ofLayer: index)
        let bank = layer.bank
        return LayerWork(
          positions: input.height * input.width, filters: bank.count,
          words: FilterBank.comparedWords(window: bank.window, input: bank.input, groups: bank.groups),
          patchBits: bank.patchBits, hasMasks: bank.masks != nil, features: bank.features.count,
          weights: layer.head?.weights.count ?? 0, biases: layer.head?.bias.count ?? 0)
      })
  }
}

extension FilterBank {
  /// Words that are compared for a filter at a position of a whole map: those of the patch, or fewer where its rows are packed.
  package static func comparedWords(window: Int, input: ChannelLayout, groups: Int) -> Int {
    let words = window * window * input.words / groups
    return min(words, input.words == 1 ? window * wordCount(bits: window * input.bits) : words)
  }
}

extension EncoderSpec {
  /// Products of a pixel's encoding for images of so many channels.
  package func multiplyAdds(channels: Int) -> Int {
    signals.reduce(0) { sum, signal in
      let each = signal.needsWhitening ? signal.whiteningSize(channels: channels) : channels
      return sum + signal.signals(channels: channels) * each
    }
  }
}
