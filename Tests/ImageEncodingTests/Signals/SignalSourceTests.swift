// Every source of signals: its names and codes, which are for ever, its limits, and that its values keep to its range.
// What the values are is compared with plain loops in EncoderTests and WhiteningTests.

import BitKernels
import Foundation
import Plumbing
import Testing

@testable import ImageEncoding

@Suite struct SignalSourceTests {
  @Test func namesCodesVersionsAndWindowsNeverChange() {
    let golden: [(SignalSource, String, Int, UInt64, String, String)] = [
      (.channels, "channels", 0, 1, "0 or odd 3...15", "0 or odd 3...15"),
      (.mean, "mean", 1, 1, "0 or odd 3...15", "0 or odd 3...15"),
      (.opponents, "opponents", 2, 1, "0 or odd 3...15", "0 or odd 3...15"),
      (.whitened, "whitened", 3, 2, "odd 3...15", "odd 3...15"),
      (.patch, "patch", 4, 3, "2...15", "2...9"),
      (.components, "components", 5, 5, "2...15", "2...9"),
    ]
    #expect(golden.map(\.0) == SignalSource.allCases)
    for (source, name, code, version, windows, planned) in golden {
      let rules = source.rules
      #expect(source.rawValue == name && source.fileCode == code && rules.fileVersion == version)
      #expect(rules.windows.description == windows && rules.plannedWindows.description == planned)
      #expect(SignalSource(rawValue: name) == source && SignalSource(fileCode: code) == source)
    }
    #expect(SignalSource.fileCodes == 0...5 && SignalSource(fileCode: 6) == nil)
    #expect(SignalSource(rawValue: "median") == nil && SignalSource(rawValue: "") == nil)
  }

  @Test(arguments: SignalSource.allCases) func encodedDescriptionsHoldTheName(source: SignalSource) throws {
    let spec = SignalSpec(source: source, window: 3, levels: 2)
    let json = try JSONEncoder().encode(spec)
    #expect(String(decoding: json, as: UTF8.self).contains(#""source":"\#(source.rawValue)""#))
    #expect(try JSONDecoder().decode(SignalSpec.self, from: json) == spec)
  }

  @Test func windowsAreWhatTheySay() {
    let odd = [3, 5, 7, 9, 11, 13, 15]
    let allowed: [SignalSource: [Int]] = [
      .channels: [0] + odd, .mean: [0] + odd, .opponents: [0] + odd, .whitened: odd, .patch: Array(2...15),
      .components: Array(2...15),
    ]
    for source in SignalSource.allCases {
      let windows = [Int.min, -3] + Array(-1...17) + [Int.max]
      #expect(windows.filter { source.rules.windows.contains($0) } == allowed[source], "\(source)")
      #expect(
        windows.filter { source.rules.plannedWindows.contains($0) }.allSatisfy {
          source.rules.windows.contains($0)
        })
    }
  }

  @Test func imagesHaveTheSignalsTheirChannelsAllow() {
    for channels in [1, 2, 4] {
      #expect(SignalSource.of(channels: channels) == [.channels, .mean, .whitened, .patch, .components])
    }
    #expect(SignalSource.of(channels: 3) == SignalSource.allCases)
  }

  @Test(arguments: SignalSource.allCases) func encodingsOutsideTheLimitsAreRefused(source: SignalSource) {
    for channels in [1, 3, 4] {
      for window in -1...16 {
        let problem = encodingError {
          try EncoderSpec(
            signals: [signal(source, window: window, levels: 1)], pyramid: false
          ).validate(shape: ImageShape(width: 20, height: 20, channels: channels), pyramidLevels: 1)
        }
        let accepted = source.rules.accepts(channels: channels)
        let fits = source.rules.whitening == nil || window * window * channels <= EncoderSpec.mostWhitened
        let expected: ImageEncodingError.Code? =
          !source.rules.windows.contains(window) || !fits ? .badSpec : accepted ? nil : .wrongChannels
        #expect(
          problem?.code == expected, "\(source) \(window), \(channels) channels: \(problem?.message ?? "")")
      }
    }
  }

  /// A signal, of two components where the source wants to know how many.
  private func signal(_ source: SignalSource, window: Int, levels: Int) -> SignalSpec {
    SignalSpec(
      source: source, window: window, levels: levels, components: source == .components ? 2 : 0)
  }

  /// Images of extremes: every value falls into a bin of its signal, and every pixel is counted once a signal.
  @Test(arguments: SignalSource.allCases) func valuesKeepToTheirRange(source: SignalSource) throws {
    let shape = ImageShape(width: 9, height: 7, channels: 3)
    var random = SeededGenerator(seed: 0x7261_6e67)
    let images: [[UInt8]] = [
      .init(repeating: 0, count: shape.pixels), .init(repeating: 255, count: shape.pixels),
      (0..<shape.pixels).map { $0 / 3 % 2 == 0 ? 0 : 255 }, (0..<shape.pixels).map { $0 % 3 == 0 ? 255 : 0 },
      (0..<shape.pixels).map { _ in random.below(2) == 0 ? 0 : 255 },
    ]
    for window in [0, 2, 3, 5] where source.rules.windows.contains(window) {
      let spec = EncoderSpec(signals: [signal(source, window: window, levels: 2)], pyramid: false)
      var whitening = WhiteningFilters.none
      if spec.isWhitened {
        var statistics = try WhiteningStatistics(spec: spec, shape: shape, pyramidLevels: 1)
        for (i, image) in images.enumerated() { statistics.add(image.span, seed: UInt64(i)) }
        whitening = try statistics.filters(from: statistics.counts)
      }
      let signals = spec.signals[0].signals(channels: shape.channels)
      let values = whitening.values(spec: spec, level: 0, channels: shape.channels)
      #expect(values.count == 1 && values[0].reduce(0) { $0 + $1.count } == signals)
      var histogram = try EncodingHistogram(spec: spec, shape: shape, pyramidLevels: 1, whitening: whitening)
      let workspace = EncoderWorkspace(shape: shape)
      for image in images { histogram.add(image.span, workspace: workspace) }
      var start = 0
      for bins in spec.bins(channels: shape.channels) {
        #expect(bins.count <= source.rules.mostBins)
        let counted = histogram.counts[start..<start + bins.count].reduce(0, +)
        #expect(counted == Int64(images.count * shape.width * shape.height))
        start += bins.count
      }
      #expect(start == histogram.counts.count)
    }
  }

  /// The range of a weighted signal is that of all pixels of extremes, one with a window that of its differences.
  @Test func rangesOfWeightedSignalsAreReached() {
    let expected: [SignalSource: [ClosedRange<Int>]] = [
      .channels: [0...255, 0...255, 0...255], .mean: [0...765], .opponents: [-255...255, -510...510],
    ]
    for (source, ranges) in expected {
      for (index, range) in ranges.enumerated() {
        #expect(source.rules.range(of: index, window: 0, channels: 3) == range)
        let reach = 8 * (range.upperBound - range.lowerBound)
        #expect(source.rules.range(of: index, window: 3, channels: 3) == -reach...reach)
        guard
          case .weighted(let coefficients, 0) = source.rules.values(window: 0, channels: 3, factors: [])[
            index]
        else {
          Issue.record("\(source) is no weighted signal")
          continue
        }
        let corners = (0..<8).map { corner in
          (0..<3).reduce(0) { $0 + Int(coefficients[$1]) * (corner >> $1 & 1) * 255 }
        }
        #expect(corners.min() == range.lowerBound && corners.max() == range.upperBound)
      }
    }
  }

  @Test func reportsSayWhatTheSignalsAre() {
    func words(_ source: SignalSource, _ window: Int) -> String {
      SignalSpec(source: source, window: window, levels: 1).words
    }
    #expect(words(.channels, 0) == "every channel")
    #expect(words(.mean, 5) == "mean of the channels, less its 5×5 mean")
    #expect(words(.opponents, 0) == "colour opponents")
    #expect(words(.whitened, 3) == "every channel, whitened by 3×3 pixels")
    #expect(words(.patch, 6) == "6×6 pixels, whitened, in units of their contrast")
    #expect(SignalSpec(source: .patch, window: 6, levels: 1).side == 6)
    #expect(SignalSpec(source: .whitened, window: 5, levels: 1).side == 1)
    #expect(SignalSource.mean.rules.pixelUnit(window: 3, channels: 3) == 27)
    #expect(SignalSource.channels.rules.pixelUnit(window: 0, channels: 3) == 1)
    #expect(SignalSource.patch.rules.pixelUnit(window: 6, channels: 3) == nil)
  }
}
