// The signals of the source `components`.

import BitKernels
import Plumbing

/// The strongest principal components of the window around the pixel (Pearson, 1901; as a base for whitening Coates, Ng and Lee,
/// 2011), each divided by its deviation and by the window's contrast. The factors are learned from the training images.
///
/// Whitened pixels (`patch`) say the same, turned back into pixels: few components in more levels tell more of a window than all pixels
/// in one, and cost fewer products.
struct ComponentsSignal: SignalRules {
  let name = "components"
  let fileCode = 5
  let fileVersion: UInt64 = 5

  private let patch = PatchSignal()

  var windows: SignalWindows { patch.windows }
  var plannedWindows: SignalWindows { patch.plannedWindows }
  let channelsNeeded: Int? = nil

  func signals(window: Int, channels: Int) -> Int { patch.signals(window: window, channels: channels) }
  /// A window less its mean has one dimension less.
  func mostComponents(window: Int, channels: Int) -> Int? { signals(window: window, channels: channels) - 1 }
  func range(of index: Int, window: Int, channels: Int) -> ClosedRange<Int> {
    patch.range(of: index, window: window, channels: channels)
  }
  var mostBins: Int { patch.mostBins }
  var whitening: WhiteningRule? {
    { moments, _, _ in WhiteningSolve.components(moments) }
  }
  func values(window: Int, channels: Int, factors: [[Int16]]) -> [SignalValues] {
    patch.values(window: window, channels: channels, factors: factors)
  }
  func workspace(window: Int, shape: ImageShape) -> Int { patch.workspace(window: window, shape: shape) }

  func words(window: Int) -> String {
    "principal components of \(window)×\(window) pixels, whitened, in units of their contrast"
  }
  func pixelUnit(window: Int, channels: Int) -> Int? { nil }
  func side(window: Int) -> Int { window }
  let appearance = SignalAppearance.patterns
}
