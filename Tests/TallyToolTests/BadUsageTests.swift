// Arguments, plans, environments and places to write that cannot work: one line with the remedy, nothing written.

import Foundation
import Plumbing
import Testing
import _TestSupport

@Suite struct BadUsageTests {
  @Test(
    arguments: [
      (["--threads", "0"], "--threads must be in 1...1024"),
      (["--limit", "0"], "--limit must be at least 1"),
      (["--validation", "1.5"], "--validation must be in 0...0.9"),
      (["--validation", "nan"], "--validation must be in 0...0.9"), (["--seed", "x"], "--seed"),
      (["--bogus"], "--bogus"), (["--oot", "x"], "Did you mean '--out'"), (["more"], "more"),
    ])
  func options(extra: [String], words: String) throws {
    let bench = try Bench()
    expectFailure(try Tool.run(bench.training("run") + extra), code: 2, words, "tally train --help")
    #expect(!bench.has("run"))
  }

  @Test func commands() throws {
    for words in [["trian"], ["trian", "--help"], ["trian", "--data", "x"], ["help", "trian"]] {
      expectFailure(try Tool.run(words), code: 2, "'trian' (did you mean 'train'?)", "tally --help")
    }
    expectFailure(try Tool.run(["frobnicate"]), code: 2, "there is no command 'frobnicate'; see")
    expectFailure(try Tool.run(["help", "frobnicate"]), code: 2, "there is no help topic 'frobnicate'; see")
    expectFailure(try Tool.run(["help", "train", "plans"]), code: 2, "takes one command")
    expectFailure(try Tool.run(["train"]), code: 2, "--data", "tally train --help")
    expectFailure(try Tool.run(["train", "--dta", "x"]), code: 2, "'--dta'", "Did you mean '--data'")
    expectFailure(try Tool.run(["completions"]), code: 2, "<shell>")
    expectFailure(try Tool.run(["completions", "tcsh"]), code: 2, "tcsh", "bash")
    expectFailure(try Tool.run(["evaluate"]), code: 2, "<run>", "tally evaluate --help")
    expectFailure(
      try Tool.run(["predict", "m", "--data", "d", "--top", "0"]), code: 2, "--top must be at least 1")
    expectFailure(
      try Tool.run(["predict", "m", "--data", "d", "--index=-1"]), code: 2, "--index must be 0 or more")
    expectFailure(try Tool.run(["plans", "--set", "a=b"]), code: 2, "--set needs a plan")
    expectFailure(try Tool.run(["evaluate", "m", "--data", "d", "--part", "both"]), code: 2, "--part")
  }

  @Test func whatIsNotThereIsSaidOnce() throws {
    let bench = try Bench()
    for words in [["train", "--out", bench.folder.path("run")], ["evaluate", bench.plan]] {
      let isTraining = words[0] == "train"
      let outcome = try Tool.run(words + ["--data", "nowhere"])
      expectFailure(outcome, isTraining ? "error: \"nowhere\" does not exist: " : "not a model file")
    }
    for (command, name) in [("inspect", "none.tally"), ("predict", "none.tally")] {
      let words = [command, bench.folder.path(name)] + (command == "predict" ? ["x.png"] : [])
      let outcome = try Tool.run(words)
      expectFailure(outcome, "no such file; check the name\n")
      #expect(outcome.errors.components(separatedBy: name).count == 2, "\(outcome.errors)")
    }
    #expect(!bench.has("run"))
  }

  @Test func numbersOutOfRange() throws {
    let bench = try Bench()
    let train = ["train", "--data", bench.data, "--out", bench.folder.path("run")]
    let shard = ["shard", "--data", bench.data, "--shards", "2", "--out", bench.folder.path("run")]
    for (option, value, words) in [
      ("--seed", "-1", "'-1' is invalid for '--seed"), ("--seed", "x", "'x' is invalid for '--seed"),
      ("--limit", "0", "--limit must be at least 1"), ("--limit", "-3", "--limit must be at least 1"),
      ("--validation", "-0.1", "--validation must be in 0...0.9"),
      ("--validation", "1", "--validation must be in 0...0.9"),
      ("--test", "-0.1", "--test must be in 0...0.9"), ("--test", "nan", "--test must be in 0...0.9"),
    ] {
      for command in [train, shard] {
        expectFailure(try Tool.run(command + [option, value]), code: 2, words)
      }
    }
    expectFailure(
      try Tool.run(["evaluate", "m", "--data", "d", "--limit", "-1"]), code: 2, "--limit must be at least 1")
    #expect(!bench.has("run"))
  }

  @Test(
    arguments: [
      ("layers.0.filtres=8", "layers[0].filtres: unknown key (did you mean 'filters'?)"),
      ("layers.0.filters=0", "layers[0].filters: 0 is out of range; allowed: 1...4096"),
      ("layers.0.filters=many", "layers[0].filters"), ("layers.9.filters=2", "layers.9"),
      ("nonsense", "nonsense"),
      ("layers.*.head.grid=16", "layers[1].head.grid: 16 cells a side on a map of 8×8"),
      ("layers.0.learner=clutser", "layers[0].learner"), ("layers.0.mask=0.5", "layers[0].mask"),
      ("layers.0.thresholds=[\"half\",\"half\"]", "layers[0].thresholds"), ("shards=0", "shards"),
      ("layers=[]", "layers"),
    ])
  func settings(setting: String, words: String) throws {
    let bench = try Bench()
    expectFailure(try Tool.run(bench.training("run", [setting])), code: 2, words)
    #expect(!bench.has("run"))
  }

  @Test func contradictions() throws {
    let bench = try Bench()
    let contradiction = ["layers.0.start=split", "layers.0.learner=split"]
    expectFailure(
      try Tool.run(bench.training("run", contradiction)), code: 2, "layers[0].start",
      "only with learner refine")
  }

  @Test func plans() throws {
    let bench = try Bench()
    func plan(_ name: String) throws -> Outcome {
      try Tool.run(["train", "--data", bench.data, "--out", bench.folder.path("run"), "--plan", name])
    }
    expectFailure(try plan("quikc"), code: 2, "quikc", "did you mean 'quick'?")
    expectFailure(try plan("./none.json"), code: 2, "./none.json: no such plan file", "quick")
    expectFailure(try plan(bench.data), bench.data, "folder")
    for (text, words) in [
      ("hello", "JSON"), ("", "JSON"),
      ("{\"nam\": \"x\", \"layers\": []}", "nam: unknown key (did you mean 'name'?)"),
      ("{\"name\": \"x\", \"layers\": [{\"filtres\": 8}]}", "layers[0].filtres"), ("[1]", "plan.json"),
      ("{\"name\": \"x\", \"layers\": [{\"filters\": 1e30}]}", "layers[0].filters"),
    ] {
      try bench.folder.write(Array(text.utf8), to: "plan.json")
      expectFailure(try plan(bench.plan), code: 2, bench.plan, words)
    }
    expectFailure(try Tool.run(["plans", "quikc"]), code: 2, "did you mean 'quick'?")
    #expect(!bench.has("run"))
  }

  @Test func moreFiltersThanMemory() throws {
    let bench = try Bench()
    let settings = ["layers.0.filters=4000", "layers.1.window=1"]
    let outcome = try Tool.run(bench.training("run", settings), ["TALLY_MEMORY_MIB": "64"])
    expectFailure(
      outcome, code: 2, "layers[0].filters: more filters than memory: 4000 need about", "allowed:")
    #expect(!bench.has("run"))
  }

  @Test func environment() throws {
    let bench = try Bench()
    for (name, value) in [
      ("TALLY_FORCE_KERNELS", "bogus"), ("TALLY_MEMORY_MIB", "much"), ("TALLY_MEMORY_MIB", "0"),
      ("TALLY_CHECKPOINT_SECONDS", "-1"), ("TALLY_CHECKPOINT_SECONDS", "nan"),
      ("TALLY_TEST_SIGNAL", "KILL"), ("TALLY_TEST_SIGNAL", "KILL lunch 1"),
      ("TALLY_TEST_SIGNAL", "INT round 0"),
    ] {
      expectFailure(try Tool.run(bench.training("run"), [name: value]), code: 2, "\(name)=\(value)")
    }
    expectFailure(try Tool.run(["kernels"], ["TALLY_FORCE_KERNELS": "bogus"]), code: 2, "scalar")
    expectFailure(try Tool.run(["inspect", "x"], ["TALLY_FORCE_KERNELS": "bogus"]), code: 2, "scalar")
    #expect(!bench.has("run"))
  }

  @Test func placesThatCannotBeWritten() throws {
    let bench = try Bench()
    for out in ["plan.json", "plan.json/run"] {
      let outcome = try Tool.run(bench.training(out))
      expectFailure(
        outcome, "cannot create the folder \(bench.folder.path("plan.json"))", "choose another --out")
    }
    #expect(try bench.bytes("plan.json") == Array(Bench.planText.utf8))
    for out in ["/dev/null/run", "/dev/null"] {
      let outcome = try Tool.run([
        "train", "--data", bench.data, "--plan", bench.plan, "--out", out, "--quiet",
      ])
      expectFailure(outcome, "cannot create the folder /dev/null", "choose another --out")
    }
    // It is said before any image is read: the data are not there, either.
    let early = try Tool.run(["train", "--data", bench.folder.path("none"), "--out", "/dev/null/run"])
    expectFailure(early, "cannot create the folder /dev/null", "choose another --out")
    // Folders where files should go.
    for name in ["log.jsonl", "model.tally", "checkpoint/state.tally", "checkpoint/origin.json"] {
      let run = "taken-\(name.replacingOccurrences(of: "/", with: "-"))"
      let place = bench.folder.path("\(run)/\(name)/inner")
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let outcome = try Tool.run(bench.training(run))
      expectFailure(outcome, bench.folder.path("\(run)/\(name)"))
      #expect(!bench.files(run).contains { $0.hasSuffix(".tmp") })
      #expect(
        FileKind(path: place) == .folder
          && FileKind(path: bench.folder.path("\(run)/report.html")) == .missing)
    }
  }
}
