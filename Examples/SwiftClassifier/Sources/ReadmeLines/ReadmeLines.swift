// README's lines of Swift, so that they compile as they stand there. SwiftClassifier runs the same calls.

import Tally

func readmeLines(bytes: [UInt8]) throws {
  let classifier = try Classifier(path: "run/model.tally")
  print(try classifier.classify(photo: "boot.jpg"))  // Ankle boot 99.9 %

  let answer = try classifier.classify(pixels: bytes)  // height × width × channels, else it throws
  print(answer.className, answer.share ?? 0)

  let images = try ImageDataset.open("photos/").requireTrain()
  let model = try Model.train(on: images, plan: .named("quick"))
  try model.write(to: "mine.tally")
}
