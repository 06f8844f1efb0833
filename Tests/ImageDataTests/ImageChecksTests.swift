// Images that say nothing are noticed, ordinary ones are not.

import ImageData
import Plumbing
import Testing

@Suite struct ImageChecksTests {
  private func oddities(_ images: [[UInt8]], labels: [UInt16]? = nil) throws -> [String] {
    let labels = labels ?? images.indices.map { UInt16($0 % 2) }
    return try LabelledImages(
      shape: ImageShape(width: images[0].count, height: 1, channels: 1), pixels: images.flatMap { $0 },
      labels: labels, classNames: (0...Int(labels.max() ?? 0)).map { "c\($0)" }
    ).oddities()
  }

  @Test func ordinaryImages() throws {
    #expect(try oddities((0..<40).map { noise(9, seed: $0) }) == [])
    // A few plain and a few equal ones, and black and white.
    #expect(try oddities((0..<40).map { $0 < 10 ? [5, 5, 5] : noise(3, seed: $0 / 2) }) == [])
    #expect(try oddities((0..<40).map { noise(9, seed: $0).map { $0 < 99 ? 0 : 255 } }) == [])
    #expect(try oddities([[0, 1, 2], [2, 1, 0]]) == [])
  }

  @Test func imagesThatSayNothing() throws {
    #expect(
      try oddities([[7, 7], [7, 7], [7, 7]]).first?.contains("all pixels of all 3 images are 7") == true)
    #expect(
      try oddities((0..<20).map { [UInt8($0), UInt8($0)] }).first?.contains(
        "20 of 20 images are of one colour") == true)
    #expect(
      try oddities((0..<40).map { noise(9, seed: UInt64($0 % 4)) }).first?.contains("only 4 of the 40")
        == true)
    // What is left of numbers between 0 and 1 that were cut off.
    #expect(
      try oddities((0..<40).map { noise(9, seed: $0).map { $0 > 200 ? 1 : 0 } }).contains {
        $0.contains("(x * 255).round()")
      })
    #expect(
      try oddities((0..<150).map { noise(9, seed: $0) }, labels: (0..<150).map { $0 }).first?.contains(
        "ids of images") == true)
  }
}
