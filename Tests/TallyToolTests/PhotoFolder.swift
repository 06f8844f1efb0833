// Folders of PNG images of several sizes that can be learned.

import Foundation
import Plumbing
import _TestSupport

extension Bench {
  /// Writes class folders of striped images, 16 to 40 pixels a side.
  func writePhotos(_ counts: [String: Int], in place: String = "photos", channels: Int = 1) throws {
    for (label, (name, count)) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
      let path = "\(place)/\(name)"
      try FileManager.default.createDirectory(atPath: folder.path(path), withIntermediateDirectories: true)
      for n in 0..<count {
        let (width, height) = (16 + n * 7 % 25, 16 + n * 5 % 21)
        var generator = SeededGenerator(seed: UInt64(n), UInt64(label))
        let side = min(width, height)
        var pixels: [UInt8] = []
        for y in 0..<height {
          for x in 0..<width {
            // As many stripes in a small image as in a large one; each class has its direction.
            let along = [x, y, x + y, 2 * x + y][label % 4] * 6 / side
            for c in 0..<channels {
              pixels.append(UInt8((along % 2 == 0 ? 150 : 60) + 9 * c + generator.below(40)))
            }
          }
        }
        let row = width * channels
        let file = png(
          width: width, height: height, colourType: channels == 1 ? 0 : 2,
          rows: (0..<height).map { Array(pixels[($0 * row)..<(($0 + 1) * row)]) })
        try folder.write(file, to: "\(path)/\(String(format: "%03d", n)).png")
      }
    }
  }
}
