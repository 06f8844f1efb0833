// The signals of the source `channels`.

/// Every channel by itself.
struct ChannelsSignal: WeightedSignal {
  let name = "channels"
  let fileCode = 0
  let fileVersion: UInt64 = 1
  let channelsNeeded: Int? = nil

  func signals(channels: Int) -> Int { channels }
  func coefficients(of index: Int, channels: Int) -> [Int32] {
    (0..<channels).map { $0 == index ? 1 : 0 }
  }

  let noun = "every channel"
  func unit(channels: Int) -> Int { 1 }
  let appearance = SignalAppearance.channels
}
