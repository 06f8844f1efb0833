// Explanations and reports for C callers.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import BinaryNetworks
import BitKernels
public import CTally
import ImageData
import ModelEvaluation
import ModelExplanations
import Plumbing
import TrainingReports

// SAFETY: as in CInterface.swift.

/// Why a model takes an image for what it does; see tally.h.
@c @implementation public func tally_explain(
  _ model: OpaquePointer?, _ pixels: UnsafePointer<UInt8>?, _ height: Int, _ width: Int, _ channels: Int,
  _ name: UnsafePointer<CChar>?, _ of: Int, _ against: Int, _ format: Int32, _ threads: Int,
  _ sink: tally_sink?, _ context: UnsafeMutableRawPointer?, _ message: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    try Kernels.validateSelection()
    let model = try unsafe held(model)
    let batch = try ImageBatch(count: 1, height: height, width: width, channels: channels)
    try model.network.check(fits: batch.shape)
    let classes = model.network.classNames.count
    try check("the class to explain", of, in: -1...classes - 1)
    try check("the class it is compared with", against, in: -1...classes - 1)
    if against >= 0 && (of == against || classes == 1) {
      throw Failure.invalid("class \(against) is compared with itself; name two")
    }
    try check("the format", Int(format), in: 0...1)
    try check("the number of threads", threads, in: 1...TrainingRequest.mostThreads)
    let input = ExplanationInput(
      model: model, pixels: try unsafe copy(pixels, batch.bytes, "pixels"),
      name: try unsafe text(name, "name"),
      of: of < 0 ? nil : of, against: against < 0 ? nil : against)
    let explanation = try Explanation(input, threads: threads)
    unsafe hand(format == 0 ? try explanation.json() : explanation.html(), to: sink, context)
  }
}

/// The report on a model; see tally.h.
@c @implementation public func tally_report(
  _ model: OpaquePointer?, _ pixels: UnsafePointer<UInt8>?, _ count: Int, _ height: Int, _ width: Int,
  _ channels: Int, _ labels: UnsafePointer<UInt16>?, _ part: UnsafePointer<CChar>?, _ threads: Int,
  _ sink: tally_sink?, _ context: UnsafeMutableRawPointer?, _ message: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    try Kernels.validateSelection()
    let model = try unsafe held(model)
    let batch = try ImageBatch(count: count, height: height, width: width, channels: channels)
    try check("the number of images", count, in: 1...ImageBatch.mostImages)
    try check("the number of threads", threads, in: 1...TrainingRequest.mostThreads)
    try model.network.check(fits: batch.shape)
    let images = try LabelledImages(
      shape: batch.shape, pixels: try unsafe copy(pixels, batch.bytes, "pixels"),
      labels: try unsafe copy(labels, count, "labels"), classNames: model.network.classNames)
    let input = ReportInput(
      model: model, evaluation: try Evaluation(model, on: images, threads: threads),
      evaluationName: try unsafe text(part, "part"), images: images)
    unsafe hand(try TrainingReport(input, threads: threads).html(), to: sink, context)
  }
}

/// Gives a text to the caller's function.
@unsafe private func hand(_ text: String, to sink: tally_sink?, _ context: UnsafeMutableRawPointer?) {
  guard let sink = unsafe sink else { return }
  let bytes = Array(text.utf8)
  // SAFETY: the bytes live for the call; the context is the caller's own.
  unsafe bytes.withUnsafeBufferPointer { unsafe sink(context, $0.baseAddress, $0.count) }
}
