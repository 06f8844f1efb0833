// What arrives over pipes: at a worker, and at the training that asks workers. Checksums of frames and of what is in
// them are put right. Messages are one input: for each its kind (1 byte), its length (4), its payload.

import BinaryNetworks
import CountingRounds
import FilterLearning
import ImageData
import LayerwiseTraining
import Plumbing

/// Reads messages between processes.
enum WireTargets {
  /// Tallies and sums of them: the first byte says which.
  static func tally(_ bytes: [UInt8]) throws {
    let content = Array(bytes.dropFirst())
    switch bytes.first {
    case 1:
      let whole = Checksums.partial(content)
      let sum = try PartialTally(encoded: whole)
      law("a sum is read as it was written") { try PartialTally(encoded: sum.encoded()) == sum }
    case 2:
      let sums = try AddMessage(encoded: Checksums.add(content))
      var sum = sums.first
      try sum.add(sums.second)
      law("a sum is read as it was written") { try PartialTally(encoded: sum.encoded()) == sum }
    default:
      let tally = try Tally(encoded: Checksums.crc64(content))
      law("a tally is read as it was written") { try Tally(encoded: tally.encoded()) == tally }
    }
  }

  /// A round, rebuilt from its settings and run by a worker that has one shard.
  static func round(_ bytes: [UInt8]) throws {
    try serve(
      [(2, try TrainingSeeds.shared.shardMessage), (4, bytes)], in: Sandbox("rounds"))
  }

  /// Any messages to a worker.
  static func worker(_ bytes: [UInt8]) throws { try serve(messages(bytes), in: Sandbox("worker")) }

  /// Any answers to a training whose rounds run elsewhere.
  static func driver(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("driver")
    try sandbox.write(messages(bytes).flatMap { frame($0.kind, $0.payload) }, to: "in")
    let (input, output) = (sandbox.reading("in"), sandbox.writing("out"))
    defer { Sandbox.close(output) }
    let rounds = try RemoteRounds(input: input, output: output, peer: "driver", session: 0) { _ in }
    let manifest = rounds.manifest
    guard manifest.images <= 1 << 12, manifest.shape.pixels <= 1 << 12 else { return }
    let task = try TrainingTask(
      plan: try TrainingSeeds.shared.tasks[2].plan, shards: manifest, images: nil, seed: 1,
      memoryLimit: 1 << 27)
    _ = try Trainer(task, rounds: rounds, threads: 1).run(
      from: nil, save: { saved, _ in _ = saved().encoded() }, isStopRequested: { false }, onEvent: { _ in })
    try rounds.end()
  }

  /// Any answers to whoever has shards made where the images are.
  static func distant(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("distant")
    try sandbox.write(messages(bytes).flatMap { frame($0.kind, $0.payload) }, to: "in")
    let (input, output) = (sandbox.reading("in"), sandbox.writing("out"))
    defer { Sandbox.close(output) }
    let link = try DistantLink(input: input, output: output, peer: "driver")
    let options = FolderOptions()
    let found = try ImageDataset.distant("set", table: link.table, reader: link, options: options)
    let (images, validation) = try found.requireLearning()
    _ = images.oddities()
    let parts = try LearningParts(
      of: images, validation: validation, validationShare: 100_000, balance: true, seed: 1)
    guard !parts.training.isEmpty else { return }
    let shards = DistantShards(
      parts.images, training: parts.training, judging: parts.validation, shards: 1, digest: parts.digest,
      options: options)
    let manifest = try shards.manifest(
      of: link.write(shards), name: found.name, seed: 1, validationShare: 100_000, balance: true,
      distinctImages: parts.distinctImages, folder: found.record)
    try link.publish(manifest)
    law("a manifest is read as it was written") {
      try ShardManifest(encoded: manifest.encoded(), path: "m").encoded() == manifest.encoded()
    }
  }

  /// Gives messages to a worker.
  /// - Throws: the first failure that it answers with.
  static func serve(_ messages: [(kind: UInt8, payload: [UInt8])], in sandbox: Sandbox) throws {
    guard messages.allSatisfy({ $0.kind != 4 || isSmall(round: $0.payload) }) else { return }
    try sandbox.write(messages.flatMap { frame($0.kind, $0.payload) }, to: "in")
    let output = sandbox.writing("out")
    defer { Sandbox.close(output) }
    var worker = Worker(input: sandbox.reading("in"), output: output, threads: 1)
    let ended = Result { try worker.run(version: "fuzz") }
    let answers = FrameChannel(input: sandbox.reading("out"), output: -1, peer: "worker")
    while let answer = try answers.receive() {
      if answer.kind == .failure { throw RoundError(answer.text) }
      if answer.kind == .tally { _ = try PartialTally(encoded: answer.payload) }
    }
    try ended.get()
  }

  /// Whether a round's network is run in milliseconds.
  private static func isSmall(round bytes: [UInt8]) -> Bool {
    guard let request = try? RoundRequest(encoded: Checksums.round(bytes)),
      let values = request.spec.settings.arrays["network"],
      let model = try? Model(encoded: values.map { UInt8(truncatingIfNeeded: $0) }, path: nil)
    else { return true }
    return ModelCost(model.network).isSmall
  }

  /// A frame of whatever kind, with checksums put right in it and around it.
  private static func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let payload =
      switch kind {
      case 2: Checksums.shardMessage(payload)
      case 4: Checksums.round(payload)
      case 5: Checksums.partial(payload)
      case 6: Checksums.add(payload)
      case 7: Checksums.manifest(payload)
      default: payload
      }
    var head = ByteWriter()
    head.append(0x4659_4C54, bytes: 4)
    head.append(Frame.version, bytes: 2)
    head.append(UInt64(kind), bytes: 2)
    head.append(UInt64(payload.count), bytes: 8)
    head.append(UInt64(CRC32.checksum(head.bytes)), bytes: 4)
    head.append(payload)
    head.append(UInt64(CRC32.checksum(payload)), bytes: 4)
    return head.bytes
  }

  /// Messages as an input of a target.
  static func encoded(_ messages: [(kind: UInt8, payload: [UInt8])]) -> [UInt8] {
    var bytes = ByteWriter()
    for (kind, payload) in messages {
      bytes.append(UInt64(kind), bytes: 1)
      bytes.append(UInt64(payload.count), bytes: 4)
      bytes.append(payload)
    }
    return bytes.bytes
  }

  private static func messages(_ bytes: [UInt8]) -> [(kind: UInt8, payload: [UInt8])] {
    var reader = ByteReader(bytes)
    var messages: [(kind: UInt8, payload: [UInt8])] = []
    while let kind = try? reader.read(bytes: 1), let length = try? reader.read(bytes: 4),
      let payload = try? reader.readBytes(min(Int(length), reader.remaining)), messages.count < 64
    {
      messages.append((UInt8(kind), payload))
    }
    return messages
  }
}
