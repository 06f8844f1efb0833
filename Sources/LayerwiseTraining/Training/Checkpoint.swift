// A training interrupted between two rounds: everything the next round depends on.

public import BinaryNetworks
import BitKernels
import CountingRounds
import ImageData
import TrainingPlans

/// Why a checkpoint cannot be used.
public enum CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Its bytes are not a checkpoint, or not a whole one.
  case damaged
  /// It is of another format than this Tally's.
  case otherFormat(Int)
  /// It ended in a stage of learning that this Tally's layers do not have.
  case unknownStage(String)
  /// It was made with another plan, seed, validation share or other data.
  case different(String)

  public var description: String {
    switch self {
    case .damaged: "the checkpoint is damaged; start again with --force instead of --resume"
    case .otherFormat(let format):
      "the checkpoint is of format \(format), this Tally reads format \(Checkpoint.format); resume with the Tally that "
        + "wrote it, or start again with --force instead of --resume"
    case .unknownStage(let name):
      "the checkpoint is in the stage \(name.debugDescription), which this Tally does not know; resume with the Tally that "
        + "wrote it, or start again with --force instead of --resume"
    case .different(let what):
      "the checkpoint was made with \(what); use the same as then, or start again with --force instead of --resume"
    }
  }
}

/// The network so far, and the layer in the making.
public struct Checkpoint: Sendable {
  /// The format written and read: it counts up when anything in `encoded()` changes its meaning. Format 1 did not say its
  /// number.
  public static let format = 2

  /// Encoder and finished layers.
  public let network: Network
  /// Results of the finished layers.
  public let results: [LayerResult]
  /// The layer being learned; nil between two layers.
  let learning: Tally?
  private let plan: String
  private let seed: UInt64
  private let dataDigest: UInt64
  private let validationShare: Int
  private let groups: GroupRecord?

  init(_ task: TrainingTask, network: Network, results: [LayerResult], learning: Tally?) {
    self.network = network
    self.results = results
    self.learning = learning
    plan = task.plan.decisiveJSON()
    seed = task.seed
    dataDigest = task.dataDigest
    validationShare = task.validationShare
    groups = task.groups
  }

  /// Says what of a task differs from that of the checkpoint.
  /// - Throws: `CheckpointError.different`.
  public func check(against task: TrainingTask) throws(CheckpointError) {
    let other = task.plan.decisiveJSON()
    if plan != other { throw .different("another plan" + Self.firstDifference(plan, other)) }
    if dataDigest != task.dataDigest { throw .different("other training data") }
    if network.classNames != task.images.classNames { throw .different("other names of classes") }
    if network.shape != task.images.shape { throw .different("images of another size") }
    if seed != task.seed { throw .different("seed \(seed)") }
    if validationShare != task.validationShare {
      throw .different("another validation fraction (\(Double(validationShare) / 1_000_000))")
    }
    if groups != task.groups { throw .different("other groups of images") }
  }

  /// The first lines of two texts that differ, for people; nothing where one is the beginning of the other.
  private static func firstDifference(_ then: String, _ now: String) -> String {
    let pairs = zip(then.split(separator: "\n"), now.split(separator: "\n"))
    guard let (old, new) = pairs.first(where: { $0 != $1 }) else { return "" }
    func plain(_ line: Substring) -> Substring {
      let bare = line.drop { $0 == " " }
      return (bare.last == "," ? bare.dropLast() : bare).prefix(60)
    }
    return " (\(plain(old)) then, \(plain(new)) now)"
  }

  /// The checkpoint as bytes: a tally that holds its format, a model file of the network so far, and the learning layer's
  /// arrays.
  public func encoded() -> [UInt8] {
    var tally = Tally(["format": [Int64(Self.format)]])
    for (name, values) in learning?.arrays ?? [:] { tally["learning." + name] = values }
    let summary = TrainingSummary(
      trainingImages: 0, validationImages: 0, validationShare: validationShare, layers: results,
      groups: groups)
    let model = Model(
      network: network, plan: plan, seed: seed, dataDigest: dataDigest, summary: summary.json())
    tally["model"] = model.encoded().map { Int64(Int8(bitPattern: $0)) }
    tally["isLearning"] = [learning == nil ? 0 : 1]
    return tally.encoded()
  }

  /// Reads what `encoded()` wrote.
  public init(encoded bytes: [UInt8]) throws(CheckpointError) {
    guard let tally = try? Tally(encoded: bytes), tally.contains("model") else { throw .damaged }
    let format = tally.arrays["format"] ?? [1]
    guard format == [Int64(Self.format)] else {
      throw format.count == 1 ? .otherFormat(Int(format[0])) : .damaged
    }
    guard tally.contains("isLearning"),
      let model = try? Model(encoded: tally["model"].map { UInt8(truncatingIfNeeded: $0) }, path: nil),
      let summary = TrainingSummary(json: model.summary)
    else { throw .damaged }
    network = model.network
    results = summary.layers
    plan = model.plan
    seed = model.seed
    dataDigest = model.dataDigest
    validationShare = summary.validationShare
    groups = summary.groups
    guard tally["isLearning"] == [1] else {
      learning = nil
      return
    }
    var learning = Tally()
    for (name, values) in tally.arrays where name.hasPrefix("learning.") {
      learning[String(name.dropFirst("learning.".count))] = values
    }
    self.learning = learning
  }
}
