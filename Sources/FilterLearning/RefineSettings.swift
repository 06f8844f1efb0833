// The numbers that steer refinement, all integers. Where they come from is the plan's business.

package import BinaryNetworks

/// Settings of a refinement: filters and head learned together, or the head alone on filters that stay.
package struct RefineSettings: Hashable, Sendable {
  /// Whether filters and thresholds are learned too, or only the head.
  package var learnsFilters: Bool
  /// Images in a mini-batch, 16 to 1,024.
  package var batch: Int
  /// Passes over the training set.
  package var passes: Int
  /// Rounds in a pass: how often shards are merged.
  package var mergesPerPass: Int
  /// Number of logical shards.
  package var shards: Int
  /// Mean change of a filter's accumulators in one step at the start, in units of 2^−20 of their range; falls linearly to 0.
  package var filterRate: Int
  /// Half-width of the window around the threshold in which patches vote (plain counts), 8 fractional bits of a
  /// standard deviation.
  package var nearness: Int
  /// Mean share of wishes that are kept, 16 fractional bits.
  package var wishes: Int
  /// Momentum of the votes: each step keeps 1 − 2^−shift.
  package var momentumShift: Int
  /// Bits whose accumulator is within this distance of zero are masked out, units of 2^−20; negative for no masks.
  package var maskLevel: Int
  /// Share of positions at which each counted feature shall be on, parts per million; 0 keeps its thresholds as they are.
  package var onRates: [Int]
  /// Squares along each side of the head's grid.
  package var grid: Int
  /// Squares along each side of a cell.
  package var span: Int
  /// What the head counts.
  package var counts: CountKind
  /// Step of the head, 16 fractional bits; falls linearly to 0.
  package var headRate: Int
  /// Damping of the head's second-order scale, 16 fractional bits (the counts' variance is 1).
  package var damping: Int
  /// Whether the head learns on top of the scores of the layers below (boosting) or on its own.
  package var onTopOfEarlierScores: Bool
  /// Number of classes.
  package var classes: Int

  /// Settings; see the properties.
  package init(
    learnsFilters: Bool, batch: Int, passes: Int, mergesPerPass: Int, shards: Int, filterRate: Int,
    nearness: Int,
    wishes: Int, momentumShift: Int, maskLevel: Int, onRates: [Int], grid: Int, span: Int = 1,
    counts: CountKind,
    headRate: Int, damping: Int, onTopOfEarlierScores: Bool, classes: Int
  ) {
    precondition((16...1024).contains(batch) && passes >= 0 && mergesPerPass > 0 && shards > 0)
    self.learnsFilters = learnsFilters
    self.batch = batch
    self.passes = passes
    self.mergesPerPass = mergesPerPass
    self.shards = shards
    self.filterRate = filterRate
    self.nearness = nearness
    self.wishes = wishes
    self.momentumShift = momentumShift
    self.maskLevel = maskLevel
    self.onRates = onRates
    self.grid = grid
    self.span = span
    self.counts = counts
    self.headRate = headRate
    self.damping = damping
    self.onTopOfEarlierScores = onTopOfEarlierScores
    self.classes = classes
  }

  /// The squares and cells of the head.
  var layout: HeadGrid { HeadGrid(grid: grid, span: span) }
}
