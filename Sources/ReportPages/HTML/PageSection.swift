// What every part of a page has in common, and the limits that keep pages small.

/// A part of a page with a heading and a place in the list of contents.
package protocol PageSection {
  /// Name of the anchor, unique on the page: letters only.
  var id: String { get }
  /// Heading.
  var title: String { get }
  /// What is under the heading; empty to leave the section out.
  var body: [Markup] { get }
}

extension PageSection {
  /// The section as markup.
  package func markup(_ body: [Markup]) -> Markup {
    .element("section", ["id": id], [.element("h2", [:], .text(title))] + body)
  }
}

/// A layer's name: people count from 1.
package func layerName(_ index: Int) -> String { "layer \(index + 1)" }

/// Limits that keep a report small enough to send by mail.
package enum PageLimits {
  /// Bytes of pictures, before compression, that a kind of picture may have.
  package static let pictureBytes = 600_000
  /// Longest side of an example image.
  package static let exampleSide = 64
  /// Images that features and firing places are looked for in.
  package static let images = 2000
  /// Classes up to which tables by class are shown in full.
  package static let classes = 40
}
