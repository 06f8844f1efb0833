// Factors of the pixels in a window, several filters of one shape, in the order in which the kernel reads them.
// The kernel is Kernels.patchValues; see the encoder for how the factors are found.

/// Filters that weigh the window around a pixel.
package struct PatchFilters: Hashable, Sendable {
  /// The window's side: 2...15.
  package let window: Int
  /// Bytes of a pixel.
  package let channels: Int
  /// How many filters there are.
  package let count: Int
  /// For every row of the window and channel pairs of factors of neighbouring pixels, the left one in the lower half, zero behind the
  /// last of an odd window; each pair of all filters, one beside the other.
  let pairs: [Int32]

  /// Largest sum of the sizes of a filter's factors.
  package static let largestSum = 16_000
  /// Most values of a window.
  package static let mostValues = 675

  /// Filters from their factors.
  /// - Parameters:
  ///   - factors: for every filter window x window x channels factors, in row order, channels innermost.
  ///   - window: the window's side.
  ///   - channels: bytes of a pixel.
  /// - Precondition: the window is 2 to 15 and holds at most `mostValues` values, every filter has a factor for each of
  ///   them, and their sizes add up to at most `largestSum`.
  package init(factors: [[Int16]], window: Int, channels: Int) {
    precondition((2...15).contains(window) && channels > 0, "a window of 2 to 15 pixels")
    precondition(window * window * channels <= Self.mostValues, "a window's values")
    self.window = window
    self.channels = channels
    count = factors.count
    let steps = (window + 1) / 2
    var pairs = [Int32](repeating: 0, count: factors.count * window * channels * steps)
    for (f, filter) in factors.enumerated() {
      precondition(filter.count == window * window * channels, "a factor for every value of the window")
      precondition(filter.reduce(0) { $0 + Int($1.magnitude) } <= Self.largestSum, "a filter's factors")
      for row in 0..<window {
        for channel in 0..<channels {
          func factor(_ x: Int) -> Int16 { x < window ? filter[(row * window + x) * channels + channel] : 0 }
          for step in 0..<steps {
            let lower = UInt32(UInt16(bitPattern: factor(2 * step)))
            let upper = UInt32(UInt16(bitPattern: factor(2 * step + 1)))
            pairs[((row * channels + channel) * steps + step) * factors.count + f] =
              Int32(bitPattern: lower | upper << 16)
          }
        }
      }
    }
    self.pairs = pairs
  }

  /// Numbers of scratch memory that the values of a width * height image need.
  package func scratch(width: Int, height: Int) -> Int {
    channels * (height + window - 1) * (width + window + 16)
  }
}
