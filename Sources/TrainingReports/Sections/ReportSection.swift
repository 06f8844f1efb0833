// What every part of a report has in common.

public import ImageData

/// A part of the report with a heading and a place in the list of contents.
protocol ReportSection {
  /// Name of the anchor, unique in the report: letters only.
  var id: String { get }
  /// Heading.
  var title: String { get }
  /// What is under the heading; empty to leave the section out.
  var body: [Markup] { get }
}

extension ReportSection {
  /// The section as markup.
  func markup(_ body: [Markup]) -> Markup {
    .element("section", ["id": id], [.element("h2", [:], .text(title))] + body)
  }
}

extension LabelledImages {
  /// Up to `count` of the images, evenly spread.
  public func spread(_ count: Int) -> LabelledImages {
    self.count <= count ? self : subset((0..<count).map { $0 * self.count / count })
  }
}

/// A layer's name: people count from 1.
func layerName(_ index: Int) -> String { "layer \(index + 1)" }

/// Limits that keep a report small enough to send by mail.
enum ReportLimits {
  /// Bytes of pictures, before compression, that a kind of picture may have.
  static let pictureBytes = 600_000
  /// Longest side of an example image.
  static let exampleSide = 64
  /// Images that features and firing places are looked for in.
  static let images = 2000
  /// Classes up to which tables by class are shown in full.
  static let classes = 40
}
