// The images a report shows of what the model gets wrong, found in one run over all of them.

import BinaryNetworks
import ImageData
import ModelEvaluation
import Plumbing
import ReportPages

/// Examples of the most frequent confusions, and the worst mistakes.
struct ReportExamples {
  /// Most frequent first.
  private(set) var confusions: [ConfusionExamples] = []
  /// Worst first.
  private(set) var mistakes: [Mistake] = []
  /// What is won by rejecting the least sure answers; nil for a model without shares.
  private(set) var rejection: RejectionCurve?
  /// The worst mistakes of every class, worst first; empty where there are too many classes to show them.
  private(set) var byClass: [[Mistake]] = []

  /// Nothing to show.
  init() {}

  /// Runs a model over images.
  /// - Throws: `PredictionError` if they have another shape than the model's.
  init(_ evaluation: Evaluation, predictor: Predictor, images: LabelledImages) throws {
    let side = max(1, min(PageLimits.exampleSide, max(images.shape.width, images.shape.height)))
    var confusions = ConfusionExamples.worst(evaluation, side: side)
    var worst = WorstMistakes(
      most: max(4, min(Mistake.shown, PageLimits.pictureBytes / (3 * side * side))))
    let classes = evaluation.classNames.count
    let affordable = PageLimits.pictureBytes / (3 * side * side * max(1, classes))
    var galleries = (0..<(classes <= PageLimits.classes ? classes : 0)).map { _ in
      WorstMistakes(most: max(2, min(Mistake.shownOfClass, affordable)))
    }
    func picture(_ index: Int) -> Raster { Raster(images, index).shrunk(toSide: PageLimits.exampleSide) }
    var (shares, right) = ([Int](), [Bool]())
    // In portions, so that the scores of many images and classes need not be in memory at once: 16 bytes each.
    let size = max(1, min(4096, (32 << 20) / (16 * evaluation.classNames.count)))
    for start in stride(from: 0, to: images.count, by: size) {
      let portion = Array(start..<min(start + size, images.count))
      for (index, prediction) in zip(portion, try predictor.predict(images, indices: portion)) {
        let truth = Int(images.labels[index])
        let answer = prediction.ranking[0]
        if let share = prediction.shares?[answer] {
          shares.append(share)
          right.append(answer == truth)
        }
        guard let mistake = Mistake(prediction, index: index, truth: truth) else { continue }
        worst.add(mistake)
        if truth < galleries.count { galleries[truth].add(mistake) }
        if let found = confusions.firstIndex(where: {
          $0.truth == truth && $0.prediction == mistake.prediction
        }) {
          confusions[found].examples.add(picture(index))
        }
      }
    }
    rejection = RejectionCurve(shares: shares, right: right)
    self.confusions = confusions.map(\.examples)
    func shown(_ mistakes: [Mistake]) -> [Mistake] {
      mistakes.map { mistake in
        var mistake = mistake
        mistake.picture = picture(mistake.index)
        mistake.path = images.path(of: mistake.index)
        return mistake
      }
    }
    mistakes = shown(worst.mistakes)
    byClass = galleries.map { shown($0.mistakes) }
  }
}

/// An image that was taken for another class than its own.
struct Mistake: Hashable {
  /// The image's number in its set.
  let index: Int
  /// Its class, and the one it was taken for.
  let truth: Int
  package let prediction: Int
  /// By how much the score of the wrong class is above that of the right one.
  let margin: Int64
  /// The shares of both classes in millionths; nil if the model has no temperature.
  let truthShare: Int?
  let predictionShare: Int?
  /// The image, and the file it is from.
  var picture: Raster?
  var path: String?

  /// Most mistakes that a report shows.
  static let shown = 24
  /// Most that it shows of one class.
  static let shownOfClass = 12

  /// What a prediction got wrong; nil if nothing.
  init?(_ prediction: Prediction, index: Int, truth: Int) {
    guard let answer = prediction.ranking.first, answer != truth else { return nil }
    (self.index, self.truth, self.prediction) = (index, truth, answer)
    margin = prediction.scores[answer] - prediction.scores[truth]
    let shares = prediction.shares
    truthShare = shares?[truth]
    predictionShare = shares?[answer]
  }

  /// Whether it is worse than another: by a larger margin, of equals the first image.
  func isWorse(than other: Mistake) -> Bool { (margin, -index) > (other.margin, -other.index) }
}

/// The worst of many mistakes.
struct WorstMistakes {
  /// How many are kept.
  let most: Int
  /// Those kept, worst first.
  private(set) var mistakes: [Mistake] = []

  init(most: Int) { self.most = most }

  /// Adds a mistake, and drops the mildest if there are too many.
  mutating func add(_ mistake: Mistake) {
    if mistakes.count == most, let last = mistakes.last, !mistake.isWorse(than: last) { return }
    mistakes.insert(mistake, at: mistakes.firstIndex { mistake.isWorse(than: $0) } ?? mistakes.count)
    if mistakes.count > most { mistakes.removeLast() }
  }
}
