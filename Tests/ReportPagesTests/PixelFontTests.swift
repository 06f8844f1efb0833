// Letters of pixels: their shapes, lines of words, what lies outside a picture.

import Testing

@testable import ReportPages

@Suite struct PixelFontTests {
  private func drawn(_ text: String, width: Int = 40, height: Int = 10, x: Int = 0, scale: Int = 1)
    -> [String]
  {
    var raster = Raster(width: width, height: height, colour: (255, 255, 255))
    raster.write(text, x: x, y: 0, scale: scale, colour: (0, 0, 0))
    return (0..<height).map { y in
      String((0..<width).map { x in raster[x, y].red == 0 ? "#" : "." })
    }
  }

  @Test func lettersLookLikeLetters() {
    #expect(
      drawn("LgT", width: 17, height: 8) == [
        "#...........#####",
        "#...........#.#.#",
        "#......###....#..",
        "#.....#..##...#..",
        "#.....#..##...#..",
        "#......##.#...#..",
        "#####.....#...#..",
        ".......###.......",
      ])
    // A scale makes squares of pixels.
    let large = drawn("L", width: 10, height: 16, scale: 2)
    #expect(large[0] == "##........" && large[1] == large[0] && large[13] == "##########")
  }

  @Test func everyPrintableLetterIsThere() {
    let shapes = (33...126).map { drawn(String(UnicodeScalar(UInt8($0)))) }
    #expect(Set(shapes).count == 94 && !shapes.contains(drawn(" ")))
  }

  @Test func otherLettersHaveAPlainForm() {
    #expect(drawn("ä") == drawn("ae") && drawn("×") == drawn("x"))
    #expect(drawn("漢") == drawn("?") && drawn("\u{7}") == drawn("?"))
  }

  @Test func linesAreBrokenAtBlanks() {
    #expect(
      PixelFont.lines("for Ankle boot over Sneaker", letters: 12) == ["for Ankle", "boot over", "Sneaker"])
    #expect(PixelFont.lines("aaaaabbbbbcc d", letters: 5) == ["aaaaa", "bbbbb", "cc d"])
    #expect(PixelFont.lines("", letters: 5) == [""])
  }

  @Test func whatLiesOutsideIsCutOff() {
    #expect(drawn("LLLLLLLLLL", width: 8, height: 4, x: -3).count == 4)
    var raster = Raster(width: 3, height: 3, colour: (9, 9, 9))
    raster.fill(x: -2, y: 2, width: 4, height: 9, colour: (1, 1, 1))
    #expect((0..<9).filter { raster[$0 % 3, $0 / 3].red == 1 } == [6, 7])
  }
}
