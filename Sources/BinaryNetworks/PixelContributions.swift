// The contributions of all layers as one map of the image's size, without losing a bit of the sum.

extension Contributions {
  /// What every pixel adds through all layers, height · width, in units of 2^−40.
  ///
  /// A position of a deeper layer stands for several pixels, over which its contribution is spread as evenly as
  /// integers can be. Its filters see more than these pixels; the map says where they fired. The sum of all pixels
  /// is that of all positions of all layers: the score without biases and before rounding.
  public var byPixel: [Int128] {
    var map = [Int128](repeating: 0, count: height * width)
    for layer in layers { layer.spread(over: &map, height: height, width: width) }
    return map
  }

  /// The biases of all layers in units of 2^−40.
  public var bias: Int128 { layers.reduce(0) { $0 + Self.parts($1.bias, scale: $1.scale) } }

  /// What rounding cut off all layers' scores, in units of 2^−40: pixels + bias = score · 2^24 + rounding.
  public var rounding: Int128 { layers.reduce(0) { $0 + $1.rounding } }
}

extension Contributions {
  /// By how much a position of a map behind so many reductions is shifted to get a pixel. Sixteen of them leave one position
  /// of any image; those that follow change nothing.
  package static func shift(level: Int) -> Int { min(level, 30) }
}

extension LayerContributions {
  /// Adds every position's contribution to the pixels it stands for.
  fileprivate func spread(over map: inout [Int128], height: Int, width: Int) {
    let shift = Contributions.shift(level: level)
    for y in 0..<self.height {
      let rows = y << shift..<min((y + 1) << shift, height)
      for x in 0..<self.width {
        let columns = x << shift..<min((x + 1) << shift, width)
        let value = Contributions.parts(byPosition[y * self.width + x], scale: scale)
        // Pixel i of n gets ⌊v·(i+1)/n⌋ − ⌊v·i/n⌋: they differ by at most one and add up to v.
        let pixels = Int128(rows.count * columns.count)
        var i: Int128 = 0
        for row in rows {
          for column in columns {
            map[row * width + column] += floorDivide(value * (i + 1), pixels) - floorDivide(value * i, pixels)
            i += 1
          }
        }
      }
    }
  }
}
