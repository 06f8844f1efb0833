// One layer being learned, as a sequence of rounds that can be put down and taken up again after any of them.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import TrainingPlans

/// What a layer's learning is doing.
enum Stage: String, CaseIterable {
  /// Drawing patches to start from.
  case pool
  /// k-means steps.
  case cluster
  /// The class counts behind split filters.
  case split
  /// Histograms of the starting filters' distances.
  case thresholds
  /// Mean, variance and covariance of the counts.
  case moments, covariance
  /// Filters and head together.
  case refine
  /// Histograms of the learned filters' distances, for a second threshold.
  case nextThresholds
  /// The head alone: its statistics on the filters as they are now, then its passes.
  case headMoments, headCovariance, head
  /// Nothing is left to do.
  case done
}

/// The state machine of one layer: every `advance` runs one round.
struct LayerLearning {
  let plan: LayerPlan
  let whole: TrainingPlan
  let stack: FrozenStack
  let training: [Int]
  let classes: Int
  private(set) var stage: Stage
  /// The filters as far as they are settled.
  private(set) var bank: FilterBank?
  /// The state of the current stage's rounds.
  private(set) var state: Tally

  /// A layer at its beginning.
  init(plan: LayerPlan, whole: TrainingPlan, stack: FrozenStack, training: [Int], classes: Int) {
    self.plan = plan
    self.whole = whole
    self.stack = stack
    self.training = training
    self.classes = classes
    state = Tally()
    stage = .pool
    switch start {
    case .split: stage = .split
    case .patches, .cluster: beginPool()
    }
  }

  /// What the filters are before any refinement.
  private var start: LayerPlan.Start {
    switch plan.learner {
    case .cluster: .cluster
    case .split: .split
    case .refine: plan.refinementStart ?? .patches
    }
  }
  private var refines: Bool { plan.learner == .refine }
  private var layerIndex: Int { stack.network.layers.count }
  /// Masks of starting filters; a refinement makes its own.
  private var startMask: MaskShare { MaskShare(partsPerMillion: refines ? 0 : plan.maskPartsPerMillion) }

  /// How far the current stage is: (rounds done, rounds in all).
  var progress: (done: Int, total: Int) {
    switch stage {
    case .cluster: (Int(state[number: "step"]), plan.cluster.rounds)
    case .refine: (Int(state[number: "round"]), refineRound(.learn, head: false).learningRounds)
    case .head: (Int(state[number: "round"]), refineRound(.learn, head: true).learningRounds)
    default: (0, 1)
    }
  }

  /// Images that the next round looks at.
  var imagesPerRound: Int {
    switch stage {
    case .refine, .head: refineRound(.learn, head: stage == .head).imagesPerRound
    default: training.count
    }
  }

  /// Share of the last round's images that were classified correctly while it learned, in parts per million.
  /// - Parameter stage: the stage that round belonged to.
  func runningAccuracy(of stage: Stage) -> Int? {
    guard stage == .refine || stage == .head, state.contains("seen"), state[number: "seen"] > 0 else {
      return nil
    }
    return Int(state[number: "correct"] * 1_000_000 / state[number: "seen"])
  }

  /// Runs one round of the current stage and moves on when the stage is over.
  mutating func advance<E: Engine>(_ engine: E) throws where E.Shard == ImageShard {
    switch stage {
    case .pool:
      state = try engine.run(PatchPoolRound(stack: stack), state: state)
      endPool()
    case .cluster:
      let round = clusterRound
      state = try engine.run(round, state: state)
      if state[number: "step"] >= plan.cluster.rounds || state[number: "changed"] == 0 {
        settle(round.bank(from: state, mask: startMask))
      }
    case .split:
      let round = SplitRound(stack: stack, classes: classes, grid: plan.head.grid)
      state = try engine.run(round, state: Tally())
      settle(round.bank(from: state, filters: plan.filters, mask: startMask))
    case .thresholds: try findThresholds(engine)
    case .moments:
      state = try engine.run(refineRound(.moments, head: !refines), state: state); stage = .covariance
    case .covariance:
      state = try engine.run(refineRound(.covariance, head: !refines), state: state)
      stage = refines ? .refine : .head
      if progress.total == 0 { finishStage() }
    case .refine, .head:
      state = try engine.run(refineRound(.learn, head: stage == .head), state: state)
      if progress.done >= progress.total { finishStage() }
    case .nextThresholds: try findNextThresholds(engine)
    case .headMoments:
      state = try engine.run(refineRound(.moments, head: true), state: state); stage = .headCovariance
    case .headCovariance:
      state = try engine.run(refineRound(.covariance, head: true), state: state); stage = .head
    case .done: break
    }
  }

  /// The finished layer.
  /// - Precondition: the stage is `done`.
  func layer() -> NetworkLayer {
    guard stage == .done, let bank else { preconditionFailure("the layer is not finished") }
    let head = refineRound(.learn, head: true).head(from: state)
    let reduction = Reduction(rawValue: plan.reduction.rawValue) ?? .none
    return NetworkLayer(bank: bank, reduction: reduction, head: head)
  }

  // MARK: Stages

  private mutating func beginPool() {
    let slots = start == .cluster ? 16 * plan.filters : plan.filters
    state = PatchPoolRound(stack: stack)
      .initialState(images: training, slots: slots, salt: UInt64(layerIndex))
  }

  private mutating func endPool() {
    if start == .cluster {
      state = clusterRound.initialState(pool: state["patch"])
      stage = .cluster
      return
    }
    var bank = stack.emptyBank(filters: plan.filters)
    let patches = state["patch"]
    for k in 0..<plan.filters {
      for j in 0..<bank.patchWords {
        bank.filters[j * bank.stride + k] = UInt64(bitPattern: patches[k * bank.patchWords + j])
      }
    }
    settle(bank)
  }

  /// Takes the starting filters and goes on to their thresholds.
  private mutating func settle(_ start: FilterBank) {
    bank = start
    bank?.isCentred = plan.distances == .centred
    stage = .thresholds
    state = Tally()
    guard refines else { return }
    // Refinement sees its filters through its accumulators and masks: so must their first thresholds.
    let none = [UInt16](repeating: 0, count: plan.filters)
    state = refineRound(.learn, head: false).initialState(thresholds: none, spreads: none.map { _ in 128 })
  }

  private mutating func findThresholds<E: Engine>(_ engine: E) throws where E.Shard == ImageShard {
    guard var bank else { return }
    if refines {
      let seen = refineRound(.learn, head: false).bank(from: state)
      let round = ThresholdRound(stack: stack, bank: seen, trainingImages: training.count)
      let counted = try engine.run(round, state: Tally())
      state["threshold"] = round.thresholds(rule(0), from: counted).map { Int64($0) << 8 }
      state["spread"] = round.spreads(from: counted)
    } else {
      let round = ThresholdRound(stack: stack, bank: bank, trainingImages: training.count)
      let counted = try engine.run(round, state: Tally())
      bank.thresholds = plan.thresholds.indices.map { round.thresholds(rule($0), from: counted) }
      self.bank = bank
      state = refineRound(.learn, head: true)
        .initialState(thresholds: bank.thresholds[0], spreads: round.spreads(from: counted))
    }
    stage = .moments
  }

  private mutating func findNextThresholds<E: Engine>(_ engine: E) throws where E.Shard == ImageShard {
    guard var bank else { return }
    if plan.thresholds.count > 1 {
      let round = ThresholdRound(stack: stack, bank: bank, trainingImages: training.count)
      bank.thresholds.append(round.thresholds(rule(1), from: try engine.run(round, state: Tally())))
      self.bank = bank
    }
    guard plan.head.passes > 0 else {
      stage = .done
      return
    }
    // The head goes on from where refinement left it, now on filters that stay.
    state["accumulator"] = []
    state["momentum"] = []
    state[number: "round"] = 0
    stage = .headMoments
  }

  private mutating func finishStage() {
    if stage == .refine {
      bank = refineRound(.learn, head: false).bank(from: state)
      stage = .nextThresholds
    } else {
      stage = .done
    }
  }

  // MARK: Rounds

  private var clusterRound: ClusterRound {
    ClusterRound(stack: stack, clusters: plan.filters, patchesPerImage: plan.cluster.patchesPerImage)
  }

  private func refineRound(_ phase: RefineRound.Phase, head: Bool) -> RefineRound {
    var start = bank ?? stack.emptyBank(filters: plan.filters)
    if !head { start.masks = nil }
    start.thresholds = [start.thresholds[0]]
    return RefineRound(
      stack: stack, settings: whole.refineSettings(layer: plan, classes: classes, head: head), start: start,
      phase: phase, trainingImages: training.count, salt: UInt64(4 * layerIndex + (head ? 1 : 0)))
  }

  private func rule(_ index: Int) -> ThresholdRule { plan.thresholds[index].rule }
}

// MARK: - Putting down and taking up

extension LayerLearning {
  /// Everything needed to go on later, as one tally.
  func saved() -> Tally {
    var tally = Tally()
    for (name, values) in state.arrays { tally["state." + name] = values }
    tally["stage"] = [Int64(Stage.allCases.firstIndex(of: stage) ?? 0)]
    if let bank {
      tally["bank.filters"] = bank.filters.map { Int64(bitPattern: $0) }
      if let masks = bank.masks { tally["bank.masks"] = masks.map { Int64(bitPattern: $0) } }
      for (t, thresholds) in bank.thresholds.enumerated() {
        tally["bank.thresholds.\(t)"] = thresholds.map { Int64($0) }
      }
    }
    return tally
  }

  /// Takes up what `saved()` put down; nil if it does not belong to this layer's shapes.
  mutating func restore(_ tally: Tally) -> Bool {
    guard tally.contains("stage"), let index = tally["stage"].first,
      Stage.allCases.indices.contains(Int(index))
    else {
      return false
    }
    stage = Stage.allCases[Int(index)]
    state = Tally()
    for (name, values) in tally.arrays where name.hasPrefix("state.") {
      state[String(name.dropFirst(6))] = values
    }
    bank = nil
    guard tally.contains("bank.filters") else { return true }
    var bank = stack.emptyBank(filters: plan.filters)
    bank.isCentred = plan.distances == .centred
    guard tally["bank.filters"].count == bank.filters.count else { return false }
    bank.filters = tally["bank.filters"].map { UInt64(bitPattern: $0) }
    if tally.contains("bank.masks") {
      guard tally["bank.masks"].count == bank.filters.count else { return false }
      bank.masks = tally["bank.masks"].map { UInt64(bitPattern: $0) }
    }
    bank.thresholds = []
    for t in 0..<2 where tally.contains("bank.thresholds.\(t)") {
      guard tally["bank.thresholds.\(t)"].count == plan.filters else { return false }
      bank.thresholds.append(tally["bank.thresholds.\(t)"].map { UInt16(truncatingIfNeeded: $0) })
    }
    guard !bank.thresholds.isEmpty else { return false }
    self.bank = bank
    return true
  }
}
