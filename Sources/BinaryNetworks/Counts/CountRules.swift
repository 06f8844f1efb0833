// What has to be known of a kind of count; a new kind is a type that conforms and a case of CountKind.
// Rules are asked once a tile or an image, so that calling through them costs nothing that shows.

/// All there is to know of a kind of count.
///
/// A count is made in two steps: every position adds an amount to its cell's sum, and a cell's finished sum becomes what
/// the head weighs. An explanation shares out what a count adds to a score in proportion to the amounts.
package protocol CountRules: Sendable {
  /// The name in plans.
  var name: String { get }
  /// The number in model files and descriptions of rounds.
  var fileCode: Int { get }
  /// The oldest version of the model file that can express it.
  var fileVersion: UInt64 { get }

  /// What a position adds to a feature's sum.
  func amount(distance: UInt16, threshold: UInt16, side: FeatureSide) -> Int32
  /// The most that a position can add.
  /// - Parameter reach: how far a distance can be beyond the threshold: the threshold itself, or on the far side the largest
  ///   distance less the threshold.
  func largestAmount(reach: Int) -> Int
  /// Whether what positions add are margins; if not, each adds 1 or nothing.
  var addsMargins: Bool { get }
  /// Adds what a run of positions counts to the sums of one cell.
  /// - Parameters:
  ///   - distances: positions × stride distances.
  ///   - positions: how many positions there are.
  ///   - filters: K, the number of filters.
  ///   - stride: distances from one position to the next.
  ///   - features: the features that are counted, G of them.
  ///   - sums: G · K sums.
  func add(
    _ distances: Span<UInt16>, positions: Int, filters: Int, stride: Int, _ features: FeatureThresholds,
    to sums: inout MutableSpan<Int32>)

  /// Turns an image's finished sums into what the head weighs.
  func finish(_ sums: inout MutableSpan<Int32>)
  /// The most that a finished sum of at most `sum` becomes.
  func largestCount(sum: Int) -> Int

  /// The distances at which a patch votes in refinement.
  /// - Parameters:
  ///   - threshold: the feature's threshold.
  ///   - side: where the feature is on.
  ///   - reach: how far around a threshold a vote can tip a feature.
  func votes(threshold: UInt16, side: FeatureSide, reach: Int) -> ClosedRange<UInt16>
  /// Where refinement reads off at how many positions a feature is on.
  var presence: FeaturePresence { get }

  /// What a report says of a filter's sum, already written out, over all positions.
  func evidence(_ sum: String) -> String
}

/// Where it can be read off at how many positions a feature is on.
package enum FeaturePresence: Hashable, Sendable {
  /// The counts are these numbers.
  case counts
  /// These positions are those that vote.
  case votes
}
