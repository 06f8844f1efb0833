// The one list of rounds that can be run by another process, and the one switch from a round's name to the round.

package import CountingRounds
package import ImageData
package import Plumbing

/// What rounds are called on the wire. A name never changes once it has been used.
package enum RoundName: String, Sendable, CaseIterable {
  case whitening, encoding, pool, cluster, split, thresholds, refine, evaluation, exits, weights

  /// The round of the name.
  var round: any PortableImageRound.Type {
    switch self {
    case .whitening: WhiteningRound.self
    case .encoding: EncodingRound.self
    case .pool: PatchPoolRound.self
    case .cluster: ClusterRound.self
    case .split: SplitRound.self
    case .thresholds: ThresholdRound.self
    case .refine: RefineRound.self
    case .evaluation: EvaluationRound.self
    case .exits: ExitRound.self
    case .weights: ScoreWeightRound.self
    }
  }
}

/// From a round's description to its map.
package enum RoundRegistry {
  /// The round of a description.
  /// - Throws: `RoundError` when there is none, or its settings are wrong.
  package static func round(_ spec: RoundSpec) throws(RoundError) -> any PortableImageRound {
    guard let name = RoundName(rawValue: spec.kind) else {
      throw RoundError("there is no round '\(spec.kind)'; take the same Tally at both ends")
    }
    return try name.round.init(described: spec.settings)
  }
}

/// A portable round over image shards.
package protocol PortableImageRound: PortableRound where Shard == ImageShard {
  /// What the round is called.
  static var name: RoundName { get }
  /// What the images must be like.
  var images: ExpectedImages { get }
}

/// What a round expects of the images that it is mapped over.
package struct ExpectedImages: Hashable, Sendable {
  /// Their shape.
  package let shape: ImageShape
  /// How many classes they have; nil where labels are not looked at.
  package let classes: Int?
  /// How many the whole set has at least.
  package var least = 0
}

extension PortableImageRound {
  package static var kind: String { name.rawValue }
}
