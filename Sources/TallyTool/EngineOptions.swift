// Where rounds run: the options, and what a resumed training needs to know of them.

import ArgumentParser
import Foundation

/// The engines.
enum EngineChoice: String, ExpressibleByArgument, CaseIterable, Codable {
  /// Threads of this process.
  case local
  /// Apache Spark.
  case spark
  /// Flower: the shards stay at their sites.
  case flower
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
  /// The address of Flower's SuperLink; nil for other engines, like what follows.
  var superlink: String?
  /// Seconds that a round waits for a site.
  var siteTimeout: Int?
  /// The file with the certificates that the SuperLink's is checked by; nil for the system's.
  var rootCertificates: String?
  /// Whether the SuperLink is spoken to without TLS.
  var insecure: Bool?

  static let defaultPython = "python3"
  static let defaultSuperlink = "127.0.0.1:8000"
  static let defaultSiteTimeout = 600

  /// The settings that decide which programs are started, as they are named in origin.json.
  var programs: [String] {
    guard engine == .spark || engine == .flower else { return [] }
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
      "Where rounds run: local (this process), or on shards spark or flower (default: local). The model is the same."
  )
  var engine: EngineChoice?

  @OptionGroup var spark: SparkOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Python that has the package tally-spark (for Parquet, too) or tally-flower (default: python3).",
      valueName: "path"),
    transform: namedPath)
  var python: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Flower's SuperLink (default: 127.0.0.1:8000).", valueName: "host:port"))
  var superlink: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long a round may take: what a site counts, and the wait for one that is late or has left (default: 600).",
      valueName: "seconds"))
  var siteTimeout: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Certificates to check the SuperLink's by (default: the system's).", valueName: "file"),
    completion: .file(), transform: namedPath)
  var rootCertificates: String?

  @Flag(name: .long, help: "Speak to the SuperLink without TLS.")
  var insecure = false

  func validate() throws {
    if engine != .spark, let option = spark.given.first {
      throw ValidationError("\(option) is for --engine spark.")
    }
    let flowers: [(String, Bool)] = [
      ("--superlink", superlink != nil), ("--site-timeout", siteTimeout != nil),
      ("--root-certificates", rootCertificates != nil), ("--insecure", insecure),
    ]
    if engine != .flower, let option = flowers.first(where: \.1) {
      throw ValidationError("\(option.0) is for --engine flower.")
    }
    if let superlink, !Self.isAddress(superlink) {
      throw ValidationError("--superlink \(superlink): give host:port.")
    }
    if let siteTimeout, !(1...1_000_000).contains(siteTimeout) {
      throw ValidationError("--site-timeout must be in 1...1000000 seconds.")
    }
    if insecure, rootCertificates != nil {
      throw ValidationError("--insecure uses no certificates; leave out --root-certificates.")
    }
  }

  /// Refuses a Python that has nothing to do.
  /// - Throws: `UserError`.
  func checkPython(for origin: RunOrigin) throws {
    guard python != nil, origin.engine == nil, !TableImages.isTable(origin.data) else { return }
    throw UserError(
      description: "--python is for --engine spark, --engine flower and Parquet files; leave it out", code: 2)
  }

  /// The settings of an engine; nil for the local one.
  func settings(_ engine: EngineChoice) throws -> EngineSettings? {
    guard engine != .local else { return nil }
    return EngineSettings(
      engine: engine, master: spark.master ?? SparkOptions.defaultMaster, partitions: spark.partitions,
      worker: spark.worker, workerThreads: spark.workerThreads ?? 1, configuration: spark.sparkConf,
      python: python ?? EngineSettings.defaultPython,
      superlink: engine == .flower ? superlink ?? EngineSettings.defaultSuperlink : nil,
      siteTimeout: engine == .flower ? siteTimeout ?? EngineSettings.defaultSiteTimeout : nil,
      rootCertificates: rootCertificates.map(absolute), insecure: insecure ? true : nil)
  }

  /// Whether a text is a host and a port.
  private static func isAddress(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      return false
    }
    return port > 0 && colon > text.startIndex && !text.contains("/")
  }
}
