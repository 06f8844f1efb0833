// Pieces of HTML that are well-formed XML by construction: text is escaped unless it is markup already.

/// A piece of markup. String literals and interpolations become escaped text.
package struct Markup: ExpressibleByStringInterpolation, Sendable {
  /// The characters of the page.
  package let source: String

  private init(source: String) { self.source = source }

  package init(stringLiteral value: String) { self = .text(value) }

  /// Escaped text.
  package static func text(_ text: String) -> Markup { Markup(source: escape(text)) }

  /// Nothing.
  package static let none = Markup(source: "")

  /// Pieces one after the other.
  package static func joined(_ pieces: [Markup]) -> Markup { Markup(source: pieces.map(\.source).joined()) }

  /// An element with attributes, whose values are escaped, and content.
  package static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: [Markup]
  ) -> Markup {
    var source = "<\(name)"
    for (key, value) in attributes { source += " \(key)=\"\(escape(value))\"" }
    source += ">"
    for piece in content { source += piece.source }
    source += "</\(name)>"
    return Markup(source: source)
  }

  /// An element with attributes and content.
  package static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: Markup...
  ) -> Markup {
    element(name, attributes, content)
  }

  /// An element that HTML wants closed at once: img, meta, and those of SVG.
  package static func void(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) -> Markup
  {
    var source = "<\(name)"
    for (key, value) in attributes { source += " \(key)=\"\(escape(value))\"" }
    return Markup(source: source + "/>")
  }

  /// The content of a style element, which browsers read unescaped.
  /// - Precondition: it holds neither `<` nor `&`.
  package static func style(_ css: StaticString) -> Markup {
    let text = "\(css)"
    precondition(
      !text.contains { $0 == "<" || $0 == "&" }, "a style sheet that is text in XML and HTML alike")
    return Markup(source: "<style>\(text)</style>")
  }
}

/// Text in which nothing means markup: safe between tags and in quoted attributes.
///
/// Characters that XML forbids, and control characters, become U+FFFD.
package func escape(_ text: String) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "'": escaped += "&#39;"
    case "\n", "\t": escaped.unicodeScalars.append(scalar)
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
