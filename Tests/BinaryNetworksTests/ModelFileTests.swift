import BinaryNetworks
import Foundation
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@Suite struct ModelFileTests {
  @Test(arguments: 0..<60 as Range<UInt64>) func readsWhatItWrote(seed: UInt64) throws {
    let model = try randomModel(seed: seed)
    let bytes = model.encoded()
    #expect(try Model(encoded: bytes, path: nil) == model)
    #expect(ModelFileBytes(bytes).file == bytes)
  }

  @Test(arguments: 0..<30 as Range<UInt64>) func exitsComeBack(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed, 0x6578_6974)
    var model = try randomModel(seed: seed)
    model.network = model.network.withRandomExits(&random)
    let file = ModelFileBytes(model.encoded())
    #expect(try Model(encoded: file.file, path: nil) == model)
    let looksAgain = model.network.layers.contains { $0.signals != nil }
    #expect((file.version == 7) == looksAgain)
    #expect((file.version >= 6) == (looksAgain || model.network.mirrors || model.network.exitsEarly))
  }

  @Test func readsTextAndNumbersAsTheyAre() throws {
    var model = try randomModel(seed: 1, .tiny)
    model.plan = ""
    model.summary = "e\u{301} \u{0} \n 🐟"
    model.seed = .max
    model.dataDigest = 1 << 63
    model.network.classNames = ["e\u{301} \n", "é"]
    let read = try Model(encoded: model.encoded(), path: nil)
    #expect(read == model)
    #expect(Array(read.summary.utf8) == Array(model.summary.utf8))
  }

  @Test func readsNetworksWithoutLayers() throws {
    var model = try randomModel(seed: 2, .tiny)
    model.network.layers = []
    #expect(try Model(encoded: model.encoded(), path: nil) == model)
  }

  /// Filters and masks take the bits of a patch, not whole words, and no stride padding.
  @Test func filesAreAsSmallAsTheirBits() throws {
    var random = SeededGenerator(seed: 5)
    var model = try randomModel(seed: 3, .tiny)
    let input = model.network.input(ofLayer: 0)
    var bank = randomBank(&random, window: 5, input: input.layout, count: 101)
    bank.masks = bank.filters
    model.network.layers = []
    let empty = model.encoded().count
    model.network.layers = [NetworkLayer(bank: bank, reduction: .none, head: nil)]
    let strings = 2 * ((101 * bank.patchBits + 7) / 8)
    #expect(model.encoded().count - empty <= strings + 2 * 101 * bank.features.count + 40)
  }

  @Test func writesAndReadsFiles() throws {
    let folder = try TemporaryFolder()
    let model = try randomModel(seed: 4)
    try model.write(to: folder.path("m.tally"))
    #expect(try Model.read(path: folder.path("m.tally")) == model)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["m.tally"])
  }

  @Test func fileErrorsNameThePath() throws {
    let folder = try TemporaryFolder()
    let missing = folder.path("none.tally")
    let model = try randomModel(seed: 4, .tiny)
    var error = #expect(throws: ModelFileError.self) { try Model.read(path: missing) }
    #expect(error?.code == .missing && error?.message.contains(missing) == true)
    error = #expect(throws: ModelFileError.self) { try Model.read(path: folder.url.path) }
    #expect(error?.code == .unreadable && error?.message.contains(folder.url.path) == true)
    let nowhere = folder.path("no/m.tally")
    error = #expect(throws: ModelFileError.self) { try model.write(to: nowhere) }
    #expect(error?.code == .unwritable && error?.message.contains(nowhere) == true)
    let text = try folder.write(Array("hello, world: some text that is no model".utf8), to: "t")
    error = #expect(throws: ModelFileError.self) { try Model.read(path: text) }
    #expect(error?.code == .notAModel && error?.message.contains(text) == true)
  }

  @Test func saysThatANewerTallyIsNeeded() throws {
    var file = ModelFileBytes(try randomModel(seed: 5, .tiny).encoded())
    file.version = 8
    let error = #expect(throws: ModelFileError.self) { try Model(encoded: file.file, path: "m.tally") }
    #expect(error?.code == .futureVersion)
    #expect(
      error?.message
        == "m.tally: written by a newer Tally: format version 8 at byte 8, this build reads up to 7; update Tally"
    )
  }

  @Test func skipsOptionalSectionsAndRefusesNeededOnes() throws {
    let model = try randomModel(seed: 6, .tiny)
    for place in 0...6 {
      var file = ModelFileBytes(model.encoded())
      file.sections.insert(("note", [1, 2, 3]), at: min(place, file.sections.count))
      #expect(try Model(encoded: file.file, path: nil) == model)
      file.sections[min(place, file.sections.count - 1)].tag = "Note"
      let error = #expect(throws: ModelFileError.self) { try Model(encoded: file.file, path: "m.tally") }
      #expect(error?.code == .futureVersion && error?.message.contains("section Note at byte") == true)
      #expect(error?.message.hasSuffix("update Tally") == true)
    }
  }

  @Test func refusesSectionsOutOfPlace() throws {
    var model = try randomModel(seed: 7, .tiny)
    model.temperature = Temperature(70_000)
    let whole = ModelFileBytes(model.encoded())
    for index in whole.sections.indices where whole.sections[index].tag != "LAYR" {
      var without = whole
      without.sections.remove(at: index)
      #expect(code(without) == (whole.sections[index].tag == "cali" ? nil : .invalid))
      var twice = whole
      twice.sections.insert(whole.sections[index], at: index)
      #expect(code(twice) == .invalid)
    }
    for index in whole.sections.indices.dropLast() {
      var swapped = whole
      swapped.sections.swapAt(index, index + 1)
      if swapped.sections[index].tag == "LAYR" && swapped.sections[index + 1].tag == "LAYR" { continue }
      #expect(code(swapped) == .invalid)
    }
  }

  private func code(_ file: ModelFileBytes) -> ModelFileError.Code? {
    do throws(ModelFileError) {
      _ = try Model(encoded: file.file, path: nil)
      return nil
    } catch {
      return error.code
    }
  }

  /// The section that a Tally which does not know it passes over: nothing else of the file changes with it.
  @Test func theTemperatureIsASectionOfItsOwn() throws {
    var model = try randomModel(seed: 8, .tiny)
    model.temperature = nil
    let without = ModelFileBytes(model.encoded())
    model.temperature = Temperature(0x0102_0304)
    var with = ModelFileBytes(model.encoded())
    #expect(
      with.sections.last?.tag == "cali" && with["cali"] == [4, 3, 2, 1] && with.version == without.version)
    for bytes in [[0, 0, 0, 0], [0, 0, 0, 0x80], [1, 0, 0], [1, 0, 0, 0, 0], []] as [[UInt8]] {
      with["cali"] = bytes
      #expect(code(with) == .invalid, "\(bytes)")
    }
    with.sections.removeLast()
    #expect(with.file == without.file)
  }

  /// The golden file: written once, read by every later Tally, with scores that never change.
  @Test func goldenModelKeepsItsScores() throws {
    let url = try #require(
      Bundle.module.url(forResource: "golden-1", withExtension: "tally", subdirectory: "Fixtures"))
    let model = try Model.read(path: url.path)
    #expect(model.network.classNames == ["shirt", "shoe", "bag"])
    #expect(model.plan == #"{"name":"golden"}"# && model.summary == #"{"accuracy":0.75}"#)
    #expect(model.seed == 20_240_229 && model.dataDigest == 0x0123_4567_89AB_CDEF)
    let pass = ForwardPass(network: model.network)
    let pixels = (0..<model.network.shape.pixels).map {
      UInt8(truncatingIfNeeded: $0 &* $0 &* 37 &+ 11 &* $0)
    }
    pass.run(pixels.span, scores: true, features: true)
    #expect(pass.scores(ofLayer: 0) == [135_790, 5_013, 134_020_868])
    #expect(pass.scores(ofLayer: 1) == [3_565, 4_365, 67_114_085])
    #expect(pass.summedScores() == [139_355, 9_378, 201_134_953])
    #expect(try model.encoded() == readFile(url.path, limit: 1 << 20))
  }
}
