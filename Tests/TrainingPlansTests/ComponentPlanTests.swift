// Components of windows in plans for images of two channels, whose windows have fewer values.

import ImageEncoding
import Testing
import TrainingPlans

@Suite struct ComponentPlanTests {
  @Test(arguments: TrainingPlan.names) func namedPlansFitImagesOfAnyChannels(name: String) throws {
    let plan = try TrainingPlan.named(name)
    for channels in 1...16 {
      let sizes = try plan.sizes(width: 16, height: 16, channels: channels, classes: 2)
      let signals = plan.encoder.signals(channels: channels)
      #expect(Set(signals.map { $0.components * $0.levels }).count == 1)
      #expect(sizes.encoderBits == signals.reduce(0) { $0 + $1.components * $1.levels })
      if channels > 2 { #expect(signals == plan.encoder.colour) }
    }
  }

  @Test func ofTwoChannelsAllWindowsGiveWhatTheSmallestHas() throws {
    let plan = try TrainingPlan.named("quick")
    #expect(plan.encoder.signals(channels: 2).map(\.components) == [17, 17, 17, 17])
    #expect(plan.encoder.signals(channels: 2).map(\.window) == plan.encoder.colour.map(\.window))
  }
}
