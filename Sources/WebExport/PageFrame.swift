// The page around a model: its template filled in with words, facts, styles, tables and scripts.

import BinaryNetworks
import Plumbing
import ReportPages

/// What a page is put together from.
struct PageFrame {
  let model: Model
  let facts: WebFacts
  /// The model as JSON that may stand in a script element.
  let tables: String

  /// The whole file.
  func html() -> String {
    let file = model.encoded()
    // The checksum that the model file ends with.
    let digest = hexadecimal(CRC64.checksum(file.dropLast(8)))
    let values: [(String, String)] = [
      ("NONCE", digest), ("TITLE", Markup.text(title).source), ("STYLE", Markup.styleSheet.source),
      ("CSS", Self.text(PackageResources.page_css)), ("LEAD", lead.source),
      ("SIZE", "\(shape.width) × \(shape.height)"), ("SHARES", shares.source),
      ("FACTS", factList(digest, bytes: file.count).source), ("TABLES", tables),
      ("ENGINE", Self.engine), ("APP", Self.text(PackageResources.app_js)),
    ]
    return Self.filled(Self.text(PackageResources.page_html), Dictionary(uniqueKeysWithValues: values))
  }

  private static let engine = [
    PackageResources.signals_js, PackageResources.model_js, PackageResources.picture_js,
    PackageResources.png_js,
  ].map(text).joined(separator: "\n")

  private static func text(_ file: [UInt8]) -> String { String(decoding: file, as: UTF8.self) }

  /// A template with values in place of `@NAME@`, gone through once, so that nothing in a value is taken for a name.
  private static func filled(_ template: String, _ values: [String: String]) -> String {
    template.split(separator: "@", omittingEmptySubsequences: false).enumerated().map { index, piece in
      index % 2 == 0 ? String(piece) : values[String(piece)] ?? ""
    }.joined()
  }

  private var shape: ImageShape { model.network.shape }
  private var names: [String] { model.network.classNames }

  private var title: String { "Tally: \(facts.plan ?? "model"), \(counted(names.count, "class", "classes"))" }

  private var lead: Markup {
    guard names.count <= 12, let last = names.last, names.count > 1 else {
      return "This model tells \(grouped(names.count)) classes apart."
    }
    let list: [Markup] = names.dropLast().enumerated().flatMap { index, name in
      (index == 0 ? [] : [", "]) + [Markup.name(name)]
    }
    return .joined(["This model tells apart "] + list + [" and ", .name(last), "."])
  }

  private var shares: Markup {
    model.temperature == nil
      ? "The model has no shares; bars are as long as scores are above the lowest."
      : "The share is a calibrated probability: of answers with 80 %, about 80 in 100 are right, on pictures like those it learned from. Below it is the score."
  }

  private func factList(_ digest: String, bytes: Int) -> Markup {
    let network = model.network
    let work = network.work
    var list: [(label: String, value: Markup)] = []
    if let accuracy = facts.accuracy {
      list += [
        ("\(accuracy.part) accuracy", .text(percent(accuracy.share, 2))),
        ("\(accuracy.part) images", "\(grouped(accuracy.images))"),
      ]
    }
    list += [
      ("plan", .name(facts.plan ?? "unnamed")),
      ("images", "\(shape.width) × \(shape.height), \(shape.channels == 1 ? "grey" : "colour")"),
      ("classes", "\(grouped(names.count))"),
      ("filters", .text(network.layers.map { grouped($0.bank.count) }.joined(separator: " + "))),
      ("model file", "\(byteSize(bytes))"),
      ("words compared", .text(grouped(work.words) + (network.mirrors ? " a look" : ""))),
      ("multiply-adds", "\(grouped(work.multiplyAdds))"),
      ("seed", "\(model.seed)"), ("digest", .digest(digest)),
    ]
    return .facts(list)
  }
}
