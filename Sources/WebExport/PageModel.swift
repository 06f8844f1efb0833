// A model as the page's script reads it: numbers, names, and tables as base 64 of little-endian arrays.

import BinaryNetworks
import DeviceExport
import Foundation
import ImageEncoding
import Plumbing
import ReportPages

/// What `Page/model.js` is given.
struct PageModel: Encodable {
  let width, height, channels: Int
  let classes: [String]
  let mirrors: Bool
  let temperature: Int?
  let layers: [Layer]

  struct Layer: Encodable {
    let width, height, filters, groups, bits, words, patchWords, window: Int
    let gathers: Bool
    let features: [Feature]
    /// Whether a distance may be beyond 16 bits, at whose end it is held.
    let holds: Bool
    /// Of four positions so many must be on; 0 where the next map is as large.
    let halves: Int
    /// How often the image that enters was halved.
    let level: Int
    /// Whether nothing but the image enters.
    let isImage: Bool
    let parts: [[Signal]]
    let filterBits, thresholds: String
    let masks: String?
    let balance: String?
    let balanceBase: [Int32]
    let middle: Int
    let head: Head?
    let exit: Int64?
  }

  struct Feature: Encodable {
    let far, counted, handed: Bool
  }

  struct Signal: Encodable {
    let kind: String
    let window, count, levels, bit: Int
    let factors, thresholds: String
  }

  struct Head: Encodable {
    let grid, span: Int
    let counts: String
    /// Fractional bits of weights beyond those of scores.
    let shift: Int
    let weightBytes: Int
    let weights: String
    let bias: [Int64]
  }

  init(_ model: Model, _ tables: [LayerTables]) {
    let network = model.network
    width = network.shape.width
    height = network.shape.height
    channels = network.shape.channels
    classes = network.classNames
    mirrors = network.mirrors
    temperature = model.temperature?.value
    layers = tables.map(Layer.init)
  }

  /// The model as JSON that may stand in a script element.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self).replacing("<", with: "\\u003c")
  }
}

extension PageModel.Layer {
  init(_ tables: LayerTables) {
    let (bank, input) = (tables.layer.bank, tables.input)
    width = input.width
    height = input.height
    filters = bank.count
    groups = bank.groups
    bits = tables.bits
    words = tables.words
    patchWords = tables.patchWords
    window = bank.window
    gathers = tables.gathers
    features = bank.features.map {
      PageModel.Feature(
        far: $0.side == .far, counted: $0.isCounted, handed: tables.handsOn && $0.isHandedOn)
    }
    holds = bank.patchBits + bank.middle > Int(UInt16.max)
    halves =
      switch tables.layer.reduction {
      case .none: 0
      case .or: 1
      case .majority: 2
      }
    level = input.level
    isImage = input.isImage
    parts = tables.parts.map { $0.map(PageModel.Signal.init) }
    filterBits = littleEndian(tables.filters)
    thresholds = littleEndian(tables.thresholds)
    masks = tables.masks.map(littleEndian)
    balance = tables.balance.isEmpty ? nil : littleEndian(tables.balance)
    balanceBase = tables.balanceBase
    middle = bank.middle
    head = tables.layer.head.map { PageModel.Head($0, weights: tables.weights) }
    exit = tables.layer.exit
  }
}

extension PageModel.Signal {
  init(_ signal: LayerTables.Signal) {
    let numbers = signal.numbers
    kind =
      switch numbers.arithmetic {
      case .weighted: "weighted"
      case .filtered: "filtered"
      case .contrasted: "contrasted"
      }
    window = numbers.window
    count = numbers.thresholds.count
    levels = numbers.levels
    bit = signal.bit
    // Factors of every kind fit 16 bits, as the C export's do.
    factors = littleEndian(numbers.factors.joined().map { Int16($0) })
    thresholds = littleEndian(Array(numbers.thresholds.joined()))
  }
}

extension PageModel.Head {
  init(_ head: LinearHead, weights: [Int16]) {
    grid = head.grid
    span = head.span
    counts =
      switch head.counts {
      case .plain: "plain"
      case .soft: "soft"
      case .root: "root"
      }
    shift = head.scale - LinearHead.scoreBits
    let isNarrow = weights.allSatisfy { Int16(Int8.min)...Int16(Int8.max) ~= $0 }
    weightBytes = isNarrow ? 1 : 2
    self.weights = isNarrow ? littleEndian(weights.map { Int8($0) }) : littleEndian(weights)
    bias = head.bias
  }
}

/// Whole numbers, low byte first, in base 64.
private func littleEndian<T: FixedWidthInteger>(_ values: [T]) -> String {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(values.count * T.bitWidth / 8)
  for value in values {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> T(truncatingIfNeeded: shift)))
    }
  }
  return bytes.base64
}
