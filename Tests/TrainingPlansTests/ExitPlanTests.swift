// Early exits and the mirrored look in plans: what is read, written, refused.

import Testing
import TrainingPlans

@Suite struct ExitPlanTests {
  @Test func theDefaultIsNotWritten() throws {
    #expect(!small.json().contains("exit"))
    let plan = try small.setting(["exit.early=true", "exit.loss=0.25", "exit.mirror=true"])
    #expect(plan.exit == ExitPlan(early: true, loss: 0.25, mirror: true))
    #expect(plan.json().contains("\"exit\": {\"early\": true, \"loss\": 0.25, \"mirror\": true}"))
    #expect(try read(plan.json()) == plan)
    #expect(try plan.setting(["exit={}"]).json() == small.json())
    #expect(try small.setting(["exit.mirror=true"]).exit == ExitPlan(mirror: true))
  }

  @Test(
    arguments: [
      ("exit.loss=-1", "exit.loss: -1 is out of range; allowed: 0...100"),
      ("exit.loss=101", "exit.loss: 101 is out of range; allowed: 0...100"),
      ("exit.early=yes", "exit.early"), ("exit.late=true", "late"),
    ])
  func refusesWhatMeansNothing(setting: String, message: String) throws {
    let error = #expect(throws: TrainingPlanError.self) { try small.setting([setting]) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func pointsOfImages() {
    #expect(ExitPlan(loss: 0.1).images(of: 6000) == 6)
    #expect(ExitPlan(loss: 0.1).images(of: 5999) == 5)
    #expect(ExitPlan(loss: 0).images(of: 6000) == 0)
    // So few cannot tell so small a loss.
    #expect(ExitPlan(loss: 0.1).images(of: 1000) == 1 && ExitPlan(loss: 0.1).images(of: 999) == nil)
    #expect(ExitPlan(loss: 0).images(of: 0) == nil && ExitPlan(loss: 100).images(of: 1) == 1)
    #expect(ExitPlan(loss: 100).images(of: 6000) == 6000)
  }
}
