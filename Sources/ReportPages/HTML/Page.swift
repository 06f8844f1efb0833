// The frame of a page: head, style, list of contents, sections. A page loads nothing and runs nothing.

/// A page of sections.
package struct Page {
  /// Heading and title.
  package let title: String
  /// The parts in order; those without a body are left out.
  package let sections: [any PageSection]
  /// Seconds after which a browser loads the page anew; nil for a page that stays as it is.
  package let refresh: Int?

  /// A page; its sections in order.
  package init(title: String, sections: [any PageSection], refresh: Int? = nil) {
    self.title = title
    self.sections = sections
    self.refresh = refresh
  }

  /// The whole file.
  package var source: String {
    let filled = sections.map { (section: $0, body: $0.body) }.filter { !$0.body.isEmpty }
    let contents = Markup.element(
      "nav", [:],
      filled.map { .element("a", ["href": "#" + $0.section.id], .text($0.section.title)) })
    let head = Markup.element(
      "head", [:], .void("meta", ["charset": "utf-8"]),
      refresh.map { .void("meta", ["http-equiv": "refresh", "content": "\($0)"]) } ?? .none,
      .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .void("meta", ["name": "color-scheme", "content": "light dark"]),
      .void(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
        ]),
      .element("title", [:], .text(title)), .styleSheet)
    let body = Markup.element(
      "body", [:],
      .element(
        "main", [:],
        [.element("h1", [:], .name(title)), contents] + filled.map { $0.section.markup($0.body) }))
    let page = Markup.element(
      "html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"], head, body)
    return "<!DOCTYPE html>\n" + page.source + "\n"
  }
}
