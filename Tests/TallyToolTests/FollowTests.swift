// report.html while a training runs, when it is stopped, and when it is over.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct FollowTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func page(_ run: String = "run") throws -> String {
    String(decoding: try bench.bytes("\(run)/report.html"), as: UTF8.self)
  }

  private func refreshes(_ page: String) -> Bool { page.contains("http-equiv=\"refresh\"") }

  private func train(_ signal: String) throws -> Outcome {
    try Tool.run(
      bench.training("run", ["mergesPerPass=4"]),
      ["TALLY_CHECKPOINT_SECONDS": "0", "TALLY_TEST_SIGNAL": signal])
  }

  @Test func fromItsBeginningToItsEnd() throws {
    // Killed in the first round: there is a page already, which would be loaded again.
    #expect(try train("KILL round 1").code == 128 + SIGKILL)
    var text = try page()
    #expect(refreshes(text) && text.contains("This training is running") && text.contains("id=\"data\""))
    // Stopped: it says so, and how to go on.
    let resume = ["train", "--resume", bench.folder.path("run"), "--quiet"]
    #expect(try Tool.run(resume, ["TALLY_TEST_SIGNAL": "INT round 3"]).code == 130)
    text = try page()
    #expect(!refreshes(text) && text.contains("This training was stopped"))
    #expect(text.contains("tally train --resume \(bench.folder.path("run"))"))
    // Over: the report of always.
    expectSilence(try Tool.run(resume))
    text = try page()
    #expect(!refreshes(text) && !text.contains("id=\"status\"") && text.contains("id=\"summary\""))
    // Whoever is not disturbed gets the same model, and validation after passes in log and chart.
    expectSilence(try Tool.run(bench.training("whole", ["mergesPerPass=4"])))
    #expect(try bench.bytes("run/model.tally") == bench.bytes("whole/model.tally"))
    let events = try logLines(bench, "whole").compactMap { $0["event"] as? String }
    #expect(events.count { $0 == "validation" } == 3)
    #expect(try page("whole").contains("curve dashed"))
  }

  @Test func afterALayerItShowsTheNetworkSoFar() throws {
    // The second layer has begun.
    let rounds = try { () throws -> Int in
      expectSilence(try Tool.run(bench.training("whole", ["mergesPerPass=4"])))
      return try logLines(bench, "whole").prefix { $0["event"] as? String != "layer" }
        .count { $0["event"] as? String == "round" }
    }()
    #expect(try train("KILL round \(rounds + 2)").code == 128 + SIGKILL)
    let text = try page()
    #expect(refreshes(text) && text.contains("id=\"summary\"") && text.contains("id=\"confusions\""))
    #expect(text.contains("12 filters"))
  }

  /// The report of an earlier training stays in its place until the new one is whole.
  @Test func anEarlierReportStays() throws {
    expectSilence(try Tool.run(bench.training("run")))
    let before = try page()
    #expect(try train("KILL round 2").code == 128 + SIGKILL)
    #expect(try page() == before && bench.reportIsUnfinished("run/checkpoint"))
    expectSilence(try Tool.run(["train", "--resume", bench.folder.path("run"), "--quiet"]))
    #expect(try page() != before && !bench.has("run/checkpoint/report.html"))
  }
}
