// What is fuzzed: every reader of bytes that others made, and what is done with what was read.
// One function takes any bytes; libFuzzer calls it from FuzzEntry, the tests from FuzzTargetsTests.

/// A reader under test. Any bytes end in a result or an error; a trap, a hang or absurd memory is a finding.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case model, plan, summary, checkpoint
  case idx, cifar, classes, npy, npz, gzip, xz
  case png, jpeg, webp, exif
  case shard, manifest, tally, rounds, worker, driver, distant

  /// Reads bytes that may be anything; what the reader refuses is fine.
  package func run(_ bytes: [UInt8]) {
    do { try read(bytes) } catch { law("a refusal says why") { !"\(error)".isEmpty } }
  }

  /// Reads bytes as `run` does.
  /// - Throws: why they were refused.
  package func read(_ bytes: [UInt8]) throws {
    switch self {
    case .model: try ModelTarget.read(bytes)
    case .plan: try PlanTarget.read(bytes)
    case .summary: try SummaryTarget.read(bytes)
    case .checkpoint: try CheckpointTarget.read(bytes)
    case .idx: try ArrayTargets.idx(bytes)
    case .cifar: try ArrayTargets.cifar(bytes)
    case .classes: try ArrayTargets.classes(bytes)
    case .npy: try ArrayTargets.npy(bytes)
    case .npz: try ArrayTargets.npz(bytes)
    case .gzip: try ArrayTargets.compressed(bytes, ending: "gz")
    case .xz: try ArrayTargets.compressed(bytes, ending: "xz")
    case .png: try ImageTargets.png(bytes)
    case .jpeg: try ImageTargets.jpeg(bytes)
    case .webp: try ImageTargets.webp(bytes)
    case .exif: try ImageTargets.exif(bytes)
    case .shard: try ShardTargets.shard(bytes)
    case .manifest: try ShardTargets.manifest(bytes)
    case .tally: try WireTargets.tally(bytes)
    case .rounds: try WireTargets.round(bytes)
    case .worker: try WireTargets.worker(bytes)
    case .driver: try WireTargets.driver(bytes)
    case .distant: try WireTargets.distant(bytes)
    }
  }

  /// Small inputs that are read to their end: what mutation starts from.
  package func seeds() throws -> [[UInt8]] {
    switch self {
    case .model: try ModelSeeds.models()
    case .plan: PlanSeeds.plans()
    case .summary: try ModelSeeds.summaries()
    case .checkpoint: try TrainingSeeds.shared.checkpoints
    case .idx: ArraySeeds.idx()
    case .cifar: ArraySeeds.cifar()
    case .classes: ArraySeeds.classes()
    case .npy: ArraySeeds.npy()
    case .npz: ArraySeeds.npz()
    case .gzip: ArraySeeds.gzip()
    case .xz: ArraySeeds.xz()
    case .png: ImageSeeds.pngs()
    case .jpeg: ImageSeeds.jpegs()
    case .webp: ImageSeeds.webps()
    case .exif: ImageSeeds.exif()
    case .shard: try TrainingSeeds.shared.shards
    case .manifest: [try TrainingSeeds.shared.manifest]
    case .tally: try TrainingSeeds.shared.tallies
    case .rounds: try TrainingSeeds.shared.rounds
    case .worker: try TrainingSeeds.shared.conversations
    case .driver: try TrainingSeeds.shared.answers
    case .distant: [DistantSeeds.table(), DistantSeeds.folder()]
    }
  }

  /// Words of the format that mutation would hardly find; none where every byte counts alike.
  package var words: [String] {
    switch self {
    case .model: ["PLAN", "SEED", "CLAS", "ENCO", "LAYR", "SUMM", "cali"]
    case .plan, .summary, .manifest: PlanSeeds.words
    case .npy, .npz:
      [
        "\u{1}\u{0}v\u{0}", "'descr'", "'fortran_order'", "False", "True", "'shape'", "'|u1'", "'<i8'",
        "'>f4'", ".npy",
      ]
    case .png:
      [
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "sRGB", "iCCP", "cHRM", "sBIT", "eXIf", "acTL",
        "bKGD",
      ]
    case .jpeg: ["Exif\u{0}\u{0}", "Adobe", "JFIF", "ICC_PROFILE"]
    case .webp: ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "EXIF", "ICCP", "RIFF", "WEBP"]
    default: []
    }
  }
}

/// Ends the process where something does not hold that holds for whatever a reader accepts.
func law(_ what: String, _ holds: () throws -> Bool) {
  do { if try holds() { return } } catch { fatalError("\(what): \(error)") }
  fatalError(what)
}
