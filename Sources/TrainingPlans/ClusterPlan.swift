// Clustering in a plan: its settings, and what a plan must know of it. Its rounds are training's matter.

/// Settings of clustering: k-means in Hamming space.
public struct ClusterPlan: Hashable, Sendable {
  /// Rounds of assigning patches and taking majorities: 1...1000.
  public var rounds: Int

  /// Patches drawn by the seed from every image: 1...4096.
  public var patchesPerImage: Int

  /// Images that are looked at, at most, one in every so many of the training images: 1...1,000,000,000.
  public var images: Int

  /// Creates settings; the default values are those of a plan file.
  public init(rounds: Int = 10, patchesPerImage: Int = 32, images: Int = ClusterPlan.mostImages) {
    self.rounds = rounds
    self.patchesPerImage = patchesPerImage
    self.images = images
  }

  /// More images than there are.
  public static let mostImages = 1_000_000_000
}

extension ClusterPlan: PlanSection {
  static var defaults: ClusterPlan { ClusterPlan() }

  static var fields: [PlanField<ClusterPlan>] {
    [
      .integer("rounds", \.rounds, 1...1000), .integer("patchesPerImage", \.patchesPerImage, 1...4096),
      .integer("images", \.images, 1...mostImages, omitted: mostImages),
    ]
  }
}

extension ClusterPlan: LearnerRules {
  static var defaultStart: LayerPlan.Start? { nil }

  static func countsBits(_ layer: LayerPlan) -> Bool { true }

  static func check(_ layer: LayerPlan, at path: String) throws(TrainingPlanError) {}

  static func passes(_ layer: LayerPlan) -> (plain: Int, varied: Int) { (layer.cluster.rounds, 0) }
}
