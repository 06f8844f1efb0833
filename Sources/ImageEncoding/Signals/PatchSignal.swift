// The signals of the source `patch`.

import BitKernels
import Plumbing

/// Every value of the window around the pixel: whitened against each other (ZCA) and divided by the window's contrast, as
/// patches are made ready for k-means by Coates, Ng and Lee (2011). The factors are learned from the training images.
struct PatchSignal: SignalRules {
  let name = "patch"
  let fileCode = 4
  let fileVersion: UInt64 = 3

  /// Even windows reach further down and right.
  let windows = SignalWindows(sides: 2...15, isOdd: false, isOptional: false)
  let plannedWindows = SignalWindows(sides: 2...9, isOdd: false, isOptional: false)
  let channelsNeeded: Int? = nil

  func signals(window: Int, channels: Int) -> Int { window * window * channels }
  /// What the kernel holds its values within.
  func range(of index: Int, window: Int, channels: Int) -> ClosedRange<Int> { -32_767...32_767 }
  /// Fewer than of other sources, as there are many signals.
  let mostBins = 1 << 13
  var whitening: WhiteningRule? {
    { moments, _, _ in WhiteningSolve.patchFilters(moments) }
  }
  func values(window: Int, channels: Int, factors: [[Int16]]) -> [SignalValues] {
    [.contrasted(PatchFilters(factors: factors, window: window, channels: channels))]
  }

  /// A plane for every value, and what the kernel makes them from, see `EncoderWorkspace.fillPatches`.
  func workspace(window: Int, shape: ImageShape) -> Int {
    let planes = MemoryLimit.product(
      2, shape.width * shape.height + 16, signals(window: window, channels: shape.channels))
    let scratch = MemoryLimit.product(
      4, shape.channels, shape.height + window - 1, shape.width + window + 16)
    return MemoryLimit.sum(planes, scratch)
  }

  func words(window: Int) -> String {
    "\(window)×\(window) pixels, whitened, in units of their contrast"
  }
  func pixelUnit(window: Int, channels: Int) -> Int? { nil }
  func side(window: Int) -> Int { window }
  let appearance = SignalAppearance.channels
}
