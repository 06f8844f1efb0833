// Shifts and mirror images: against the definition, and the laws that training relies on.

import Foundation
import ImageData
import Plumbing
import Testing

@Suite struct AugmentationTests {
  static let shapes = [
    ImageShape(width: 1, height: 1, channels: 1), ImageShape(width: 5, height: 3, channels: 1),
    ImageShape(width: 4, height: 7, channels: 3), ImageShape(width: 32, height: 32, channels: 3),
    ImageShape(width: 6, height: 2, channels: 5),
  ]

  func apply(_ move: Augmentation.Move, _ image: [UInt8], _ shape: ImageShape) -> [UInt8] {
    var result = [UInt8](repeating: 0xAA, count: image.count)
    var span = result.mutableSpan
    Augmentation.apply(move, to: image.span, shape: shape, into: &span)
    return result
  }

  @Test(arguments: shapes) func movesAsTheDefinitionSays(shape: ImageShape) {
    let image = noise(shape.pixels, seed: 1)
    for flip in [false, true] {
      for (dx, dy) in [(0, 0), (1, 0), (-1, 0), (0, 2), (0, -2), (3, -1), (-4, 4), (40, -40), (-40, 40)] {
        var expected: [UInt8] = []
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            let sy = min(max(y + dy, 0), shape.height - 1)
            let sx = min(max((flip ? shape.width - 1 - x : x) + dx, 0), shape.width - 1)
            for c in 0..<shape.channels {
              expected.append(image[(sy * shape.width + sx) * shape.channels + c])
            }
          }
        }
        #expect(apply(.init(dx: dx, dy: dy, flip: flip), image, shape) == expected, "\(dx) \(dy) \(flip)")
      }
    }
  }

  @Test(arguments: shapes) func mirroringTwiceChangesNothing(shape: ImageShape) {
    let image = noise(shape.pixels, seed: 2)
    let flip = Augmentation.Move(dx: 0, dy: 0, flip: true)
    #expect(apply(flip, apply(flip, image, shape), shape) == image)
  }

  @Test func drawsWithinItsBoundsAndEvenly() {
    let augmentation = Augmentation(shift: 2, flip: true)
    var seen: [Augmentation.Move: Int] = [:]
    for index in 0..<5000 { seen[augmentation.draw(seed: 1, pass: 3, index: UInt64(index)), default: 0] += 1 }
    #expect(seen.keys.allSatisfy { abs($0.dx) <= 2 && abs($0.dy) <= 2 })
    // 50 moves, each 100 times on average.
    #expect(seen.count == 50 && seen.values.allSatisfy { (50...160).contains($0) })
  }

  @Test func dependsOnSeedPassAndIndexAlone() {
    let augmentation = Augmentation(shift: 4, flip: true)
    let forwards = (0..<100).map { augmentation.draw(seed: 1, pass: 0, index: $0) }
    let backwards = (0..<100).reversed().map { augmentation.draw(seed: 1, pass: 0, index: $0) }
    #expect(forwards == backwards.reversed())
    #expect(forwards != (0..<100).map { augmentation.draw(seed: 2, pass: 0, index: $0) })
    #expect(forwards != (0..<100).map { augmentation.draw(seed: 1, pass: 1, index: $0) })
    #expect(Set(forwards).count > 50)
    // Shifts stay the same when mirroring is turned off, and the other way round.
    let shifts = Augmentation(shift: 4, flip: false)
    let flips = Augmentation(shift: 0, flip: true)
    for (index, move) in forwards.enumerated() {
      let shifted = shifts.draw(seed: 1, pass: 0, index: UInt64(index))
      #expect(shifted == .init(dx: move.dx, dy: move.dy, flip: false))
      #expect(flips.draw(seed: 1, pass: 0, index: UInt64(index)) == .init(dx: 0, dy: 0, flip: move.flip))
    }
  }

  @Test func augmentsByItsDraw() {
    let shape = ImageShape(width: 9, height: 8, channels: 3)
    let image = noise(shape.pixels, seed: 4)
    for augmentation in [Augmentation.none, Augmentation(shift: 3, flip: true)] {
      for index in 0..<20 {
        var result = [UInt8](repeating: 0, count: image.count)
        var span = result.mutableSpan
        augmentation.augment(image.span, shape: shape, seed: 9, pass: 2, index: UInt64(index), into: &span)
        let move = augmentation.draw(seed: 9, pass: 2, index: UInt64(index))
        #expect(result == apply(move, image, shape))
        if augmentation == .none { #expect(result == image) }
      }
    }
  }

  @Test func decodesOnlyWhatIsPossible() throws {
    let augmentation = Augmentation(shift: 4, flip: true)
    let data = try JSONEncoder().encode(augmentation)
    #expect(try JSONDecoder().decode(Augmentation.self, from: data) == augmentation)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Augmentation.self, from: Data(#"{"shift": -1, "flip": true}"#.utf8))
    }
  }
}
