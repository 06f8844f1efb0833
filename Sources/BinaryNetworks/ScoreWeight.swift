// How much the scores of earlier layers count beside those of a later one: powers of two, which cost nothing to apply.

/// The weight of earlier layers' scores beside a later layer's: 2^−halvings.
package struct ScoreWeight: Hashable, Sendable {
  /// How often the earlier scores are halved; where it is negative, the later ones are, so many times.
  package let halvings: Int

  /// What is tried: 1, 1/2, 2, 1/4, 4, … 1/16, 16.
  package static let candidates = [0, 1, -1, 2, -2, 3, -3, 4, -4].map { ScoreWeight(halvings: $0) }

  /// A weight.
  package init(halvings: Int) { self.halvings = halvings }

  /// The sum of an earlier and a later score, rounded down.
  package func sum(_ earlier: Int64, _ later: Int64) -> Int64 {
    halvings >= 0 ? earlier >> Int64(halvings) + later : earlier + later >> Int64(-halvings)
  }
}

extension Network {
  /// Makes the scores of all layers but the last count so much beside those of the last one: their weights and biases stay, in smaller units.
  package mutating func weighScores(_ weight: ScoreWeight) {
    for index in layers.indices {
      let isLast = index == layers.count - 1
      let halvings = isLast ? max(0, -weight.halvings) : max(0, weight.halvings)
      guard let head = layers[index].head else { continue }
      layers[index].head?.scale = min(LinearHead.mostScale, head.scale + halvings)
    }
  }
}
