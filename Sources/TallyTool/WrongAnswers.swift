// The images that a model gets wrong, by name: what `tally evaluate --errors` writes.

import BinaryNetworks
import Foundation
import ImageData
import ModelEvaluation
import Plumbing

/// A list of wrongly answered images.
struct WrongAnswers {
  /// Images whose scores are in memory at once.
  private static let portion = 4096

  /// The table as comma-separated values, a row for each of them in the order of the images: index in the part, path (empty
  /// where images are not files of their own), class, answer, and the answer's share (empty where the model gives none).
  let csv: [UInt8]

  /// Runs a model over images whose labels count in its classes.
  init(_ model: Model, on images: LabelledImages, effort: Effort, threads: Int) throws {
    let names = model.network.classNames
    let predictor = Predictor(model, effort: effort, threads: threads)
    var csv = Array("index,path,class,answer,share\n".utf8)
    for start in stride(from: 0, to: images.count, by: Self.portion) {
      let some = Array(start..<min(start + Self.portion, images.count))
      for (index, prediction) in zip(some, try predictor.predict(images, indices: some)) {
        let label = Int(images.labels[index])
        guard let answer = prediction.ranking.first, answer != label else { continue }
        let share = prediction.shares.map { String(format: "%.6f", Double($0[answer]) / 1_000_000) }
        csv += csvLine([
          Array("\(index)".utf8), images.path(of: index).map(FileName.bytes) ?? [], Array(names[label].utf8),
          Array(names[answer].utf8), Array((share ?? "").utf8),
        ])
        csv.append(0x0A)
      }
    }
    self.csv = csv
  }
}
