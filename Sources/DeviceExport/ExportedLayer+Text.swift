// A layer's tables as C text.

import BinaryNetworks
import ImageEncoding

extension ExportedLayer {
  /// The largest size of a class's score.
  var largestScore: UInt128 {
    guard let head = layer.head else { return 0 }
    let largest = head.largestScore(count: largestCount)
    let shift = head.scale - LinearHead.scoreBits
    return shift >= 0 ? largest >> UInt128(shift) + 1 : largest << UInt128(-shift)
  }

  /// Factors in the order in which the program reads them.
  static func factors(_ numbers: SignalNumbers) -> [Int32] {
    guard numbers.arithmetic == .contrasted else { return numbers.factors.flatMap { $0 } }
    // Pairs of values; of four filters side by side, then of those that are left one by one.
    let filters = numbers.factors.map { $0.count % 2 == 0 ? $0 : $0 + [0] }
    let whole = filters.count / 4 * 4
    var factors: [Int32] = []
    for first in stride(from: 0, to: whole, by: 4) {
      for pair in stride(from: 0, to: filters[0].count, by: 2) {
        for k in first..<first + 4 { factors += filters[k][pair..<pair + 2] }
      }
    }
    return factors + filters[whole...].flatMap { $0 }
  }

  /// Thresholds of the encoder, for numbers that are not held within 16 bits where Tally holds them within ±32,767: a threshold that no
  /// or every number passes stays one.
  static func thresholds(_ numbers: SignalNumbers) -> [Int32] {
    let thresholds = numbers.thresholds.flatMap { $0 }
    guard numbers.arithmetic == .contrasted else { return thresholds }
    return thresholds.map { $0 >= 32_767 ? .max : $0 < -32_767 ? .min : $0 }
  }

  /// Writes the layer's arrays.
  func tables(_ index: Int, _ packed: PackedWeights, _ encoding: inout EncodingTables, _ text: inout CText) {
    for (p, part) in parts.enumerated() {
      let of = "\(index)_\(p)"
      for (s, signal) in part.enumerated() {
        guard encoding.add(signal.numbers, of: "\(of)_\(s)") else { continue }
        text.array("int16_t", "tally_factors_\(of)_\(s)", Self.factors(signal.numbers))
        text.array("int32_t", "tally_levels_\(of)_\(s)", Self.thresholds(signal.numbers))
      }
      text.line("static const tally_signal tally_signals_\(of)[\(part.count)] = {")
      for signal in part {
        let numbers = signal.numbers
        let its = encoding.name(numbers)
        let kind =
          switch numbers.arithmetic {
          case .weighted: "TALLY_WEIGHTED"
          case .filtered: "TALLY_FILTERED"
          case .contrasted: "TALLY_CONTRASTED"
          }
        text.line(
          "  {\(kind), \(numbers.window), \(numbers.thresholds.count), \(numbers.levels), \(signal.bit), "
            + "tally_factors_\(its), tally_levels_\(its)},")
      }
      text.line("};")
    }
    if !parts.isEmpty {
      text.line("static const tally_part tally_parts_\(index)[\(parts.count)] = {")
      for (p, part) in parts.enumerated() { text.line("  {tally_signals_\(index)_\(p), \(part.count)},") }
      text.line("};")
    }
    text.array("uint32_t", "tally_filters_\(index)", filters, hex: true)
    if let masks { text.array("uint32_t", "tally_masks_\(index)", masks, hex: true) }
    text.array("uint16_t", "tally_thresholds_\(index)", thresholds)
    if !balance.isEmpty {
      text.array("int16_t", "tally_balance_\(index)", balance)
      text.array("int32_t", "tally_base_\(index)", balanceBase)
    }
    if let head = layer.head {
      text.array("uint16_t", "tally_columns_\(index)", head.layout.columns(width: input.width))
      text.array("tally_weight", "tally_weights_\(index)", packed.table(index))
      if packed.hasSteps { text.array("uint16_t", "tally_steps_\(index)", packed.steps[index]) }
      text.array("int64_t", "tally_bias_\(index)", head.bias)
    }
    text.line()
  }

  /// The layer's entry in the array of layers.
  func description(_ index: Int, _ packed: PackedWeights) -> String {
    let bank = layer.bank
    func mask(_ holds: (FilterFeature) -> Bool) -> Int {
      bank.features.enumerated().reduce(0) { $0 | (holds($1.element) ? 1 << $1.offset : 0) }
    }
    let halves =
      switch layer.reduction {
      case .none: 0
      case .or: 1
      case .majority: 2
      }
    let kind =
      switch layer.head?.counts {
      case .plain: "TALLY_PLAIN"
      case .soft, nil: "TALLY_SOFT"
      case .root: "TALLY_ROOT"
      }
    func name(_ what: String, _ isThere: Bool) -> String { isThere ? "tally_\(what)_\(index)" : "NULL" }
    let head = layer.head
    let heads =
      [
        "\(head?.grid ?? 0)", "\(head?.span ?? 0)", kind,
        "\((head?.scale ?? 0) - (head == nil ? 0 : LinearHead.scoreBits))",
        "\(head?.cells ?? 0)", name("columns", head != nil), name("weights", head != nil),
      ] + (packed.hasSteps ? [name("steps", head != nil)] : []) + [name("bias", head != nil)]
    let fields = [
      "\(input.height)", "\(input.width)", "\(bank.count)", "\(bank.groups)", "\(bits)", "\(words)",
      "\(patchWords)",
      "\(block)", "\(bank.window)", gathers ? "1" : "0", "\(bank.features.count)",
      "\(mask { $0.side == .far })",
      "\(mask(\.isCounted))", "\(handsOn ? mask(\.isHandedOn) : 0)", "\(pair?.near ?? -1)",
      "\(pair?.far ?? -1)", isSliced ? "1" : "0", "\(halves)", "\(parts.count)",
      name("parts", !parts.isEmpty), "\(input.level)", name("filters", true), name("masks", masks != nil),
      name("thresholds", true), name("balance", !balance.isEmpty), name("base", !balance.isEmpty),
      "\(bank.middle)",
      "{" + heads.joined(separator: ", ") + "}", CText.number(layer.exit ?? -1),
    ]
    return "  {" + fields.joined(separator: ", ") + "},"
  }
}

/// The factors and thresholds of the encoder that are written: of a signal that several layers look at once.
struct EncodingTables {
  private var names: [SignalNumbers: String] = [:]

  /// Notes what the tables of some numbers are called unless they are there already.
  /// - Returns: whether they were not.
  mutating func add(_ numbers: SignalNumbers, of name: String) -> Bool {
    guard names[numbers] == nil else { return false }
    names[numbers] = name
    return true
  }

  /// What their tables are called.
  func name(_ numbers: SignalNumbers) -> String { names[numbers] ?? "" }
}

extension HeadGrid {
  /// The first column of positions of each column of squares, and the number of all.
  func columns(width: Int) -> [Int] { (0...grid).map { ($0 * width + grid - 1) / grid } }
}
