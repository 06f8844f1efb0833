// What is beside an exported program, and what cppcheck says of it.

import Foundation
import Testing
import _NetworkTestSupport
import _TestSupport

@testable import DeviceExport

@Suite struct PackagingTests {
  private static func package() throws -> (TemporaryFolder, DevicePackage) {
    let model = try groupedModel(
      seed: 7, width: 9, height: 8, channels: 3, components: 4, levels: 4, classes: 4, mirrors: true)
    let package = DevicePackage(model, name: try #require(ExportName("leaf")), version: "1.2")
    let folder = try TemporaryFolder()
    for file in package.files {
      let path = folder.url.appendingPathComponent(file.path)
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text.utf8).write(to: path)
    }
    return (folder, package)
  }

  @Test func staticAnalysisFindsNothing() throws {
    let (folder, _) = try Self.package()
    _ = try Toolchain.call(
      [
        "cppcheck", "--quiet", "--std=c99", "--enable=warning,performance,portability", "--error-exitcode=3",
        "leaf.c", "leaf_selftest.c",
      ], in: folder.url.path)
  }

  /// No placeholder and no other name is left, and files for machines can be read by them.
  @Test func nothingIsLeftOpen() throws {
    let (_, package) = try Self.package()
    for file in package.files {
      #expect(!file.text.contains("tally_model") && !file.text.contains("TALLY_MODEL"), "\(file.path)")
      #expect(file.text.wholeMatch(of: /(?s).*@[A-Z_]+@.*/) == nil, "\(file.path)")
    }
    let json = try #require(package.files.first { $0.path == "library.json" })
    let object = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any]
    #expect(object?["name"] as? String == "leaf" && object?["version"] as? String == "1.2")
  }
}
