// Small networks for inspections, and the same arithmetic over plain Bools.

import BinaryNetworks
import BitKernels
import ImageData
import ImageEncoding
import Plumbing

/// Two layers with two thresholds and masks on 7 × 6 grey images.
func inspectedNetwork(seed: UInt64) throws -> Network {
  let encoder = try ImageEncoder(
    spec: EncoderSpec(signals: [SignalSpec(source: .channels, window: 0, levels: 3)], pyramid: false),
    shape: ImageShape(width: 7, height: 6, channels: 1), pyramidLevels: 1, thresholds: [[[60, 120, 180]]])
  var network = Network(encoder: encoder, layers: [], classNames: ["a", "b"])
  var generator = SeededGenerator(seed: seed)
  for (filters, window, reduction) in [(5, 3, Reduction.or), (70, 2, Reduction.none)] {
    let bank = randomBank(
      filters, window: window, input: network.input(ofLayer: network.layers.count).layout,
      generator: &generator)
    network.layers.append(NetworkLayer(bank: bank, reduction: reduction, head: nil))
  }
  return network
}

/// Random filters and masks, thresholds about half of the bits that matter.
func randomBank(
  _ count: Int, window: Int, input: ChannelLayout, generator: inout SeededGenerator
) -> FilterBank {
  var bank = FilterBank(window: window, input: input, count: count)
  bank.features.append(FilterFeature(bank.features[0].thresholds, use: .next))
  let valid = FilterBank.validBits(window: window, input: input)
  var masks = [UInt64](repeating: 0, count: bank.filters.count)
  for k in 0..<count {
    var matters = 0
    for w in valid.indices {
      bank.filters[w * bank.stride + k] = generator.next() & valid[w]
      masks[w * bank.stride + k] = (generator.next() | generator.next()) & valid[w]
      matters += masks[w * bank.stride + k].nonzeroBitCount
    }
    bank.features[0].thresholds[k] = UInt16(matters / 2 - 1)
    bank.features[1].thresholds[k] = UInt16(matters / 2 + 1)
  }
  bank.masks = masks
  return bank
}

/// Random images of a shape with labels in turn.
func randomImages(_ count: Int, shape: ImageShape, classes: [String], seed: UInt64) throws -> LabelledImages {
  var generator = SeededGenerator(seed: seed)
  return try LabelledImages(
    shape: shape, pixels: (0..<count * shape.pixels).map { _ in UInt8(generator.below(256)) },
    labels: (0..<count).map { UInt16($0 % classes.count) }, classNames: classes)
}

/// The channels of consecutive words as Bools.
func plainBits(_ words: [UInt64], layout: ChannelLayout) -> [Bool] {
  stride(from: 0, to: words.count, by: layout.words).flatMap { position in
    var first = position
    return layout.groups.flatMap { bits in
      defer { first += wordCount(bits: bits) }
      return (0..<bits).map { words[first + $0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    }
  }
}

/// Features of one image in front of and behind every layer: rows, columns, channels.
struct PlainFeatures {
  typealias Map = [[[Bool]]]
  /// Features of every layer before its reduction; the channels of the first feature, then of the second and so on.
  private(set) var layers: [Map] = []

  init(_ network: Network, pixels: ArraySlice<UInt8>) {
    let shape = network.shape
    var map: Map = (0..<shape.height).map { y in
      (0..<shape.width).map { x in
        let value = Int32(pixels[pixels.startIndex + y * shape.width + x])
        return network.encoder.thresholds[0][0].map { value > $0 }
      }
    }
    for layer in network.layers {
      let features = Self.features(layer.bank, map)
      layers.append(features)
      let handed = features[0][0].indices.filter {
        layer.bank.features[$0 / layer.bank.count].isHandedOn
      }
      map = features.map { row in row.map { channels in handed.map { channels[$0] } } }
      if layer.reduction == .or { map = Self.halved(map) }
    }
  }

  private static func features(_ bank: FilterBank, _ map: Map) -> Map {
    let filters = (0..<bank.count).map { plainBits(bank.filter($0), layout: bank.input) }
    let masks = (0..<bank.count).map { plainBits(bank.mask($0), layout: bank.input) }
    let outside = [Bool](repeating: false, count: bank.input.bits)
    let reach = (bank.window - 1) / 2
    return map.indices.map { y in
      map[y].indices.map { x in
        var patch: [Bool] = []
        for dy in 0..<bank.window {
          for dx in 0..<bank.window {
            let (row, column) = (y + dy - reach, x + dx - reach)
            let inside = map.indices.contains(row) && map[0].indices.contains(column)
            patch += inside ? map[row][column] : outside
          }
        }
        let distances = (0..<bank.count).map { k in
          patch.indices.count { masks[k][$0] && patch[$0] != filters[k][$0] }
        }
        return bank.features.flatMap { feature in
          (0..<bank.count).map { k in
            let threshold = Int(feature.thresholds[k])
            return feature.side == .near ? distances[k] <= threshold : distances[k] >= threshold
          }
        }
      }
    }
  }

  private static func halved(_ map: Map) -> Map {
    stride(from: 0, to: map.count, by: 2).map { y in
      stride(from: 0, to: map[0].count, by: 2).map { x in
        map[0][0].indices.map { channel in
          (y..<min(y + 2, map.count)).contains { row in
            (x..<min(x + 2, map[0].count)).contains { map[row][$0][channel] }
          }
        }
      }
    }
  }
}
