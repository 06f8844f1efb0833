// Data sets for C callers: the functions of tally.h that read images and hand them over.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTally
import ImageData
import Plumbing

/// What a `tally_data *` points to: the parts of a data set and what was said while they were read.
private final class DataHandle {
  /// By their numbers in tally.h.
  let parts: [LabelledImages?]
  let notes: [String]
  let warnings: [String]

  /// Reads a data set. Test images get the size and colours that the images to learn from have.
  init(_ spec: String, options: FolderOptions, threads: Int) throws {
    let first = try ImageDataset.open(spec, parts: .train, threads: threads, folder: options)
    var options = options
    if let shape = first.train?.shape, first.isOfImageFiles {
      (options.width, options.height) = (shape.width, shape.height)
      options.colour = shape.channels == 1 ? .grey : .rgb
    }
    let second = try Self.test(spec, options: options, threads: threads, isNeeded: first.train == nil)
    parts = [first.train, second?.test, first.validation]
    notes = first.notes + (second?.notes ?? []).filter { !first.notes.contains($0) }
    warnings = first.warnings + (second?.warnings ?? []).filter { !first.warnings.contains($0) }
  }

  /// The test images; nil where the data set has none.
  private static func test(
    _ spec: String, options: FolderOptions, threads: Int, isNeeded: Bool
  ) throws -> ImageDataset? {
    do { return try ImageDataset.open(spec, parts: .test, threads: threads, folder: options) } catch {
      if error.code == .missing && !isNeeded { return nil }
      throw error
    }
  }

  /// A part by its number; nil where there is none.
  func part(_ number: Int) -> LabelledImages? { parts.indices.contains(number) ? parts[number] : nil }
  /// The names of the classes.
  var classNames: [String] { parts.lazy.compactMap { $0 }.first?.classNames ?? [] }
}

// SAFETY: as in CInterface.swift; a data set came from this library and was not yet freed.

/// Reads a data set; see tally.h.
@c @implementation public func tally_data_open(
  _ spec: UnsafePointer<CChar>?, _ width: Int, _ height: Int, _ channels: Int, _ testShare: Int,
  _ seed: UInt64, _ isStrict: Int32, _ threads: Int, _ result: UnsafeMutablePointer<OpaquePointer?>?,
  _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
  unsafe answer(message, capacity) {
    guard let result = unsafe result else { throw Failure.null("data") }
    // SAFETY: the caller gives the address of one pointer.
    unsafe result.pointee = nil
    let isSized = width != 0 || height != 0
    if isSized {
      try check("the width", width, in: 4...1024)
      try check("the height", height, in: 4...1024)
    }
    guard [0, 1, 3].contains(channels) else {
      throw Failure.invalid("the number of channels is \(channels); allowed: 0, 1, 3")
    }
    try check("the test fraction, in parts per million,", testShare, in: 0...900_000)
    try check("the number of threads", threads, in: 1...TrainingRequest.mostThreads)
    let options = FolderOptions(
      width: isSized ? width : nil, height: isSized ? height : nil,
      colour: channels == 0 ? nil : channels == 1 ? .grey : .rgb, testShare: testShare, seed: seed,
      isStrict: isStrict != 0)
    let data = try DataHandle(try unsafe fileName(spec, "spec"), options: options, threads: threads)
    // SAFETY: `tally_data_free` gives the count up.
    unsafe result.pointee = OpaquePointer(Unmanaged.passRetained(data).toOpaque())
  }
}

/// The numbers of a part: images, height, width, channels, classes; see tally.h.
@c @implementation public func tally_data_sizes(
  _ data: OpaquePointer?, _ part: Int, _ sizes: UnsafeMutablePointer<Int>?
) -> Int32 {
  // SAFETY: the caller gives room for five numbers.
  guard let data = unsafe held(data), let sizes = unsafe sizes, data.parts.indices.contains(part) else {
    return Status.invalid.code
  }
  let images = data.part(part)
  let shape = images?.shape
  let numbers = [
    images?.count ?? -1, shape?.height ?? 0, shape?.width ?? 0, shape?.channels ?? 0, data.classNames.count,
  ]
  for (i, number) in numbers.enumerated() { unsafe sizes[i] = number }
  return Status.done.code
}

/// The pixels of a part; see tally.h.
@c @implementation public func tally_data_pixels(
  _ data: OpaquePointer?, _ part: Int, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int
) -> Int {
  // SAFETY: as above.
  guard let images = unsafe held(data)?.part(part) else { return -1 }
  let size = images.shape.pixels
  guard let buffer = unsafe buffer, images.count * size <= capacity else { return images.count * size }
  for index in 0..<images.count {
    images.withPixels(of: index) { pixels in
      // SAFETY: the room has `capacity` bytes, which the test above found enough.
      for i in 0..<size { unsafe buffer[index * size + i] = pixels[i] }
    }
  }
  return images.count * size
}

/// The labels of a part; see tally.h.
@c @implementation public func tally_data_labels(
  _ data: OpaquePointer?, _ part: Int, _ labels: UnsafeMutablePointer<UInt16>?, _ room: Int
) -> Int {
  // SAFETY: as above.
  guard let images = unsafe held(data)?.part(part) else { return -1 }
  guard let labels = unsafe labels, images.count <= room else { return images.count }
  // SAFETY: there is room for as many numbers, as the test above found.
  for (i, label) in images.labels.enumerated() { unsafe labels[i] = label }
  return images.count
}

/// Notes (0), warnings (1), the name of class i (2 + i); see tally.h.
@c @implementation public func tally_data_text(
  _ data: OpaquePointer?, _ which: Int, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int
) -> Int {
  // SAFETY: as above.
  guard let data = unsafe held(data) else { return -1 }
  let names = data.classNames
  func lines(_ lines: [String]) -> [UInt8] { Array(lines.map(\.printable).joined(separator: "\n").utf8) }
  switch which {
  case 0: return unsafe give(lines(data.notes), buffer, capacity)
  case 1: return unsafe give(lines(data.warnings), buffer, capacity)
  case 2..<2 + names.count: return unsafe give(Array(names[which - 2].utf8), buffer, capacity)
  default: return -1
  }
}

/// Lets a data set go; see tally.h.
@c @implementation public func tally_data_free(_ data: OpaquePointer?) {
  // SAFETY: as above: the pointer holds one count on a DataHandle, given up here.
  if let data = unsafe data { unsafe Unmanaged<DataHandle>.fromOpaque(UnsafeRawPointer(data)).release() }
}

/// The data set behind a pointer; nil for none.
@unsafe private func held(_ pointer: OpaquePointer?) -> DataHandle? {
  guard let pointer = unsafe pointer else { return nil }
  // SAFETY: as above: the pointer came from `tally_data_open` and was not freed.
  return unsafe Unmanaged<DataHandle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
}
