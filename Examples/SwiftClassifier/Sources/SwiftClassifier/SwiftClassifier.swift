// Trains a small model, writes it, reads it back and classifies with it, with one import.
// Usage: SwiftClassifier MODEL PHOTO; checks its own results and exits with 1 where one is not as it should be.

import Tally

@main
struct SwiftClassifier {
  static func main() throws {
    guard CommandLine.arguments.count == 3 else { fatalError("usage: SwiftClassifier MODEL PHOTO") }
    let (path, photo) = (CommandLine.arguments[1], CommandLine.arguments[2])
    let data = try ImageDataset.open("fashion-mnist")
    let (images, unseen) = (try data.requireTrain().prefix(3000), try data.requireTest().prefix(1000))

    // A built-in plan, with a setting changed.
    let plan = try TrainingPlan.named("quick").setting(["layers.*.filters=32"])
    let trained = try Model.train(on: images, plan: plan) { event in
      if case .layer(let result) = event {
        print("layer \(result.layer + 1): \(result.correctSum) of \(result.images) validation images right")
      }
    }

    // The file holds everything: encoder, filters, heads, class names, plan and seed.
    try trained.write(to: path)
    let classifier = try Classifier(path: path)
    precondition(classifier.model == trained, "what was read is what was written")

    // A PNG, JPEG or WebP file of any size.
    print(try classifier.classify(photo: photo))

    // One image as bytes, as they come from a camera: height × width × channels.
    let answer = try classifier.classify(pixels: unseen.pixels(of: 0))
    print("\(answer.className), share \(answer.share ?? 0)")
    precondition(answer.className == "Ankle boot", "the first test image is a boot")

    // Pixels of the wrong size are an error, not a crash.
    do {
      _ = try classifier.classify(pixels: [1, 2, 3])
      fatalError("three bytes are no image")
    } catch {
      print(error)
    }

    // Many labelled images, on several threads.
    let evaluation = try Evaluation(classifier.model, on: unseen, threads: 2)
    let right = classifier.classNames.indices.reduce(0) { $0 + evaluation.confusion[$1][$1] }
    print("\(right) of \(evaluation.images) test images right")
    precondition(right > 750, "a model that has learned knows three quarters")
  }
}
