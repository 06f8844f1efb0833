// `tally shard --engine spark`: executors read the images and write the shards, this process draws and divides.

import Foundation
import ImageData
import LayerwiseTraining
import Plumbing

/// Shards that are made on a Spark cluster.
struct SparkShards {
  private let command: ShardCommand
  private let origin: RunOrigin
  private let shards: Int
  private let display: ProgressDisplay

  init(_ command: ShardCommand, _ origin: RunOrigin, shards: Int, _ display: ProgressDisplay) {
    (self.command, self.origin, self.shards, self.display) = (command, origin, shards, display)
  }

  /// Makes them.
  /// - Throws: `UserError`, `DatasetError`: one line on what is wrong, on which host, with which file.
  func run() throws {
    try checkData()
    guard !isAddress(command.out) else { return try run(into: command.out) }
    let folder = RunFolder(command.out)
    try folder.checkPlace()
    let owned = try OwnedFolder(folder.path, RunOwner(), remedy: "wait for its end, or choose another --out")
    defer { owned.release() }
    try run(into: absolute(folder.path))
  }

  private func run(into out: String) throws {
    let engine = EngineSettings(
      engine: .spark, master: command.spark.master ?? SparkOptions.defaultMaster,
      partitions: command.spark.partitions, worker: command.spark.worker,
      workerThreads: command.spark.workerThreads ?? 1, configuration: command.spark.sparkConf,
      python: command.python.python ?? EngineSettings.defaultPython)
    let (data, peer) = (absolute(origin.data), engine.peer)
    var driver = engine.sparkCommand(module: "tally_spark.shards", data: data, own: EngineProcess.tally)
    driver += ["--out", out]
    if let image = command.table.image { driver.append("--image=\(image)") }
    if let label = command.table.label { driver.append("--label=\(label)") }
    let chosen = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
    let log = "\(chosen.isEmpty ? "/var/tmp" : chosen)/tally-\(UUID().uuidString).log"
    let process = try EngineProcess(driver, log: log)
    defer { process.stop() }
    if let waiting = engine.waiting { display.note(waiting) }
    let link = try process.connect { input, output in
      try DistantLink(input: input, output: output, peer: peer)
    }
    do {
      try make(through: link)
      try link.end()
    } catch let error as DatasetError where error.code == .unreadable {
      // What a driver says may have more behind it.
      throw UserError(description: "\(error); more in \(log)")
    } catch {
      try? removeFile(log)
      throw error
    }
    try removeFile(log)
  }

  private func make(through link: DistantLink) throws {
    let options = origin.folder ?? FolderOptions(seed: origin.seed)
    let loaded = try LearningImages(origin, budget: .unlimited, display: display) {
      try ImageDataset.distant(origin.data, table: link.table, reader: link, options: options)
    }
    let parts = try command.divide(loaded, origin, shards: shards)
    let cut = DistantShards(
      parts.images, training: parts.training, judging: parts.validation, shards: shards, digest: parts.digest,
      options: options)
    let written = try link.write(cut)
    try link.publish(
      cut.manifest(
        of: written, name: loaded.name, seed: command.drawing, validationShare: origin.validation,
        balance: command.balance, distinctImages: parts.distinctImages, folder: loaded.folder))
    command.say(
      loaded.name, parts, bytes: written.reduce(0) { $0 + $1.bytes }, command.out, display)
  }

  /// Refuses data that are no folder and no table before Spark is started.
  private func checkData() throws {
    let data = origin.data
    let paths =
      data.contains(",") && FileKind(path: data) == .missing ? data.split(separator: ",") : [data[...]]
    let isTable = paths.allSatisfy { $0.lowercased().hasSuffix(".parquet") }
    if command.table.columns != nil, !isTable, !isAddress(data), !TableImages.isTable(data) {
      throw UserError(
        description: "--image and --label name columns of Parquet files; leave them out for \(data)", code: 2)
    }
    if isAddress(data) || isTable { return }
    if !DatasetLocator.knownNames.contains(data) || data.contains("/") {
      if FileKind(path: data) == .folder { return }
      if FileKind(path: data) == .missing, data.contains("/") {
        throw UserError(description: "\(data): no such folder; check the path")
      }
    }
    throw UserError(
      description:
        "\(data): --engine spark takes a folder of class folders, or Parquet files; for other data leave it out"
    )
  }

  /// Whether a place is on a file system that is named: `hdfs://`, `s3a://`.
  private func isAddress(_ place: String) -> Bool { place.contains("://") }
}
