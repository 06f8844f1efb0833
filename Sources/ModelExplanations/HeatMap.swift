// Contributions as colours over a picture: blue where they speak for a class, orange where they speak against it.

import BinaryNetworks
import ReportPages

/// Signed values on a grid, ready to be drawn.
struct HeatMap {
  /// Values across and down.
  let width: Int
  let height: Int
  /// The values in row order, from −1 to 1: the strongest in 99 of 100 places has 1.
  let values: [Double]

  /// A map of the values' sizes among each other.
  /// - Precondition: width · height values.
  init(width: Int, height: Int, _ values: [Double]) {
    precondition(values.count == width * height)
    self.width = width
    self.height = height
    let sizes = values.map { abs($0) }.filter { $0 > 0 }.sorted()
    let top = sizes.isEmpty ? 1 : sizes[(sizes.count * 99 + 99) / 100 - 1]
    self.values = values.map { max(-1, min(1, $0 / top)) }
  }

  /// What every pixel adds to a score through all layers.
  init(_ contributions: Contributions) {
    self.init(
      width: contributions.width, height: contributions.height, contributions.byPixel.map { Double($0) })
  }

  /// What every position of a layer adds to a score.
  init(_ layer: LayerContributions, _ byPosition: [Int64]) {
    self.init(width: layer.width, height: layer.height, byPosition.map { Double($0) })
  }

  /// Colour of what speaks for the class: bluish.
  static let supporting: Raster.Colour = (40, 130, 255)
  /// Colour of what speaks against it: orange.
  static let opposing: Raster.Colour = (255, 120, 20)

  /// Values below this part of the strongest are not shown, and those above by what they have more.
  private static let weakest = 0.06
  /// Where the image shows nothing, of one colour as far as two pixels around, a value has this part of its strength.
  private static let blankStrength = 0.35
  /// Most grey levels between pixels that show nothing.
  private static let blankRange = 8.0

  /// The map over a picture, whose pixels it covers evenly; the picture's own colours become a pale grey scale. What is weak, and
  /// what comes from where nothing is to be seen, is faded.
  func over(_ image: Raster, level: Int = 0) -> Raster {
    var result = image
    let greys = Self.greys(image)
    let blank = Self.blank(greys, width: image.width, height: image.height)
    for y in 0..<image.height {
      for x in 0..<image.width {
        let value = values[min(y >> level, height - 1) * width + min(x >> level, width - 1)]
        let base = 40 + 0.62 * greys[y * image.width + x]
        let colour = value >= 0 ? Self.supporting : Self.opposing
        let strength =
          0.9 * Self.visible(abs(value)) * (blank[y * image.width + x] ? Self.blankStrength : 1)
        func mixed(_ target: UInt8) -> UInt8 {
          UInt8(max(0, min(255, (base * (1 - strength) + Double(target) * strength).rounded())))
        }
        result[x, y] = (mixed(colour.red), mixed(colour.green), mixed(colour.blue))
      }
    }
    return result
  }

  /// How strongly a value from 0 to 1 is shown: weak ones not at all, others rising soon, as under a root.
  private static func visible(_ value: Double) -> Double {
    (max(0, value - weakest) / (1 - weakest)).squareRoot() * min(1, value / (4 * weakest))
  }

  private static func greys(_ image: Raster) -> [Double] {
    (0..<image.width * image.height).map { i in
      let pixel = image[i % image.width, i / image.width]
      return 0.299 * Double(pixel.red) + 0.587 * Double(pixel.green) + 0.114 * Double(pixel.blue)
    }
  }

  /// Where an image shows nothing.
  private static func blank(_ greys: [Double], width: Int, height: Int) -> [Bool] {
    (0..<width * height).map { i in
      let (x, y) = (i % width, i / width)
      var (low, high) = (greys[i], greys[i])
      for row in max(0, y - 2)...min(height - 1, y + 2) {
        for column in max(0, x - 2)...min(width - 1, x + 2) {
          (low, high) = (min(low, greys[row * width + column]), max(high, greys[row * width + column]))
        }
      }
      return high - low < blankRange
    }
  }
}
