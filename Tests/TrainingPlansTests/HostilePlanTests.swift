// Plans that are text as any other but hostile: every number set to what nobody writes, far too much of everything.

import Plumbing
import Testing
import _TestSupport

@testable import TrainingPlans

@Suite struct HostilePlanTests {
  /// Every built-in plan with every number of it changed: refused in one line, or sized.
  @Test(arguments: TrainingPlan.names) func everyNumberIsRefusedOrSized(name: String) throws {
    let text = try TrainingPlan.named(name).json()
    var (refused, sized) = (0, 0)
    Mutations.forEachNumber(ofJSON: text, Mutations.jsonNumbers) { changed in
      do throws(TrainingPlanError) {
        let plan = try TrainingPlan(json: Array(changed.utf8), path: nil)
        for (side, channels, classes) in [(32, 3, 10), (16_384, 1, 65_535), (1, 16, 2)] {
          try plan.validate(
            width: side, height: side, channels: channels, classes: classes, memoryLimitBytes: 1 << 34,
            threads: 4)
        }
        sized += 1
      } catch {
        refused += 1
        #expect(!error.message.contains("\n"))
      }
    }
    #expect(refused > 100, "\(refused) refused, \(sized) sized")
  }

  @Test(
    arguments: [
      (String(repeating: "[", count: 1_000_000), "nests"),
      (String(repeating: "{\"a\":", count: 100_000), "nests"),
      (
        "{\"name\":\"a\",\"layers\":[" + String(repeating: "{\"filters\":1},", count: 50_000) + "]}", "commas"
      ),
      ("{\"name\":\"a\",\"layers\":[{\"filters\":1000000000}]}", "1...4096"),
      ("{\"name\":\"a\",\"layers\":[{\"filters\":1e400}]}", "too large"),
      (
        "{\"name\":\"a\",\"layers\":[{\"filters\":" + String(repeating: "9", count: 400_000) + "}]}",
        "too large"
      ),
      ("{\"name\":\"a\",\"layers\":[{\"filters\":1,\"filters\":2}]}", "twice"),
      ("{\"name\":\"" + String(repeating: "a", count: 900_000) + "\",\"layers\":[{\"filters\":1}]}", "name"),
      (String(repeating: " ", count: 2_000_000), "bytes"),
    ])
  func tooMuchOfAnythingIsOneLine(text: String, message: String) {
    let error = #expect(throws: TrainingPlanError.self) {
      try TrainingPlan(json: Array(text.utf8), path: nil)
    }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
    #expect((error?.message.utf8.count ?? .max) < 1000)
  }
}
