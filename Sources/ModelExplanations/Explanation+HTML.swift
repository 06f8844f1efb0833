// An explanation as one page in the style of the report. Its sections are in ExplanationSections.swift.

import ReportPages

extension Explanation {
  /// The page: well-formed XML as well as HTML, loads nothing, runs nothing.
  public func html() -> String {
    Page(
      title: "Why \(name(of))?",
      sections: [
        VerdictSection(explanation: self), SumsSection(explanation: self),
        EvidenceSection(explanation: self),
      ]
    ).source
  }

  /// The image, what spoke for the class, and what spoke for it against the other one, side by side as a PNG file, with the
  /// answer above, a caption under each and a legend.
  public func png() -> [UInt8] {
    var pictures = [
      (image, "the image, as the model sees it"), (HeatMap(own).over(image), "for \(name(of))"),
    ]
    if let against {
      pictures.append((HeatMap(difference).over(image), "\(name(of)) over \(name(against))"))
    }
    let factor = max(1, 280 / max(image.width, image.height))
    let (gap, scale) = (12, 2)
    let (width, height) = (max(image.width * factor, 168), image.height * factor)
    let (letter, line) = (PixelFont.advance * scale, PixelFont.lineHeight * scale)
    let total = pictures.count * (width + gap) + gap
    let captions = pictures.map { PixelFont.lines($0.1, letters: max(1, width / letter)) }
    let head = PixelFont.lines(headline, letters: (total - 2 * gap) / letter)
    let legend = ["speaks for it", "speaks against it", "weak, or nothing to see: faded"]
    let top = gap + head.count * line + gap / 2
    let under = top + height + gap / 2
    let captionLines = captions.map(\.count).max() ?? 0
    let legendTop = under + captionLines * line + gap / 2
    // The legend's entries side by side where there is room.
    let entry = { (text: String) in (text.count + 3) * letter }
    let isWide = legend.reduce(0) { $0 + entry($1) } <= total - 2 * gap
    let ink: Raster.Colour = (28, 31, 35)
    var sheet = Raster(
      width: total, height: legendTop + (isWide ? 1 : legend.count) * line + gap, colour: (252, 252, 251))
    for (i, text) in head.enumerated() {
      sheet.write(text, x: gap, y: gap + i * line, scale: scale, colour: ink)
    }
    for (i, (picture, _)) in pictures.enumerated() {
      let x = gap + i * (width + gap)
      sheet.place(picture.enlarged(factor), x: x, y: top)
      for (n, text) in captions[i].enumerated() {
        sheet.write(text, x: x, y: under + n * line, scale: scale, colour: ink)
      }
    }
    var (x, y) = (gap, legendTop)
    for (text, colour) in zip(legend, [HeatMap.supporting, HeatMap.opposing, (170, 170, 170)]) {
      sheet.fill(x: x, y: y + 2, width: letter, height: letter, colour: colour)
      sheet.write(text, x: x + 3 * letter / 2, y: y, scale: scale, colour: ink)
      if isWide { x += entry(text) } else { y += line }
    }
    return sheet.png()
  }

  /// The answer in a line.
  private var headline: String {
    ranking.prefix(2).map { c in
      name(c) + " " + (share(c).map { percent($0) } ?? logOdds(scores[c]))
    }.joined(separator: ", then ") + (input.label.map { "; labelled \($0)" } ?? "")
  }

  /// The difference of the two classes' scores is taken apart, or a lone class's score; what that is called.
  var question: Markup {
    guard let against else { return .name(name(of)) }
    return .joined([.name(name(of)), " over ", .name(name(against))])
  }
}
