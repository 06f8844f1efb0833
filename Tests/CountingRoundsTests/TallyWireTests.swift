// Tallies as bytes: what goes out comes back, and nothing damaged comes in.

import CountingRounds
import Plumbing
import Testing

@Suite struct TallyWireTests {
  @Test func everyWidthAndItsExtremesComeBack() throws {
    let extremes: [Int64] = [
      0, -1, 1, 127, -128, 128, -129, 32_767, -32_768, 32_768, -32_769, 2_147_483_647, -2_147_483_648,
      2_147_483_648, -2_147_483_649, 8_388_607, -8_388_609, (1 << 39) - 1, -(1 << 39) - 1, (1 << 47) - 1,
      1 << 55,
      -(1 << 55), .max, .min,
    ]
    for value in extremes {
      for tally in [Tally(["x": [value]]), Tally(["x": [0, value, 0], "y": [], "z": [-1]])] {
        #expect(try Tally(encoded: tally.encoded()) == tally, "\(value)")
      }
    }
    let all = Tally(["all": extremes, "": [1], "näme ✓": [2]])
    #expect(try Tally(encoded: all.encoded()) == all)
    #expect(try Tally(encoded: Tally().encoded()) == Tally())
  }

  @Test func randomTalliesComeBack() throws {
    var generator = SeededGenerator(seed: 3)
    for bits in [1, 7, 8, 9, 16, 17, 32, 33, 62] {
      for _ in 0..<10 {
        let tally = randomTally(&generator, bits: bits)
        #expect(try Tally(encoded: tally.encoded()) == tally)
      }
    }
  }

  @Test func valuesTakeAsFewBytesAsTheyNeed() {
    let empty = Tally(["x": []]).encoded().count
    for (value, width) in [
      (127, 1), (-128, 1), (128, 2), (-32_768, 2), (32_768, 3), (1 << 23, 4), (1 << 31, 5), (.max, 8),
    ]
      as [(Int64, Int)]
    {
      #expect(Tally(["x": [value, 0, 0]]).encoded().count == empty + 3 * width, "\(value)")
    }
  }

  @Test func theLayoutIsAsDocumented() {
    let bytes = Tally(["b": [-1, 2], "a": [300]]).encoded()
    let plain: [UInt8] =
      Array("TLY1".utf8) + [2, 0, 0, 0]
      + [1, 0, 0x61, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0x2C, 0x01]
      + [1, 0, 0x62, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0x02]
    #expect(Array(bytes.dropLast(8)) == plain)
    #expect(Array(bytes.suffix(8)) == checked(plain).suffix(8))
  }

  @Test func everyTruncationIsRefused() {
    let bytes = Tally(["one": [1, -2, 300], "two": [1 << 40]]).encoded()
    for count in 0..<bytes.count {
      #expect(throws: TallyFormatError.self) { try Tally(encoded: Array(bytes[..<count])) }
    }
    #expect(throws: TallyFormatError.self) { try Tally(encoded: bytes + [0]) }
  }

  @Test func everyFlippedBitIsRefused() {
    let bytes = Tally(["one": [1, -2, 300], "two": [1 << 40]]).encoded()
    for bit in 0..<8 * bytes.count {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: TallyFormatError.self) { try Tally(encoded: damaged) }
    }
  }

  /// Bytes with the checksum they should have: what only the later checks can refuse.
  private func checked(_ bytes: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(bytes)
    writer.appendChecksum()
    return writer.bytes
  }

  @Test func wrongContentUnderARightChecksumIsRefused() throws {
    let head = Array("TLY1".utf8) + [1, 0, 0, 0, 1, 0, 0x61]
    let count: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    #expect(try Tally(encoded: checked(head + [1] + count + [5])) == Tally(["a": [5]]))
    for width in [0, 9, 16, 255] as [UInt8] {
      let error = #expect(throws: TallyFormatError.self) {
        try Tally(encoded: checked(head + [width] + count + [UInt8](repeating: 0, count: Int(width))))
      }
      #expect(error?.message == "not a valid tally: value width \(width) at byte 11")
    }
    // Counts that run past the end, up to the largest there is; bytes left over; fewer arrays than announced.
    for huge in [[2, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 255, count: 8), [0, 0, 0, 0, 0, 0, 0, 128]] {
      #expect(throws: TallyFormatError.self) { try Tally(encoded: checked(head + [1] + huge + [5])) }
    }
    #expect(throws: TallyFormatError.self) { try Tally(encoded: checked(head + [1] + count + [5, 6])) }
    #expect(throws: TallyFormatError.self) {
      try Tally(encoded: checked(Array("TLY1".utf8) + [255, 255, 255, 255]))
    }
    #expect(throws: TallyFormatError.self) {
      try Tally(encoded: checked(Array("TLY1".utf8) + [1, 0, 0, 0, 255, 255, 0x61]))
    }
  }
}
