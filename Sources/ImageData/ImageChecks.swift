// What is odd about images to learn from: pixels that say nothing, images that are all alike.

import Plumbing

extension LabelledImages {
  /// Lines on what is probably wrong with the images; none for ordinary ones.
  ///
  /// - Complexity: reads every pixel once.
  public func oddities() -> [String] {
    guard count > 0 else { return [] }
    var (low, high) = (UInt8.max, UInt8.min)
    var plain = 0
    var different = Set<UInt64>()
    func look(_ least: UInt8, _ most: UInt8, _ sum: UInt64) {
      (low, high) = (min(low, least), max(high, most))
      if least == most { plain += 1 }
      different.insert(sum)
    }
    for index in 0..<count {
      if let elsewhere {
        let slot = slot(of: index)
        look(elsewhere.least[slot], elsewhere.most[slot], elsewhere.sums[slot])
        continue
      }
      withPixels(of: index) { pixels in
        var (least, most) = (UInt8.max, UInt8.min)
        for i in 0..<pixels.count { (least, most) = (min(least, pixels[i]), max(most, pixels[i])) }
        var crc = CRC64()
        crc.update(pixels)
        look(least, most, crc.value)
      }
    }
    if low == high {
      return ["all pixels of all \(count) images are \(low): there is nothing to tell the classes by"]
    }
    var lines: [String] = []
    if high == 1 {
      lines.append(
        "all pixels are 0 or 1, of 0 to 255: if they come from numbers between 0 and 1, save (x * 255).round().astype('uint8')"
      )
    }
    // A few images of one colour are common; nine of ten are not.
    if plain * 10 >= count * 9 {
      lines.append(
        "\(plain) of \(count) images are of one colour only: there is little to tell the classes by")
    } else if count >= 20, different.count * 10 <= count {
      lines.append("only \(different.count) of the \(count) images are different from each other")
    }
    let classes = Set(labels).count
    if classes > 100, count < 2 * classes {
      lines.append(
        "\(classes) classes for \(count) images, fewer than two each: are the labels ids of images?")
    }
    return lines
  }
}
