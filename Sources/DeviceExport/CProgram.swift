// A model as a program in C: one header, one source file.

public import BinaryNetworks
import ImageEncoding
import Plumbing

/// A model written as a C program: C99, whole numbers only, no allocation, nothing but `<stdint.h>`, `<stddef.h>` and `<string.h>`.
///
/// The program gives the scores of ``ImagePredictor``, bit for bit. A filter at a time goes over the whole map, so that no more is kept in
/// memory than one filter's counts, the bits of one group of channels, and maps between layers.
public struct CProgram: Sendable {
  /// What its functions and macros begin with.
  public let name: ExportName
  /// The text of `NAME.h`.
  public let header: String
  /// The text of `NAME.c`.
  public let source: String
  /// What it takes of a device.
  public let sizes: DeviceSizes
  /// The CRC-64 that the model file ends with.
  public let digest: UInt64

  /// The program of a model.
  public init(_ model: Model, name: ExportName = .standard) {
    let tables = ProgramTables(model)
    self.name = name
    sizes = DeviceSizes(tables)
    digest = tables.digest
    header = tables.header(name)
    source = tables.source(name)
  }
}

/// Everything that the texts are made from.
struct ProgramTables {
  let model: Model
  let layers: [ExportedLayer]
  let arena: ArenaLayout
  let digest: UInt64
  /// Whether scores fit 32 bits whatever the image.
  let hasNarrowScores: Bool
  /// Whether a feature's weights times its counts add up within 32 bits.
  let hasNarrowSums: Bool
  /// Whether counts fit 16 bits with their sign.
  let hasNarrowCounts: Bool
  let weights: PackedWeights
  /// What layers that are done 32 positions at a time share; nil without one.
  let sliced: SlicedLayer?

  init(_ model: Model) {
    self.model = model
    let network = model.network
    var layers = network.layers.indices.map { ExportedLayer(network, index: $0) }
    sliced = SlicedLayer.choose(&layers)
    self.layers = layers
    let level = layers.map(\.input).filter { $0.imageOffset != nil }.map(\.level).max() ?? 0
    arena = ArenaLayout(
      layers, sliced: sliced, network: network, pyramid: level == 0 ? nil : network.shape.halved)
    // The checksum that the file ends with; with it in what is summed up every file's sum would be the same.
    digest = CRC64.checksum(model.encoded().dropLast(8))
    let largest = layers.map(\.largestScore).reduce(0, +)
    hasNarrowScores = largest < 1 << 31
    let packed = PackedWeights(layers)
    weights = packed
    hasNarrowSums = layers.enumerated().allSatisfy { packed.largestSum($0, count: $1.largestCount) < 1 << 31 }
    hasNarrowCounts = layers.allSatisfy { $0.largestCount <= Int(Int16.max) }
  }

  func header(_ name: ExportName) -> String {
    let shape = model.network.shape
    var macros = CText()
    func define(_ what: String, _ value: String) { macros.line("#define \(name.capitals)_\(what) \(value)") }
    define("WIDTH", "\(shape.width)")
    define("HEIGHT", "\(shape.height)")
    define("CHANNELS", "\(shape.channels)")
    define("CLASSES", "\(model.network.classNames.count)")
    define("ARENA_BYTES", "\(arena.bytes)")
    define("ROWS_ARENA_BYTES", "\(arena.rowsBytes)")
    macros.line("/* The CRC-64 that the model file ends with. */")
    define("DIGEST", "UINT64_C(0x\(hexadecimal(digest)))")
    return name.naming(PackageResources.header_h)
      .replacing("@MACROS@\n", with: macros.text)
      .replacing("@SCORE@", with: hasNarrowScores ? "int32_t" : "int64_t")
      .replacing("@SHARES@\n", with: model.temperature == nil ? "" : name.naming(Self.sharesDeclaration))
  }

  private static let sharesDeclaration = """

    /* How probable each class is by the model's own measure, in units of 2^-30. Returns 0, or -1 where an argument is NULL. */
    int tally_model_shares(const tally_model_score scores[], uint32_t shares[]);

    """

  func source(_ name: ExportName) -> String {
    var text = CText()
    text.line(
      """
      /* Written by Tally from a model; do not edit. What it does is declared in \(name).h.
       *
       * No recursion, no allocation, no number with a fraction; every loop ends by a count that is known before an image is seen.
       * TALLY_PORTABLE leaves out what only some processors have. Deviations from MISRA C:2012 are listed in README.md. */
      #include "\(name).h"

      #include <string.h>
      """)
    text.line()
    macros(&text)
    text.line("typedef \(weights.type) tally_weight;")
    text.line(hasNarrowCounts ? "typedef int16_t tally_count;" : "typedef int32_t tally_count;")
    text.line(hasNarrowSums ? "typedef int32_t tally_partial;" : "typedef int64_t tally_partial;")
    text.line()
    text.line(name.naming(PackageResources.types_c))
    var encoding = EncodingTables()
    for (index, layer) in layers.enumerated() { layer.tables(index, weights, &encoding, &text) }
    text.line("static const tally_layer tally_layers[TALLY_LAYERS] = {")
    for (index, layer) in layers.enumerated() { text.line(layer.description(index, weights)) }
    text.line("};\n")
    text.line("static const char *const tally_class_names[TALLY_CLASSES] = {")
    for className in model.network.classNames { text.line("  \(CText.literal(className)),") }
    text.line("};\n")
    let files = [
      PackageResources.arithmetic_c, PackageResources.signals_c, PackageResources.distances_c,
      PackageResources.counts_c,
      PackageResources.slices_c, PackageResources.layers_c, PackageResources.answer_c,
    ]
    for file in files { text.line(name.naming(file)) }
    if model.temperature != nil { text.line(name.naming(PackageResources.shares_c)) }
    return text.text
  }

  private func macros(_ text: inout CText) {
    let shape = model.network.shape
    let signals = layers.flatMap { $0.parts.joined().map(\.numbers) }
    func has(_ arithmetic: SignalNumbers.Arithmetic) -> Bool {
      signals.contains { $0.arithmetic == arithmetic }
    }
    func define(_ what: String, _ value: Int) { text.line("#define TALLY_\(what) \(value)u") }
    func say(_ what: String, _ isSo: Bool) { text.line("#define TALLY_\(what) \(isSo ? 1 : 0)") }
    define("WIDTH", shape.width)
    define("HEIGHT", shape.height)
    define("CHANNELS", shape.channels)
    define("CLASSES", model.network.classNames.count)
    define("LAYERS", layers.count)
    if let temperature = model.temperature { define("TEMPERATURE", temperature.value) }
    define("POOL", layers.map { $0.handed * (($0.input.width + 1) / 2) }.max() ?? 0)
    for part in arena.parts { define("AT_\(part.name)", part.offset) }
    say("CHANNEL_SUMS", has(.weighted))
    say("WHITENED", has(.filtered))
    say("PATCHES", has(.contrasted))
    say("WINDOWS", has(.filtered) || has(.contrasted))
    say(
      "LARGE_WINDOWS",
      signals.contains { $0.arithmetic == .contrasted && ($0.factors.first?.count ?? 0) > 513 })
    define("WINDOW_VALUES", layers.map(\.windowValues).max() ?? 0)
    say("FEW_LEVELS", signals.allSatisfy { $0.levels < 32 })
    // Levels of all numbers, if they are the same.
    let levels = Set(signals.map(\.levels))
    define("LEVELS", levels.count == 1 ? levels.first ?? 0 : 0)
    say("PYRAMID", layers.contains { !$0.parts.isEmpty && $0.input.level > 0 })
    say("GATHERS", layers.contains(where: \.gathers))
    say("MASKS", layers.contains { $0.masks != nil })
    say("CENTRED", layers.contains(where: \.layer.bank.isCentred))
    say("LARGE_DISTANCES", layers.contains { $0.layer.bank.patchBits + $0.layer.bank.middle > 65_535 })
    say("HANDS_ON", layers.contains(where: \.handsOn))
    let kinds = layers.compactMap(\.layer.head?.counts)
    say("COUNTS_PLAIN", kinds.contains(.plain))
    say("COUNTS_ROOT", kinds.contains(.root))
    define("WEIGHT_BITS", weights.bits)
    say("STEPS", weights.hasSteps)
    say("NARROW_COUNTS", hasNarrowCounts)
    say("NARROW_SUMS", hasNarrowSums)
    say("POSITIONS", !layers.allSatisfy(\.isSliced))
    define("SLICES", sliced?.slices ?? 0)
    if let sliced {
      define("SLICED_WORDS", sliced.words)
      define("ONES_SLICES", sliced.onesSlices)
      define("MARGIN_SLICES", sliced.marginSlices)
      define("SUM_SLICES", sliced.sumSlices)
      say("STREAMS", sliced.streams)
      say("NARROW_SQUARES", sliced.squareWidth <= 8)
    }
    say("MIRRORS", model.network.mirrors)
    text.line()
  }
}
