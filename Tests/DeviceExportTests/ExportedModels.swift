// Models of every kind as C programs in one folder, and a program that runs them all.

import BinaryNetworks
import BitKernels
import Foundation
import ImageEncoding
import Plumbing
import _NetworkTestSupport
import _TestSupport

@testable import DeviceExport

/// Some models, exported side by side, and what they should say of the self-test's images.
struct ExportedModels {
  let folder: TemporaryFolder
  let models: [Model]
  let packages: [DevicePackage]

  init(_ models: [Model]) throws {
    folder = try TemporaryFolder()
    self.models = models
    packages = models.indices.compactMap { index in
      ExportName("m\(index)").map { DevicePackage(models[index], name: $0, version: "1.2") }
    }
    for package in packages {
      for file in package.files.prefix(4) { try folder.write(Array(file.text.utf8), to: file.path) }
    }
    for file in packages.first?.instructionCounter.prefix(2) ?? [] {
      try folder.write(Array(file.text.utf8), to: file.path)
    }
  }

  /// C files of all models.
  var files: [String] { packages.flatMap { ["\($0.program.name).c", "\($0.program.name)_selftest.c"] } }

  /// Writes a program that prints a line for every model and image: model, image, class, scores.
  func writeDriver(images: Int) throws {
    var text = "#include <stdio.h>\n"
    for package in packages { text += "#include \"\(package.program.name)_selftest.h\"\n" }
    for package in packages {
      let (name, capitals) = (package.program.name.text, package.program.name.capitals)
      text += """
        static void run_\(name)(int images) {
          static uint64_t arena[(\(capitals)_ARENA_BYTES + 7) / 8];
          static uint8_t pixels[\(capitals)_WIDTH * \(capitals)_HEIGHT * \(capitals)_CHANNELS];
          static \(name)_score scores[\(capitals)_CLASSES];
          for (int image = 0; image < images; image++) {
            \(name)_selftest_image(image, pixels);
            int index = \(name)_classify(pixels, arena, scores);
            printf("\(name) %d %d", image, index);
            for (int c = 0; c < \(capitals)_CLASSES; c++) {
              /* Also where printf knows no 64 bits. */
              long long score = scores[c];
              unsigned long long size = score < 0 ? 0ull - (unsigned long long)score : (unsigned long long)score;
              printf(" %s%lx.%lx", score < 0 ? "-" : "", (unsigned long)(size >> 32), (unsigned long)(size & 0xffffffffu));
            }
            printf("\\n");
          }
          printf("\(name) wrong %d\\n", \(name)_selftest(arena, pixels, scores));
        }

        """
    }
    text += "int main(void) {\n"
    for package in packages { text += "  run_\(package.program.name)(\(images));\n" }
    text += "  return 0;\n}\n"
    try folder.write(Array(text.utf8), to: "driver.c")
  }

  /// What the program should print.
  func expected(images: Int) -> String {
    var text = ""
    for (model, package) in zip(models, packages) {
      let predictor = ImagePredictor(model)
      for image in 0..<images {
        let scores = predictor.prediction(SelfTest.pixels(image, model.network.shape).span).scores
        let best = scores.indices.first { scores[$0] == scores.max() } ?? 0
        text += "\(package.program.name) \(image) \(best)"
        for score in scores {
          let size = score.magnitude
          text +=
            " \(score < 0 ? "-" : "")\(String(size >> 32, radix: 16)).\(String(size & 0xffff_ffff, radix: 16))"
        }
        text += "\n"
      }
      text += "\(package.program.name) wrong 0\n"
    }
    return text
  }

  // MARK: Models

  /// Random networks of every kind of signal, distance, feature, count, reduction, exit.
  static func random(_ seeds: Range<UInt64>) throws -> [Model] {
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
  static func grouped(
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
  static func sliced(seed: UInt64) throws -> Model {
    var random = SeededGenerator(seed: seed, 0x736c_63)
    var model = try grouped(
      seed: seed, width: random.pick([1, 5, 31, 32, 33, 70]), height: random.pick(1...9),
      channels: random.pick([1, 3]),
      components: random.pick(1...3), levels: random.pick(1...12), classes: random.pick(2...4),
      windows: random.pick([[2], [3, 2]]))
    var layer = model.network.layers[0]
    let side = min(4, model.network.shape.width, model.network.shape.height)
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
    let old = model.network.layers[0].head
    let cells = HeadGrid(grid: grid, span: random.pick(1...min(grid, 2)))
    let perCell = sides.count * count
    let most = random.pick([7, 127, 3000])
    let steps = (0..<perCell).map { _ in random.flip() ? 1 : random.pick(1...(21_000 / most)) }
    let isStepped = random.flip()
    let classes = old?.classes ?? 2
    layer.head = LinearHead(
      grid: cells.grid, span: cells.span, counts: random.pick([.root, .soft]), classes: classes,
      weights: (0..<classes * cells.cells * perCell).map {
        Int16(random.pick(-most...most) * (isStepped ? steps[$0 % perCell] : 1))
      },
      bias: (0..<classes).map { _ in Int64(random.below(1 << 20)) }, scale: 18)
    model.network.layers[0] = layer
    return model
  }
}
