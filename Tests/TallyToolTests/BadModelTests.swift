// Model files that are damaged, of another version, or no models.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct BadModelTests {
  @Test func damagedModelsAreRefused() throws {
    let bench = try Bench(TinyData(count: 60, width: 8, height: 8))
    let grids = ["layers.*.head.grid=2", "layers.*.filters=4"]
    expectSilence(try Tool.run(bench.training("run", grids)))
    let model = try bench.bytes("run/model.tally")
    var generator = SeededGenerator(seed: 9)
    var damaged = [0, 1, 7, 8, 10, 20, model.count / 3, model.count - 9, model.count - 1].map {
      Array(model[..<$0])
    }
    damaged.append(model + [0])
    for _ in 0..<25 {
      var flipped = model
      flipped[generator.below(model.count)] ^= 1 << UInt8(generator.below(8))
      damaged.append(flipped)
    }
    let path = bench.folder.path("bad.tally")
    for bytes in damaged {
      try bench.folder.write(bytes, to: "bad.tally")
      expectFailure(try Tool.run(["inspect", path]), path)
    }
    for command in ["evaluate", "predict"] {
      expectFailure(try Tool.run([command, path, "--data", bench.data]), path)
    }
    try bench.folder.write(Array(model.dropLast()), to: "run/model.tally")
    expectFailure(
      try Tool.run(["report", bench.folder.path("run"), "--data", bench.data]), "run/model.tally")
  }

  @Test func aNewerVersionIsToldFromDamage() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    var model = try bench.bytes("run/model.tally")
    model[8] = 8
    var checksum = CRC64()
    checksum.update(model.span.extracting(..<(model.count - 8)))
    let sum = checksum.value
    model.replaceSubrange(
      (model.count - 8)..., with: (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) })
    let path = try bench.folder.write(model, to: "newer.tally")
    expectFailure(try Tool.run(["evaluate", path, "--data", bench.data]), path, "version 8", "update Tally")
  }

  @Test func otherFilesAreNoModels() throws {
    let bench = try Bench()
    expectFailure(try Tool.run(["inspect", bench.plan]), bench.plan, "not a model file")
    expectFailure(try Tool.run(["inspect", bench.data]), bench.data, "folder")
    let nothing = bench.folder.path("nothing.tally")
    expectFailure(try Tool.run(["inspect", nothing]), nothing, "no such file")
    expectFailure(try Tool.run(["inspect", "/dev/null"]), "/dev/null")
    expectFailure(
      try Tool.run(["report", nothing, "--data", bench.data]), "\(nothing)/checkpoint/origin.json")
  }
}
