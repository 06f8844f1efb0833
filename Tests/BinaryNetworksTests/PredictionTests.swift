// What a prediction says of its scores.

import BinaryNetworks
import Testing

@Suite struct PredictionTests {
  @Test(
    arguments: [
      ([5], [0]), ([1, 3, 3, -2], [1, 2, 0, 3]), ([0, 0, 0], [0, 1, 2]), ([.min, .max, 0], [1, 2, 0]),
    ] as [([Int64], [Int])])
  func classesFromTheHighestScoreToTheLowest(scores: [Int64], ranking: [Int]) {
    #expect(Prediction(scores: scores, temperature: nil).ranking == ranking)
  }
}
