// What has to be known of a signal's source; a new source is a type that conforms and a case of SignalSource.
// Rules are asked when an encoding is set up, never for a pixel.

package import BitKernels
package import Plumbing

/// All there is to know of a source of signals.
package protocol SignalRules: Sendable {
  /// The name in plans.
  var name: String { get }
  /// The number in model files and descriptions of rounds.
  var fileCode: Int { get }
  /// The oldest version of the model file that can express it.
  var fileVersion: UInt64 { get }

  /// The windows an encoding may have.
  var windows: SignalWindows { get }
  /// The windows a plan may ask for.
  var plannedWindows: SignalWindows { get }
  /// The channels that images must have; nil for any number.
  var channelsNeeded: Int? { get }

  /// The number of signals for images of so many channels; the largest one where a description chooses.
  func signals(window: Int, channels: Int) -> Int
  /// The most signals that a description can choose, strongest first; nil where there is nothing to choose.
  func mostComponents(window: Int, channels: Int) -> Int?
  /// The smallest and largest value of signal `index`.
  func range(of index: Int, window: Int, channels: Int) -> ClosedRange<Int>
  /// Most bins that the values of one signal are counted in.
  var mostBins: Int { get }
  /// How the factors of the pixels in the window are learned; nil where there is nothing to learn.
  var whitening: WhiteningRule? { get }
  /// How all signals are computed, in their order.
  /// - Parameter factors: what was learned for each of them; empty where nothing is.
  func values(window: Int, channels: Int, factors: [[Int16]]) -> [SignalValues]
  /// Bytes that the signals of an image need while it is encoded, beside what every source needs.
  func workspace(window: Int, shape: ImageShape) -> Int

  /// What it is, in words.
  func words(window: Int) -> String
  /// What a difference of one between pixels comes to in values; nil where values are in no unit of pixels.
  func pixelUnit(window: Int, channels: Int) -> Int?
  /// The side of the square of pixels whose levels the signals of one position are.
  func side(window: Int) -> Int
  /// How the levels of one of these pixels are shown as a colour.
  var appearance: SignalAppearance { get }
}

extension SignalRules {
  package func mostComponents(window: Int, channels: Int) -> Int? { nil }
  package func workspace(window: Int, shape: ImageShape) -> Int { 0 }

  /// Whether images of so many channels have such signals.
  package func accepts(channels: Int) -> Bool { channelsNeeded.map { $0 == channels } ?? true }
}

/// Finds the factors of every signal of a source, strongest first where there is a choice, window × window × channels each, from how pixels of a window go together;
/// nil where no pixels go together so.
package typealias WhiteningRule =
  @Sendable (_ moments: PixelMoments, _ window: Int, _ channels: Int) ->
  [[Int16]]?

/// How the values of signals are computed: what there are kernels for.
package enum SignalValues: Hashable, Sendable {
  /// One signal x, channels by their coefficients; with a window w, w · w · x minus the sum of x over the window.
  case weighted(coefficients: [Int32], window: Int)
  /// One signal, the pixels of a window by their factors.
  case filtered(factors: [Int16], window: Int)
  /// A signal for each of several filters, in units of the window's contrast.
  case contrasted(PatchFilters)

  /// How many signals these are.
  package var count: Int {
    switch self {
    case .weighted, .filtered: 1
    case .contrasted(let filters): filters.count
    }
  }
}

/// What the levels of a pixel mean, for showing them.
package enum SignalAppearance: Hashable, Sendable {
  /// One level a channel.
  case channels
  /// The levels of R − G and R + G − 2 B.
  case opponents
  /// How bright the pixel is.
  case brightness
  /// Weights of patterns that fill the window.
  case patterns
}

/// The sides that a signal's window can have.
package struct SignalWindows: Hashable, Sendable, CustomStringConvertible {
  /// The sides, of which even ones may be left out.
  package let sides: ClosedRange<Int>
  /// Whether there are odd sides alone.
  package let isOdd: Bool
  /// Whether a signal can do without a window, which is then 0.
  package let isOptional: Bool

  /// Odd sides from 3 to 15.
  static func odd(isOptional: Bool) -> SignalWindows {
    SignalWindows(sides: 3...15, isOdd: true, isOptional: isOptional)
  }

  /// Whether a window is one of them.
  package func contains(_ window: Int) -> Bool {
    window == 0 ? isOptional : sides.contains(window) && (!isOdd || window % 2 == 1)
  }

  /// As in "0 or odd 3...15".
  package var description: String {
    (isOptional ? "0 or " : "") + (isOdd ? "odd " : "") + "\(sides.lowerBound)...\(sides.upperBound)"
  }
}
