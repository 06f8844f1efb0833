// What training found out about the model, as far as it is the same on every machine: no times, no threads.

import BinaryNetworks
import FilterLearning
public import ImageData
public import ModelEvaluation

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How good the network was when a layer was finished.
public struct LayerResult: Hashable, Sendable, Codable {
  /// Index of the layer, from 0.
  public let layer: Int
  /// Its filters, and the bits each of them looks at.
  public let filters: Int
  public let patchBits: Int
  /// Images it was evaluated on.
  public let images: Int
  /// Right answers of the layer's own head, and of the sum of all heads so far.
  public let correctAlone: Int
  public let correctSum: Int
  /// Whether the images were kept out of training.
  public let isValidation: Bool
  /// What the finished network answered, of the last layer where images may be answered early or are looked at twice.
  public var answers: AnswerResult?
  /// The temperature that was best on the images, of the last layer where they were kept out of training.
  public var calibration: CalibrationResult?

  fileprivate var isInRange: Bool {
    let most = 0...Int(UInt32.max)
    guard (0..<256).contains(layer), (1...4096).contains(filters), (1...65_535).contains(patchBits),
      most.contains(images), (0...images).contains(correctAlone), (0...images).contains(correctSum)
    else { return false }
    if let answers {
      guard (0...images).contains(answers.correct), answers.stops.count <= 257,
        answers.stops.allSatisfy(most.contains)
      else { return false }
    }
    guard let calibration else { return true }
    return Temperature.range.contains(calibration.temperature) && calibration.loss >= 0
      && calibration.error >= 0
  }

  /// Accuracy of the layer's own head, 0 to 1.
  public var accuracyAlone: Double { Double(correctAlone) / Double(max(1, images)) }
  /// Accuracy of the summed heads, 0 to 1.
  public var accuracySum: Double { Double(correctSum) / Double(max(1, images)) }
  /// Accuracy of the network so far, with early exits and the mirrored look where it has them, 0 to 1.
  public var accuracy: Double { Double(correct) / Double(max(1, images)) }
  /// Right answers of the network so far, with early exits and the mirrored look where it has them.
  public var correct: Int { answers?.correct ?? correctSum }
}

/// Answers of a network that may stop early or look twice.
public struct AnswerResult: Hashable, Sendable, Codable {
  /// Right answers.
  public let correct: Int
  /// Images answered after each layer, and last by the mirrored look where there is one.
  public let stops: [Int]

  /// Results.
  public init(correct: Int, stops: [Int]) {
    self.correct = correct
    self.stops = stops
  }

  init(confusion: [Int64], classes: Int, stops: [Int64]) {
    self.init(
      correct: (0..<classes).reduce(0) { $0 + Int(confusion[$1 * classes + $1]) },
      stops: stops.map { Int($0) })
  }
}

/// The part of a training's history that is stored in the model.
public struct TrainingSummary: Hashable, Sendable, Codable {
  /// Training images, and validation images.
  public let trainingImages: Int
  public let validationImages: Int
  /// Fraction held out for validation, parts per million.
  public let validationShare: Int
  /// One entry a layer.
  public let layers: [LayerResult]

  /// The folder that the test part was drawn from; nil where it was not drawn.
  public let folder: FolderRecord?
  /// The groups that validation and test part were drawn by; nil where they were drawn image by image.
  public let groups: GroupRecord?

  /// The summary as JSON with sorted keys.
  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }

  /// Reads what `json()` wrote; nil if it is something else.
  public init?(json: String) {
    guard let summary = try? JSONDecoder().decode(TrainingSummary.self, from: Data(json.utf8)),
      summary.isInRange
    else { return nil }
    self = summary
  }

  /// Whether every number is one that a training can come to.
  private var isInRange: Bool {
    let images = 0...Int(UInt32.max)
    let shares = 0...999_999
    guard images.contains(trainingImages), images.contains(validationImages),
      shares.contains(validationShare),
      layers.allSatisfy(\.isInRange)
    else { return false }
    guard groups?.isInRange ?? true else { return false }
    guard let folder else { return true }
    return shares.contains(folder.testShare) && images.contains(folder.files)
  }

  /// A summary.
  public init(
    trainingImages: Int, validationImages: Int, validationShare: Int, layers: [LayerResult],
    folder: FolderRecord? = nil, groups: GroupRecord? = nil
  ) {
    self.folder = folder
    self.groups = groups
    self.trainingImages = trainingImages
    self.validationImages = validationImages
    self.validationShare = validationShare
    self.layers = layers
  }
}
