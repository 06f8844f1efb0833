// Exported programs say what Tally says, wherever they run.

import BinaryNetworks
import Foundation
import Testing
import _NetworkTestSupport
import _TestSupport

@testable import DeviceExport

@Suite struct ScoresTests {
  /// Networks of all kinds: the compiler finds nothing to warn of, sanitizers find nothing, and scores are those of ImagePredictor.
  @Test(arguments: Toolchain.native)
  func randomNetworksSayTheSame(toolchain: Toolchain) throws {
    try expectEqualScores(toolchain, seeds: 0..<24, images: 12)
  }

  @Test(arguments: Toolchain.devices)
  func devicesSayTheSame(toolchain: Toolchain) throws {
    try expectEqualScores(toolchain, seeds: 100..<103, images: 200)
  }

  private func expectEqualScores(_ toolchain: Toolchain, seeds: Range<UInt64>, images: Int) throws {
    let models = try ExportedModels(
      randomExportableModels(seeds) + Self.grouped() + seeds.map(slicedModel) + seeds.map(stagedModel))
    try models.writeDriver(images: images)
    let printed = try toolchain.run(["driver.c"] + models.files, in: models.folder.url.path)
    #expect(printed == models.expected(images: images))
  }

  /// Grey and colour, odd sides, one word and several, a hundred classes, a second look.
  private static func grouped() throws -> [Model] {
    [
      try groupedModel(
        seed: 1, width: 9, height: 7, channels: 1, components: 3, levels: 4, classes: 3),
      try groupedModel(
        seed: 2, width: 8, height: 11, channels: 3, components: 10, levels: 6, classes: 4, mirrors: true),
      try groupedModel(
        seed: 3, width: 13, height: 6, channels: 1, components: 3, levels: 31, classes: 100),
      try groupedModel(
        seed: 4, width: 5, height: 5, channels: 3, components: 5, levels: 2, classes: 2, windows: [15, 4]),
    ]
  }
}
