// Values of 16 bits brought to 8, by the bits that a file says are significant.

/// Values of 16 bits, high byte first.
enum WideValues {
  /// A picture whose values have no more bits than this shows at most a sixteenth of white.
  private static let fewBits = 12

  /// Brings the values of an image to 8 bits: v 255 / 65535, rounded.
  ///
  /// A file that states n < 16 significant bits holds values spread over all 16, as its format asks, or values
  /// below 2^n as they came from a sensor. The latter are brought to 8 bits as v 255 / (2^n - 1), rounded. They are told
  /// apart by their low bits, which in the former are zero or follow from the high ones.
  /// - Returns: a note where values of few bits would show nearly black, and the file does not say so.
  static func narrow(_ image: inout StoredImage) -> DecodingNote? {
    let channels = image.channels
    let colours = (channels - 1) | 1
    let colour = Group(image.values.span, channels, 0..<colours, statedBits: image.colourBits)
    let opacity = Group(image.values.span, channels, colours..<channels, statedBits: image.opacityBits)
    let pixels = image.width * image.height
    var span = image.values.mutableSpan
    for i in 0..<pixels {
      for c in 0..<channels {
        let at = i * channels + c
        let value = Int(span[2 * at]) << 8 | Int(span[2 * at + 1])
        let white = c < colours ? colour.white : opacity.white
        span[at] = UInt8(truncatingIfNeeded: (2 * 255 * value + white) / (2 * white))
      }
    }
    image.values.removeLast(image.values.count - pixels * channels)
    guard colour.white == 65_535, colour.largest > 0, colour.largest < 1 << fewBits else { return nil }
    return DecodingNote(
      "its 16-bit values go up to \(colour.largest) only, so that it shows nearly black; scale them to 65535, or say "
        + "in its sBIT chunk how many bits count",
      isSerious: true)
  }

  /// Values that are scaled alike.
  private struct Group {
    /// The largest value, 0 for none.
    private(set) var largest = 0
    /// The value that becomes 255.
    private(set) var white = 65_535

    /// Looks through some channels of all pixels.
    init(_ values: Span<UInt8>, _ channels: Int, _ which: Range<Int>, statedBits bits: Int) {
      let most = 1 << bits - 1
      let isStated = (1..<16).contains(bits)
      var isSpread = true
      for pixel in 0..<values.count / (2 * channels) {
        for c in which {
          let at = 2 * (pixel * channels + c)
          let value = Int(values[at]) << 8 | Int(values[at + 1])
          largest = max(largest, value)
          guard isStated, isSpread, value != 0 else { continue }
          let high = value >> (16 - bits)
          isSpread = value == high << (16 - bits) || value == (2 * 65_535 * high + most) / (2 * most)
        }
      }
      if isStated, !isSpread, largest <= most { white = most }
    }
  }
}
