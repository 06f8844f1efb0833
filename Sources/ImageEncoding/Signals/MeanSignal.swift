// The signal of the source `mean`.

/// The sum over the channels, which is their mean but for its unit.
struct MeanSignal: WeightedSignal {
  let name = "mean"
  let fileCode = 1
  let fileVersion: UInt64 = 1
  let channelsNeeded: Int? = nil

  func signals(channels: Int) -> Int { 1 }
  func coefficients(of index: Int, channels: Int) -> [Int32] { [Int32](repeating: 1, count: channels) }

  let noun = "mean of the channels"
  func unit(channels: Int) -> Int { channels }
  let appearance = SignalAppearance.brightness
}
