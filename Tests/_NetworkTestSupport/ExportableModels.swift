// Models as exporters meet them: random ones of every kind, and ones like those that the named plans train.

package import BinaryNetworks
import BitKernels
import ImageEncoding
import Plumbing

/// Random networks of every kind of signal, distance, feature, count, reduction, exit.
package func randomExportableModels(_ seeds: Range<UInt64>) throws -> [Model] {
  try seeds.map { seed in
    let shape = RandomNetworkShape(
      sides: 2...9, channels: [1, 2, 3], filters: [1, 5, 31, 33], signals: 1...3, levels: 1...7)
    var model = try randomModel(seed: seed, shape)
    var random = SeededGenerator(seed: seed, 0x6578_74)
    model.network = model.network.withRandomExits(&random)
    return model
  }
}

/// A layer of grouped filters on components, as the named plans have it: roots, cells that overlap, near and far.
package func groupedModel(
  seed: UInt64, width: Int, height: Int, channels: Int, components: Int, levels: Int, classes: Int,
  windows: [Int] = [2, 3, 5], mirrors: Bool = false
) throws -> Model {
  var random = SeededGenerator(seed: seed, 0x6772_70)
  let shape = ImageShape(width: width, height: height, channels: channels)
  let signals = windows.map {
    SignalSpec(source: .components, window: $0, levels: levels, components: components)
  }
  let thresholds = (0..<windows.count * components).map { _ in
    (0..<levels).map { _ in Int32(random.below(2001) - 1000) }.sorted()
  }
  let factors = windows.flatMap { window in
    (0..<components).map { _ in (0..<window * window * channels).map { _ in Int16(random.pick(-20...20)) } }
  }
  let encoder = try ImageEncoder(
    spec: EncoderSpec(signals: signals, pyramid: false), shape: shape, pyramidLevels: 1,
    thresholds: [thresholds], whitening: WhiteningFilters(factors: [factors]))
  var network = Network(
    encoder: encoder, layers: [], classNames: (0..<classes).map { "class \($0)" }, mirrors: mirrors)
  let count = 8 * windows.count
  var bank = FilterBank(
    window: 1, input: network.input(ofLayer: 0).layout, count: count, groups: windows.count)
  for k in 0..<count {
    for j in 0..<bank.patchWords { bank.filters[j * bank.stride + k] = random.next() & bank.validBits[j] }
  }
  bank.distanceKind = .centred
  bank.features = [FeatureSide.near, .far].map { side in
    let middle = bank.patchBits
    let thresholds = (0..<count).map { _ in
      UInt16(max(0, middle + (side == .near ? -1 : 1) * random.below(5)))
    }
    return FilterFeature(thresholds, side: side, use: .head)
  }
  let cells = HeadGrid(grid: 4, span: 2).cells
  let head = LinearHead(
    grid: 4, span: 2, counts: .root, classes: classes,
    weights: (0..<classes * cells * 2 * count).map { _ in Int16(random.pick(-127...127)) },
    bias: (0..<classes).map { _ in Int64(random.below(1 << 20)) }, scale: 18)
  network.layers = [
    NetworkLayer(bank: bank, reduction: .none, head: head, exit: mirrors ? 40_000 : nil)
  ]
  return Model(
    network: network, plan: "{}", seed: 1, dataDigest: 2, summary: "{}", temperature: Temperature(9000))
}

/// What named plans have, at its limits: maps wider than words, empty and wide squares, thresholds that all or no distances pass, one side or
/// both in either order, distances less their mean or not, counts with and without roots, weights that are multiples of steps.
package func slicedModel(seed: UInt64) throws -> Model {
  var random = SeededGenerator(seed: seed, 0x736c_63)
  var model = try groupedModel(
    seed: seed, width: random.pick([1, 5, 31, 32, 33, 70]), height: random.pick(1...9),
    channels: random.pick([1, 3]),
    components: random.pick(1...3), levels: random.pick(1...12), classes: random.pick(2...4),
    windows: random.pick([[2], [3, 2]]))
  makeSliced(&model.network.layers[0], of: model.network, &random)
  return model
}

/// Two such layers, both of which look at the image: the second at all signals in groups, the first at one, or at all as one group, whose
/// patches may then have more words. Their numbers have different sizes, and images may be answered after each.
package func stagedModel(seed: UInt64) throws -> Model {
  var model = try slicedModel(seed: seed)
  var random = SeededGenerator(seed: seed, 0x7374_67)
  let all = Array(model.network.encoder.spec.signals.indices)
  let seen = random.below(3) == 0 ? all : [random.pick(all)]
  let input = model.network.beside(seen).input(ofLayer: 0)
  var bank = FilterBank(window: 1, input: input.layout, count: random.pick([1, 5, 32]))
  for k in 0..<bank.count {
    for j in 0..<bank.patchWords { bank.filters[j * bank.stride + k] = random.next() & bank.validBits[j] }
  }
  model.network.layers[0].signals = all
  var first = model.network.layers[0]
  first.bank = bank
  first.signals = seen == all ? nil : seen
  makeSliced(&first, of: model.network, &random)
  model.network.layers.insert(first, at: 0)
  model.network = model.network.withRandomExits(&random)
  return model
}

/// Random features, thresholds, distances and head of a layer that hands nothing on.
private func makeSliced(_ layer: inout NetworkLayer, of network: Network, _ random: inout SeededGenerator) {
  let side = min(4, network.shape.width, network.shape.height)
  let grid = random.pick(1...side)
  let sides: [FeatureSide] = random.pick([[.near], [.far], [.near, .far], [.far, .near]])
  let (bits, count) = (layer.bank.patchBits, layer.bank.count)
  layer.bank.distanceKind = random.flip() ? .centred : .plain
  if random.flip() {
    // Filters that differ from most patches, so that means are far from the middle.
    for k in 0..<count {
      for j in 0..<layer.bank.patchWords {
        layer.bank.filters[j * layer.bank.stride + k] |= layer.bank.validBits[j]
      }
    }
  }
  layer.bank.features = sides.map { side in
    let thresholds = (0..<count).map { _ in
      UInt16(
        random.flip() ? random.below(2 * bits) : random.pick([0, bits / 2, side == .far ? 65_535 : bits]))
    }
    return FilterFeature(thresholds, side: side, use: .head)
  }
  let cells = HeadGrid(grid: grid, span: random.pick(1...min(grid, 2)))
  let perCell = sides.count * count
  let most = random.pick([7, 127, 3000])
  let steps = (0..<perCell).map { _ in random.flip() ? 1 : random.pick(1...(21_000 / most)) }
  let isStepped = random.flip()
  let classes = network.classNames.count
  layer.head = LinearHead(
    grid: cells.grid, span: cells.span, counts: random.pick([.root, .soft]), classes: classes,
    weights: (0..<classes * cells.cells * perCell).map {
      Int16(random.pick(-most...most) * (isStepped ? steps[$0 % perCell] : 1))
    },
    bias: (0..<classes).map { _ in Int64(random.below(1 << 20)) }, scale: 18)
}
