// Whether memory and time grow with the data: the tool on a set and on the same set ten times over.

import Foundation
import ImageData
import Plumbing

/// Trains on `images` and on ten copies of them, and compares peak memory and time.
func timeGrowth(_ recorder: Recorder, tool: String, images: LabelledImages, count: Int) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tally-bench-\(getpid())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  var runs: [ProgramRun] = []
  for copies in [1, 10] {
    let (pixels, labels) = try writeIDX(images, count: count, copies: copies, into: folder)
    runs.append(
      try run([
        tool, "train", "--data", "\(pixels),\(labels)", "--plan", "quick",
        "--set", "layers.*.refine.passes=1", "--set", "layers.*.head.passes=1", "--set", "cacheMiB=4",
        "--out", folder.appendingPathComponent("run\(copies)").path, "--quiet",
      ]))
  }
  let group = "Ten times the data (\(count) images, then ten copies of each)"
  recorder.add(
    group, "peak memory, ratio", runs[1].peakBytes / runs[0].peakBytes, "×",
    String(format: "%.0f MB, %.0f MB", runs[0].peakBytes * 1e-6, runs[1].peakBytes * 1e-6))
  recorder.add(
    group, "time, ratio", runs[1].wall / runs[0].wall, "×",
    String(format: "%.1f s, %.1f s", runs[0].wall, runs[1].wall))
  recorder.add(
    group, "processor time, ratio", runs[1].cpu / runs[0].cpu, "×",
    String(format: "%.1f s, %.1f s", runs[0].cpu, runs[1].cpu))
}

private func writeIDX(
  _ images: LabelledImages, count: Int, copies: Int, into folder: URL
) throws -> (pixels: String, labels: String) {
  func bigEndian(_ values: [Int]) -> Data {
    Data(values.flatMap { v in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: v >> $0) } })
  }
  let n = min(count, images.count)
  var pixels = Data([0, 0, 8, 3]) + bigEndian([n * copies, images.shape.height, images.shape.width])
  var labels = Data([0, 0, 8, 1]) + bigEndian([n * copies])
  let bytes = Data(images.prefix(n).pixels)
  let classes = Data(images.labels.prefix(n).map { UInt8($0) })
  for _ in 0..<copies {
    pixels += bytes
    labels += classes
  }
  let names = ["images\(copies).idx", "labels\(copies).idx"].map { folder.appendingPathComponent($0) }
  try pixels.write(to: names[0])
  try labels.write(to: names[1])
  return (names[0].path, names[1].path)
}
