// The benchmark program: stages, whole trainings, clustering, inference, growth; a table and JSON.
// The kernels alone are in ../../kernels, other people's systems in ../../peers.

import ArgumentParser
import BitKernels
import Foundation
import ImageData
import TrainingPlans

@main
struct TallyBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tally-bench", abstract: "Times what Tally does, on this machine and real images.")

  @Option(help: "Data set of grey images, learned by plan quick.")
  var grey = "fashion-mnist"

  @Option(help: "Folder of CIFAR-10's binary batches, learned by plan standard; left out if not given.")
  var colour: String?

  @Option(help: "The tally executable, for the run that is measured from outside.")
  var tool: String

  @Option(help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "File to write the figures to.")
  var json: String?

  @Option(help: "Use only the first N images of each set.")
  var limit: Int?

  func run() throws {
    let recorder = Recorder()
    let header = [
      "cpu": cpuName(), "threads": "\(threads)", "kernels": Kernels.active.name,
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
      "date": ISO8601DateFormatter().string(from: Date()),
    ]
    print(header.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: "\n"))
    let greyImages = try load(grey)
    let greyModel = try timeStages(
      recorder, group: "Training, \(grey), plan quick", plan: .named("quick"), images: greyImages,
      threads: threads)
    try timeInference(
      recorder, group: "Inference, \(grey), plan quick", model: greyModel, images: greyImages,
      threads: threads)
    if let colour {
      let images = try load(colour)
      try timeClustering(recorder, group: "Clustering, \(colour)", images: images, threads: threads)
      // A part of them: images a second are the same, and all benchmarks take a quarter of an hour at most.
      let some = images.prefix(min(10_000, images.count))
      let model = try timeStages(
        recorder, group: "Training, \(colour), plan standard", plan: .named("standard"), images: some,
        threads: threads)
      try timeInference(
        recorder, group: "Inference, \(colour), plan standard", model: model, images: images, threads: threads
      )
    }
    try timeGrowth(recorder, tool: tool, images: greyImages, count: min(limit ?? 6_000, 6_000))
    if let json { try recorder.write(to: json, header: header) }
  }

  private func load(_ set: String) throws -> LabelledImages {
    let images = try ImageDataset.open(set, parts: .train, threads: threads).requireTrain()
    guard let limit, limit < images.count else { return images }
    return images.prefix(limit)
  }
}

/// The processor's name as the system gives it.
private func cpuName() -> String {
  let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
}
