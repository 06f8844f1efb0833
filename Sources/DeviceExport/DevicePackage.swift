// An exported program with all that build systems want beside it.

public import BinaryNetworks
import Plumbing

/// The folder that `tally export --format c` writes: the program, its self-test, and what CMake, Arduino, PlatformIO and Zephyr look for.
public struct DevicePackage: Sendable {
  /// A file of the folder.
  public struct File: Hashable, Sendable {
    /// Its path in the folder.
    public let path: String
    /// Its content.
    public let text: String
  }

  /// The program.
  public let program: CProgram
  /// All files, those of the program first.
  public let files: [File]

  /// The package of a model.
  /// - Parameter version: what build systems are told, as three numbers with points between them.
  public init(_ model: Model, name: ExportName = .standard, version: String) {
    let program = CProgram(model, name: name)
    let values = Self.values(model, program) + [("VERSION", version)]
    func file(_ path: String, _ template: [UInt8]) -> File {
      var text = name.naming(template)
      for (key, value) in values { text = text.replacing("@\(key)@", with: value) }
      return File(path: name.naming(path), text: text)
    }
    self.program = program
    files = [
      File(path: "\(name).h", text: program.header), File(path: "\(name).c", text: program.source),
      file("tally_model_selftest.h", PackageResources.selftest_h),
      file("tally_model_selftest.c", PackageResources.selftest_c),
      file("README.md", PackageResources.readme_md),
      file("CMakeLists.txt", PackageResources.cmake_txt),
      file("library.properties", PackageResources.arduino_properties),
      file("examples/classify/classify.ino", PackageResources.sketch_ino),
      file("library.json", PackageResources.platformio_json),
      file("zephyr/module.yml", PackageResources.zephyr_yml),
      file("zephyr/Kconfig", PackageResources.zephyr_kconfig),
      file("zephyr/CMakeLists.txt", PackageResources.zephyr_cmake),
    ]
  }

  /// What it takes to run the self-test's images on an emulated Cortex-M4 and print the instructions of three of them, in units of 40.
  public var instructionCounter: [File] {
    [
      ("cortex.ld", PackageResources.cortex_ld), ("cortex.c", PackageResources.cortex_c),
      ("count.c", PackageResources.count_c),
    ].map { File(path: $0.0, text: program.name.naming($0.1)) }
  }

  /// What stands for the templates' placeholders.
  private static func values(_ model: Model, _ program: CProgram) -> [(String, String)] {
    let (network, sizes) = (model.network, program.sizes)
    return [
      ("WIDTH", "\(network.shape.width)"), ("HEIGHT", "\(network.shape.height)"),
      ("CHANNELS", "\(network.shape.channels)"), ("CLASSES", "\(network.classNames.count)"),
      ("ARENA", "\(sizes.arenaBytes)"), ("ROWS_ARENA", "\(sizes.rowsArenaBytes)"),
      ("FLASH", "\(sizes.tableBytes)"), ("WORDS", "\(sizes.words)"),
      ("MULTIPLY_ADDS", "\(sizes.multiplyAdds)"),
      ("LOOKS", network.mirrors ? "; twice that where a second, mirrored look is needed" : ""),
      ("DIGEST", hexadecimal(program.digest)), ("EXPECTED", program.name.naming(SelfTest.expected(model))),
    ]
  }
}

/// The self-test's images and what a model says of them.
enum SelfTest {
  static let images = 10

  private static func next(_ state: inout UInt32) -> UInt32 {
    state = state &* 1_664_525 &+ 1_013_904_223
    return state >> 16
  }

  /// The pixels of an image, as `tally_model_selftest_image` draws them.
  static func pixels(_ image: Int, _ shape: ImageShape) -> [UInt8] {
    var state = UInt32(image)
    _ = next(&state)
    let down = next(&state) % 31, across = next(&state) % 31, shift = next(&state) % 128
    let noise = next(&state) % 4 * 16 + 1
    var pixels: [UInt8] = []
    pixels.reserveCapacity(shape.pixels)
    for y in 0..<UInt32(shape.height) {
      for x in 0..<UInt32(shape.width) {
        for c in 0..<UInt32(shape.channels) {
          let wave = (y &* down &+ x &* across &+ c &* shift) % 384
          pixels.append(UInt8((wave < 192 ? wave : 383 - wave) + next(&state) % noise))
        }
      }
    }
    return pixels
  }

  /// The scores of all images as C text.
  static func expected(_ model: Model) -> String {
    let predictor = ImagePredictor(model)
    var text = CText()
    text.line(
      "static const tally_model_score tally_expected[TALLY_MODEL_SELFTEST_IMAGES][TALLY_MODEL_CLASSES] = {")
    for image in 0..<images {
      let scores = predictor.prediction(pixels(image, model.network.shape).span).scores
      text.line("  {" + scores.map { CText.number($0) }.joined(separator: ", ") + "},")
    }
    text.line("};")
    return text.text
  }
}
