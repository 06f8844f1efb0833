// The process that runs a training's rounds: started, listened to, stopped. See LayerwiseTraining for what it is told.

import Foundation
import LayerwiseTraining
import Plumbing
import Synchronization

/// A driver of Spark or Flower or a worker at the other end of two pipes.
final class RoundsProcess {
  /// The way to its rounds.
  let rounds: RemoteRounds
  private let process: EngineProcess
  private let costs: Costs

  /// Starts the process and waits until it knows its shards.
  /// - Throws: `UserError` if it cannot be started, or says why it cannot work.
  init(
    _ engine: EngineSettings, data: String, folder: RunFolder, display: ProgressDisplay
  ) throws {
    let own = EngineProcess.tally
    let command =
      switch engine.engine {
      case .spark: engine.sparkCommand(module: "tally_spark", data: data, own: own)
      case .flower: engine.flowerCommand(data: data, own: own)
      case .local, .process: [own, "worker", "--data", data, "--threads", "\(engine.workerThreads)"]
      }
    let process = try EngineProcess(command, log: folder.engineLog)
    if let waiting = engine.waiting { display.note(waiting) }
    let costs = Costs()
    (self.process, self.costs) = (process, costs)
    rounds = try process.connect { input, output in
      try RemoteRounds(
        input: input, output: output, peer: engine.peer, session: .random(in: 0...UInt32.max),
        onReport: { costs.add($0) })
    }
  }

  /// Ends the process in good order and gives the sums of what its rounds cost.
  func finish(_ display: ProgressDisplay) throws -> LogValues {
    try rounds.end()
    for line in costs.lines { display.note(line) }
    return costs.logValues
  }

  /// What the rounds since the last call cost, for the log.
  func takeCosts() -> LogValues { costs.take() }

  /// Ends the process, whatever it is doing; without effect when it has ended.
  func stop() { process.stop() }
}

extension EngineSettings {
  /// What the other process is called.
  var peer: String {
    switch engine {
    case .spark: "the Spark driver"
    case .flower: "the Flower driver"
    case .local, .process: "the worker"
    }
  }

  /// What there is to say while it starts; nil for nothing.
  var waiting: String? {
    switch engine {
    case .spark: "Spark: waiting for \(master)"
    case .flower: "Flower: waiting for the sites at \(superlink ?? Self.defaultSuperlink)"
    case .local, .process: nil
    }
  }

  /// The command of the Flower driver.
  fileprivate func flowerCommand(data: String, own: String) -> [String] {
    var command = [python, "-m", "tally_flower", "--data", data, "--tally", own, "--version", toolVersion]
    command += ["--superlink", superlink ?? Self.defaultSuperlink]
    command += ["--site-timeout", "\(siteTimeout ?? Self.defaultSiteTimeout)"]
    if let rootCertificates { command += ["--root-certificates", rootCertificates] }
    if insecure == true { command += ["--insecure"] }
    return command
  }

  /// The command of a Spark driver.
  func sparkCommand(module: String, data: String, own: String) -> [String] {
    var command = [python, "-m", module, "--master", master, "--data", data, "--tally", own]
    command += ["--version", toolVersion, "--worker-threads", "\(workerThreads)"]
    if let worker { command += ["--worker", worker] }
    if let partitions { command += ["--partitions", "\(partitions)"] }
    for setting in configuration { command += ["--conf", setting] }
    return command
  }
}

/// Sums over the reports of rounds.
private final class Costs: Sendable {
  private struct Report: Decodable {
    var rounds: Int?
    var broadcastBytes: Int?
    var tallyBytes: Int?
    var mapSeconds: Double?
    var reduceSeconds: Double?
    var retries: Int?

    /// Whether the numbers are some that a round can cost: sums of them stay far from any limit.
    var isInRange: Bool {
      let counts = [rounds, broadcastBytes, tallyBytes, retries].compactMap { $0 }
      let seconds = [mapSeconds, reduceSeconds].compactMap { $0 }
      return counts.allSatisfy((0...1 << 44).contains) && seconds.allSatisfy((0...1e9).contains)
    }
  }
  private struct Sums {
    var rounds = 0
    var broadcastBytes = 0
    var tallyBytes = 0
    var mapSeconds = 0.0
    var reduceSeconds = 0.0
    var retries = 0

    mutating func add(_ report: Report) {
      rounds += report.rounds ?? 0
      broadcastBytes += report.broadcastBytes ?? 0
      tallyBytes += report.tallyBytes ?? 0
      mapSeconds += report.mapSeconds ?? 0
      reduceSeconds += report.reduceSeconds ?? 0
      retries += report.retries ?? 0
    }

    var logValues: LogValues {
      [
        "rounds": rounds, "broadcastBytes": broadcastBytes, "tallyBytes": tallyBytes,
        "mapSeconds": mapSeconds, "reduceSeconds": reduceSeconds, "retries": retries,
      ]
    }
  }
  private let sums = Mutex((all: Sums(), new: Sums()))

  func add(_ json: String) {
    guard let report = try? JSONDecoder().decode(Report.self, from: Data(json.utf8)), report.isInRange
    else { return }
    sums.withLock {
      $0.all.add(report)
      $0.new.add(report)
    }
  }

  /// The sums since the last call; nothing where no reports came.
  func take() -> LogValues {
    let new = sums.withLock { sums in
      defer { sums.new = Sums() }
      return sums.new
    }
    return new.rounds > 0 ? new.logValues : [:]
  }

  /// For people; nothing where no reports came.
  var lines: [String] {
    let sums = sums.withLock { $0.all }
    guard sums.rounds > 0 else { return [] }
    return [
      String(
        format: "rounds  %d: %.1f MB broadcast, %.1f MB of tallies; map %@, reduce %@; %d retries",
        sums.rounds,
        Double(sums.broadcastBytes) / 1e6, Double(sums.tallyBytes) / 1e6, duration(sums.mapSeconds),
        duration(sums.reduceSeconds), sums.retries)
    ]
  }

  /// For the log.
  var logValues: LogValues { sums.withLock { $0.all.logValues } }
}
