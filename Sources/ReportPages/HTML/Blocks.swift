// Larger pieces that sections are made of: tables, facts, figures.

extension Markup {
  /// A paragraph.
  package static func paragraph(_ content: Markup...) -> Markup { element("p", [:], content) }

  /// A paragraph that explains, in small print.
  package static func note(_ content: Markup...) -> Markup { element("p", ["class": "note"], content) }

  /// A third-level heading.
  package static func heading(_ content: Markup...) -> Markup { element("h3", [:], content) }

  /// A name from outside, kept from turning the text around it.
  package static func name(_ name: String) -> Markup { element("bdi", [:], .text(name)) }

  /// A checksum, in one piece.
  package static func digest(_ text: String) -> Markup { element("span", ["class": "digest"], .text(text)) }

  /// Labelled values in a grid.
  package static func facts(_ facts: [(label: String, value: Markup)]) -> Markup {
    element(
      "dl", ["class": "facts"],
      facts.map { element("div", [:], element("dt", [:], .text($0.label)), element("dd", [:], $0.value)) })
  }

  /// A table that scrolls sideways if the screen is narrow. The first `left` columns are aligned to the left; the
  /// last one too, on several lines, if it is `long`.
  package static func table(_ header: [Markup], _ rows: [[Markup]], left: Int = 1, long: Bool = false)
    -> Markup
  {
    func cells(_ name: StaticString, _ row: [Markup]) -> [Markup] {
      row.enumerated().map { i, cell in
        if i < left { return element(name, ["class": "name"], cell) }
        return long && i == row.count - 1 ? element(name, ["class": "long"], cell) : element(name, [:], cell)
      }
    }
    return element(
      "div", ["class": "scroll"],
      element(
        "table", [:], element("thead", [:], element("tr", [:], cells("th", header))),
        element("tbody", [:], rows.map { element("tr", [:], cells("td", $0)) })))
  }

  /// A horizontal bar as long as a share from 0 to 1 says.
  package static func bar(_ share: Double) -> Markup {
    element(
      "div", ["class": "track"],
      element("span", ["class": "bar", "style": "width:\(plain(100 * min(1, max(0, share))))%"]))
  }

  /// A picture inside the page, `scale` screen pixels per pixel where there is room.
  package static func picture(_ raster: Raster, scale: Int, alt: String) -> Markup {
    void(
      "img",
      [
        "src": "data:image/png;base64," + raster.png().base64, "alt": alt,
        "width": "\(raster.width * scale)", "height": "\(raster.height * scale)",
      ])
  }

  /// A picture with words above it.
  package static func figure(_ caption: Markup, _ content: Markup...) -> Markup {
    element("figure", [:], [element("figcaption", [:], caption)] + content)
  }
}

/// A number for CSS and SVG: two decimals, a point, no grouping.
package func plain(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "0" }
  let hundredths = Int((abs(value) * 100).rounded())
  let text = "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
  return value < 0 && hundredths > 0 ? "-" + text : text
}
