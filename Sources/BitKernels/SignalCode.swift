// A number made of every pixel and the place of its thermometer code among the pixel's bits.
// The kernel that writes the codes is Kernels.encodeSignal; see the encoder for which signals there are.

/// One signal: a weighted sum of a pixel's channels, or its difference to the local mean, and its thresholds.
package struct SignalCode: Hashable, Sendable {
  /// One factor for each channel: the number is the sum of factor * channel.
  package let coefficients: [Int32]
  /// Instead of coefficients: window x window x channels factors, row by row; the number is the sum of factor * value
  /// over the pixels around. Empty for a signal of the pixel itself or its local mean.
  package let factors: [Int16]
  /// 0 for the number itself; otherwise an odd w from 3 to 15, for w * w * number minus the sum over the w * w pixels
  /// around it, edge pixels repeated outwards.
  package let window: Int
  /// The thresholds t of the bits `value > t`, ascending.
  package let thresholds: [Int32]
  /// The bit of a pixel that belongs to the first threshold.
  package let firstBit: Int

  /// Largest sum of the coefficients' sizes: with it, sums over the largest window fit 32 bits (18 000 · 255 · 2 · 225).
  package static let largestSum = 18_000

  /// Describes a signal.
  /// - Precondition: the window is 0 or odd from 3 to 15, the coefficients' sizes add up to at most `largestSum`, the
  ///   thresholds ascend and the first bit is not negative.
  package init(coefficients: [Int32], window: Int, thresholds: [Int32], firstBit: Int) {
    precondition(window == 0 || (window % 2 == 1 && (3...15).contains(window)), "a signal's window")
    precondition(
      coefficients.reduce(0) { $0 + Int($1.magnitude) } <= Self.largestSum, "a signal's coefficients")
    precondition(zip(thresholds, thresholds.dropFirst()).allSatisfy { $0 <= $1 }, "thresholds ascend")
    precondition(firstBit >= 0, "a signal's first bit")
    self.coefficients = coefficients
    factors = []
    self.window = window
    self.thresholds = thresholds
    self.firstBit = firstBit
  }

  /// Describes a signal that weighs the pixels around.
  /// - Precondition: the window is odd from 3 to 15 and there are factors for whole windows, whose sizes add up
  ///   to at most `largestSum`; the thresholds ascend and the first bit is not negative.
  package init(factors: [Int16], window: Int, thresholds: [Int32], firstBit: Int) {
    precondition(window % 2 == 1 && (3...15).contains(window), "a signal's window")
    precondition(!factors.isEmpty && factors.count % (window * window) == 0, "a signal's factors")
    precondition(factors.reduce(0) { $0 + Int($1.magnitude) } <= Self.largestSum, "a signal's factors")
    precondition(zip(thresholds, thresholds.dropFirst()).allSatisfy { $0 <= $1 }, "thresholds ascend")
    precondition(firstBit >= 0, "a signal's first bit")
    coefficients = []
    self.factors = factors
    self.window = window
    self.thresholds = thresholds
    self.firstBit = firstBit
  }

  /// Words of a pixel up to the last of the signal's bits.
  var words: Int { wordCount(bits: firstBit + thresholds.count) }

  /// Numbers of scratch memory that encoding width * height pixels needs.
  package static func scratch(width: Int, height: Int, channels: Int) -> Int {
    width * height + 16 + (channels + 1) * (height + 14) * (width + 30)
  }
}
