// Tally for C callers: the functions of tally.h that train, predict, read and write models, and how pointers become values.
// What they do is in TrainingRequest.swift; the statuses they return are in Failure.swift; data sets and pages are
// in DataInterface.swift and PageInterface.swift. The compiler compares each function with its declaration in tally.h, whose names they bear:
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import BinaryNetworks
public import CTally
import ImageData
import LayerwiseTraining
import Plumbing

/// The version of this interface: a caller built for another one must not go on.
@c @implementation public func tally_interface_version() -> Int32 { TALLY_INTERFACE_VERSION }

/// What a `tally_model *` points to: a model, and the predictors that its last images left.
private final class ModelHandle {
  let predictors: PredictorPool
  init(_ model: Model) { predictors = PredictorPool(model) }
}

// SAFETY: everywhere below, the caller vouches, as tally.h says, that a pointer it gives is null or leads to as many
// elements as the length beside it, unchanged during the call; that texts end in a zero byte; and that a model
// came from this library and was not yet freed. Null pointers and lengths are checked before anything is read.

/// Trains a model; see tally.h.
@c @implementation public func tally_train(
  _ pixels: UnsafePointer<UInt8>?, _ count: Int, _ height: Int, _ width: Int, _ channels: Int,
  _ labels: UnsafePointer<UInt16>?, _ classNames: UnsafePointer<UnsafePointer<CChar>?>?, _ classes: Int,
  _ plan: UnsafePointer<CChar>?, _ settings: UnsafePointer<UnsafePointer<CChar>?>?, _ settingCount: Int,
  _ seed: UInt64, _ validationShare: Int, _ threads: Int, _ memoryLimit: Int,
  _ progress: tally_progress?, _ context: UnsafeMutableRawPointer?,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ message: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    guard let result = unsafe result else { throw Failure.null("model") }
    // SAFETY: as above; the caller gives the address of one pointer.
    unsafe result.pointee = nil
    let batch = try ImageBatch(count: count, height: height, width: width, channels: channels)
    try check("the number of classes", classes, in: 1...65_535)
    try check("the number of settings", settingCount, in: 0...10_000)
    // SAFETY: as above.
    let request = TrainingRequest(
      images: try LabelledImages(
        shape: batch.shape, pixels: try unsafe copy(pixels, batch.bytes, "pixels"),
        labels: try unsafe copy(labels, count, "labels"),
        classNames: try unsafe texts(classNames, classes, "class_names")),
      plan: try unsafe text(plan, "plan"), settings: try unsafe texts(settings, settingCount, "settings"),
      seed: seed, validationShare: validationShare, threads: threads, memoryLimit: memoryLimit)
    let model = try request.run { event in
      guard let progress = unsafe progress else { return false }
      return unsafe ask(progress, context, event) != 0
    }
    unsafe result.pointee = hold(model)
  }
}

/// Reads a model file; see tally.h.
@c @implementation public func tally_model_open(
  _ path: UnsafePointer<CChar>?, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    guard let result = unsafe result else { throw Failure.null("model") }
    // SAFETY: as above.
    unsafe result.pointee = nil
    unsafe result.pointee = hold(try Model.read(path: try unsafe fileName(path, "path")))
  }
}

/// A model from the bytes of a model file; see tally.h.
@c @implementation public func tally_model_decode(
  _ bytes: UnsafePointer<UInt8>?, _ count: Int, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    guard let result = unsafe result else { throw Failure.null("model") }
    // SAFETY: as above.
    unsafe result.pointee = nil
    try check("the number of bytes", count, in: 0...(1 << 30))
    unsafe result.pointee = hold(try Model(encoded: try unsafe copy(bytes, count, "bytes"), path: nil))
  }
}

/// Writes a model file; see tally.h.
@c @implementation public func tally_model_write(
  _ model: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ message: UnsafeMutablePointer<CChar>?,
  _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    // SAFETY: as above.
    try unsafe held(model).write(to: try unsafe fileName(path, "path"))
  }
}

/// The bytes of the model's file; see tally.h.
@c @implementation public func tally_model_encode(
  _ model: OpaquePointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int
) -> Int {
  // SAFETY: as above.
  guard let model = try? unsafe held(model) else { return -1 }
  return unsafe give(model.encoded(), buffer, capacity)
}

/// A text that the model holds: its plan (0), what training measured (1), the name of class i (2 + i); see tally.h.
@c @implementation public func tally_model_text(
  _ model: OpaquePointer?, _ which: Int, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int
) -> Int {
  // SAFETY: as above.
  guard let model = try? unsafe held(model) else { return -1 }
  let names = model.network.classNames
  switch which {
  case 0: return unsafe give(Array(model.plan.utf8), buffer, capacity)
  case 1: return unsafe give(Array(model.summary.utf8), buffer, capacity)
  case 2..<2 + names.count: return unsafe give(Array(names[which - 2].utf8), buffer, capacity)
  default: return -1
  }
}

/// The numbers of a model: height, width, channels, classes; see tally.h.
@c @implementation public func tally_model_sizes(
  _ model: OpaquePointer?, _ sizes: UnsafeMutablePointer<Int>?
) -> Int32 {
  // SAFETY: as above; the caller gives room for four numbers.
  guard let model = try? unsafe held(model), let sizes = unsafe sizes else { return Status.invalid.code }
  let shape = model.network.shape
  let numbers = [shape.height, shape.width, shape.channels, model.network.classNames.count]
  for (i, number) in numbers.enumerated() { unsafe sizes[i] = number }
  return Status.done.code
}

/// The seed a model was trained with, 0 for no model; see tally.h.
@c @implementation public func tally_model_seed(_ model: OpaquePointer?) -> UInt64 {
  // SAFETY: as above.
  (try? unsafe held(model))?.seed ?? 0
}

/// A model's temperature, 0 for none; see tally.h.
@c @implementation public func tally_model_temperature(_ model: OpaquePointer?) -> Int {
  // SAFETY: as above.
  (try? unsafe held(model))?.temperature?.value ?? 0
}

/// Class scores of images; see tally.h.
@c @implementation public func tally_predict(
  _ model: OpaquePointer?, _ pixels: UnsafePointer<UInt8>?, _ count: Int, _ height: Int,
  _ width: Int,
  _ channels: Int, _ threads: Int, _ scores: UnsafeMutablePointer<Int64>?, _ scoreCount: Int,
  _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    // SAFETY: as above.
    let predictors = try unsafe predictors(of: model)
    let batch = try ImageBatch(count: count, height: height, width: width, channels: channels)
    let classes = predictors.model.network.classNames.count
    try check("the room for scores", scoreCount, in: count * classes...count * classes)
    let found = try predictors.scores(try unsafe copy(pixels, batch.bytes, "pixels"), batch, threads: threads)
    guard let scores = unsafe scores else {
      if found.isEmpty { return }
      throw Failure.null("scores")
    }
    for (i, score) in found.enumerated() { unsafe scores[i] = score }
  }
}

/// Lets a model go; see tally.h.
@c @implementation public func tally_model_free(_ model: OpaquePointer?) {
  // SAFETY: as above: the pointer holds one count on a ModelHandle, given up here.
  if let model = unsafe model { unsafe Unmanaged<ModelHandle>.fromOpaque(UnsafeRawPointer(model)).release() }
}

/// Tells the caller of a step.
/// - Returns: what its function returns.
@unsafe private func ask(
  _ progress: tally_progress, _ context: UnsafeMutableRawPointer?, _ event: TrainingEvent
) -> Int32 {
  let report = event.report
  // SAFETY: the text lives for the call; the context is the caller's own.
  return unsafe report.stage.withCString { stage in
    unsafe progress(context, stage, report.layer, report.done, report.total, report.images, report.accuracy)
  }
}

/// Runs a body and turns its end into a status and a message.
@unsafe func answer(
  _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ body: () throws -> Void
) -> Int32 {
  // SAFETY: as above.
  do {
    try body()
    unsafe tell("", message, capacity)
    return Status.done.code
  } catch {
    let failure = Failure(error)
    unsafe tell(failure.message, message, capacity)
    return failure.status.code
  }
}

/// Writes a text and its zero byte into the caller's room, cut to whole characters where it is too long.
@unsafe private func tell(_ line: String, _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int) {
  guard let message = unsafe message, capacity > 0 else { return }
  var length = 0
  for character in line {
    let bytes = character.utf8
    if length + bytes.count >= capacity { break }
    // SAFETY: as above; length stays below capacity.
    for byte in bytes {
      unsafe message[length] = CChar(bitPattern: byte)
      length += 1
    }
  }
  unsafe message[length] = 0
}

/// Copies bytes into the caller's room if they fit.
/// - Returns: how many there are.
@unsafe func give(_ bytes: [UInt8], _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int) -> Int {
  guard let buffer = unsafe buffer, bytes.count <= capacity else { return bytes.count }
  // SAFETY: as above: the room has `capacity` bytes, which the test above found enough.
  for (i, byte) in bytes.enumerated() { unsafe buffer[i] = byte }
  return bytes.count
}

/// `count` elements of the caller's memory as an array.
@unsafe func copy<T>(_ pointer: UnsafePointer<T>?, _ count: Int, _ what: String) throws -> [T] {
  if count == 0 { return [] }
  guard let pointer = unsafe pointer else { throw Failure.null(what) }
  // SAFETY: as above.
  return unsafe Array(UnsafeBufferPointer(start: pointer, count: count))
}

/// A text of the caller's, which must be UTF-8.
@unsafe func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> String {
  guard let pointer = unsafe pointer else { throw Failure.null(what) }
  // SAFETY: as above: the text ends in a zero byte.
  guard let text = unsafe String(validatingCString: pointer) else {
    throw Failure.invalid("\(what) is not UTF-8 text")
  }
  return text
}

/// A path of the caller's, whatever bytes it has.
@unsafe func fileName(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> String {
  guard let pointer = unsafe pointer else { throw Failure.null(what) }
  // SAFETY: as above: the text ends in a zero byte.
  var count = 0
  while unsafe pointer[count] != 0 { count += 1 }
  return unsafe FileName.text(
    UnsafeBufferPointer(start: pointer, count: count).map { UInt8(bitPattern: $0) })
}

/// Several texts of the caller's.
@unsafe private func texts(
  _ pointers: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ what: String
) throws -> [String] {
  // SAFETY: as above.
  try unsafe copy(pointers, count, what).enumerated().map { try unsafe text($1, "\(what)[\($0)]") }
}

/// A model as a pointer that holds one count on it.
@unsafe private func hold(_ model: Model) -> OpaquePointer {
  // SAFETY: `tally_model_free` gives the count up.
  unsafe OpaquePointer(Unmanaged.passRetained(ModelHandle(model)).toOpaque())
}

/// The model behind a pointer.
@unsafe func held(_ pointer: OpaquePointer?) throws -> Model {
  // SAFETY: as above.
  try unsafe predictors(of: pointer).model
}

/// The predictors of the model behind a pointer.
@unsafe func predictors(of pointer: OpaquePointer?) throws -> PredictorPool {
  guard let pointer = unsafe pointer else { throw Failure.null("model") }
  // SAFETY: as above: the pointer came from `hold` and was not freed.
  return unsafe Unmanaged<ModelHandle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue().predictors
}
