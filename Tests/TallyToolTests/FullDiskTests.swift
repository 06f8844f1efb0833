// Disks that are full: whatever file is there is whole, the error names the one that is not, and resuming mends it.

import BitKernels
import Foundation
import Testing
import _TestSupport

/// Whether this process may mount a small file system in memory.
private let canMount: Bool = {
  #if os(Linux)
    guard geteuid() == 0, Tool.hasProgram("mount"), let folder = try? TemporaryFolder() else { return false }
    let place = folder.url.path
    let outcome = try? Tool.shell("mount -t tmpfs -o size=4k tmpfs '\(place)' && umount '\(place)'")
    return outcome?.code == 0
  #else
    return false
  #endif
}()

@Suite struct FullDiskTests {
  @Test(.enabled(if: canMount, "mounting a tmpfs is not allowed here"))
  func nothingIsHalfWritten() throws {
    let bench = try Bench()
    expectSilence(try Tool.run(bench.training("whole")))
    let model = try bench.bytes("whole/model.tally")
    let disk = bench.folder.path("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    try #require(try Tool.shell("mount -t tmpfs -o size=4k tmpfs '\(disk)'").code == 0)
    defer { _ = try? Tool.shell("umount '\(disk)'") }

    var failed: Set<String> = []
    /// Trains on a disk of so many pages of 4 KiB; true if they were enough.
    func attempt(pages: Int, filled: Bool = false, checkpointSeconds: Int) throws -> Bool {
      for name in ["run", "filler"] { try? FileManager.default.removeItem(atPath: "\(disk)/\(name)") }
      try #require(try Tool.shell("mount -o remount,size=\(4 * pages)k '\(disk)'").code == 0)
      if filled { try bench.folder.write([UInt8](repeating: 1, count: 4096 * pages), to: "disk/filler") }
      let environment = ["TALLY_CHECKPOINT_SECONDS": "\(checkpointSeconds)"]
      let outcome = try Tool.run(bench.training("disk/run"), environment)
      let files = bench.files("disk/run")
      #expect(!files.contains { $0.hasSuffix(".tmp") }, "\(files)")
      if files.contains("model.tally") { #expect(try bench.bytes("disk/run/model.tally") == model) }
      let isReported = files.contains("report.html") && !bench.reportIsUnfinished("disk/run")
      #expect(isReported == (outcome.code == 0))
      if files.contains("log.jsonl"), try !bench.bytes("disk/run/log.jsonl").isEmpty {
        _ = try logLines(bench, "disk/run")
      }
      if outcome.code == 0 {
        // The log may have missed a line when the disk was fuller than it is now; then that is said.
        if outcome.errors.contains("log.jsonl is not complete: ") { return true }
        expectSilence(outcome)
        return true
      }
      expectFailure(outcome, "No space left on device", "free some space", disk)
      let name = outcome.errors.split(separator: ":").first { $0.contains(disk) }?.split(separator: "/").last
      failed.insert(String(name ?? ""))
      #expect(!files.contains(".tally-lock"))
      if files.contains("checkpoint/state.tally") {
        #expect(outcome.errors.contains("continue with: tally train --resume \(disk)/run"), "\(outcome)")
        // With space made, the same run can be finished.
        try #require(try Tool.shell("mount -o remount,size=4m '\(disk)'").code == 0)
        expectSilence(try Tool.run(["train", "--resume", disk + "/run", "--quiet"]))
        #expect(try bench.bytes("disk/run/model.tally") == model)
      }
      return false
    }
    #expect(try !attempt(pages: 1, filled: true, checkpointSeconds: 0))
    // Checkpoints within a layer are large: these disks hold some of them.
    for pages in [1, 12, 40] { #expect(try !attempt(pages: pages, checkpointSeconds: 0)) }
    // Those between layers are not: then the report is what does not fit.
    var pages = 1
    while try !attempt(pages: pages, checkpointSeconds: 1000), pages < 64 { pages += pages < 8 ? 1 : 4 }
    #expect(pages < 64)
    #expect(failed.isSuperset(of: ["state.tally", "report.html"]), "\(failed)")
  }
}
