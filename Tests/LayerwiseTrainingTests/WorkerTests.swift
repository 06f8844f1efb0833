// A training and a worker in one process, each on threads of its own, with two pipes between them.

import BinaryNetworks
import CountingRounds
import Dispatch
import Foundation
import ImageData
import Plumbing
import Synchronization
import Testing
import TrainingPlans
import _TestSupport

@testable import LayerwiseTraining

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct WorkerTests {
  /// The model does not depend on where its rounds are run, nor on how many threads run them.
  @Test(arguments: [1, 4], [[], ["layers.0.head.grid=4", "layers.0.head.span=2"]])
  func aWorkersModelIsThatOfOneProcess(threads: Int, settings: [String]) throws {
    let tiny = try TinyTraining(settings, shards: 3)
    let folder = try TemporaryFolder()
    try write(tiny.task, to: folder.url.path)
    let (asked, answered) = (try pipe(), try pipe())
    let failures = Mutex<[String]>([])
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      defer { close(answered.writing) }
      var worker = Worker(input: asked.reading, output: answered.writing, threads: threads)
      do { try worker.run(folder: folder.url.path) } catch { failures.withLock { $0.append("\(error)") } }
    }
    defer { group.wait() }
    let model: [UInt8]
    do {
      defer { close(asked.writing) }
      let rounds = try RemoteRounds(
        input: answered.reading, output: asked.writing, peer: "worker", session: 7
      ) { _ in }
      let task = try TrainingTask(
        plan: tiny.task.plan, shards: rounds.manifest, images: nil, seed: tiny.task.seed, memoryLimit: 1 << 30
      )
      let outcome = try Trainer(task, rounds: rounds, threads: threads).run(
        from: nil, save: { _, _ in }, isStopRequested: { false }, onEvent: { _ in })
      try rounds.end()
      guard case .finished(let finished) = outcome else { throw RoundError("not finished") }
      model = finished.encoded()
    }
    group.wait()
    #expect(failures.withLock { $0 } == [])
    #expect(try model == tiny.model())
  }

  private func write(_ task: TrainingTask, to path: String) throws {
    try ShardFolder.write(
      task.images, training: task.training, judging: task.validation, shards: task.plan.shards,
      digest: task.dataDigest, to: path, name: "tiny", seed: task.seed,
      validationShare: task.validationShare, balance: false, distinctImages: task.distinctImages, folder: nil)
  }

  private func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: the array has room for the two descriptors that the call writes.
    try #require(unsafe makePipe(&ends) == 0)
    return (ends[0], ends[1])
  }
}

/// The system's `pipe`, under a name that does not collide with the method.
@unsafe
private func makePipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 {
  // SAFETY: the caller vouches for two numbers.
  unsafe pipe(ends)
}
