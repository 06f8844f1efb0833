// Letters for pictures that stand alone: five by eight pixels, ASCII. Pages have the reader's own fonts.

/// Small letters of pixels.
package enum PixelFont {
  /// Pixels from one letter to the next, and from one line to the next, at scale 1.
  package static let advance = 6
  package static let lineHeight = 10

  /// The letters from the blank to the tilde: five columns of eight pixels, the leftmost and the uppermost in the lowest bits.
  private static let letters: [UInt64] = [
    0x0000000000, 0x00005f0000, 0x0007000700, 0x147f147f14, 0x122a7f2a24, 0x6264081323,
    0x5020564936, 0x0000070000, 0x0041221c00, 0x001c224100, 0x2a1c7f1c2a, 0x08083e0808,
    0x0030708000, 0x0808080808, 0x0060600000, 0x0204081020, 0x3e4549513e, 0x00407f4200,
    0x4649494972, 0x334d494121, 0x107f121418, 0x3945454527, 0x3149494a3c, 0x0709112141,
    0x3649494936, 0x1e29494946, 0x0036360000, 0x0036768000, 0x4122140800, 0x1414141414,
    0x0814224100, 0x0609590102, 0x4e595d413e, 0x7c1211127c, 0x364949497f, 0x224141413e,
    0x3e4141417f, 0x414949497f, 0x010909097f, 0x735141413e, 0x7f0808087f, 0x00417f4100,
    0x013f414020, 0x412214087f, 0x404040407f, 0x7f021c027f, 0x7f1008047f, 0x3e4141413e,
    0x060909097f, 0x5e2151413e, 0x462919097f, 0x3249494926, 0x03017f0103, 0x3f4040403f,
    0x1f2040201f, 0x3f4038403f, 0x6314081463, 0x0304780403, 0x434d495961, 0x4141417f00,
    0x2010080402, 0x7f41414100, 0x0402010204, 0x4040404040, 0x0008070300, 0x4078545420,
    0x384444287f, 0x2844444438, 0x7f28444438, 0x1854545438, 0x02097e0800, 0x789ca4a418,
    0x780404087f, 0x00407d4400, 0x003d404020, 0x004428107f, 0x00407f4100, 0x780478047c,
    0x780404087c, 0x3844444438, 0x18242418fc, 0xfc18242418, 0x080404087c, 0x2454545448,
    0x24443f0404, 0x7c2040403c, 0x1c2040201c, 0x3c4030403c, 0x4428102844, 0x7c9090904c,
    0x444c546444, 0x0041360800, 0x0000770000, 0x0008364100, 0x0204020102,
  ]

  /// Letters beyond ASCII that have a plain form; others become a question mark.
  private static let plain: [Character: String] = [
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "é": "e", "è": "e",
    "ê": "e", "ë": "e", "á": "a", "à": "a", "â": "a", "å": "a", "ã": "a", "ç": "c", "ñ": "n", "í": "i",
    "ì": "i", "î": "i", "ï": "i", "ó": "o", "ò": "o", "ô": "o", "õ": "o", "ø": "o", "ú": "u", "ù": "u",
    "û": "u", "ý": "y", "æ": "ae", "œ": "oe", "–": "-", "—": "-", "−": "-", "×": "x", "…": "...",
  ]

  /// A text in letters that there are.
  static func spelled(_ text: String) -> [UInt8] {
    text.flatMap { letter -> [UInt8] in
      if let ascii = letter.asciiValue { return [(32...126).contains(ascii) ? ascii : 63] }
      return Array((plain[letter] ?? "?").utf8)
    }
  }

  /// The lines that a text takes in a width of so many letters, broken at blanks where that is possible.
  package static func lines(_ text: String, letters width: Int) -> [String] {
    var lines: [[UInt8]] = [[]]
    for word in spelled(text).split(separator: 32) {
      var word = Array(word)
      let last = lines[lines.count - 1]
      if !last.isEmpty, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += [32] + word
        continue
      }
      if !last.isEmpty { lines.append([]) }
      while word.count > width {
        lines[lines.count - 1] = Array(word[..<width])
        lines.append([])
        word.removeFirst(width)
      }
      lines[lines.count - 1] = word
    }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The columns of a letter.
  fileprivate static func column(_ letter: UInt8, _ x: Int) -> UInt64 {
    letters[Int(letter) - 32] >> UInt64(8 * x) & 0xff
  }
}

extension Raster {
  /// Writes a line of text, its upper left corner at (x, y); what lies outside is cut off.
  package mutating func write(_ text: String, x: Int, y: Int, scale: Int, colour: Colour) {
    for (place, letter) in PixelFont.spelled(text).enumerated() {
      for column in 0..<5 {
        let bits = PixelFont.column(letter, column)
        for row in 0..<8 where bits >> UInt64(row) & 1 == 1 {
          let (left, top) = (x + (place * PixelFont.advance + column) * scale, y + row * scale)
          for py in top..<top + scale where py >= 0 && py < height {
            for px in left..<left + scale where px >= 0 && px < width { self[px, py] = colour }
          }
        }
      }
    }
  }

  /// Fills a rectangle; what lies outside is cut off.
  package mutating func fill(x: Int, y: Int, width: Int, height: Int, colour: Colour) {
    for py in max(0, y)..<max(0, min(self.height, y + height)) {
      for px in max(0, x)..<max(0, min(self.width, x + width)) { self[px, py] = colour }
    }
  }
}
