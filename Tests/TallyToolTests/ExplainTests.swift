// `tally explain` as a user meets it: files, sums that agree with predict, and wrong usage.

import BitKernels
import Foundation
import Testing
import _TestSupport

@Suite struct ExplainTests {
  @Test func writesPageAndPictureAndAgreesWithPredict() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let model = bench.folder.path("run/model.tally")
    let command = ["explain", model, "--data", bench.data, "--index", "4"]
    let page = try Tool.run(command + ["--out", bench.folder.path("why.html")])
    expectSuccess(page)
    #expect(page.output.hasPrefix("test image 4: ") && page.output.contains(" over "))
    #expect(String(decoding: try bench.bytes("why.html"), as: UTF8.self).hasPrefix("<!DOCTYPE html>"))
    expectSuccess(try Tool.run(command + ["--out", bench.folder.path("why.png")]))
    #expect(try bench.bytes("why.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let object = try jsonObject(try Tool.run(command + ["--json"]).output)
    let predicted = try jsonArray(
      try Tool.run(["predict", model, "--data", bench.data, "--index", "4", "--top", "3", "--json"]).output)
    let classes = try #require(predicted.first?["classes"] as? [[String: Any]])
    let scores = try #require(object["scores"] as? [[String: Any]])
    #expect(classes.compactMap { $0["score"] as? Int } == scores.compactMap { $0["score"] as? Int })
    #expect(object["class"] as? String == classes[0]["name"] as? String)
    #expect(object["against"] as? String == classes[1]["name"] as? String)
    #expect(object["score"] as? Int == classes[0]["score"] as? Int)
    let asked = try jsonObject(
      try Tool.run(command + ["--json", "--class", "2", "--against", "0", "--threads", "2"]).output)
    #expect(asked["class"] as? String == "2" && asked["against"] as? String == "0")
    // Compared with the highest class, it is the best of the others that is explained.
    let highest = try #require(classes[0]["name"] as? String)
    let other = try jsonObject(try Tool.run(command + ["--json", "--against", highest]).output)
    #expect(other["class"] as? String == classes[1]["name"] as? String)
    #expect(other["against"] as? String == highest)
  }

  @Test func wrongUsageIsOneLine() throws {
    let bench = try Bench()
    try Tool.run(bench.training("run"))
    let command = ["explain", bench.folder.path("run/model.tally"), "--data", bench.data]
    expectFailure(try Tool.run(command + ["--index", "30"]), code: 2, "--index 30", "30 images")
    expectFailure(try Tool.run(command + ["--class", "cat"]), code: 2, "--class cat", "0, 1, 2")
    expectFailure(try Tool.run(command + ["--class", "1", "--against", "1"]), code: 2, "both 1")
    expectFailure(try Tool.run(command + ["--out", "why.jpg"]), code: 2, ".html or .png")
    expectFailure(
      try Tool.run(command + ["--out", bench.folder.path("none/why.html")]), code: 1, "none/why.html")
  }
}
