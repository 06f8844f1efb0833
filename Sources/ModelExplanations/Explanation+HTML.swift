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

  /// The image, what spoke for the class, and what spoke for it against the other one, side by side as a PNG file.
  public func png() -> [UInt8] {
    var pictures = [image, HeatMap(own).over(image)]
    if against != nil { pictures.append(HeatMap(difference).over(image)) }
    let factor = max(1, 280 / max(image.width, image.height))
    let gap = 12
    let (width, height) = (image.width * factor, image.height * factor)
    var sheet = Raster(
      width: pictures.count * (width + gap) + gap, height: height + 2 * gap, colour: (252, 252, 251))
    for (i, picture) in pictures.enumerated() {
      sheet.place(picture.enlarged(factor), x: gap + i * (width + gap), y: gap)
    }
    return sheet.png()
  }

  /// The difference of the two classes' scores is taken apart, or a lone class's score; what that is called.
  var question: Markup {
    guard let against else { return .name(name(of)) }
    return .joined([.name(name(of)), " over ", .name(name(against))])
  }
}
