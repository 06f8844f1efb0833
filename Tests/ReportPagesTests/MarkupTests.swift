// Escaping, numbers and charts.

import Foundation
import Plumbing
import Testing

@testable import ReportPages

@Suite struct MarkupTests {
  @Test func textIsEscaped() {
    #expect(escape("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;")
    #expect(escape("a\u{0}b\u{1B}c\u{85}d\u{FFFF}\r") == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}\u{FFFD}")
    #expect(escape("line\nnext\tdé漢🙂") == "line\nnext\tdé漢🙂")
    let name = "<b>"
    #expect(Markup(stringLiteral: "\(name) & co").source == "&lt;b&gt; &amp; co")
  }

  @Test func elementsCloseAndAttributesAreEscaped() {
    let markup = Markup.element("td", ["title": "\"<&"], "1 < 2", .void("img", ["alt": "x"]))
    #expect(markup.source == "<td title=\"&quot;&lt;&amp;\">1 &lt; 2<img alt=\"x\"/></td>")
    #expect(Markup.element("td").source == "<td></td>")
  }

  @Test func numbersReadTheSameEverywhere() {
    #expect(decimal(1234.565, 1) == "1,234.6")
    #expect(decimal(-0.04, 1) == "0.0")
    #expect(decimal(-2.5, 0) == "−3")
    #expect(decimal(0.999, 2) == "1.00")
    #expect(decimal(.nan, 2) == "–")
    #expect(percent(0.8734) == "87.3 %")
    #expect(grouped(-1_234_567) == "−1,234,567")
    #expect(grouped(100) == "100")
    #expect(byteSize(9999) == "9,999 bytes")
    #expect(byteSize(45_678) == "45.7 kB")
    #expect(duration(12.34) == "12.3 s")
    #expect(duration(125) == "2 min 5 s")
    #expect(duration(7260) == "2 h 1 min")
    #expect(duration(-1) == "–")
    #expect(hexadecimal(0xABC) == "0000000000000abc")
    #expect(plain(-1.005) == "-1.00" || plain(-1.005) == "-1.01")
    #expect(plain(.infinity) == "0")
    #expect(words("nextThresholds") == "next thresholds")
    #expect(words("refine") == "refine")
  }

  @Test func base64IsThatOfFoundation() {
    for count in 0..<20 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 73 + 200) }
      #expect(bytes.base64 == Data(bytes).base64EncodedString())
    }
  }

  @Test func chartTicksEncloseTheValues() {
    for (low, high) in [(0.0, 1.0), (0.861, 0.874), (0.5, 0.5), (0.1, 0.35), (0.99, 1.0)] {
      let ticks = LineChart.ticks([low, high])
      #expect(ticks.count >= 2 && ticks.count <= 7)
      #expect(ticks[0] <= low && ticks[ticks.count - 1] >= high)
      #expect(ticks == ticks.sorted())
    }
    #expect(LineChart.ticks([]).count >= 2)
  }
}
