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

  /// The map over a picture, whose pixels it covers evenly; the picture's own colours become a pale grey scale.
  func over(_ image: Raster, level: Int = 0) -> Raster {
    var result = image
    for y in 0..<image.height {
      for x in 0..<image.width {
        let value = values[min(y >> level, height - 1) * width + min(x >> level, width - 1)]
        let pixel = image[x, y]
        let grey = 0.299 * Double(pixel.red) + 0.587 * Double(pixel.green) + 0.114 * Double(pixel.blue)
        let base = 40 + 0.62 * grey
        let colour = value >= 0 ? Self.supporting : Self.opposing
        // The square root shows weak contributions beside strong ones.
        let strength = 0.9 * abs(value).squareRoot()
        func mixed(_ target: UInt8) -> UInt8 {
          UInt8(max(0, min(255, (base * (1 - strength) + Double(target) * strength).rounded())))
        }
        result[x, y] = (mixed(colour.red), mixed(colour.green), mixed(colour.blue))
      }
    }
    return result
  }
}
