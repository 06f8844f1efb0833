// Encoders from stored parts: the same again, or an error that says what does not belong.

import BitKernels
import Foundation
import ImageEncoding
import Plumbing
import Testing

/// The error that a body throws, nil when it throws none.
func encodingError(_ body: () throws -> Void) -> ImageEncodingError? {
  do { try body() } catch { return error as? ImageEncodingError }
  return nil
}

@Suite struct EncoderRebuildTests {
  static let shape = ImageShape(width: 6, height: 5, channels: 3)
  static let spec = EncoderSpec(
    signals: [
      SignalSpec(source: .channels, window: 3, levels: 4), SignalSpec(source: .mean, window: 0, levels: 2),
    ],
    pyramid: true)

  @Test func thePartsMakeTheSameEncoder() throws {
    let encoder = try makeEncoder(Self.spec, Self.shape, levels: 2)
    let spec = try JSONDecoder().decode(EncoderSpec.self, from: JSONEncoder().encode(encoder.spec))
    let shape = try JSONDecoder().decode(ImageShape.self, from: JSONEncoder().encode(encoder.shape))
    let again = try ImageEncoder(spec: spec, shape: shape, pyramidLevels: 2, thresholds: encoder.thresholds)
    #expect(again == encoder && again.hashValue == encoder.hashValue)
    #expect(again.layout(level: 1).groups == [14] && again.shape(level: 1) == Self.shape.halved)
    var thresholds = encoder.thresholds
    thresholds[1][3][0] -= 1
    #expect(try ImageEncoder(spec: spec, shape: shape, pyramidLevels: 2, thresholds: thresholds) != encoder)
  }

  @Test func thresholdsThatDoNotBelong() throws {
    let encoder = try makeEncoder(Self.spec, Self.shape, levels: 2)
    func error(_ change: (inout [[[Int32]]]) -> Void) -> ImageEncodingError? {
      var thresholds = encoder.thresholds
      change(&thresholds)
      return encodingError {
        _ = try ImageEncoder(spec: Self.spec, shape: Self.shape, pyramidLevels: 2, thresholds: thresholds)
      }
    }
    #expect(error { _ in } == nil)
    let changes: [(inout [[[Int32]]]) -> Void] = [
      { $0.removeLast() }, { $0[1].removeLast() }, { $0[0].append([1]) }, { $0[0][2].removeLast() },
      { $0[0][2].append(2040) }, { $0[1][0].swapAt(0, 3) }, { $0[0][0][3] = 2041 }, { $0[0][0][0] = -2041 },
      { $0[1][3][0] = -1 }, { $0[1][3][1] = 766 }, { $0[0][0][0] = .min },
    ]
    for change in changes { #expect(error(change)?.code == .badThresholds) }
    #expect(error { $0[1][3][1] = 766 }?.message.contains("level 1, signal 3") == true)
  }

  @Test func descriptionsOutsideTheLimits() {
    func code(
      _ signals: [SignalSpec], channels: Int = 3, levels: Int = 1, pyramid: Bool = true, width: Int = 4
    ) -> ImageEncodingError.Code? {
      encodingError {
        _ = try EncodingHistogram(
          spec: EncoderSpec(signals: signals, pyramid: pyramid),
          shape: ImageShape(width: width, height: 4, channels: channels), pyramidLevels: levels)
      }?.code
    }
    let good = SignalSpec(source: .channels, window: 3, levels: 4)
    #expect(code([good]) == nil)
    #expect(code([]) == .badSpec)
    for window in [-3, 1, 2, 4, 14, 16, 17, Int.max] {
      #expect(
        code([SignalSpec(source: .channels, window: window, levels: 4)]) == .badSpec, "window \(window)")
    }
    for levels in [-1, 0, 65, Int.max] {
      #expect(
        code([SignalSpec(source: .channels, window: 0, levels: levels)]) == .badSpec, "levels \(levels)")
    }
    for channels in [1, 2, 4] {
      #expect(
        code([SignalSpec(source: .opponents, window: 0, levels: 4)], channels: channels)
          == .wrongChannels)
    }
    #expect(code([good], channels: 0) == .badShape && code([good], width: 1 << 40) == .badShape)
    // 114 channels of 64 bits are 7296.
    #expect(code([SignalSpec(source: .channels, window: 0, levels: 64)], channels: 113) == nil)
    #expect(code([SignalSpec(source: .channels, window: 0, levels: 64)], channels: 114) == .badSpec)
    #expect(code([SignalSpec](repeating: good, count: 8000)) == .badSpec)
    #expect(code([SignalSpec(source: .channels, window: 15, levels: 1)], channels: 4000) == .badSpec)
    #expect(
      code([good], levels: 16) == nil && code([good], levels: 17) == .badSpec
        && code([good], levels: 0) == .badSpec)
    #expect(code([good], levels: 2, pyramid: false) == .badSpec)
  }
}
