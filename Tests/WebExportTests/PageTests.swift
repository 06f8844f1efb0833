// What is around a page's model: names from outside stay text, and nothing is left open.

import BinaryNetworks
import Testing
import _NetworkTestSupport

@testable import WebExport

@Suite struct PageTests {
  private static func model(_ names: [String]) throws -> Model {
    var model = try groupedModel(
      seed: 9, width: 6, height: 5, channels: 1, components: 2, levels: 2, classes: names.count)
    model.network.classNames = names
    return model
  }

  /// Markup, placeholders and line separators in names come through as they are, and change nothing around them.
  @Test func namesAreText() throws {
    let names = ["</script><script>alert(1)</script>", "@TABLES@", "<b>&amp;", "\u{2028}\"'\\", "ü"]
    let facts = WebFacts(
      plan: "<i>plan</i> @APP@", accuracy: .init(share: 0.5, images: 1000, part: "validation"))
    let page = try WebPage(try Self.model(names), facts: facts).html
    let plain = try WebPage(try Self.model(["a", "b", "c", "d", "e"])).html
    func tags(_ page: String) -> Int { page.matches(of: /<\/?(script|b|i)\b/).count }
    // The template has script elements alone, and an i element for each colour of the legend.
    #expect(tags(page) == tags(plain))
    var engine = try Engine()
    try engine.add(page: page)
    try engine.add([UInt8](repeating: 7, count: 30))
    #expect(try engine.results().first?.classes == names)
  }

  /// The page is allowed its own scripts and nothing from elsewhere; no placeholder is left, and its size is that of its tables and little more.
  @Test func pagesAreWhole() throws {
    let page = try WebPage(try Self.model(["a", "b"])).html
    #expect(page.contains("default-src 'none'; script-src 'nonce-") && !page.contains("connect-src"))
    #expect(page.firstMatch(of: /@[A-Z]+@/) == nil)
    #expect(page.firstMatch(of: /(src|href)="(?!data:)/) == nil)
    #expect(page.utf8.count < 80_000)
  }
}
