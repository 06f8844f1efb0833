// The images that a model gets wrong, by name: what `tally evaluate --errors` writes.

import Foundation
import ImageData
import ModelEvaluation
import Plumbing

/// A list of wrongly answered images.
struct WrongAnswers {
  /// The table as comma-separated values, a row for each of them in the order of the images: index in the part, path (empty
  /// where images are not files of their own), class, answer, and the answer's share (empty where the model gives none).
  let csv: [UInt8]

  /// The wrong ones among the answers for images whose labels count in the model's classes.
  init(_ list: AnswerList, on images: LabelledImages, classNames names: [String]) {
    var csv = Array("index,path,class,answer,share\n".utf8)
    for (index, answer) in list.answers.enumerated() where answer != images.labels[index] {
      let share = list.shares.map { String(format: "%.6f", Double($0[index]) / 1_000_000) }
      csv += csvLine([
        Array("\(index)".utf8), images.path(of: index).map(FileName.bytes) ?? [],
        Array(names[Int(images.labels[index])].utf8), Array(names[Int(answer)].utf8),
        Array((share ?? "").utf8),
      ])
      csv.append(0x0A)
    }
    self.csv = csv
  }
}
