// What an exporter writes down of an encoder: how every signal's numbers are computed, and their thresholds.

import BitKernels
import Plumbing

/// The numbers of one signal and the bits of each.
package struct SignalNumbers: Hashable, Sendable {
  /// How the numbers are computed: the one kind of arithmetic and its factors.
  package enum Arithmetic: Hashable, Sendable {
    /// Channels by their coefficients; with a window w, w · w times that less the same of all pixels in the window.
    case weighted
    /// All values of a window by their factors.
    case filtered
    /// All values of a window less 128 by their factors, in units of the window's contrast.
    case contrasted
  }

  /// The kind of arithmetic.
  package let arithmetic: Arithmetic
  /// The side of the window; 0 without one.
  package let window: Int
  /// Factors of every number: channels, or window × window × channels in row order, channels innermost.
  package let factors: [[Int32]]
  /// Thresholds of every number, ascending, as many for each.
  package let thresholds: [[Int32]]

  /// Bits of a number.
  package var levels: Int { thresholds.first?.count ?? 0 }
  /// Bits of all numbers.
  package var bits: Int { thresholds.count * levels }
}

extension ImageEncoder {
  /// The signals of a level of the pyramid, cut into channel groups, in the order of their bits.
  package func signalNumbers(level: Int) -> [[SignalNumbers]] {
    let values = whitening.values(spec: spec, level: level, channels: shape.channels)
    var groups: [[SignalNumbers]] = []
    var (next, nextFilter) = (0, 0)
    for (index, (signal, values)) in zip(spec.signals, values).enumerated() {
      if spec.beginsWord(index) { groups.append([]) }
      let filters = signal.whiteningFilters(channels: shape.channels)
      let learned = filters == 0 ? [] : whitening.factors[level][nextFilter..<nextFilter + filters]
      nextFilter += filters
      for value in values {
        let thresholds = Array(self.thresholds[level][next..<next + value.count])
        next += value.count
        let (arithmetic, factors): (SignalNumbers.Arithmetic, [[Int32]]) =
          switch value {
          case .weighted(let coefficients, _): (.weighted, [coefficients])
          case .filtered(let factors, _): (.filtered, [factors.map { Int32($0) }])
          case .contrasted: (.contrasted, learned.map { $0.map { Int32($0) } })
          }
        groups[groups.count - 1].append(
          SignalNumbers(
            arithmetic: arithmetic, window: signal.window, factors: factors, thresholds: thresholds))
      }
    }
    return groups
  }
}
