// The settings of a layer's head, which every learner has.

public import BinaryNetworks

/// Settings of a layer's head: linear integer scores of feature counts on a grid.
public struct HeadPlan: Hashable, Sendable {
  /// Squares along each side of the grid: 1...16, and at most the sides of the layer's map.
  public var grid: Int

  /// Squares along each side of a cell: 1...16, and at most `grid`. A cell begins at every square from which a whole one fits, so that
  /// there are (grid − span + 1)² of them, and with more than 1 they overlap.
  public var span: Int

  /// What is counted in a cell.
  public var counts: CountKind

  /// Step of the head, as a share of the second-order step: 0.001...4.
  public var rate: Double

  /// Damping of the second-order step, as a share of the counts' mean variance: 0.001...100.
  public var damping: Double

  /// Further passes that train the head alone, after the filters are done: 0...1000.
  public var passes: Int

  /// Whether the layer learns what the sum of the earlier layers' scores still gets wrong, instead of on its own.
  public var boost: Bool

  /// Bits of a weight with its sign: 2...16. With fewer than 16 the weights of each filter's feature are multiples of a step of their own, and
  /// an exported program keeps the multiples: one byte each with 8 bits, half a byte with 4.
  public var weightBits: Int

  /// Creates settings; the default values are those of a plan file.
  public init(
    grid: Int = 4, span: Int = 1, counts: CountKind = .soft, rate: Double = 0.2, damping: Double = 0.3,
    passes: Int = 0, boost: Bool = false, weightBits: Int = 16
  ) {
    self.grid = grid
    self.span = span
    self.counts = counts
    self.rate = rate
    self.damping = damping
    self.passes = passes
    self.boost = boost
    self.weightBits = weightBits
  }

  /// ``rate`` in parts per million: 1,000...4,000,000.
  package var ratePartsPerMillion: Int { partsPerMillion(rate) }

  /// ``damping`` in parts per million: 1,000...100,000,000.
  package var dampingPartsPerMillion: Int { partsPerMillion(damping) }
}

extension HeadPlan: PlanSection {
  static var defaults: HeadPlan { HeadPlan() }

  static var fields: [PlanField<HeadPlan>] {
    [
      .integer("grid", \.grid, 1...16),
      .integer("span", \.span, 1...HeadGrid.largestSpan, omitted: 1),
      .choice("counts", \.counts),
      .number("rate", \.rate, 0.001...4),
      .number("damping", \.damping, 0.001...100),
      .integer("passes", \.passes, 0...1000),
      .flag("boost", \.boost),
      .integer("weightBits", \.weightBits, 2...16, omitted: 16),
    ]
  }

  func checkTogether(at path: String) throws(TrainingPlanError) {
    guard span > grid else { return }
    throw TrainingPlanError(
      .contradiction,
      "\(path).span: cells of \(span) squares a side on a grid of \(grid); allowed: 1...\(grid)")
  }

  /// The squares and cells.
  package var layout: HeadGrid { HeadGrid(grid: grid, span: span) }
}
