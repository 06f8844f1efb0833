// The plan of a training: every setting that decides what is learned.
// Reading, changing and sizing are in the files TrainingPlan+….swift.

/// What to train and how: the same plan, data and seed give the same model on every machine.
///
/// A plan is a small JSON file whose keys are the names of the properties here. Everything but `name`,
/// `layers`, a layer's `filters` and a signal's `source` and `levels` may be left out and then takes the
/// default that the initialiser of its section states.
/// `{"name": "mine", "layers": [{"filters": 128}]}` is a whole plan.
///
/// Decimal settings are `Double`; what learning reads are the integers beside them, in parts per million.
/// A plan made by an initialiser is not checked until ``checkSettings()`` or
/// ``validate(width:height:channels:classes:memoryLimitBytes:threads:)``.
public struct TrainingPlan: Hashable, Sendable {
  /// Name of the plan, for logs and the model file: 1...100 bytes of UTF-8, no control characters.
  public var name: String

  /// What the plan is for, in one line: 0...1000 bytes of UTF-8, no control characters.
  public var summary: String

  /// How pixels become bits.
  public var encoder: EncoderPlan

  /// How training images are varied.
  public var augmentation: AugmentationPlan

  /// Logical shards the training set is cut into: 1...65536. Part of what is learned, whatever runs it.
  public var shards: Int

  /// Rounds in one pass over the data, that is how often shards are merged: 1...1000.
  public var mergesPerPass: Int

  /// Whether training uses rare classes as often as frequent ones, by repeating their images: see
  /// `balancedOrder`.
  public var balance: Bool

  /// Memory for images, and for a layer's inputs that are used again, in MiB: 0...1048576. What does not fit is kept
  /// in a temporary file, or computed again; what is learned does not depend on it, and models do not record it.
  public var cacheMiB: Int

  /// The layers, first to last: 1...16.
  public var layers: [LayerPlan]

  /// When an image may be answered early, and whether it gets a second look.
  public var exit: ExitPlan

  /// Creates a plan; the default values are those of a plan file.
  public init(
    name: String, summary: String = "", encoder: EncoderPlan = EncoderPlan(),
    augmentation: AugmentationPlan = AugmentationPlan(), shards: Int = 1, mergesPerPass: Int = 10,
    balance: Bool = false, cacheMiB: Int = 512, layers: [LayerPlan], exit: ExitPlan = ExitPlan()
  ) {
    self.name = name
    self.summary = summary
    self.encoder = encoder
    self.augmentation = augmentation
    self.shards = shards
    self.mergesPerPass = mergesPerPass
    self.balance = balance
    self.cacheMiB = cacheMiB
    self.layers = layers
    self.exit = exit
  }
}

extension TrainingPlan: PlanSection {
  static var defaults: TrainingPlan { TrainingPlan(name: "", layers: []) }

  /// The only key that decides nothing of what is learned.
  static let cacheKey = "cacheMiB"

  static var fields: [PlanField<TrainingPlan>] {
    [
      .text("name", \.name, bytes: 1...100, required: true),
      .text("summary", \.summary, bytes: 0...1000),
      .section("encoder", \.encoder),
      .section("augmentation", \.augmentation),
      .integer("shards", \.shards, 1...65536),
      .integer("mergesPerPass", \.mergesPerPass, 1...1000),
      .flag("balance", \.balance),
      .integer(cacheKey, \.cacheMiB, 0...1_048_576),
      .list("layers", \.layers, 1...16, required: true),
      .section("exit", \.exit, omitsDefaults: true),
    ]
  }

  func checkTogether(at path: String) throws(TrainingPlanError) {
    if let i = layers.indices.dropFirst().first(where: { layers[$0].groups > 1 && layers[$0].signals == nil })
    {
      throw TrainingPlanError(
        .contradiction,
        "layers[\(i)].groups: \(layers[i].groups); allowed: 1, but for the first layer and those with signals"
      )
    }
    if let i = layers.indices.dropLast().first(where: {
      layers[$0].handedFeatures == 0 && layers[$0 + 1].signals == nil
    }) {
      throw TrainingPlanError(
        .contradiction,
        "layers[\(i)].thresholds: all are for the head, but layers[\(i + 1)] needs features; take \"for head\" from one"
      )
    }
  }
}
