// What callers of an exported program may do, and may not.

import BinaryNetworks
import Foundation
import Testing
import _NetworkTestSupport
import _TestSupport

@testable import DeviceExport

@Suite struct InterfaceTests {
  /// Rows one by one, bad arguments, names, shares.
  @Test func callersGetWhatTheHeaderSays() throws {
    let models = try ExportedModels([
      groupedModel(seed: 5, width: 9, height: 8, channels: 3, components: 6, levels: 4, classes: 5)
    ])
    let model = models.models[0]
    let image = SelfTest.pixels(3, model.network.shape)
    let scores = ImagePredictor(model).prediction(image.span).scores
    let shares = try #require(model.temperature).shares(scores)
    try models.folder.write(Array(Self.program.utf8), to: "driver.c")
    let printed = try Toolchain.native[3].run(["driver.c"] + models.files, in: models.folder.url.path)
    let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    #expect(
      printed == """
        rows \(best) \(scores.map { "\($0)" }.joined(separator: " "))
        shares \(shares.map { "\($0)" }.joined(separator: " "))
        bad -1 -1 -1 -1 -1 -1 -1 -1
        names class 0|class 4|none|none

        """)
  }

  private static let program = """
    #include <stdio.h>
    #include "m0_selftest.h"
    int main(void) {
      static uint64_t arena[(M0_ROWS_ARENA_BYTES + 7) / 8];
      static uint8_t pixels[M0_WIDTH * M0_HEIGHT * M0_CHANNELS];
      m0_score scores[M0_CLASSES];
      uint32_t shares[M0_CLASSES];
      m0_selftest_image(3, pixels);
      int bad[8];
      if (m0_begin(arena) != 0) return 1;
      for (int y = 0; y < M0_HEIGHT; y++) {
        if (y == 5) bad[0] = m0_end(arena, scores);
        if (m0_row(arena, pixels + y * M0_WIDTH * M0_CHANNELS) != y + 1) return 2;
      }
      bad[1] = m0_row(arena, pixels);
      printf("rows %d", m0_end(arena, scores));
      for (int c = 0; c < M0_CLASSES; c++) printf(" %ld", (long)scores[c]);
      if (m0_shares(scores, shares) != 0) return 3;
      printf("\\nshares");
      for (int c = 0; c < M0_CLASSES; c++) printf(" %lu", (unsigned long)shares[c]);
      bad[2] = m0_classify(NULL, arena, scores);
      bad[3] = m0_classify(pixels, NULL, scores);
      bad[4] = m0_classify(pixels, arena, NULL);
      bad[5] = m0_classify(pixels, (uint8_t *)arena + 4, scores);
      bad[6] = m0_shares(NULL, shares);
      bad[7] = m0_begin((uint8_t *)arena + 1);
      printf("\\nbad");
      for (int i = 0; i < 8; i++) printf(" %d", bad[i]);
      const char *none = m0_class_name(5), *less = m0_class_name(-1);
      printf("\\nnames %s|%s|%s|%s\\n", m0_class_name(0), m0_class_name(4), none ? none : "none", less ? less : "none");
      return 0;
    }
    """

  @Test(arguments: ["", "9a", "_a", "a-b", "a b", "ä", "a;", String(repeating: "a", count: 49)])
  func namesAreIdentifiers(text: String) { #expect(ExportName(text) == nil) }

  @Test func namesAreTaken() throws {
    let name = try #require(ExportName("Cat_net2"))
    #expect(name.naming("TALLY_MODEL_X tally_model_y tally_x") == "CAT_NET2_X Cat_net2_y tally_x")
  }

  /// The digest is the checksum that the model's file ends with, and differs from model to model; a class keeps its name, whatever it is.
  @Test func modelsAreToldApart() throws {
    var models = try randomExportableModels(0..<2)
    models[0].network.classNames[0] = "tally_model"
    let programs = models.map { CProgram($0, name: ExportName("leaf") ?? .standard) }
    for (model, program) in zip(models, programs) {
      let stored = model.encoded().suffix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      #expect(program.digest == stored)
    }
    #expect(programs[0].digest != programs[1].digest)
    #expect(programs[0].source.contains("\"tally_model\""))
  }

  /// Text that C could take for something else comes back as it was.
  @Test func literalsAreReadBack() throws {
    let texts = ["plain", "quo\"te", "back\\slash", "tri??/graph", "line\nbreak", "Straße 7", "\u{1}1"]
    var program = "#include <stdio.h>\nint main(void) {\n"
    for text in texts { program += "  puts(\(CText.literal(text)));\n" }
    program += "  return 0;\n}\n"
    let folder = try TemporaryFolder()
    try folder.write(Array(program.utf8), to: "driver.c")
    let printed = try Toolchain.native[0].run(["driver.c"], in: folder.url.path)
    #expect(printed == texts.map { $0 + "\n" }.joined())
  }

  /// Bytes that are reported are those of the tables.
  @Test func sizesAreThoseOfTheTables() throws {
    let program = CProgram(
      try groupedModel(
        seed: 6, width: 8, height: 8, channels: 1, components: 3, levels: 4, classes: 3))
    let sizes = program.sizes
    #expect(program.header.contains("_ARENA_BYTES \(sizes.arenaBytes)\n"))
    var bytes = 0
    let widths = ["int8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "uint32_t": 4, "int64_t": 8]
    for line in program.source.split(separator: "\n")
    where line.hasPrefix("static const ") && line.hasSuffix("] = {") {
      let words = line.split(whereSeparator: { " []".contains($0) })
      let type = words[2] == "tally_weight" ? "int8_t" : String(words[2])
      guard let width = widths[type], let count = Int(words[4]), !words[3].contains("columns") else {
        continue
      }
      bytes += width * count
    }
    #expect(bytes == sizes.tableBytes)
  }
}
