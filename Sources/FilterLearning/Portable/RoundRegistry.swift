// The one list of rounds that can be run by another process.

public import CountingRounds
public import ImageData

/// From a round's description to its map.
public enum RoundRegistry {
  /// Every round there is.
  static let rounds: [any PortableImageRound.Type] = [
    WhiteningRound.self, EncodingRound.self, PatchPoolRound.self, ClusterRound.self, SplitRound.self,
    ThresholdRound.self,
    RefineRound.self, EvaluationRound.self,
  ]

  /// The round of a description.
  /// - Throws: `RoundError` when there is none, or its settings are wrong.
  public static func round(_ spec: RoundSpec) throws(RoundError) -> any PortableImageRound {
    guard let type = rounds.first(where: { $0.kind == spec.kind }) else {
      throw RoundError("there is no round '\(spec.kind)'; take the same Tally at both ends")
    }
    return try type.init(described: spec.settings)
  }
}

/// A portable round over image shards.
public protocol PortableImageRound: PortableRound where Shard == ImageShard {}
extension WhiteningRound: PortableImageRound {}
extension EncodingRound: PortableImageRound {}
extension PatchPoolRound: PortableImageRound {}
extension ClusterRound: PortableImageRound {}
extension SplitRound: PortableImageRound {}
extension ThresholdRound: PortableImageRound {}
extension RefineRound: PortableImageRound {}
extension EvaluationRound: PortableImageRound {}
