// How many images were answered after which stage, and what that cost.

public import BinaryNetworks

/// Where a network answered images, for a network that may answer early or look twice.
public struct StopStatistics: Hashable, Sendable, Codable {
  /// One stage.
  public struct Stage: Hashable, Sendable, Codable {
    /// Index of the layer after which images were answered; nil for the mirrored look.
    public let layer: Int?
    /// Images answered there.
    public let images: Int
    /// Words of 64 bits compared for each of them.
    public let words: Int
  }
  /// The stages, in the order in which an image meets them.
  public let stages: [Stage]

  /// Statistics of images answered at each stage of a network; nil for a network that does the same for every image.
  public init?(_ network: Network, stops: [Int]) {
    guard network.isStaged, stops.count == network.stages else { return nil }
    let work = network.work
    stages = stops.enumerated().map { stage, images in
      Stage(
        layer: stage < network.layers.count ? stage : nil, images: images, words: work.words(stage: stage))
    }
  }

  /// Images answered.
  public var images: Int { stages.reduce(0) { $0 + $1.images } }
  /// Words compared for an image on average, rounded to the nearest; 0 without images.
  public var meanWords: Int {
    let sum = stages.reduce(0) { $0 + $1.images * $1.words }
    return images == 0 ? 0 : (sum + images / 2) / images
  }
  /// Words compared for the image that took most.
  public var mostWords: Int { stages.filter { $0.images > 0 }.map(\.words).max() ?? 0 }

  /// The stages that answered images, in words: "67.0 % after layer 1, 33.0 % after the mirrored look".
  public var text: String {
    stages.filter { $0.images > 0 }.map { stage in
      let tenths = (1000 * stage.images + images / 2) / images
      return "\(tenths / 10).\(tenths % 10) % after "
        + (stage.layer.map { "layer \($0 + 1)" } ?? "the mirrored look")
    }.joined(separator: ", ")
  }
}
