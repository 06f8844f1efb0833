// Curves as inline SVG that follows the page's colours. What is drawn is the sections' matter.

/// Curves over a common horizontal axis, accuracies (0 to 1) upwards.
package struct LineChart {
  /// One curve; a single point is drawn as a dot.
  package struct Curve {
    /// Name for the legend; nil for a curve that shares the name of one before.
    package var name: String?
    /// Colour, 0 to 7; higher numbers start again.
    package var colour: Int
    /// From left to right; x in the chart's range.
    package var points: [(x: Double, y: Double)]
    /// Whether every point gets a dot.
    package var dots = false
    /// Whether the line is broken, for what was measured otherwise than the curve of its colour.
    package var isDashed = false

    /// A curve.
    package init(
      name: String?, colour: Int, points: [(x: Double, y: Double)], dots: Bool = false, isDashed: Bool = false
    ) {
      self.isDashed = isDashed
      self.name = name
      self.colour = colour
      self.points = points
      self.dots = dots
    }
  }

  /// What the chart shows, for those who do not see it.
  package var title: String
  /// Left and right end of the horizontal axis.
  package var range: ClosedRange<Double>
  /// Labels under the axis.
  package var labels: [(x: Double, text: String)]
  /// Vertical lines, where something new begins.
  package var dividers: [Double] = []
  /// The curves.
  package var curves: [Curve]

  /// A chart.
  package init(
    title: String, range: ClosedRange<Double>, labels: [(x: Double, text: String)], dividers: [Double] = [],
    curves: [Curve]
  ) {
    self.title = title
    self.range = range
    self.labels = labels
    self.dividers = dividers
    self.curves = curves
  }

  private static let width = 520.0
  private static let height = 250.0
  private static let left = 50.0
  private static let right = 12.0
  private static let top = 10.0
  private static let bottom = 26.0

  /// The chart with its legend.
  package var markup: Markup {
    let ticks = Self.ticks(curves.flatMap { $0.points.map(\.y) })
    let lowest = ticks.first ?? 0
    let highest = ticks.last ?? 1
    func across(_ x: Double) -> Double {
      let share = (x - range.lowerBound) / max(1e-9, range.upperBound - range.lowerBound)
      return Self.left + share * (Self.width - Self.left - Self.right)
    }
    func down(_ y: Double) -> Double {
      let share = (y - lowest) / max(1e-9, highest - lowest)
      return Self.height - Self.bottom - share * (Self.height - Self.top - Self.bottom)
    }
    var parts: [Markup] = [.element("title", [:], .text(title))]
    for tick in ticks {
      parts.append(line(Self.left, down(tick), Self.width - Self.right, down(tick)))
      parts.append(text(Self.left - 6, down(tick) + 4, "end", "\(decimal(100 * tick, 0)) %"))
    }
    for x in dividers { parts.append(line(across(x), Self.top, across(x), Self.height - Self.bottom)) }
    for label in labels { parts.append(text(across(label.x), Self.height - 8, "middle", label.text)) }
    for curve in curves {
      let points = curve.points.map { (x: across($0.x), y: down($0.y)) }
      let colour = "var(--s\(curve.colour % 8 + 1))"
      if points.count > 1 {
        let path = points.map { "\(plain($0.x)),\(plain($0.y))" }.joined(separator: " ")
        parts.append(
          .void(
            "polyline",
            [
              "class": curve.isDashed ? "curve dashed" : "curve", "style": "stroke:\(colour)", "points": path,
            ]))
      }
      for point in points where curve.dots || points.count == 1 {
        parts.append(
          .void("circle", ["cx": plain(point.x), "cy": plain(point.y), "r": "4", "style": "fill:\(colour)"]))
      }
    }
    let drawing = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": title,
        "viewBox": "0 0 \(plain(Self.width)) \(plain(Self.height))",
      ], parts)
    return .joined([drawing, legend])
  }

  private var legend: Markup {
    .element(
      "div", ["class": "legend"],
      curves.compactMap { curve in
        curve.name.map { name in
          .element(
            "span", [:],
            .element(
              "i",
              curve.isDashed
                ? ["class": "dashed"] : ["style": "background:var(--s\(curve.colour % 8 + 1))"]), .text(name))
        }
      })
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Markup {
    .void("line", ["class": "grid", "x1": plain(x1), "y1": plain(y1), "x2": plain(x2), "y2": plain(y2)])
  }

  private func text(_ x: Double, _ y: Double, _ anchor: String, _ text: String) -> Markup {
    .element("text", ["x": plain(x), "y": plain(y), "text-anchor": anchor], .text(text))
  }

  /// Round values from below the smallest to above the largest accuracy, at most seven, in steps of at least 1 %.
  package static func ticks(_ values: [Double]) -> [Double] {
    let lowest = max(0, min(1, values.min() ?? 0))
    let highest = max(0, min(1, values.max() ?? 1))
    // In hundredths, so that ticks are whole percents.
    for step in [1, 2, 5, 10, 20] {
      let from = Int((lowest * 100).rounded(.down)) / step * step
      let to = max(from + step, (Int((highest * 100).rounded(.up)) + step - 1) / step * step)
      if (to - from) / step <= 6 {
        return stride(from: from, through: to, by: step).map { Double($0) / 100 }
      }
    }
    return [0, 0.2, 0.4, 0.6, 0.8, 1]
  }
}
