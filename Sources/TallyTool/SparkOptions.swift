// The options of whatever runs on Spark: trainings and the making of shards.

import ArgumentParser
import Foundation

/// How Spark is started.
struct SparkOptions: ParsableArguments {
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

  static let defaultMaster = "local[2]"

  /// The options that were given.
  var given: [String] {
    [
      ("--master", master != nil), ("--partitions", partitions != nil), ("--worker", worker != nil),
      ("--worker-threads", workerThreads != nil), ("--spark-conf", !sparkConf.isEmpty),
    ].filter(\.1).map(\.0)
  }

  func validate() throws {
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
}
