// What first-layer filters look like: thermometer bits decoded to levels, shown as grey or colour.

package import BinaryNetworks
import BitKernels
package import ImageEncoding
import Plumbing
package import ReportPages

/// Pictures of the filters that look at encoded images.
package struct FilterPictures {
  /// The filters.
  package let bank: FilterBank
  /// The encoder in front of them.
  package let encoder: ImageEncoder

  /// Pictures of a layer; nil if there is none, or if it looks at features.
  package init?(_ network: Network, layer: Int = 0) {
    guard network.layers.indices.contains(layer) else { return nil }
    let input = network.input(ofLayer: layer)
    guard input.isImage else { return nil }
    bank = network.layers[layer].bank
    encoder = network.encoder(of: input)
  }

  /// Level of every signal at every position of filter k: window² × signals, from 0 (all bits off: lower than every
  /// quantile) to 1 (all bits on). A bit that does not matter counts as half on.
  package func levels(_ k: Int) -> [[Double]] {
    let filter = bank.filter(k)
    let mask = bank.mask(k)
    let words = bank.seen.words
    let channels = encoder.shape.channels
    let firstBits = encoder.spec.firstBits(channels: channels)
    // A filter of a group has the words of one kind alone, and of others nothing to show.
    let skipped = 64 * words * group(k)
    return (0..<bank.window * bank.window).map { position in
      encoder.spec.signals.indices.flatMap { index in
        let kind = encoder.spec.signals[index]
        let isSeen = bank.groups == 1 || index == group(k)
        return (0..<kind.signals(channels: channels)).map { signal in
          guard isSeen else { return 0.5 }
          var halves = 0
          for level in 0..<kind.levels {
            let bit = firstBits[index] + signal * kind.levels + level - skipped
            let (word, shift) = (position * words + bit / 64, UInt64(bit % 64))
            halves += mask[word] >> shift & 1 == 0 ? 1 : 2 * Int(filter[word] >> shift & 1)
          }
          return Double(halves) / Double(2 * kind.levels)
        }
      }
    }
  }

  /// The group that filter k is in.
  private func group(_ k: Int) -> Int { k / bank.filtersPerGroup }

  /// The kinds of signals that filter k sees.
  private func kinds(_ k: Int) -> [Int] {
    bank.groups == 1 ? Array(encoder.spec.signals.indices) : [group(k)]
  }

  /// The filters that see signal kind `index`: all of them, or those of one group.
  package func filters(seeing index: Int) -> Range<Int> {
    bank.groups == 1 ? 0..<bank.count : index * bank.filtersPerGroup..<(index + 1) * bank.filtersPerGroup
  }

  /// The side of a filter's picture for signal kind `index`: its window, and around it what the signals see beyond.
  package func side(kind index: Int) -> Int { bank.window + encoder.spec.signals[index].side - 1 }

  /// The largest side of all kinds.
  package var side: Int { encoder.spec.signals.indices.map { side(kind: $0) }.max() ?? bank.window }

  /// The picture of filter k for signal kind `index` of the encoder: side × side pixels. Where the windows of positions overlap
  /// it shows their mean.
  package func picture(_ k: Int, kind index: Int) -> Raster { picture(levels(k), kind: index) }

  /// The same from the levels of a filter.
  private func picture(_ levels: [[Double]], kind index: Int) -> Raster {
    let side = side(kind: index)
    let kind = encoder.spec.signals[index]
    let channels = encoder.shape.channels
    let first = encoder.spec.signals[..<index].reduce(0) { $0 + $1.signals(channels: channels) }
    let appearance = kind.source.rules.appearance
    let levels = levels.map {
      pixels(Array($0[first...].prefix(kind.signals(channels: channels))), kind: index)
    }
    let count = levels.first?.count ?? 0
    // Every position holds a block of pixels, each of so many levels.
    let block = side - bank.window + 1
    let values = count / (block * block)
    var sums = [Double](repeating: 0, count: side * side * values)
    var shares = [Double](repeating: 0, count: side * side)
    for (position, all) in levels.enumerated() {
      for pixel in 0..<block * block {
        let (y, x) = (position / bank.window + pixel / block, position % bank.window + pixel % block)
        for v in 0..<values { sums[(y * side + x) * values + v] += all[pixel * values + v] }
        shares[y * side + x] += 1
      }
    }
    var raster = Raster(width: side, height: side)
    for pixel in 0..<side * side {
      let shown = (0..<values).map { sums[pixel * values + $0] / shares[pixel] }
      raster[pixel % side, pixel / side] = Self.colour(shown, appearance)
    }
    return raster
  }

  /// The levels of the pixels that a position's signals of one kind look at: these themselves, or, of patterns, the sum of all of them,
  /// each as strong as its level is away from the middle.
  private func pixels(_ levels: [Double], kind index: Int) -> [Double] {
    let kinds = encoder.spec.signals
    guard kinds[index].source.rules.appearance == .patterns else { return levels }
    let channels = encoder.shape.channels
    let first = kinds[..<index].reduce(0) { $0 + $1.whiteningFilters(channels: channels) }
    var sums = [Double](repeating: 0, count: kinds[index].window * kinds[index].window * channels)
    for (filter, level) in zip(encoder.whitening.factors[0][first...], levels) {
      for i in sums.indices { sums[i] += (level - 0.5) * Double(filter[i]) }
    }
    let largest = sums.reduce(1) { max($0, abs($1)) }
    return sums.map { 0.5 + $0 / (2 * largest) }
  }

  /// The pictures of filter k for all kinds of signals that it sees, side by side.
  package func strip(_ k: Int) -> Raster {
    let kinds = kinds(k)
    let levels = levels(k)
    var sheet = SpriteSheet(count: kinds.count, columns: kinds.count, tileWidth: side, tileHeight: side)
    for kind in kinds { sheet.add(picture(levels, kind: kind)) }
    return sheet.raster
  }

  /// Levels as a colour: three channels are red, green and blue; two opponents a hue of middle brightness; the mean
  /// of anything else a grey.
  package static func colour(_ levels: [Double], _ appearance: SignalAppearance) -> Raster.Colour {
    func byte(_ level: Double) -> UInt8 { UInt8((255 * min(1, max(0, level))).rounded()) }
    switch appearance {
    case .channels where levels.count == 3, .patterns where levels.count == 3:
      return (byte(levels[0]), byte(levels[1]), byte(levels[2]))
    case .opponents:
      // R − G = u and R + G − 2 B = v with (R + G + B) / 3 = 1/2.
      let u = levels[0] - 0.5
      let v = 2 * (levels[1] - 0.5)
      return (byte(0.5 + v / 6 + u / 2), byte(0.5 + v / 6 - u / 2), byte(0.5 - v / 3))
    case .channels, .patterns, .brightness:
      let grey = byte(levels.reduce(0, +) / Double(max(1, levels.count)))
      return (grey, grey, grey)
    }
  }
}
