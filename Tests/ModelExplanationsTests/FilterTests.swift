// Decoded filters, receptive fields and what fires filters, against plain loops.

import BinaryNetworks
import BitKernels
import ImageData
import ImageEncoding
import Plumbing
import Testing
import _PageTestSupport

@testable import ModelExplanations
@testable import ReportPages

@Suite struct FilterTests {
  /// A one-layer network on colour images: 3 channels with 2 levels each, then the mean with 3.
  private func network(window: Int = 1) throws -> Network {
    let spec = EncoderSpec(
      signals: [
        SignalSpec(source: .channels, window: 0, levels: 2), SignalSpec(source: .mean, window: 0, levels: 3),
      ], pyramid: false)
    let encoder = try ImageEncoder(
      spec: spec, shape: ImageShape(width: 5, height: 4, channels: 3), pyramidLevels: 1,
      thresholds: [[[80, 160], [80, 160], [80, 160], [200, 400, 600]]])
    let bank = FilterBank(window: window, input: encoder.layout(level: 0), count: 2)
    return Network(
      encoder: encoder, layers: [NetworkLayer(bank: bank, reduction: .none, head: nil)],
      classNames: ["a", "b"])
  }

  @Test func thermometerBitsBecomeLevels() throws {
    var network = try network()
    // Red 2 of 2, green 1 of 2, blue 0 of 2, mean 2 of 3; of filter 1 one bit of red and all of mean do not matter.
    network.layers[0].bank.filters[0] = 0b011_00_01_11
    network.layers[0].bank.filters[1] = 0b011_00_01_11
    var masks = [UInt64](repeating: 0, count: network.layers[0].bank.filters.count)
    masks[0] = 0b111_11_11_11
    masks[1] = 0b000_11_11_01
    network.layers[0].bank.masks = masks
    let pictures = try #require(FilterPictures(network))
    #expect(pictures.levels(0) == [[1, 0.5, 0, 2.0 / 3]])
    #expect(pictures.levels(1) == [[0.75, 0.5, 0, 0.5]])
    #expect(pictures.picture(0, kind: 0)[0, 0] == (255, 128, 0))
    #expect(pictures.picture(0, kind: 1)[0, 0] == (170, 170, 170))
    #expect(pictures.strip(0).width == 3)
  }

  @Test func positionsAreInRows() throws {
    var network = try network(window: 2)
    // Only the lower left position is bright.
    network.layers[0].bank.filters[2 * network.layers[0].bank.stride] = 0b111_11_11_11
    let picture = try #require(FilterPictures(network)).picture(0, kind: 1)
    #expect(picture[0, 1] == (255, 255, 255))
    #expect(picture[1, 0] == (0, 0, 0) && picture[0, 0] == (0, 0, 0) && picture[1, 1] == (0, 0, 0))
  }

  @Test func patchesAreShownAsTheWindowTheyWeigh() throws {
    let spec = EncoderSpec(signals: [SignalSpec(source: .patch, window: 2, levels: 2)], pyramid: false)
    let encoder = try ImageEncoder(
      spec: spec, shape: ImageShape(width: 5, height: 4, channels: 1), pyramidLevels: 1,
      thresholds: [[[0, 1], [0, 1], [0, 1], [0, 1]]],
      whitening: WhiteningFilters(factors: [[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]]))
    func network(window: Int) -> Network {
      let bank = FilterBank(window: window, input: encoder.layout(level: 0), count: 1)
      return Network(
        encoder: encoder, layers: [NetworkLayer(bank: bank, reduction: .none, head: nil)],
        classNames: ["a", "b"])
    }
    // Pixels of the window, in rows: 0, 1/2, 1, 1.
    var one = network(window: 1)
    one.layers[0].bank.filters[0] = 0b11_11_01_00
    let picture = try #require(FilterPictures(one)).picture(0, kind: 0)
    #expect(picture.width == 2 && picture.height == 2)
    #expect(picture[0, 0] == (0, 0, 0) && picture[1, 0] == (128, 128, 128))
    #expect(picture[0, 1] == (255, 255, 255) && picture[1, 1] == (255, 255, 255))
    // Two by two windows, of which only the lower right one is bright: the middle pixel belongs to all four.
    var four = network(window: 2)
    four.layers[0].bank.filters[3 * four.layers[0].bank.stride] = 0b11_11_11_11
    let mean = try #require(FilterPictures(four)).picture(0, kind: 0)
    #expect(mean.width == 3 && mean[1, 1] == (64, 64, 64) && mean[2, 2] == (255, 255, 255))
    #expect(mean[2, 1] == (128, 128, 128) && mean[0, 0] == (0, 0, 0))
    #expect(ReceptiveField(one, layer: 0).range(3) == 3..<5)
    #expect(ReceptiveField(four, layer: 0).range(3) == 3..<6)
  }

  @Test func opponentsAreHues() {
    #expect(FilterPictures.colour([0.5, 0.5], .opponents) == (128, 128, 128))
    let red = FilterPictures.colour([1, 0.5], .opponents)
    #expect(red.red > red.green && red.green < red.blue)
    let blue = FilterPictures.colour([0.5, 0], .opponents)
    #expect(blue.blue > blue.red && blue.red == blue.green)
  }

  /// Pixels (in one dimension) that a position of a layer depends on, step by step.
  private func seen(_ position: Int, layer: Int, _ network: Network) -> Set<Int> {
    let window = network.layers[layer].bank.window
    var pixels: Set<Int> = []
    for offset in 0..<window {
      let at = position + offset - (window - 1) / 2
      if layer == 0 {
        pixels.insert(at)
      } else if network.layers[layer - 1].reduction == .none {
        pixels.formUnion(seen(at, layer: layer - 1, network))
      } else {
        pixels.formUnion(seen(2 * at, layer: layer - 1, network))
        pixels.formUnion(seen(2 * at + 1, layer: layer - 1, network))
      }
    }
    return pixels
  }

  @Test func receptiveFieldsAreWhatPositionsDependOn() throws {
    var network = try network(window: 3)
    for (window, reduction) in [(2, Reduction.or), (3, .none), (4, .majority), (3, .none)] {
      network.layers.append(
        NetworkLayer(
          bank: FilterBank(window: window, input: ChannelLayout(groups: [1]), count: 1), reduction: reduction,
          head: nil))
    }
    for layer in network.layers.indices {
      let field = ReceptiveField(network, layer: layer)
      for position in 0..<4 {
        #expect(Set(field.range(position)) == seen(position, layer: layer, network))
      }
    }
  }

  @Test func firingPlacesAreTheNearestOfPlainLoops() throws {
    let model = try tinyModel(classNames: ["a", "b"], seed: 9)
    let images = try tinyImages(model, count: 23)
    let network = model.network
    let filters = [[3, 17], [0, 11, 5]]
    let found = FiringPlaces(network, images: images, filters: filters, count: 4, threads: 3).places
    let pass = ForwardPass(network: network)
    var nearest: [[[FiringPlace]]] = filters.map { $0.map { _ in [] } }
    for image in 0..<images.count {
      images.withPixels(of: image) { pass.run($0, scores: false, features: true) }
      for layer in filters.indices {
        let layerPass = pass.layers[layer]
        var all = filters[layer].map { _ in [FiringPlace]() }
        layerPass.forEachTile { rows, distances in
          for position in 0..<rows.count * layerPass.input.width {
            for (f, k) in filters[layer].enumerated() {
              all[f].append(
                FiringPlace(
                  distance: Int(distances[position * layerPass.bank.stride + k]), image: image,
                  row: rows.lowerBound + position / layerPass.input.width,
                  column: position % layerPass.input.width))
            }
          }
        }
        for f in all.indices { nearest[layer][f].append(try #require(all[f].min())) }
      }
    }
    #expect(found == nearest.map { $0.map { Array($0.sorted().prefix(4)) } })
  }

  @Test func filtersSpeakForTheClassTheyWeighMostFor() throws {
    var layer = try network().layers[0]
    #expect(layer.opinion(ofFilter: 0) == nil)
    layer.head = LinearHead(
      grid: 1, counts: .plain, classes: 2, weights: [5, -30, 5, 20], bias: [0, 0], scale: 0)
    #expect(layer.opinion(ofFilter: 0) == nil)
    let opinion = try #require(layer.opinion(ofFilter: 1))
    #expect(opinion == (1, 0))
    // What speaks for a class where patches are unlike the filter speaks against it where they are like it.
    layer.bank.features = FeatureSide.allCases.map {
      FilterFeature(layer.bank.features[0].thresholds, side: $0)
    }
    for (far, expected) in [([60, -50], (1, 0)), ([-60, 50], (0, 1))] as [([Int16], (Int, Int))] {
      layer.head = LinearHead(
        grid: 1, counts: .plain, classes: 2, weights: [5, -30, 0, far[0], 5, 20, 0, far[1]], bias: [0, 0],
        scale: 0)
      let opinion = try #require(layer.opinion(ofFilter: 1))
      #expect(opinion == expected)
      #expect(layer.opinion(ofFilter: 0) == nil)
    }
  }

  @Test func influenceIsWeightTimesSpread() throws {
    let model = try tinyModel(classNames: ["a", "b", "c"], seed: 4)
    let images = try tinyImages(model, count: 17)
    let found = FilterInfluence(model.network, images: images, threads: 2)
    let pass = ForwardPass(network: model.network)
    let counts = (0..<images.count).map { image in
      images.withPixels(of: image) { pass.run($0, scores: true, features: false) }
      return pass.counts.map(\.array)
    }
    for (index, layer) in model.network.layers.enumerated() {
      let head = try #require(layer.head)
      var expected = [Double](repeating: 0, count: layer.bank.count)
      for feature in 0..<head.features {
        let values = counts.map { Double($0[index][feature]) }
        let mean = values.reduce(0, +) / 17
        let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 17).squareRoot()
        let weights = (0..<3).map { Double(head.weights[$0 * head.features + feature]) }
        let middle = weights.reduce(0, +) / 3
        for weight in weights { expected[feature % layer.bank.count] += spread * abs(weight - middle) }
      }
      for k in expected.indices {
        #expect(abs(found.influence[index][k] - expected[k]) < 1e-6 * expected[k] + 1e-6)
      }
      #expect(expected.contains { $0 > 0 })
      let strongest = found.strongest(3, ofLayer: index)
      #expect(strongest.count == 3 && expected[strongest[0]] == expected.max())
    }
  }
}
