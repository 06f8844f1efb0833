// A training whose rounds are run by a worker over its shards, with everything between the two written down.

import CountingRounds
import Dispatch
import ImageData
import LayerwiseTraining
import Plumbing
import Synchronization
import TrainingPlans

/// What a training asked and was answered.
struct RoundRecording {
  /// The shard files, and their manifest.
  private(set) var shards: [[UInt8]] = []
  private(set) var manifest: [UInt8] = []
  /// Requests, one of each kind of round and of each set of its settings' names; and all answers.
  private(set) var requests: [[UInt8]] = []
  private(set) var answers: [[UInt8]] = []

  /// Cuts a training's images into shards and trains on them.
  init(_ task: TrainingTask) throws {
    let sandbox = Sandbox("recording")
    try ShardFolder.write(
      task.images, training: task.training, judging: task.validation, shards: task.plan.shards,
      digest: task.dataDigest, to: sandbox.path, name: "tiny", seed: task.seed,
      validationShare: task.validationShare, balance: false, distinctImages: task.distinctImages, folder: nil)
    let folder = try ShardFolder(sandbox.path)
    manifest = folder.manifest.encoded()
    shards = try folder.manifest.shards.map { try readFile("\(sandbox.path)/\($0.file)", limit: 1 << 20) }
    try record(task, folder: sandbox.path)
  }

  /// Stands between a training and a worker, each on a thread of its own.
  private mutating func record(_ task: TrainingTask, folder: String) throws {
    let (asked, answered, forWorker, fromWorker) = (
      Sandbox.pipe(), Sandbox.pipe(), Sandbox.pipe(), Sandbox.pipe()
    )
    let failures = Mutex<[any Error]>([])
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      defer { Sandbox.close(fromWorker.writing) }
      var worker = Worker(input: forWorker.reading, output: fromWorker.writing, threads: 1)
      do { try worker.run(folder: folder) } catch { failures.withLock { $0.append(error) } }
    }
    DispatchQueue.global().async(group: group) {
      defer { Sandbox.close(asked.writing) }
      do {
        let rounds = try RemoteRounds(
          input: answered.reading, output: asked.writing, peer: "worker", session: 0
        ) { _ in }
        let remote = try TrainingTask(
          plan: task.plan, shards: rounds.manifest, images: nil, seed: task.seed, memoryLimit: 1 << 28)
        _ = try Trainer(remote, rounds: rounds, threads: 1).run(
          from: nil, save: { _, _ in }, isStopRequested: { false }, onEvent: { _ in })
        try rounds.end()
      } catch { failures.withLock { $0.append(error) } }
    }
    let trainer = FrameChannel(input: asked.reading, output: answered.writing, peer: "training")
    let worker = FrameChannel(input: fromWorker.reading, output: forWorker.writing, peer: "worker")
    try pass(trainer, worker)
    Sandbox.close(answered.writing)
    Sandbox.close(forWorker.writing)
    group.wait()
    if let failure = failures.withLock({ $0.first }) { throw failure }
  }

  /// Hands on what each says to the other.
  private mutating func pass(_ trainer: FrameChannel, _ worker: FrameChannel) throws {
    var kinds: Set<String> = []
    if let first = try worker.receive() { try trainer.send(first) }
    while let question = try trainer.receive() {
      try worker.send(question)
      if question.kind == .end { break }
      let request = try RoundRequest(encoded: question.payload)
      let phase = request.spec.settings.arrays["refine.phase"] ?? []
      if kinds.insert("\(request.spec.kind)\(phase)\(request.part)").inserted {
        requests.append(question.payload)
      }
      guard let answer = try worker.receive() else { break }
      answers.append(answer.payload)
      try trainer.send(answer)
    }
  }
}
