// Seeded changes to training images that leave the class as it is: shifts and mirror images.

package import Plumbing

/// How much training images are varied.
///
/// What is done to an image depends on the seed, the pass and the image's index alone: not on the order in which
/// images are visited, nor on who visits them.
package struct Augmentation: Hashable, Sendable, Codable {
  /// Images are shifted by up to this many pixels each way; 0 = not at all.
  package let shift: Int
  /// Whether half of the images are mirrored left to right.
  package let flip: Bool

  /// No variation.
  package static let none = Augmentation(shift: 0, flip: false)

  /// Creates a setting.
  /// - Precondition: 0 <= shift <= 65 535.
  package init(shift: Int, flip: Bool) {
    precondition(
      (0...ImageShape.largestSide).contains(shift), "the shift is at least 0 and within the largest image")
    self.shift = shift
    self.flip = flip
  }

  private enum CodingKeys: CodingKey { case shift, flip }

  /// Decodes a setting.
  /// - Throws: `DecodingError` when the shift is out of range.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let shift = try container.decode(Int.self, forKey: .shift)
    guard (0...ImageShape.largestSide).contains(shift) else {
      throw DecodingError.dataCorruptedError(
        forKey: .shift, in: container,
        debugDescription: "the shift is \(shift); it is 0 to \(ImageShape.largestSide)")
    }
    self.init(shift: shift, flip: try container.decode(Bool.self, forKey: .flip))
  }

  /// What is done to one image.
  package struct Move: Hashable, Sendable {
    /// How far to the right, and how far down, the window into the image moves.
    package var dx, dy: Int
    /// Whether the result is mirrored left to right.
    package var flip: Bool

    /// Creates a move.
    package init(dx: Int, dy: Int, flip: Bool) {
      self.dx = dx
      self.dy = dy
      self.flip = flip
    }
  }

  /// What is done to image `index` in pass `pass`.
  package func draw(seed: UInt64, pass: UInt64, index: UInt64) -> Move {
    var generator = SeededGenerator(seed: seed, pass, index)
    let dx = generator.below(2 * shift + 1) - shift
    let dy = generator.below(2 * shift + 1) - shift
    let mirrored = generator.next() >> 63 == 1
    return Move(dx: dx, dy: dy, flip: flip && mirrored)
  }

  /// Writes image `index` as it is seen in pass `pass`: shifted, its edge pixels repeated outwards, and perhaps
  /// mirrored. A plain copy when nothing is varied.
  /// - Precondition: `image` and `result` have `shape.pixels` values each.
  package func augment(
    _ image: Span<UInt8>, shape: ImageShape, seed: UInt64, pass: UInt64, index: UInt64,
    into result: inout MutableSpan<UInt8>
  ) {
    Self.apply(draw(seed: seed, pass: pass, index: index), to: image, shape: shape, into: &result)
  }

  /// Writes `image` moved: the result at (y, x) is the image at (y + dy, x' + dx), each clamped into the image,
  /// with x' = width - 1 - x where mirrored and x elsewhere.
  /// - Precondition: `image` and `result` have `shape.pixels` values each.
  package static func apply(
    _ move: Move, to image: Span<UInt8>, shape: ImageShape, into result: inout MutableSpan<UInt8>
  ) {
    precondition(
      image.count == shape.pixels && result.count == shape.pixels, "an image has shape.pixels values")
    let (width, channels) = (shape.width, shape.channels)
    let rowBytes = width * channels
    // Columns left ..< right of the unmirrored result lie inside the image; the others repeat its edge.
    let left = min(width, max(0, -move.dx))
    let right = max(left, min(width, width - move.dx))
    for y in 0..<shape.height {
      let sourceRow = min(max(y + move.dy, 0), shape.height - 1) * rowBytes
      let row = y * rowBytes
      if move.flip {
        for x in 0..<width {
          let source = sourceRow + min(max(width - 1 - x + move.dx, 0), width - 1) * channels
          for c in 0..<channels { result[row + x * channels + c] = image[source + c] }
        }
      } else {
        for x in 0..<left {
          for c in 0..<channels { result[row + x * channels + c] = image[sourceRow + c] }
        }
        if right > left {
          copyBytes(
            image, from: sourceRow + (left + move.dx) * channels, to: &result, at: row + left * channels,
            count: (right - left) * channels)
        }
        for x in right..<width {
          for c in 0..<channels {
            result[row + x * channels + c] = image[sourceRow + (width - 1) * channels + c]
          }
        }
      }
    }
  }
}

/// Copies a run of bytes.
private func copyBytes(
  _ source: Span<UInt8>, from: Int, to target: inout MutableSpan<UInt8>, at: Int, count: Int
) {
  precondition(
    from >= 0 && at >= 0 && count >= 0 && from + count <= source.count && at + count <= target.count)
  // SAFETY: both ranges were just checked, and a mutable span overlaps no other.
  unsafe source.withUnsafeBufferPointer { source in
    unsafe target.withUnsafeMutableBufferPointer { target in
      let part = unsafe UnsafeBufferPointer(rebasing: source[from..<(from + count)])
      _ = unsafe target[at..<(at + count)].update(fromContentsOf: part)
    }
  }
}
