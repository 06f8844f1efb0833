// How images become bits: signals and the quantiles of their thermometers.

import ImageEncoding
import ModelExplanations
import Plumbing
import ReportPages

struct EncoderSection: PageSection {
  let encoder: ImageEncoder
  let id = "encoder"
  let title = "Encoder"

  var body: [Markup] {
    let bits = encoder.spec.bits(channels: encoder.shape.channels)
    var body: [Markup] = [
      .note(
        "\(bits) bits a pixel: each asks whether a signal is above a quantile of the training images. Quantiles are ",
        "in units of pixel values; those of colour opponents are differences of channels."),
      table(level: 0),
    ]
    if encoder.pyramidLevels > 1 {
      body.append(
        .element(
          "details", [:],
          [.element("summary", [:], "Quantiles at lower resolutions")]
            + (1..<encoder.pyramidLevels).flatMap { level in
              let shape = encoder.shape(level: level)
              return [.heading("\(shape.width)×\(shape.height)"), table(level: level)]
            }))
    }
    return body
  }

  private func table(level: Int) -> Markup {
    let channels = encoder.shape.channels
    var rows: [[Markup]] = []
    var signal = 0
    for kind in encoder.spec.signals {
      let count = kind.signals(channels: channels)
      defer { signal += count }
      guard let unit = kind.source.rules.pixelUnit(window: kind.window, channels: channels) else {
        // A row for every value, in units of its own, says nothing to anyone.
        rows.append([
          .text("\(kind.words) (\(count) values)"), "\(kind.levels)", "one for each value",
        ])
        continue
      }
      for index in 0..<count {
        let thresholds = encoder.thresholds[level][signal + index]
        rows.append([
          .text(count == 1 ? kind.words : "\(kind.words) (\(index + 1) of \(count))"), "\(kind.levels)",
          .text(thresholds.map { decimal(Double($0) / Double(unit), 1) }.joined(separator: ", ")),
        ])
      }
    }
    return .table(["signal", "levels", "quantiles"], rows, long: true)
  }
}
