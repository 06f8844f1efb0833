// The signals of the source `opponents`.

/// Colour differences of red, green and blue: R − G and R + G − 2 B.
struct OpponentsSignal: WeightedSignal {
  let name = "opponents"
  let fileCode = 2
  let fileVersion: UInt64 = 1
  let channelsNeeded: Int? = 3

  func signals(channels: Int) -> Int { 2 }
  func coefficients(of index: Int, channels: Int) -> [Int32] { index == 0 ? [1, -1, 0] : [1, 1, -2] }

  let noun = "colour opponents"
  func unit(channels: Int) -> Int { 1 }
  let appearance = SignalAppearance.opponents
}
