// A model from the content of a file's sections, everything checked before it is used.
// The format is described in docs/model-file.md; the frame around the sections is ModelFileSections.swift's.

import BitKernels
import ImageEncoding
import Plumbing

struct ModelFileReader {
  private var sections: ArraySlice<SectionReader>
  private let file: String
  private let memory = MemoryLimit.current

  static func decode(_ bytes: [UInt8], path: String?) throws(ModelFileError) -> Model {
    let file = path ?? "model"
    let frame = try ModelFileSections(bytes, file: file)
    var reader = ModelFileReader(sections: frame.sections[...], file: file)
    let model = try reader.model()
    let version = ModelFile.version(of: model.network)
    guard frame.version == version else {
      throw ModelFileError(
        code: .invalid,
        message:
          "\(file): format version \(frame.version) at byte \(ModelFile.magic.count), but its network needs "
          + "version \(version); make the model again")
    }
    return model
  }

  private mutating func model() throws(ModelFileError) -> Model {
    let plan = try text(.plan, most: ModelFile.mostPlanBytes)
    var section = try next(.seed)
    let seed = try section.raw(8, "the seed")
    let dataDigest = try section.raw(8, "the data digest")
    try section.expectEnd()
    let classNames = try readClassNames()
    let encoder = try readEncoder()
    var network = Network(encoder: encoder, layers: [], classNames: classNames)
    var bounds = NetworkBounds(encoder.spec, shape: encoder.shape, memory: memory)
    while sections.first?.tag == ModelFile.Tag.layer.rawValue {
      var section = try next(.layer)
      guard network.layers.count < ModelFile.mostLayers else {
        throw section.invalid("more than \(ModelFile.mostLayers) layers")
      }
      network.layers.append(try Self.layer(&section, of: network, &bounds))
    }
    if let problem = bounds.add(map: network.input(ofLayer: network.layers.count), window: 1) {
      throw ModelFileError(code: .invalid, message: "\(file): \(problem); make the model again")
    }
    try readExits(into: &network)
    let summary = try text(.summary, most: ModelFile.mostSummaryBytes)
    let temperature = try readTemperature()
    if let extra = sections.first { throw extra.invalid("the section is out of order") }
    return Model(
      network: network, plan: plan, seed: seed, dataDigest: dataDigest, summary: summary,
      temperature: temperature)
  }

  /// Where images are answered, if the next section says so.
  private mutating func readExits(into network: inout Network) throws(ModelFileError) {
    guard sections.first?.tag == ModelFile.Tag.exits.rawValue else { return }
    var section = try next(.exits)
    network.mirrors = try section.choice([false, true], "the mirror flag")
    for (index, lead) in try section.integers(network.layers.count, as: Int64.self, "leads").enumerated() {
      guard lead >= ModelFile.noExit else {
        throw section.invalid("the lead after layer \(index) is \(lead)", at: section.position)
      }
      network.layers[index].exit = lead == ModelFile.noExit ? nil : lead
    }
    guard network.isStaged else { throw section.invalid("it says nothing") }
    guard network.mirrors || network.layers.last?.exit == nil else {
      throw section.invalid("a lead after the last layer, which nothing follows")
    }
    try section.expectEnd()
  }

  /// The temperature, if the next section is one.
  private mutating func readTemperature() throws(ModelFileError) -> Temperature? {
    guard sections.first?.tag == ModelFile.Tag.calibration.rawValue else { return nil }
    var section = try next(.calibration)
    let temperature = Temperature(try section.number(4, in: Temperature.range, "the temperature"))
    try section.expectEnd()
    return temperature
  }

  /// The next section, which must have this tag.
  private mutating func next(_ tag: ModelFile.Tag) throws(ModelFileError) -> SectionReader {
    guard let section = sections.popFirst() else {
      throw ModelFileError(
        code: .invalid,
        message: "\(file): section \(tag.rawValue) is missing at the end; make the model again")
    }
    guard section.tag == tag.rawValue else {
      throw section.invalid("expected section \(tag.rawValue)")
    }
    return section
  }

  private mutating func text(_ tag: ModelFile.Tag, most: Int) throws(ModelFileError) -> String {
    var section = try next(tag)
    guard section.remaining <= most else {
      throw section.invalid("a text of \(section.remaining) bytes; at most \(most) are read")
    }
    return try section.text(section.remaining, "the section")
  }

  private mutating func readClassNames() throws(ModelFileError) -> [String] {
    var section = try next(.classes)
    let count = try section.number(4, in: 1...ModelFile.mostClasses, "the number of classes")
    try section.expect(count, of: 4, "class names")
    var names: [String] = []
    // Equal is what looks equal: text compares by what it stands for, not by its bytes.
    var numbers: [String: Int] = [:]
    for index in 0..<count {
      let start = section.position
      let length = try section.number(4, in: 0...Int(UInt32.max), "the length of a class name")
      guard (1...ModelFile.mostNameBytes).contains(length) || length > section.remaining else {
        throw section.invalid(
          "the name of class \(index) has \(length) bytes, but a name has 1 to \(ModelFile.mostNameBytes)",
          at: start)
      }
      let name = try section.text(length, "the name of class \(index)")
      if let other = numbers.updateValue(index, forKey: name) {
        throw section.invalid("classes \(other) and \(index) have the same name", at: start)
      }
      names.append(name)
    }
    try section.expectEnd()
    return names
  }

  private mutating func readEncoder() throws(ModelFileError) -> ImageEncoder {
    var section = try next(.encoder)
    let start = section.position
    let shape = ImageShape(
      width: try section.number(4, in: 1...ImageShape.largestSide, "the image width"),
      height: try section.number(4, in: 1...ImageShape.largestSide, "the image height"),
      channels: try section.number(4, in: 1...ImageShape.mostChannels, "the number of channels"))
    let pyramid = try section.choice([false, true], "the pyramid flag")
    let pyramidLevels = try section.number(1, in: 1...16, "the number of pyramid levels")
    let signalCount = try section.number(2, in: 1...EncoderSpec.mostBits, "the number of signals")
    try section.expect(signalCount, of: 3, "signals")
    var signals: [SignalSpec] = []
    for _ in 0..<signalCount {
      let source = try section.choice(of: SignalSource.self, "a signal's source")
      let window = try section.number(1, in: 0...15, "a signal's window")
      let levels = try section.number(1, in: 1...64, "a signal's number of levels")
      let chooses = source.rules.mostComponents(window: window, channels: shape.channels) != nil
      let components =
        chooses ? try section.number(1, in: 1...SignalSpec.mostComponents, "a signal's components") : 0
      signals.append(SignalSpec(source: source, window: window, levels: levels, components: components))
    }
    let spec = EncoderSpec(signals: signals, pyramid: pyramid)
    try check(spec, shape, pyramidLevels, section, from: start)
    var factors: [[[Int16]]] = []
    for _ in 0..<(spec.isWhitened ? pyramidLevels : 0) {
      var level: [[Int16]] = []
      for signal in signals {
        let size = signal.whiteningSize(channels: shape.channels)
        for _ in 0..<signal.whiteningFilters(channels: shape.channels) {
          level.append(try section.integers(size, as: Int16.self, "factors of a whitening filter"))
        }
      }
      factors.append(level)
    }
    try section.expect(pyramidLevels * spec.bits(channels: shape.channels), of: 4, "thresholds")
    var thresholds: [[[Int32]]] = []
    for _ in 0..<pyramidLevels {
      var level: [[Int32]] = []
      for signal in signals {
        for _ in 0..<signal.signals(channels: shape.channels) {
          level.append(try section.integers(signal.levels, as: Int32.self, "thresholds"))
        }
      }
      thresholds.append(level)
    }
    try section.expectEnd()
    do {
      return try ImageEncoder(
        spec: spec, shape: shape, pyramidLevels: pyramidLevels, thresholds: thresholds,
        whitening: WhiteningFilters(factors: factors))
    } catch {
      throw section.invalid("the encoder cannot be built", at: start, cause: error.message)
    }
  }

  /// Checks an encoder's description before anything is read by it.
  private func check(
    _ spec: EncoderSpec, _ shape: ImageShape, _ pyramidLevels: Int, _ section: SectionReader, from start: Int
  ) throws(ModelFileError) {
    do {
      try spec.validate(shape: shape, pyramidLevels: pyramidLevels)
    } catch {
      throw section.invalid("the encoder cannot be built", at: start, cause: error.message)
    }
    if let problem = NetworkBounds(spec, shape: shape, memory: memory).problem {
      throw section.invalid(problem, at: start)
    }
    let tables = spec.tableBytes(channels: shape.channels, pyramidLevels: pyramidLevels)
    guard tables <= min(memory.bytes, ModelFile.mostImageBytes) else {
      throw section.invalid("the encoder's tables need about \(MemoryLimit.amount(tables))", at: start)
    }
  }

  private static func layer(
    _ section: inout SectionReader, of network: Network, _ bounds: inout NetworkBounds
  ) throws(ModelFileError) -> NetworkLayer {
    let classes = network.classNames.count
    let header = try LayerHeader(&section)
    let (window, count, filterGroups) = (header.window, header.count, header.groups)
    let signals =
      header.flags & ModelFile.signalsFlag == 0 ? nil : try Self.signals(of: network, &section)
    if let before = network.layers.last, before.bank.output.groups.isEmpty, signals == nil {
      throw section.invalid("the layer before hands on no features")
    }
    let input = signals.map { network.image($0) } ?? network.input(ofLayer: network.layers.count)
    var features = try features(
      header.features, described: header.flags & ModelFile.featureFlag != 0, filters: count, &section)
    let reduction = try section.choice(of: Reduction.self, "the reduction")
    let start = section.position
    let groupCount = try section.number(1, in: 0...255, "the number of channel groups")
    let groups = try section.integers(groupCount, as: UInt32.self, "channel groups")
    guard groups.elementsEqual(input.layout.groups, by: { Int($0) == $1 }) else {
      throw section.invalid(
        "channel groups \(groups), but before the layer are \(input.layout.groups)", at: start)
    }
    if let problem = FilterBank.groupsProblem(
      filterGroups, window: window, input: input.layout, count: count)
    {
      throw section.invalid(problem)
    }
    let bits = window * window * input.layout.bits / filterGroups
    let words = window * window * input.layout.words / filterGroups
    guard bits <= ModelFile.mostPatchBits, words <= ModelFile.mostPatchWords else {
      throw section.invalid("a patch of \(bits) bits is beyond 16-bit distances", at: start)
    }
    let strings = header.hasMasks ? 2 : 1
    try section.expect(
      2 * header.features * count + strings * ((count * bits + 7) / 8), of: 1, "filter bytes")
    var bank = FilterBank(window: window, input: input.layout, count: count, groups: filterGroups)
    bank.distanceKind = header.distanceKind
    for g in features.indices {
      features[g].thresholds = try section.integers(count, as: UInt16.self, "thresholds")
    }
    bank.features = features
    bank.filters = try bitStrings(of: bank, &section, "filters")
    if header.hasMasks { bank.masks = try bitStrings(of: bank, &section, "masks") }
    if let problem = bounds.add(bank, input: input) { throw section.invalid(problem) }
    let flag = try section.number(1, in: 0...2, "the head flag")
    let counts = count * bank.countedFeatures.count
    guard flag == 0 || counts > 0 else {
      throw section.invalid("there is a head, but no feature that it counts", at: section.position - 1)
    }
    let head =
      flag == 0
      ? nil : try head(&section, overlaps: flag == 2, input: input, counts: counts, classes: classes)
    try section.expectEnd()
    if let problem = head.flatMap({ bounds.add($0, bank: bank, input: input) }) {
      throw section.invalid(problem)
    }
    return NetworkLayer(bank: bank, signals: signals, reduction: reduction, head: head)
  }

  /// The signals of the image that a layer looks at.
  private static func signals(
    of network: Network, _ section: inout SectionReader
  ) throws(ModelFileError) -> [Int] {
    let start = section.position
    let all = network.encoder.spec.signals.count
    let count = try section.number(2, in: 1...all, "the number of signals")
    let signals = try section.integers(count, as: UInt16.self, "signals").map { Int($0) }
    guard zip(signals, signals.dropFirst()).allSatisfy({ $0 < $1 }), (signals.last ?? 0) < all else {
      throw section.invalid("the signals \(signals) do not ascend, or are not all below \(all)", at: start)
    }
    guard !network.layers.isEmpty || count < all else {
      throw section.invalid("a first layer that looks at all signals does not name them", at: start)
    }
    return signals
  }

  /// The features of a layer, their thresholds still to be read.
  private static func features(
    _ count: Int, described: Bool, filters: Int, _ section: inout SectionReader
  ) throws(ModelFileError) -> [FilterFeature] {
    let start = section.position
    guard described else {
      guard count <= 2 else {
        throw section.invalid("\(count) features a filter, which are not described", at: start - 2)
      }
      return (0..<count).map { FilterFeature([], use: $0 == 0 ? .both : .next) }
    }
    var features: [FilterFeature] = []
    for _ in 0..<count {
      let side = try section.choice(of: FeatureSide.self, "a feature's side")
      features.append(
        FilterFeature([], side: side, use: try section.choice(of: FeatureUse.self, "a feature's use")))
    }
    guard !ModelFile.isPlain(features) else {
      throw section.invalid("plain features are not described", at: start)
    }
    return features
  }

  private static func bitStrings(
    of bank: FilterBank, _ section: inout SectionReader, _ what: String
  ) throws(ModelFileError) -> [UInt64] {
    let start = section.position
    try section.skip((bank.count * bank.patchBits + 7) / 8, "bytes of \(what)")
    guard let words = bank.unpacked(section.bytes, start: start) else {
      throw section.invalid("bits after the last of the \(what) are not zero")
    }
    return words
  }

  private static func head(
    _ section: inout SectionReader, overlaps: Bool, input: LayerInput, counts perCell: Int, classes: Int
  ) throws(ModelFileError) -> LinearHead {
    let least = overlaps ? 2 : 1
    let side = min(input.height, input.width)
    guard side >= least else { throw section.invalid("cells that overlap on a map of one position a side") }
    let grid = try section.number(2, in: least...side, "the head's grid")
    let span =
      overlaps ? try section.number(1, in: 2...min(grid, HeadGrid.largestSpan), "the head's span") : 1
    let counts = try section.choice(of: CountKind.self, "what the head counts")
    let scale = try section.number(1, in: 0...40, "the head's scale")
    _ = try section.number(4, in: classes...classes, "the head's number of classes")
    let bias = try section.integers(classes, as: Int64.self, "biases")
    // At most 2^16 classes, 2^28 cells and 2^15 features.
    let cells = HeadGrid(grid: grid, span: span).cells
    let weights = try section.integers(classes * cells * perCell, as: Int16.self, "weights")
    return LinearHead(
      grid: grid, span: span, counts: counts, classes: classes, weights: weights, bias: bias, scale: scale)
  }
}

/// What a layer begins with.
private struct LayerHeader {
  let window: Int
  /// Filters, features of each, groups of filters.
  let count, features, groups: Int
  let flags: Int
  let distanceKind: DistanceKind

  var hasMasks: Bool { flags & 1 == 1 }

  private static let mostFlags =
    ModelFile.signalsFlag + ModelFile.groupFlag + ModelFile.featureFlag
    + 2 * DistanceKind.fileCodes.upperBound + 1

  init(_ section: inout SectionReader) throws(ModelFileError) {
    window = try section.number(1, in: 1...7, "the window")
    count = try section.number(2, in: 1...ModelFile.mostFilters, "the number of filters")
    features = try section.number(1, in: 1...FilterFeature.most, "the number of features a filter")
    flags = try section.number(1, in: 0...Self.mostFlags, "the flags")
    groups = flags & ModelFile.groupFlag == 0 ? 1 : try section.number(1, in: 2...255, "the groups")
    guard let kind = DistanceKind(fileCode: (flags & (ModelFile.featureFlag - 1)) >> 1) else {
      throw section.invalid("the flags are \(flags), which stands for no distances", at: section.position - 1)
    }
    distanceKind = kind
  }
}
