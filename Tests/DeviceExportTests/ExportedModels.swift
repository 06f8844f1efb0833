// Models of every kind as C programs in one folder, and a program that runs them all.

import BinaryNetworks
import BitKernels
import Foundation
import ImageEncoding
import Plumbing
import _NetworkTestSupport
import _TestSupport

@testable import DeviceExport

/// Some models, exported side by side, and what they should say of the self-test's images.
struct ExportedModels {
  let folder: TemporaryFolder
  let models: [Model]
  let packages: [DevicePackage]

  init(_ models: [Model]) throws {
    folder = try TemporaryFolder()
    self.models = models
    packages = models.indices.compactMap { index in
      ExportName("m\(index)").map { DevicePackage(models[index], name: $0, version: "1.2") }
    }
    for package in packages {
      for file in package.files.prefix(4) { try folder.write(Array(file.text.utf8), to: file.path) }
    }
    for file in packages.first?.instructionCounter.prefix(2) ?? [] {
      try folder.write(Array(file.text.utf8), to: file.path)
    }
  }

  /// C files of all models.
  var files: [String] { packages.flatMap { ["\($0.program.name).c", "\($0.program.name)_selftest.c"] } }

  /// Writes a program that prints a line for every model and image: model, image, class, scores.
  func writeDriver(images: Int) throws {
    var text = "#include <stdio.h>\n"
    for package in packages { text += "#include \"\(package.program.name)_selftest.h\"\n" }
    for package in packages {
      let (name, capitals) = (package.program.name.text, package.program.name.capitals)
      text += """
        static void run_\(name)(int images) {
          static uint64_t arena[(\(capitals)_ARENA_BYTES + 7) / 8];
          static uint8_t pixels[\(capitals)_WIDTH * \(capitals)_HEIGHT * \(capitals)_CHANNELS];
          static \(name)_score scores[\(capitals)_CLASSES];
          for (int image = 0; image < images; image++) {
            \(name)_selftest_image(image, pixels);
            int index = \(name)_classify(pixels, arena, scores);
            printf("\(name) %d %d", image, index);
            for (int c = 0; c < \(capitals)_CLASSES; c++) {
              /* Also where printf knows no 64 bits. */
              long long score = scores[c];
              unsigned long long size = score < 0 ? 0ull - (unsigned long long)score : (unsigned long long)score;
              printf(" %s%lx.%lx", score < 0 ? "-" : "", (unsigned long)(size >> 32), (unsigned long)(size & 0xffffffffu));
            }
            printf("\\n");
          }
          printf("\(name) wrong %d\\n", \(name)_selftest(arena, pixels, scores));
        }

        """
    }
    text += "int main(void) {\n"
    for package in packages { text += "  run_\(package.program.name)(\(images));\n" }
    text += "  return 0;\n}\n"
    try folder.write(Array(text.utf8), to: "driver.c")
  }

  /// What the program should print.
  func expected(images: Int) -> String {
    var text = ""
    for (model, package) in zip(models, packages) {
      let predictor = ImagePredictor(model)
      for image in 0..<images {
        let scores = predictor.prediction(SelfTest.pixels(image, model.network.shape).span).scores
        let best = scores.indices.first { scores[$0] == scores.max() } ?? 0
        text += "\(package.program.name) \(image) \(best)"
        for score in scores {
          let size = score.magnitude
          text +=
            " \(score < 0 ? "-" : "")\(String(size >> 32, radix: 16)).\(String(size & 0xffff_ffff, radix: 16))"
        }
        text += "\n"
      }
      text += "\(package.program.name) wrong 0\n"
    }
    return text
  }
}
