import BinaryNetworks
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport

@Suite struct DamagedModelTests {
  @Test func refusesEveryTruncation() throws {
    let bytes = try randomModel(seed: 1, .tiny).encoded()
    for length in bytes.indices {
      let error = read(Array(bytes[..<length])).error
      #expect(error?.code == .truncated, "\(length) of \(bytes.count) bytes")
      #expect(error?.message.contains("m.tally: truncated: it ends at byte \(length)") == true)
    }
  }

  @Test func refusesEveryFlippedBit() throws {
    let bytes = try randomModel(seed: 2, .tiny).encoded()
    for bit in 0..<8 * bytes.count {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let code = read(flipped).error?.code
      #expect(code == (bit < 64 ? .notAModel : code == .truncated ? .truncated : .damaged), "bit \(bit)")
    }
  }

  @Test func refusesBytesAfterTheEnd() throws {
    let bytes = try randomModel(seed: 3, .tiny).encoded()
    #expect(read(bytes + [0]).error?.code == .damaged)
    #expect(read(ModelFileBytes.withChecksum(bytes + [0])).error?.code == .invalid)
  }

  /// Changed files with a right checksum: an error, or a model that runs and is written back as it was read.
  @Test(arguments: 0..<8 as Range<UInt64>) func changedFieldsNeverTrap(seed: UInt64) throws {
    let bytes = try randomModel(seed: seed, .tiny).encoded()
    var random = SeededGenerator(seed: seed, 0x6675_7a7a)
    var (loaded, refused) = (0, 0)
    for _ in 0..<300 {
      let changed = ModelFileBytes.withChecksum(change(bytes, &random))
      let (model, error) = read(changed)
      if let model {
        loaded += 1
        #expect(
          ModelFileBytes(changed).sections.contains { $0.tag.first?.isLowercase == true }
            || model.encoded()[10...].dropLast(8) == changed[10...].dropLast(8))
        run(model.network, &random)
      } else if let error {
        refused += 1
        #expect(error.message.hasPrefix("m.tally: ") && !error.message.contains("\n"))
      }
    }
    #expect(loaded > 30 && refused > 30, "the changes reach both ends: \(loaded) loaded, \(refused) refused")
  }

  /// What one field of an otherwise right file may not be.
  @Test(
    arguments: [
      ("CLAS", 0, [0, 0, 0, 0], "the number of classes is 0"),
      ("CLAS", 0, [0xff, 0xff, 0, 0], "65535 class names"),
      ("CLAS", 4, [0xff, 0xff, 0xff, 0xff], "bytes of the name of class 0"),
      ("CLAS", 8, [0xff], "not UTF-8"),
      ("ENCO", 0, [0, 0, 0, 0], "the image width is 0"),
      ("ENCO", 0, [0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0], "the encoder cannot be built"),
      ("ENCO", 8, [0xff, 0xff, 0xff, 0xff], "the number of channels is 4294967295"),
      ("ENCO", 12, [2], "the pyramid flag is 2"),
      ("ENCO", 13, [17], "the number of pyramid levels is 17"),
      ("ENCO", 14, [0xff, 0xff], "the number of signals is 65535"),
      ("ENCO", 16, [6], "a signal's source is 6"),
      ("ENCO", 17, [2], "the encoder cannot be built"),
      ("ENCO", 18, [65], "a signal's number of levels is 65"),
      ("ENCO", 19, [0xff, 0xff, 0xff, 0x7f], "the encoder cannot be built"),
      ("LAYR", 0, [0], "the window is 0"),
      ("LAYR", 0, [8], "the window is 8"),
      ("LAYR", 1, [0, 0], "the number of filters is 0"),
      ("LAYR", 1, [0x01, 0x10], "the number of filters is 4097"),
      ("LAYR", 1, [0x00, 0x10], "filter bytes"),
      ("LAYR", 3, [3], "3 features a filter, which are not described"),
      ("LAYR", 4, [4], "the flags are 4, which stands for no distances"),
      ("LAYR", 4, [60], "the flags is 60"), ("LAYR", 4, [16, 1], "the groups is 1"),
      ("LAYR", 5, [3], "the reduction is 3"),
      ("LAYR", 6, [0], "channel groups []"),
      ("LAYR", 6, [200], "channel groups"),
      ("LAYR", 7, [9, 9, 9, 9], "channel groups [151587081], but before the layer are [2]"),
      ("SEED", 0, [], "the seed"),
      ("SUMM", 0, [0xC3, 0x28], "not UTF-8"),
      ("PLAN", 0, [0x80], "not UTF-8"),
    ] as [(String, Int, [UInt8], String)])
  func refusesFields(tag: String, offset: Int, value: [UInt8], message: String) throws {
    var file = ModelFileBytes(try plainModel().encoded())
    #expect(read(file.file).model != nil)
    if value.isEmpty {
      file[tag] = []
    } else {
      file[tag].replaceSubrange(offset..<offset + value.count, with: value)
    }
    let error = read(file.file).error
    #expect(error?.code == .invalid)
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "accepted")")
    #expect(error?.message.contains("section \(tag), byte ") == true)
  }

  /// What a head may not be; it is the end of the layer's section.
  @Test(
    arguments: [
      (-1, [1], "left in the section"),
      (0, [0, 0], "the head's grid is 0"),
      (0, [4, 0], "the head's grid is 4, but it is 1 to 3"),
      (2, [2], "format version 1 at byte 8, but its network needs version 4"),
      (2, [3], "what the head counts is 3"),
      (3, [41], "the head's scale is 41"),
      (4, [3, 0, 0, 0], "the head's number of classes is 3"),
      (15, [0x7f], "the head's scores may be beyond 64 bits"),
      (15, [0x80], "the head's scores may be beyond 64 bits"),
    ] as [(Int, [UInt8], String)])
  func refusesHeads(offset: Int, value: [UInt8], message: String) throws {
    var file = ModelFileBytes(try plainModel().encoded())
    let start = file["LAYR"].count - (8 + 2 * 8 + 2 * 4 * 3 * 2)
    if offset < 0 {
      file["LAYR"].removeLast(value.count)
    } else {
      file["LAYR"].replaceSubrange(start + offset..<start + offset + value.count, with: value)
    }
    let error = read(file.file).error
    #expect(
      error?.code == .invalid && error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
  }

  /// Roots have four fractional bits, and small ones are more than their sums: here 64 and 16, times weights of up to 78 in all.
  @Test(arguments: [(CountKind.soft, 4_000, true), (.root, 4_000, false), (.root, 5_000, true)])
  func boundsScoresByWhatTheHeadCounts(counts: CountKind, room: Int64, fits: Bool) throws {
    let bytes = try plainModel(counts: counts, bias: [(1 << 62) - room, 0]).encoded()
    let (found, error) = read(bytes)
    #expect((found != nil) == fits)
    #expect(fits || error?.message.contains("the head's scores may be beyond 64 bits") == true)
  }

  @Test func headsOnRootsMakeFilesOfVersion4() throws {
    var file = ModelFileBytes(try plainModel(counts: .root).encoded())
    #expect(file.version == 4)
    #expect(file["LAYR"][file["LAYR"].count - (8 + 2 * 8 + 2 * 4 * 3 * 2) + 2] == 2)
    file.version = 3
    #expect(
      read(file.file).error?.message
        == "m.tally: format version 3 at byte 8, but its network needs version 4; make the model again")
  }

  @Test func refusesBitsAfterTheLastFilter() throws {
    var file = ModelFileBytes(try plainModel().encoded())
    // 3 filters of 4 · 2 bits fill 3 bytes; with 1 × 1 windows 6 bits fill one.
    file["LAYR"][0] = 1
    let filters = 11 + 2 * 3
    file["LAYR"].replaceSubrange(filters..<filters + 3, with: [0b0011_1111])
    #expect(read(file.file).model != nil)
    file["LAYR"][filters] = 0b0111_1111
    #expect(read(file.file).error?.message.contains("bits after the last of the filters") == true)
  }

  /// Counts of a cell that 32 bits do not hold, maps that no memory holds.
  @Test func refusesWhatImagesOfThisShapeWouldOverflow() throws {
    var file = ModelFileBytes(try plainModel().encoded())
    file["ENCO"].replaceSubrange(0..<8, with: [0, 0x40, 0, 0, 0, 0x40, 0, 0])
    #expect(read(file.file).error?.message.contains("an image needs more than") == true)
    file["ENCO"].replaceSubrange(0..<8, with: [0, 0x10, 0, 0, 0, 0x10, 0, 0])
    file["LAYR"].replaceSubrange(11..<13, with: [0xff, 0xff])
    #expect(read(file.file).error?.message.contains("may count") == true)
  }

  /// Lengths that claim more than the file has are refused before anything is allocated for them.
  @Test func refusesSectionLengthsBeyondTheFile() throws {
    let bytes = try plainModel().encoded()
    for length in [UInt64.max, 1 << 63, 1 << 62, UInt64(bytes.count)] {
      var changed = bytes
      for i in 0..<8 { changed[18 + i] = UInt8(truncatingIfNeeded: length >> UInt64(8 * i)) }
      let error = read(ModelFileBytes.withChecksum(changed)).error
      #expect(error?.code == .invalid && error?.message.contains("runs past the end") == true)
    }
    var changed = bytes
    changed.replaceSubrange(10..<14, with: [0xff, 0xff, 0xff, 0xff])
    #expect(read(ModelFileBytes.withChecksum(changed)).error?.code == .invalid)
  }

  /// 3 × 3 grey images, 2 bits a pixel, one layer of 3 filters of 2 × 2 positions, a soft head of 2 × 2 cells.
  private func plainModel(counts: CountKind = .soft, bias: [Int64] = [3, -3]) throws -> Model {
    let encoder = try ImageEncoder(
      spec: EncoderSpec(signals: [SignalSpec(source: .channels, window: 0, levels: 2)], pyramid: false),
      shape: ImageShape(width: 3, height: 3, channels: 1), pyramidLevels: 1, thresholds: [[[80, 160]]])
    var bank = FilterBank(window: 2, input: encoder.layout(level: 0), count: 3)
    bank.features = [FilterFeature([2, 3, 4])]
    for place in 0..<4 { for k in 0..<3 { bank.filters[place * bank.stride + k] = UInt64((place + k) % 4) } }
    let head = LinearHead(
      grid: 2, counts: counts, classes: 2, weights: (0..<24).map { Int16($0) - 12 }, bias: bias, scale: 18)
    return Model(
      network: Network(
        encoder: encoder, layers: [NetworkLayer(bank: bank, reduction: .none, head: head)],
        classNames: ["a", "b"]), plan: "{}", seed: 1, dataDigest: 2, summary: "{}")
  }

  private func read(_ bytes: [UInt8]) -> (model: Model?, error: ModelFileError?) {
    do throws(ModelFileError) {
      return (try Model(encoded: bytes, path: "m.tally"), nil)
    } catch {
      return (nil, error)
    }
  }

  private func change(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var changed = bytes
    for _ in 0..<random.pick(1...2) {
      let place = random.below(changed.count)
      switch random.below(8) {
      case 0, 1, 2: changed[place] ^= 1 << UInt8(random.below(8))
      case 3: changed[place] = UInt8(random.below(256))
      case 4: changed[place] = random.pick([0, 1, 2, 0x7f, 0x80, 0xff])
      case 5:
        let value = random.pick([0, 1, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 62, -1, .min])
        for i in 0..<min(random.pick([2, 4, 8]), changed.count - place) {
          changed[place + i] = UInt8(truncatingIfNeeded: value >> (8 * i))
        }
      case 6: changed.insert(UInt8(random.below(256)), at: place)
      default: changed.remove(at: place)
      }
    }
    return changed
  }

  /// Runs an image where its shape is not one that only patience limits.
  private func run(_ network: Network, _ random: inout SeededGenerator) {
    guard network.shape.pixels <= 1 << 14 else { return }
    let pass = ForwardPass(network: network, nextWindow: 3)
    pass.run(randomImage(&random, network.shape).span, scores: true, features: true)
    #expect(pass.summedScores().count == network.classNames.count)
  }
}
