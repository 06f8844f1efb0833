import Plumbing
import Testing

@Suite struct CRC64Tests {
  @Test func matchesThePublishedCheckValue() {
    #expect(CRC64.checksum(Array("123456789".utf8)) == 0x995D_C9BB_DF19_39FA)
  }

  @Test func doesNotDependOnHowBytesAreCut() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var crc = CRC64()
    for cut in stride(from: 0, to: 1000, by: 13) {
      crc.update(bytes.span.extracting(cut..<min(cut + 13, 1000)))
    }
    #expect(crc.value == CRC64.checksum(bytes))
  }

  @Test(arguments: [0, 1, 7, 64, 999, 1000])
  func checksumsOfPiecesMakeThatOfTheWhole(length: Int) {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37 + $0 / 11) }
    let (first, second) = (Array(bytes.dropLast(length)), Array(bytes.suffix(length)))
    let join = CRC64Join(bytes: length)
    #expect(join.joined(CRC64.checksum(first), CRC64.checksum(second)) == CRC64.checksum(bytes))
  }
}
