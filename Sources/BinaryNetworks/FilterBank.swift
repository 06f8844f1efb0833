// The filters of one layer, packed for the kernels. How they are applied is in LayerPass.swift.

public import BitKernels

/// K filters over patches of window × window positions, with their masks and the features made of their distances.
///
/// A patch has L = window² · (words of a position) words, in row, column, channel-word order. Words are kept
/// word-major: word j of filter k is `filters[j * stride + k]`, so that a kernel's lanes run across filters.
public struct FilterBank: Hashable, Sendable {
  /// Side of the square of positions a filter looks at, 1 to 7.
  public let window: Int
  /// Channels of the input.
  public let input: ChannelLayout
  /// K, the number of filters.
  public let count: Int
  /// Groups of filters that each see a channel group of the input alone (a grouped convolution): the first K / groups filters its first
  /// one, and so on. With 1 every filter sees all channels; more have a window of 1, as many channel groups, all of the same
  /// number of bits, and as many filters each.
  public let groups: Int
  /// Filter bits, L × stride words; bits that are no channel are zero.
  public var filters: [UInt64]
  /// Mask bits (0 = this bit does not matter), laid out as the filters; nil if every bit matters.
  public var masks: [UInt64]?
  /// The features that every filter has, 1 to ``FilterFeature/most``.
  public var features: [FilterFeature]
  /// How distances are taken.
  public var distanceKind = DistanceKind.plain

  /// A bank of `count` all-zero filters with one near feature, whose thresholds are 0.
  /// - Precondition: `FilterBank.groupsProblem` has nothing to say.
  public init(window: Int, input: ChannelLayout, count: Int, groups: Int = 1) {
    precondition((1...7).contains(window) && count > 0)
    precondition(Self.groupsProblem(groups, window: window, input: input, count: count) == nil)
    self.groups = groups
    self.window = window
    self.input = input
    self.count = count
    let seen = Self.seen(input, groups: groups)
    let stride = Self.stride(count: count, groups: groups)
    filters = [UInt64](repeating: 0, count: window * window * seen.words * stride)
    masks = nil
    features = [FilterFeature(Array(repeating: 0, count: count))]
  }

  /// Filters from one packed word to the next in `filters`: a multiple of 32 that has room for K, and for whole 32 of every group from its
  /// first filter on.
  public var stride: Int { Self.stride(count: count, groups: groups) }

  private static func stride(count: Int, groups: Int) -> Int {
    let own = count / groups
    return roundUp((groups - 1) * own + roundUp(count - (groups - 1) * own, to: 32), to: 32)
  }

  /// The channels that a filter sees.
  public var seen: ChannelLayout { Self.seen(input, groups: groups) }
  /// L, the words of a patch that a filter sees.
  public var patchWords: Int { window * window * seen.words }
  /// D, the bits of a patch that are channels and seen by a filter.
  public var patchBits: Int { window * window * seen.bits }
  /// Filters of a group.
  public var filtersPerGroup: Int { count / groups }

  private static func seen(_ input: ChannelLayout, groups: Int) -> ChannelLayout {
    groups == 1 ? input : ChannelLayout(groups: [input.groups[0]])
  }

  /// What keeps filters from being cut into groups; nil if nothing.
  package static func groupsProblem(_ groups: Int, window: Int, input: ChannelLayout, count: Int) -> String? {
    if groups == 1 { return nil }
    guard groups > 1, input.groups.count == groups, Set(input.groups).count == 1 else {
      return
        "\(groups) groups of filters need as many channel groups of the same size, but there are \(input.groups) bits"
    }
    guard window == 1 else { return "groups of filters have a window of 1, not \(window)" }
    guard count % groups == 0 else { return "\(count) filters cannot be dealt out to \(groups) groups" }
    return nil
  }
  /// Whether distances are taken less their mean.
  public var isCentred: Bool { distanceKind == .centred }
  /// What is added to centred distances, so that they stay positive: half of D.
  public var middle: Int { isCentred ? patchBits / 2 : 0 }
  /// No distance is larger.
  public var largestDistance: Int { min(65_535, patchBits + middle) }

  /// Distances of patches to the filters, positions × stride, centred if the bank is.
  /// - Precondition: the patches lie in `words` and are as long as the filters; `distances` has room.
  package func distances(
    _ words: Span<UInt64>, _ view: PatchView, into distances: inout MutableSpan<UInt16>
  ) {
    self.distances(words, view, filters: filters.span, masks: masks?.span, into: &distances)
  }

  /// The same with filters and masks in the order of the patches' words, whatever that is.
  func distances(
    _ words: Span<UInt64>, _ view: PatchView, filters: Span<UInt64>, masks: Span<UInt64>?,
    into distances: inout MutableSpan<UInt16>
  ) {
    // Group after group, each on its own words of every position. Kernels fill whole 32 columns: what is beyond a group's own filters
    // is filled again by the next group.
    let own = filtersPerGroup
    for group in 0..<groups {
      let (part, first) = (self.view(view, ofGroup: group), group * own)
      var columns = distances._mutatingExtracting(first..<distances.count)
      let groupFilters = filters.extracting(first..<filters.count)
      if let masks {
        Kernels.maskedHammingMatrix(
          words, part, filters: groupFilters, masks: masks.extracting(first..<masks.count), stride: stride,
          columns: roundUp(own, to: 32), into: &columns)
      } else {
        Kernels.hammingMatrix(
          words, part, filters: groupFilters, stride: stride, columns: roundUp(own, to: 32), into: &columns)
      }
      if isCentred {
        Kernels.centreDistances(
          &columns, positions: view.positions, filters: own, stride: stride, middle: UInt16(middle))
      }
    }
  }

  /// What the filters of a group see of patches.
  func view(_ view: PatchView, ofGroup group: Int) -> PatchView {
    var part = view
    if groups > 1 { part.segmentWords = seen.words }
    part.offset += group * seen.words
    return part
  }

  /// The features that the head counts, in their order.
  public var countedFeatures: [FilterFeature] { features.filter(\.isCounted) }

  /// The bits of one position for the next layer: a group of K for every feature that it gets.
  public var output: ChannelLayout {
    ChannelLayout(groups: features.lazy.filter(\.isHandedOn).map { _ in count })
  }

  /// The L words of filter k.
  public func filter(_ k: Int) -> [UInt64] { (0..<patchWords).map { filters[$0 * stride + k] } }

  /// The L mask words of filter k: every channel bit if the bank has no masks.
  public func mask(_ k: Int) -> [UInt64] {
    if let masks { return (0..<patchWords).map { masks[$0 * stride + k] } }
    return validBits
  }

  /// One word per patch word that a filter sees, ones where a channel lives.
  public var validBits: [UInt64] { Self.validBits(window: window, input: seen) }

  /// One word per patch word, ones where a channel lives.
  public static func validBits(window: Int, input: ChannelLayout) -> [UInt64] {
    let position = input.validBits
    return (0..<window * window).flatMap { _ in position }
  }
}
