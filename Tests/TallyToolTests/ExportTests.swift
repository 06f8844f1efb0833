// `tally export`: what it writes and refuses, and that what it writes says what `tally predict` says of real images.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct ExportTests {
  /// A learned model in a folder.
  private static func bench(_ settings: [String] = [], channels: Int = 1) throws -> Bench {
    let bench = try Bench(TinyData(count: 120, width: 13, height: 11, channels: channels))
    try Tool.run(bench.training("run", settings))
    return bench
  }

  private static func export(_ bench: Bench, _ arguments: [String] = []) throws -> Outcome {
    try Tool.run(
      ["export", bench.folder.path("run/model.tally"), "--out", bench.folder.path("out")] + arguments)
  }

  /// Refined filters with masks and two layers; split filters; clusters with far features and roots on patches. A program that reads images from
  /// a file prints the scores that `tally predict --csv` has.
  @Test(
    arguments: [
      (["exit.mirror=true"], 1),
      (["layers.*.learner=split", "layers.0.head.counts=plain"], 3),
      (
        [
          "layers.*.learner=cluster", "layers.0.head.counts=root",
          "layers.0.thresholds=quantile 0.1,far quantile 0.1",
          "layers.0.head.weightBits=8", "layers.1.head.weightBits=8",
        ], 1
      ),
    ] as [([String], Int)])
  func trainedModelsSayTheSame(settings: [String], channels: Int) throws {
    let bench = try Self.bench(settings, channels: channels)
    let outcome = try Self.export(bench, ["--name", "net"])
    expectSuccess(outcome)
    #expect(outcome.output.contains("net.h, net.c and 10 files around them"))
    try bench.folder.write(Array(Self.program.utf8), to: "out/main.c")
    let out = bench.folder.path("out")
    let images = bench.folder.path("data/t10k-images-idx3-ubyte")
    let run = try Tool.shell(
      """
      cd '\(out)' && cc -O1 -std=c99 -Wall -Wextra -Werror -DNET_SELFTEST_MAIN net.c net_selftest.c -o selftest && ./selftest > /dev/null \
      && cc -O1 -std=c99 -Wall -Wextra -Werror net.c main.c -o program && ./program < '\(images)'
      """)
    expectSuccess(run)
    let predicted = try Tool.run([
      "predict", bench.folder.path("run/model.tally"), "--data", bench.data, "--top", "3", "--json",
    ])
    expectSuccess(predicted)
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(predicted.output.utf8)) as? [[String: Any]])
    let lines = run.output.split(separator: "\n")
    #expect(rows.count == 30 && lines.count == 30)
    for (row, line) in zip(rows, lines) {
      let classes = try #require(row["classes"] as? [[String: Any]])
      let scores = Dictionary(
        uniqueKeysWithValues: classes.map { ("\($0["name"] ?? "")", "\($0["score"] ?? "")") })
      let expected = ["0", "1", "2"].map { scores[$0] ?? "" }.joined(separator: " ")
      #expect(line.dropFirst(2) == expected)
    }
  }

  private static let program = """
    #include <stdio.h>
    #include "net.h"
    int main(void) {
      static uint64_t arena[(NET_ARENA_BYTES + 7) / 8];
      static uint8_t pixels[NET_WIDTH * NET_HEIGHT * NET_CHANNELS];
      net_score scores[NET_CLASSES];
      if (fread(pixels, 1, NET_CHANNELS == 1 ? 16 : 20, stdin) == 0) return 1;
      while (fread(pixels, 1, sizeof pixels, stdin) == sizeof pixels) {
        printf("%d", net_classify(pixels, arena, scores));
        for (int c = 0; c < NET_CLASSES; c++) printf(" %lld", (long long)scores[c]);
        printf("\\n");
      }
      return 0;
    }
    """

  @Test func whatIsThereIsKeptUnlessForced() throws {
    let bench = try Self.bench()
    expectSuccess(try Self.export(bench))
    let files = bench.files("out")
    try bench.folder.write(Array("mine".utf8), to: "out/mine.txt")
    expectFailure(try Self.export(bench), "tally_model.h is there already", "--force")
    expectSuccess(try Self.export(bench, ["--force"]))
    #expect(bench.files("out").filter { $0 != "mine.txt" } == files)
    #expect(try bench.bytes("out/mine.txt") == Array("mine".utf8))
    expectFailure(try Self.export(bench, ["--name", "other"]), "README.md is there already")
  }

  @Test func badUsageIsSaid() throws {
    let bench = try Self.bench()
    let model = bench.folder.path("run/model.tally")
    expectFailure(try Tool.run(["export", model]), code: 2, "--out")
    expectFailure(try Self.export(bench, ["--name", "9net"]), code: 2, "--name 9net", "letter")
    expectFailure(try Self.export(bench, ["--format", "elf"]), code: 2, "elf")
    expectFailure(try Self.export(bench, ["--max-ram", "0"]), code: 2, "--max-ram")
    expectFailure(try Self.export(bench, ["--max-flash", "100"]), "bytes of flash", "weights")
    expectFailure(try Self.export(bench, ["--max-ram", "100"]), "bytes of RAM")
    expectFailure(try Tool.run(["export", bench.plan, "--out", bench.folder.path("out")]), "plan.json")
    #expect(!bench.has("out"))
    try bench.folder.write([], to: "file")
    expectFailure(
      try Tool.run(["export", model, "--out", bench.folder.path("file")]), "there is a file of this name")
    expectFailure(try Tool.run(["export", model, "--out", "/proc/nowhere/out"]), "/proc/nowhere")
    #expect(bench.files(".").allSatisfy { !$0.contains(".tmp") })
  }

  @Test func theReportAddsUp() throws {
    let bench = try Self.bench()
    let model = bench.folder.path("run/model.tally")
    let outcome = try Tool.run(
      ["export", model, "--json", "--out", bench.folder.path("out")], ["PATH": "/nowhere"])
    expectSuccess(outcome)
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let sizes = try #require(report["sizes"] as? [String: Any])
    let tables = try #require(sizes["tables"] as? [[String: Any]])
    #expect(tables.compactMap { $0["bytes"] as? Int }.reduce(0, +) == report["flashBytes"] as? Int)
    #expect(report["cortexM4Instructions"] == nil)
    let text = try Tool.run(["export", model, "--report"])
    expectSuccess(text)
    #expect(text.output.contains("instructions of a Cortex-M4"))
  }
}
