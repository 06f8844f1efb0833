// Model files that are whole but hostile: every field set to what nobody writes. They are refused, or they run.

import BinaryNetworks
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@Suite struct HostileModelTests {
  /// Enough for any model of these tests, and too little for what a few bytes can ask for.
  private let limit = MemoryLimit(bytes: 64 << 20)

  @Test(arguments: 0..<6 as Range<UInt64>) func everyFieldIsRefusedOrRuns(seed: UInt64) throws {
    let bytes = try randomModel(seed: seed, .tiny).encoded()
    var (loaded, refused) = (0, 0)
    limit.apply {
      Mutations.forEachField(of: bytes.dropLast(8) + [], every: 1) { changed in
        guard let model = read(ModelFileBytes.withChecksum(changed + [UInt8](repeating: 0, count: 8))) else {
          refused += 1
          return
        }
        loaded += 1
        if loaded % 3 == 0 { run(model) }
      }
    }
    #expect(loaded > 1000 && refused > 1000, "\(loaded) loaded, \(refused) refused")
  }

  @Test func everyTruncationWithARightChecksumIsRefused() throws {
    let bytes = try randomModel(seed: 9, .tiny).encoded()
    Mutations.forEachTruncation(of: bytes.dropLast(8) + []) { changed in
      #expect(read(ModelFileBytes.withChecksum(changed + [UInt8](repeating: 0, count: 8))) == nil)
    }
  }

  @Test func sectionsComeOnceAndInOrder() throws {
    let file = ModelFileBytes(try randomModel(seed: 4, .tiny).encoded())
    #expect(read(file.file) != nil)
    for index in file.sections.indices {
      var (missing, doubled) = (file, file)
      let section = missing.sections.remove(at: index)
      #expect(read(missing.file) == nil || ["cali", "LAYR"].contains(section.tag), "without \(section.tag)")
      doubled.sections.insert(section, at: index)
      // A layer more is a network of one layer more, where its channels fit.
      #expect(read(doubled.file) == nil || section.tag == "LAYR", "\(section.tag) twice")
      for other in file.sections.indices where other != index && section.tag != file.sections[other].tag {
        var swapped = file
        swapped.sections.swapAt(index, other)
        #expect(read(swapped.file) == nil, "\(section.tag) and \(file.sections[other].tag) swapped")
      }
    }
  }

  /// A whitened signal without a window has filters without factors, as many as a byte each can say.
  @Test func whitenedSignalsHaveAWindow() throws {
    var file = ModelFileBytes(try randomModel(seed: 1, .tiny).encoded())
    file.version = 2
    let signals = [UInt8](repeating: 0, count: 7281).flatMap { _ in [3, 0, 1] as [UInt8] }
    file["ENCO"] = number(1, 4) + number(1, 4) + number(4096, 4) + [1, 16] + number(7281, 2) + signals
    let error = limit.apply { refusal(file.file) }
    #expect(error?.contains("signal whitened/0/1: the window is 0") == true, "\(error ?? "accepted")")
  }

  /// Images whose encoding takes far more than their bits: one column of many channels.
  @Test func memoryForEncodingIsBounded() throws {
    var file = ModelFileBytes(try randomModel(seed: 1, .tiny).encoded())
    for (width, height, channels) in [
      (1, 65_535, 4096), (65_535, 1, 4096), (16_384, 16_384, 1), (2000, 2000, 60),
    ] {
      file.version = 1
      file["ENCO"] =
        number(width, 4) + number(height, 4) + number(channels, 4) + [0, 1, 1, 0, 1, 0, 1] + number(5, 4)
      let error = limit.apply { refusal(file.file) }
      #expect(error?.contains("an image needs more than 67108864 bytes") == true, "\(error ?? "accepted")")
    }
    // With more memory there is still an end.
    file["ENCO"] = number(1, 4) + number(65_535, 4) + number(4096, 4) + [0, 1, 1, 0, 1, 0, 1] + number(5, 4)
    let error = MemoryLimit.none.apply { refusal(file.file) }
    #expect(error?.contains("an image needs more than 4294967296 bytes") == true, "\(error ?? "accepted")")
  }

  /// A coefficient for every channel of every channel's signal, at every level.
  @Test func tablesOfManyChannelsAreBounded() throws {
    var file = ModelFileBytes(try randomModel(seed: 1, .tiny).encoded())
    file.version = 1
    file["ENCO"] =
      number(1, 4) + number(1, 4) + number(4096, 4) + [1, 16, 1, 0, 0, 0, 1]
      + [UInt8](repeating: 0, count: 16 * 4096 * 4)
    let error = limit.apply { refusal(file.file) }
    #expect(error?.contains("the encoder's tables need about 80.5 MiB") == true, "\(error ?? "accepted")")
  }

  @Test(
    arguments: [
      (["a", "a"], "classes 0 and 1 have the same name"), (["a", ""], "the name of class 1 has 0 bytes"),
      (["\u{E9}", "e\u{301}"], "classes 0 and 1 have the same name"),
      ([String(repeating: "x", count: 5000), "b"], "the name of class 0 has 5000 bytes"),
    ])
  func classNamesTellClassesApart(names: [String], message: String) throws {
    var file = ModelFileBytes(try randomModel(seed: 1, .tiny).encoded())
    file["CLAS"] = number(2, 4) + names.flatMap { number($0.utf8.count, 4) + Array($0.utf8) }
    #expect(refusal(file.file)?.contains(message) == true)
  }

  @Test func textsHaveAnEnd() throws {
    var file = ModelFileBytes(try randomModel(seed: 1, .tiny).encoded())
    file["PLAN"] = [UInt8](repeating: 0x20, count: 1 << 20 + 1)
    #expect(refusal(file.file)?.contains("section PLAN") == true)
    file["PLAN"] = Array("{}".utf8)
    file["SUMM"] = [UInt8](repeating: 0x20, count: 1 << 22 + 1)
    #expect(refusal(file.file)?.contains("section SUMM") == true)
  }

  /// After sixteen reductions one position stands for any image, after sixty-four a shift by as many would say nothing.
  @Test(arguments: [63, 64, 65, 200]) func manyReductionsAreExplained(layers: Int) throws {
    let model = try deepModel(layers: layers)
    let again = try #require(read(model.encoded()))
    let explainer = Explainer(again.network)
    var random = SeededGenerator(seed: 3)
    try explainer.look(at: randomImage(&random, again.network.shape).span)
    let found = explainer.contributions(of: 0, against: 1)
    #expect(found.layers.count == layers && found.layers.last?.level == layers - 1)
    let pixels = found.byPixel.reduce(0, +)
    #expect(pixels + found.bias == Int128(found.score) << 24 + found.rounding)
    #expect(
      pixels
        == found.layers.reduce(Int128(0)) { sum, layer in
          sum + layer.byPosition.reduce(Int128(0)) { $0 + Contributions.parts($1, scale: layer.scale) }
        })
  }

  private func number(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func read(_ bytes: [UInt8]) -> Model? { try? Model(encoded: bytes, path: "m.tally") }

  private func refusal(_ bytes: [UInt8]) -> String? {
    do throws(ModelFileError) {
      _ = try Model(encoded: bytes, path: "m.tally")
      return nil
    } catch { return error.description }
  }

  /// Runs an image through whatever was accepted, and takes its scores apart.
  private func run(_ model: Model) {
    let network = model.network
    guard network.shape.pixels <= 1 << 14, network.bytesPerPass <= 16 << 20 else { return }
    var random = SeededGenerator(seed: 1)
    let image = randomImage(&random, network.shape)
    let explainer = Explainer(network)
    guard (try? explainer.look(at: image.span)) != nil else { return }
    let prediction = Prediction(scores: explainer.scores, temperature: model.temperature)
    _ = (prediction.ranking, prediction.shares)
    let against = network.classNames.count > 1 ? prediction.ranking.last : nil
    let found = explainer.contributions(of: prediction.ranking[0], against: against)
    let pixels = found.byPixel.reduce(0, +)
    #expect(pixels + found.bias == Int128(found.score) << 24 + found.rounding)
  }
}
