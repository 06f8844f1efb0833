// Trains a small model, writes it, reads it back and classifies with it, all through Tally's modules.
// Usage: SwiftClassifier MODEL; checks its own results and exits with 1 where one is not as it should be.

import BinaryNetworks
import ImageData
import LayerwiseTraining

@main
struct SwiftClassifier {
  static func main() throws {
    guard let path = CommandLine.arguments.dropFirst().first else {
      fatalError("usage: SwiftClassifier MODEL")
    }
    let data = try ImageDataset.open("fashion-mnist")
    let (learned, unseen) = (try data.requireTrain().prefix(3000), try data.requireTest().prefix(1000))

    // A named plan, and two of its settings changed.
    let plan = try TrainingPlan.named("quick").setting(["layers.*.filters=32", "layers.*.refine.passes=2"])
    let task = try TrainingTask(
      plan: plan, images: learned, validationShare: 100_000, seed: 1, memoryLimit: 1 << 30)
    let outcome = try Trainer(task, threads: 2).run(
      from: nil, save: { _, _ in }, isStopRequested: { false },
      onEvent: { event in
        if case .layer(let result) = event {
          print("layer \(result.layer): \(result.correctSum) of \(result.images) validation images right")
        }
      })
    guard case .finished(let trained) = outcome else { fatalError("nobody asked it to stop") }

    // The file holds everything: encoder, filters, heads, class names, plan and seed.
    try trained.write(to: path)
    let model = try Model.read(path: path)
    precondition(model == trained, "what was read is what was written")

    // One image, as its bytes come from a camera or a file: height x width x channels.
    let pixels = unseen.pixels(of: 0)
    let prediction = try ImagePredictor(model).predict(pixels.span)
    let names = model.network.classNames
    for label in prediction.ranking.prefix(2) { print("\(names[label]): score \(prediction.scores[label])") }

    // Many images, on several threads.
    let evaluation = try Evaluation(model, on: unseen, threads: 2)
    let right = names.indices.reduce(0) { $0 + evaluation.confusion[$1][$1] }
    print("\(right) of \(evaluation.images) test images right")
    precondition(right > 750, "a model that has learned knows three quarters")
  }
}
