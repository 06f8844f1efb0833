// Where rounds run: the options, and what a resumed training needs to know of them.

import ArgumentParser
import Foundation

/// The engines.
enum EngineChoice: String, ExpressibleByArgument, CaseIterable, Codable {
  /// Threads of this process.
  case local
  /// Apache Spark.
  case spark
  /// One worker process next to this one: shows that shards and rounds are enough.
  case process
}

/// How an engine that is another process is started.
struct EngineSettings: Codable {
  var engine: EngineChoice
  /// Spark's master URL.
  var master: String
  /// Partitions of the shards; nil leaves it to the number of cores.
  var partitions: Int?
  /// The `tally` on the executors; nil ships this one.
  var worker: String?
  /// Threads of a worker.
  var workerThreads: Int
  /// Spark settings, key=value.
  var configuration: [String]
  /// The Python that runs the driver side.
  var python: String

  static let defaultPython = "python3"

  /// The settings that decide which programs are started, as they are named in origin.json.
  var programs: [String] {
    guard engine == .spark else { return [] }
    return (python == Self.defaultPython ? [] : ["engine.python \(python)"])
      + (worker.map { ["engine.worker \($0)"] } ?? [])
      + configuration.map { "engine.configuration \($0)" }
  }

  /// Whether it takes more than what every installation has: programs by a path of their own, settings of Spark.
  var startsRecorded: Bool { !programs.isEmpty }
}

/// Where rounds run.
struct EngineOptions: ParsableArguments {
  @Option(
    name: .long,
    help:
      "Where rounds run: local (this process) or spark, on shards (default: local). The model is the same.")
  var engine: EngineChoice?

  @Option(
    name: .long, help: ArgumentHelp("Spark's master (default: local[2]).", valueName: "url"))
  var master: String?

  @Option(name: .long, help: "Number of Spark partitions (default: the number of Spark's cores).")
  var partitions: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Path of tally on the executors (default: send this one).", valueName: "path"),
    transform: namedPath)
  var worker: String?

  @Option(name: .long, help: "Threads of each worker (default: 1).")
  var workerThreads: Int?

  @Option(
    name: .long, help: ArgumentHelp("A Spark setting; may be repeated.", valueName: "key=value"))
  var sparkConf: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Python that has the package tally-spark (default: python3).", valueName: "path"),
    transform: namedPath)
  var python: String?

  func validate() throws {
    let sparks: [(String, Bool)] = [
      ("--master", master != nil), ("--partitions", partitions != nil), ("--worker", worker != nil),
      ("--worker-threads", workerThreads != nil), ("--spark-conf", !sparkConf.isEmpty),
      ("--python", python != nil),
    ]
    if engine != .spark, let option = sparks.first(where: \.1) {
      throw ValidationError("\(option.0) is for --engine spark.")
    }
    if let partitions, !(1...65_536).contains(partitions) {
      throw ValidationError("--partitions must be in 1...65536.")
    }
    if let workerThreads, !(1...1024).contains(workerThreads) {
      throw ValidationError("--worker-threads must be in 1...1024.")
    }
    if let odd = sparkConf.first(where: { !$0.contains("=") || $0.hasPrefix("=") }) {
      throw ValidationError("--spark-conf \(odd): give key=value.")
    }
  }

  /// The settings of an engine; nil for the local one.
  func settings(_ engine: EngineChoice) throws -> EngineSettings? {
    guard engine != .local else { return nil }
    return EngineSettings(
      engine: engine, master: master ?? "local[2]", partitions: partitions, worker: worker,
      workerThreads: workerThreads ?? 1, configuration: sparkConf,
      python: python ?? EngineSettings.defaultPython)
  }
}
