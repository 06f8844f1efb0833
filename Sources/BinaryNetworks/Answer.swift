// When scores are enough: an image is answered after the first layer that is sure, or after a second, mirrored look.

package import Plumbing

/// How much work an image may take.
public enum Effort: String, Hashable, Sendable, CaseIterable {
  /// As the network says: an image is answered as soon as its scores lead by enough.
  case early
  /// Everything, whatever the lead.
  case full
}

/// The scores that an image is answered with, and when they were enough.
package struct Answer: Hashable, Sendable {
  /// Class scores, 16 fractional bits.
  package let scores: [Int64]
  /// Index of the layer after which the image was answered; the number of layers for the mirrored look.
  package let stage: Int
}

extension Network {
  /// Stages after which an image may be answered: its layers, and the mirrored look if there is one.
  public var stages: Int { layers.count + (mirrors ? 1 : 0) }

  /// Whether some images take less work than others.
  public var exitsEarly: Bool { layers.contains { $0.exit != nil } }

  /// Whether some image may be answered elsewhere than after the last layer.
  public var isStaged: Bool { mirrors || exitsEarly }

  /// Whether scores summed up to layer `index` answer an image.
  package func answers(_ sum: [Int64], after index: Int) -> Bool {
    if index == layers.count - 1 && !mirrors { return true }
    guard let exit = layers[index].exit else { return false }
    return lead(of: sum) >= exit
  }

  /// The answer to an image.
  /// - Parameters:
  ///   - sums: for every layer the scores summed up to it.
  ///   - mirrored: the summed scores of the mirrored image; asked for only where they are needed.
  package func answer(_ sums: [[Int64]], effort: Effort = .early, mirrored: () -> [Int64]) -> Answer {
    if effort == .early, let stage = sums.indices.first(where: { answers(sums[$0], after: $0) }) {
      return Answer(scores: sums[stage], stage: stage)
    }
    let all = sums.last ?? Array(repeating: 0, count: classNames.count)
    return mirrors
      ? Answer(scores: mean(of: all, mirrored()), stage: layers.count)
      : Answer(scores: all, stage: max(0, layers.count - 1))
  }
}

extension ForwardPass {
  /// Runs an image through as many layers as its answer takes, and through all of them a second time if that is not enough.
  /// - Parameter pixels: H × W × channels bytes of the network's shape.
  package func answer(_ pixels: Span<UInt8>, effort: Effort = .early) -> Answer {
    var sum = [Int64](repeating: 0, count: network.classNames.count)
    begin(pixels)
    for index in layers.indices {
      run(layer: index, scores: true, features: false)
      addScores(ofLayer: index, to: &sum)
      if effort == .early && network.answers(sum, after: index) { return Answer(scores: sum, stage: index) }
    }
    guard network.mirrors else { return Answer(scores: sum, stage: max(0, layers.count - 1)) }
    return Answer(scores: mean(of: sum, mirroredScores(pixels)), stage: layers.count)
  }

  /// The summed scores of the image mirrored left to right.
  package func mirroredScores(_ pixels: Span<UInt8>) -> [Int64] {
    let image = mirrored(pixels, shape: network.shape)
    run(image.span, scores: true, features: false)
    return summedScores()
  }
}

/// By how much the highest of the scores leads the second; without a second, by as much as there is.
package func lead(of scores: [Int64]) -> Int64 {
  guard scores.count > 1 else { return .max }
  var (first, second) = (Int64.min, Int64.min)
  for score in scores {
    if score > first {
      (first, second) = (score, first)
    } else if score > second {
      second = score
    }
  }
  return first - second
}

/// The mean of two looks' scores, rounded down.
private func mean(of a: [Int64], _ b: [Int64]) -> [Int64] {
  zip(a, b).map { ($0 >> 1) + ($1 >> 1) + ($0 & $1 & 1) }
}

/// An image mirrored left to right.
package func mirrored(_ pixels: Span<UInt8>, shape: ImageShape) -> [UInt8] {
  let (width, channels) = (shape.width, shape.channels)
  var out = [UInt8](repeating: 0, count: shape.pixels)
  for y in 0..<shape.height {
    for x in 0..<width {
      for c in 0..<channels {
        out[(y * width + x) * channels + c] = pixels[(y * width + width - 1 - x) * channels + c]
      }
    }
  }
  return out
}
