// What a training was begun with, as RUN/checkpoint/origin.json keeps it for --resume.

import Foundation
import ImageData
import Plumbing
import TrainingPlans

/// What `--resume` needs besides the checkpoint.
struct RunOrigin: Codable {
  /// The `--data` argument, folders as absolute paths.
  var data: String
  /// The plan's JSON text.
  var plan: String
  var seed: UInt64
  /// Fraction held out for validation, parts per million.
  var validation: Int
  /// Choices for images in class folders; nil in runs from before there were any.
  var folder: FolderOptions?
  /// One of the options that only image files can follow, if one was given.
  var imageOption: String?
  /// `--limit`, if given.
  var limit: Int?
  /// The command line that began the training.
  var command: String
  /// Where rounds run, unless in this process.
  var engine: EngineSettings?
  /// Whether the seed is still to be taken from the shards.
  var takesSeed: Bool?

  /// The columns of data in Parquet files, where they were named.
  var table: TableColumns?

  /// A name that no other training has; nil in runs from before there were any, like everything below.
  var run: String?
  /// The version of Tally that began the training.
  var tally: String?
  /// The digest of the training data, in hexadecimal digits.
  var digest: String?
  /// The names and lengths of the data's files, see `DataFootprint`; nil in runs from before they were noted.
  var files: String?
  /// Whether files of an earlier training are still to be removed from the checkpoint's folder.
  var hasLeftovers: Bool?
  /// Whether model, report and log in the folder are an earlier training's, to be replaced when this one is finished.
  var keepsResults: Bool?
  /// CRC-64 of all this with this field left out, in hexadecimal digits.
  var checksum: String?

  /// A name for a training.
  static func newName() -> String { String(UInt64.random(in: 0...UInt64.max), radix: 36) }

  /// The content of origin.json.
  func encoded() throws -> [UInt8] {
    var whole = self
    whole.checksum = try sum()
    return Array(try jsonText(whole).utf8)
  }

  /// Reads what `encoded()` wrote; nil if it is something else, or was changed.
  init?(encoded bytes: [UInt8]) {
    guard let origin = try? JSONDecoder().decode(RunOrigin.self, from: Data(bytes)),
      (0...900_000).contains(origin.validation), origin.limit.map({ $0 >= 1 }) ?? true
    else { return nil }
    // Those without a name are from before there were checksums.
    if origin.run != nil || origin.checksum != nil {
      guard let sum = try? origin.sum(), origin.checksum == sum else { return nil }
    }
    self = origin
  }

  private func sum() throws -> String {
    var bare = self
    bare.checksum = nil
    return String(CRC64.checksum(Array(try jsonText(bare).utf8)), radix: 16)
  }

  /// A training's first words.
  init(
    data: String, plan: String, seed: UInt64, validation: Int, folder: FolderOptions?, imageOption: String?,
    limit: Int?, command: String, engine: EngineSettings? = nil, takesSeed: Bool? = nil,
    table: TableColumns? = nil
  ) {
    (self.data, self.plan, self.seed, self.validation) = (data, plan, seed, validation)
    (self.folder, self.imageOption, self.limit, self.command) = (folder, imageOption, limit, command)
    (self.engine, self.takesSeed, self.table) = (engine, takesSeed, table)
    (run, tally) = (Self.newName(), toolVersion)
  }

  /// Takes over what a folder of shards decides.
  /// - Throws: `UserError` when the plan asks for something else.
  mutating func take(_ manifest: ShardManifest, plan: TrainingPlan) throws {
    if plan.shards != 1, plan.shards != manifest.shards.count {
      throw UserError(
        description:
          "the plan asks for \(counted(plan.shards, "shard")) but \(data) has \(manifest.shards.count); leave out "
          + "the setting, or write the shards again with tally shard", code: 2)
    }
    if plan.balance, !manifest.balance {
      throw UserError(
        description:
          "\(data) was written without --balance; leave it out here, or write the shards again with it",
        code: 2)
    }
    if takesSeed == true { (seed, takesSeed) = (manifest.seed, nil) }
  }
}
