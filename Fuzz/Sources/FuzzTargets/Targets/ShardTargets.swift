// Shard files, and a folder whose manifest is anything.

import CountingRounds
import ImageData
import LayerwiseTraining
import Plumbing
import TrainingPlans

/// Reads shards.
enum ShardTargets {
  static func shard(_ bytes: [UInt8]) throws {
    let bytes = Checksums.crc64(bytes)
    let shard = try ShardFile(encoded: bytes, path: "shard")
    law("a shard is read as it was written") { shard.encoded() == bytes }
    try WireTargets.serve(
      [(2, ShardMessage(path: "shard", checksum: shard.checksum, content: bytes).encoded())],
      in: Sandbox("shard"))
  }

  static func manifest(_ bytes: [UInt8]) throws {
    let sandbox = Sandbox("manifest")
    let bytes = Checksums.manifest(bytes)
    let manifest = try ShardManifest(encoded: bytes, path: "manifest")
    law("a manifest is read as it was written") { manifest.encoded() == bytes }
    for (number, shard) in try TrainingSeeds.shared.shards.enumerated() {
      let name = "part-0000\(number).tshard"
      if !sandbox.has(name) { try sandbox.write(shard, to: name) }
    }
    try sandbox.write(bytes, to: ShardManifest.fileName)
    let set = try ImageDataset.open(sandbox.path, parts: .train, budget: MemoryBudget(bytes: 1 << 24))
    _ = set.train?.count
    _ = try TrainingTask(
      plan: try TrainingSeeds.shared.tasks[0].plan, shards: manifest, images: nil, seed: 1,
      memoryLimit: 1 << 28)
  }
}
