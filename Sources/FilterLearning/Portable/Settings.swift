// Reading a round's description: names, lengths and ranges are checked before anything is made of them.

import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import Plumbing

/// A description being read.
struct Settings {
  private let tally: Tally

  init(_ tally: Tally) { self.tally = tally }

  /// The array of a name.
  func array(_ name: String, count: Int? = nil) throws(RoundError) -> [Int64] {
    guard let values = tally.arrays[name] else { throw RoundError("a round's description has no '\(name)'") }
    guard count.map({ values.count == $0 }) ?? true else {
      throw RoundError("a round's description has \(values.count) values of '\(name)', not \(count ?? 0)")
    }
    return values
  }

  /// The number of a name.
  func number(_ name: String, in range: ClosedRange<Int> = 0...Int(Int32.max)) throws(RoundError) -> Int {
    let value = try array(name, count: 1)[0]
    guard range.contains(Int(value)) else {
      throw RoundError("a round's description says \(value) for '\(name)', which is not in \(range)")
    }
    return Int(value)
  }

  /// The kind whose code a name has.
  func choice<T: CodedChoice>(_ name: String, of kinds: T.Type) throws(RoundError) -> T {
    let code = try number(name, in: T.fileCodes)
    guard let kind = T(fileCode: code) else {
      throw RoundError("a round's description says \(code) for '\(name)', which stands for nothing")
    }
    return kind
  }

  /// The flag of a name.
  func flag(_ name: String) throws(RoundError) -> Bool { try number(name, in: 0...1) == 1 }

  /// The network of a name, a model file's bytes.
  func network(_ name: String) throws(RoundError) -> Network {
    let bytes = try array(name).map { UInt8(truncatingIfNeeded: $0) }
    do {
      return try Model(encoded: bytes, path: nil).network
    } catch {
      throw RoundError("a round's description holds no valid network: \(error.message)")
    }
  }

  /// The layers below, and how images are varied.
  func stack() throws(RoundError) -> FrozenStack {
    let shift = try number("shift", in: 0...ImageShape.largestSide)
    let network = try network("network")
    guard !network.input(ofLayer: network.layers.count).layout.groups.isEmpty else {
      throw RoundError("a round's description has no features for its layer")
    }
    let stack = FrozenStack(
      network: network, window: try number("window", in: 1...7),
      augmentation: Augmentation(shift: shift, flip: try flag("flip")),
      seed: UInt64(bitPattern: try array("seed", count: 1)[0]))
    // As in a model file: distances have 16 bits.
    let (bits, words) = (stack.window * stack.window * stack.input.layout.bits, stack.patchWords)
    guard bits <= Int(UInt16.max), words <= 1023 else {
      throw RoundError("a round's description has patches of \(bits) bits, beyond 16-bit distances")
    }
    return stack
  }

  /// A bank of filters in front of a stack.
  func bank(_ stack: FrozenStack) throws(RoundError) -> FilterBank {
    let filters = try number("filters", in: 1...4096)
    let groups = try number("groups", in: 1...max(1, stack.input.layout.groups.count))
    if let problem = FilterBank.groupsProblem(
      groups, window: stack.window, input: stack.input.layout, count: filters)
    {
      throw RoundError("a round's description has \(problem)")
    }
    var bank = stack.emptyBank(filters: filters, groups: groups)
    let words = bank.filters.count
    bank.filters = try array("bank", count: words).map { UInt64(bitPattern: $0) }
    if tally.contains("masks") {
      bank.masks = try array("masks", count: words).map { UInt64(bitPattern: $0) }
    }
    bank.distanceKind = try choice("centred", of: DistanceKind.self)
    let sides = try array("sides")
    guard (1...FilterFeature.most).contains(sides.count) else {
      throw RoundError(
        "a round's description has \(sides.count) features; there are 1 to \(FilterFeature.most)")
    }
    try tally.check(
      [
        ArrayRule(bits: "bank", words, bits(bank)),
        ArrayRule("thresholds", bank.count * sides.count, in: 0...Int64(UInt16.max)),
      ] + (bank.masks == nil ? [] : [ArrayRule(bits: "masks", words, bits(bank))]), "a round's description")
    let thresholds = try array("thresholds").map { UInt16($0) }
    bank.features = []
    for (g, code) in sides.enumerated() {
      guard let code = Int(exactly: code), let side = FeatureSide(fileCode: code) else {
        throw RoundError("a round's description says \(code) for 'sides', which stands for nothing")
      }
      bank.features.append(
        FilterFeature(Array(thresholds[g * bank.count..<(g + 1) * bank.count]), side: side))
    }
    return bank
  }

  /// Where filters and masks may have bits, in their order: every word of a patch for all filters, no more of them than
  /// the bank has.
  private func bits(_ bank: FilterBank) -> [UInt64] {
    bank.validBits.flatMap { word in
      (0..<bank.stride).map { $0 < bank.count ? word : 0 }
    }
  }
}

extension Network {
  /// The network as the values of a description.
  var settings: [Int64] {
    Model(network: self, plan: "{}", seed: 0, dataDigest: 0, summary: "{}").encoded()
      .map { Int64(Int8(bitPattern: $0)) }
  }
}

extension FrozenStack {
  /// The stack as a description, to which a round adds its own settings.
  var settings: Tally {
    Tally([
      "network": network.settings, "window": [Int64(window)], "shift": [Int64(augmentation.shift)],
      "flip": [augmentation.flip ? 1 : 0], "seed": [Int64(bitPattern: seed)],
    ])
  }
}

extension FilterBank {
  /// Adds the bank, and the features that are counted, to a description.
  func describe(in tally: inout Tally) {
    tally["filters"] = [Int64(count)]
    tally["groups"] = [Int64(groups)]
    tally["centred"] = [Int64(distanceKind.fileCode)]
    tally["bank"] = filters.map { Int64(bitPattern: $0) }
    if let masks { tally["masks"] = masks.map { Int64(bitPattern: $0) } }
    tally["sides"] = countedFeatures.map { Int64($0.side.fileCode) }
    tally["thresholds"] = countedFeatures.flatMap { $0.thresholds.map { Int64($0) } }
  }
}

extension Tally {
  /// Some of the arrays.
  func only(_ names: Set<String>) -> Tally { Tally(arrays.filter { names.contains($0.key) }) }
}
