// The answer for one image, with names instead of indices.

public import BinaryNetworks

/// What a model takes an image for.
public struct Classification: Hashable, Sendable, CustomStringConvertible {
  /// The name of the most likely class.
  public let className: String
  /// Its index.
  public let classIndex: Int
  /// Its calibrated probability, 0 to 1: of answers with 0.8, about 80 in 100 are right. Nil for a model that was
  /// trained without validation images.
  public let share: Double?
  /// The scores of all classes, their ranking and shares.
  public let prediction: Prediction

  init(_ prediction: Prediction, classNames: [String]) {
    self.prediction = prediction
    classIndex = prediction.ranking[0]
    className = classNames[classIndex]
    let index = classIndex
    share = prediction.shares.map { Double($0[index]) / 1_000_000 }
  }

  /// The class and its share, as in "Ankle boot 99.9 %".
  public var description: String {
    guard let share else { return className }
    let tenths = Int((share * 1000).rounded())
    return "\(className) \(tenths / 10).\(tenths % 10) %"
  }
}
