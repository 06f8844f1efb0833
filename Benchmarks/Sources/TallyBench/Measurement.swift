// One figure, the table people read and the JSON programs read.

import Foundation

/// A measured figure.
struct Measurement: Encodable {
  /// What it belongs to, a heading of the table.
  let group: String
  let name: String
  let value: Double
  let unit: String
  /// How it came about, or what else was seen.
  var detail = ""

  var row: String {
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
    let figure = String(format: "%.\(digits)f", value)
    let left = name + String(repeating: " ", count: max(1, 44 - name.count))
    let middle = String(repeating: " ", count: max(1, 12 - figure.count)) + figure + " " + unit
    let gap = String(repeating: " ", count: max(2, 28 - middle.count))
    return "  " + left + middle + (detail.isEmpty ? "" : gap + detail)
  }
}

/// Collects figures and prints each as it comes.
final class Recorder {
  private(set) var all: [Measurement] = []
  private var group = ""

  func add(_ group: String, _ name: String, _ value: Double, _ unit: String, _ detail: String = "") {
    if group != self.group {
      print("\n" + group)
      self.group = group
    }
    let measurement = Measurement(group: group, name: name, value: value, unit: unit, detail: detail)
    all.append(measurement)
    print(measurement.row)
    fflush(nil)
  }

  /// Writes everything as one JSON object.
  func write(to path: String, header: [String: String]) throws {
    struct Report: Encodable {
      let machine: [String: String]
      let measurements: [Measurement]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(Report(machine: header, measurements: all))
    try data.write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
