// The same plan, data and seed give the same model, byte for byte, whatever threads and kernels work on it.

import BinaryNetworks
import BitKernels
import Foundation
import Testing
import _TestSupport

/// A way to learn, as changes of the tiny plan and its data.
struct Variant: CustomTestStringConvertible {
  let name: String
  var settings: [String] = []
  var data: TinyData
  var testDescription: String { name }

  init(_ name: String, _ settings: String..., data: TinyData = TinyData(count: 60, width: 12, height: 12)) {
    (self.name, self.settings, self.data) = (name, settings, data)
  }

  static let all: [Variant] = [
    Variant("refine from patches, soft counts, or"),
    Variant("refine from clusters", "layers.*.start=cluster", "layers.*.mask=0.3"),
    Variant("refine from splits, window 2", "layers.*.start=split", "layers.*.window=2"),
    Variant(
      "cluster, plain counts", "layers.*.learner=cluster", "layers.*.head.counts=plain",
      "layers.*.head.passes=2"),
    Variant("cluster, masks", "layers.*.learner=cluster", "layers.*.mask=0.4", "layers.*.head.passes=1"),
    Variant(
      "split, masks, majority", "layers.*.learner=split", "layers.*.mask=0.2", "layers.0.reduction=majority"),
    Variant(
      "split, half as threshold", "layers.*.learner=split", "layers.*.thresholds=[\"half\",\"median\"]"),
    Variant(
      "one threshold, no reduction, window 5", "layers.*.thresholds=[\"median\"]", "layers.0.reduction=none",
      "layers.0.window=5"),
    Variant(
      "two thresholds, majority", "layers.*.thresholds=[\"quantile 0.2\",\"median\"]",
      "layers.*.reduction=majority"),
    Variant("three shards, merged twice a pass", "shards=3", "mergesPerPass=2", "augmentation.flip=true"),
    Variant("three shards, clusters", "shards=3", "layers.*.learner=cluster"),
    Variant(
      "whitened, centred", "layers.*.distances=centred",
      "encoder.grey=[{\"source\":\"whitened\",\"window\":5,\"levels\":9}]"),
    Variant(
      "whitened colour, centred, three shards", "shards=3", "layers.*.distances=centred",
      "encoder.colour=[{\"source\":\"whitened\",\"window\":3,\"levels\":7}]",
      data: TinyData(count: 48, width: 12, height: 12, channels: 3)),
    Variant(
      "patches, clusters, centred", "layers.0.learner=cluster", "layers.0.window=1",
      "layers.*.distances=centred", "encoder.grey=[{\"source\":\"patch\",\"window\":4,\"levels\":5}]"),
    Variant(
      "colour patches beside channels, three shards", "shards=3",
      "encoder.colour=[{\"source\":\"channels\",\"window\":0,\"levels\":7},"
        + "{\"source\":\"patch\",\"window\":3,\"levels\":2}]",
      data: TinyData(count: 48, width: 12, height: 12, channels: 3)),
    Variant("refine, roots", "layers.*.head.counts=root", "layers.*.head.passes=1"),
    Variant(
      "clusters, roots, three shards", "shards=3", "layers.*.learner=cluster", "layers.*.head.counts=root",
      "layers.*.head.passes=2"),
    Variant("no pyramid, no shift", "encoder.pyramid=false", "augmentation.shift=0"),
    Variant("head passes after refinement", "layers.*.head.passes=2", "layers.*.refine.maskLevel=0.5"),
    Variant("odd sizes", data: TinyData(count: 60, width: 13, height: 11)),
    Variant(
      "odd sizes, colour, window 5", "layers.*.window=5",
      data: TinyData(count: 48, width: 15, height: 9, channels: 3)),
    Variant("colour", data: TinyData(count: 48, width: 12, height: 12, channels: 3)),
    Variant(
      "two channels, two classes, 65 filters", "layers.*.filters=65",
      "encoder.colour=[{\"source\":\"channels\",\"window\":3,\"levels\":3}]",
      data: TinyData(count: 40, width: 8, height: 8, channels: 2, classes: 2)),
  ]
}

@Suite struct DeterminismTests {
  @Test(arguments: Variant.all)
  func threadsAndKernelsDoNotMatter(_ variant: Variant) throws {
    let bench = try Bench(variant.data)
    expectSilence(try Tool.run(bench.training("run", variant.settings)))
    let expected = try bench.bytes("run/model.tally")
    for threads in [2, 3, 7] {
      expectSilence(try Tool.run(bench.training("run", variant.settings, threads: threads)))
      #expect(try bench.bytes("run/model.tally") == expected, "\(threads) threads")
    }
    // Without a name the last that is available works, as above.
    for kernels in Kernels.implementations.filter(\.isAvailable).dropLast() {
      let arguments = bench.training("run", variant.settings, threads: 2)
      expectSilence(try Tool.run(arguments, ["TALLY_FORCE_KERNELS": kernels.name]))
      #expect(try bench.bytes("run/model.tally") == expected, "\(kernels.name) kernels")
      #expect(try logLines(bench, "run").first?["kernels"] as? String == kernels.name)
    }
    // The model holds all it takes to make it again.
    let model = try Model.read(path: bench.folder.path("run/model.tally"))
    try bench.folder.write(Array(model.plan.utf8), to: "plan.json")
    expectSilence(try Tool.run(bench.training("again", seed: Int(model.seed))))
    #expect(try bench.bytes("again/model.tally") == expected)
  }

  /// Without a cache images lie in a file and nothing is kept; a training may go on with another cache.
  @Test(
    arguments: [
      ["layers.*.learner=cluster"], ["layers.*.start=cluster"],
      ["augmentation.shift=0", "augmentation.flip=false", "layers.*.refine.passes=3"],
      ["balance=true", "layers.*.learner=cluster", "shards=3"],
    ])
  func theCacheDoesNotMatter(_ settings: [String]) throws {
    let bench = try Bench(TinyData(count: 150, width: 12, height: 12))
    expectNothingButWarnings(try Tool.run(bench.training("run", settings)))
    let expected = try bench.bytes("run/model.tally")
    for size in [0, 1, 4] {
      expectNothingButWarnings(try Tool.run(bench.training("run", settings + ["cacheMiB=\(size)"])))
      #expect(try bench.bytes("run/model.tally") == expected, "\(size) MiB")
    }
    #expect(try !Model.read(path: bench.folder.path("run/model.tally")).plan.contains("cacheMiB"))
  }

  @Test func seedLimitAndValidationMatter() throws {
    let bench = try Bench()
    var models: [[UInt8]] = []
    for extra in [[], ["--limit", "80"], ["--validation", "0"], ["--validation", "0.5"]] {
      expectSilence(try Tool.run(bench.training("run") + extra))
      models.append(try bench.bytes("run/model.tally"))
    }
    expectSilence(try Tool.run(bench.training("run", seed: 2)))
    models.append(try bench.bytes("run/model.tally"))
    #expect(Set(models).count == models.count)
  }

  @Test func filesMayBeCompressed() throws {
    let bench = try Bench(TinyData(count: 60))
    expectSilence(try Tool.run(bench.training("plain")))
    let packed = try Tool.shell(
      "cd '\(bench.data)' && gzip -n train-* && { which xz > /dev/null && xz t10k-* || true; }")
    #expect(packed.code == 0 && bench.has("data/train-images-idx3-ubyte.gz"))
    expectSilence(try Tool.run(bench.training("packed")))
    #expect(try bench.bytes("plain/model.tally") == bench.bytes("packed/model.tally"))
    expectSuccess(try Tool.run(["evaluate", bench.folder.path("packed/model.tally"), "--data", bench.data]))
  }

  @Test func batchesTrainAndMayBeCompressed() throws {
    let bench = try Bench()
    var set = TinyData(count: 60, width: 32, height: 32, channels: 3, classes: 10)
    try FileManager.default.createDirectory(
      atPath: bench.folder.path("batches"), withIntermediateDirectories: true)
    for (name, seed) in [("data_batch_1", 1), ("data_batch_2", 2), ("test_batch", 3)] {
      set.seed = UInt64(seed)
      try bench.folder.write(set.batchFile, to: "batches/\(name).bin")
    }
    let data = bench.folder.path("batches")
    let options = [
      "--plan", bench.plan, "--quiet", "--set", "layers.*.filters=8", "--set", "layers.*.refine.passes=1",
    ]
    expectSilence(try Tool.run(["train", "--data", data, "--out", bench.folder.path("plain")] + options))
    if Tool.hasProgram("xz") {
      #expect(try Tool.shell("xz '\(data)'/data_batch_2.bin && gzip '\(data)'/test_batch.bin").code == 0)
      expectSilence(try Tool.run(["train", "--data", data, "--out", bench.folder.path("packed")] + options))
      #expect(try bench.bytes("plain/model.tally") == bench.bytes("packed/model.tally"))
    } else {
      print("skipped the xz part: there is no xz program here")
    }
    let outcome = try Tool.run(["evaluate", bench.folder.path("plain/model.tally"), "--data", data, "--json"])
    expectSuccess(outcome)
    #expect(try jsonObject(outcome.output)["images"] as? Int == 60)
  }
}
