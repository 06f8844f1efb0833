// A survey of images that are in memory: of arrays, and of what a training has read.

import Plumbing

extension DataSurvey {
  /// A survey of images of one shape.
  /// - Parameters:
  ///   - name: of the data set.
  ///   - parts: named parts whose labels count in the classes of the first; repeats of an image are left out.
  ///   - root: the data folder, whose path is taken off those of files before names are looked at.
  ///   - groups: those that parts were drawn by; without them names may speak for some.
  /// - Throws: `DatasetError` where temporary files cannot be written.
  package init(
    _ name: String, _ parts: [(name: String, images: LabelledImages)], root: String,
    groups: GroupRecord? = nil, threads: Int
  ) throws(DatasetError) {
    precondition(!parts.isEmpty && parts.count < 256, "a data set has parts")
    let sources = parts.map(\.images)
    self.init(name: name, classNames: sources[0].classNames, shape: sources[0].shape)
    var places: [SurveyedImages.Place] = []
    for (part, images) in sources.enumerated() {
      var seen = Set<Int>()
      for index in 0..<images.count where seen.insert(images.slot(of: index)).inserted {
        places.append(
          SurveyedImages.Place(part: UInt8(part), label: images.labels[index], index: UInt32(index)))
      }
    }
    let size = ImageSketch.shape.pixels
    var sketches = try PixelWriter(
      budget: MemoryBudget(bytes: SurveyedImages.sketchBytes), expected: places.count * size)
    let digests = SharedBuffer<UInt64>(repeating: 0, count: places.count)
    let block = SharedBuffer<UInt8>(repeating: 0, count: min(places.count, 4096) * size)
    for first in stride(from: 0, to: places.count, by: 4096) {
      let some = places[first..<min(first + 4096, places.count)]
      parallelFor(some.count, threads: threads) { item, _ in
        let place = some[first + item]
        let images = sources[Int(place.part)]
        images.withPixels(of: Int(place.index)) { pixels in
          var crc = CRC64()
          crc.update(pixels)
          digests.withMutableSpan(first + item..<first + item + 1) { $0[0] = crc.value }
          let sketch = ImageSketch.of(pixels, shape: images.shape)
          block.withMutableSpan(item * size..<(item + 1) * size) { out in
            for i in 0..<size { out[i] = sketch[i] }
          }
        }
      }
      try block.withSpan(0..<some.count * size) { block throws(DatasetError) in try sketches.append(block) }
    }
    func image(_ item: Int) -> (images: LabelledImages, index: Int) {
      (sources[Int(places[item].part)], Int(places[item].index))
    }
    let surveyed = SurveyedImages(
      places, digests: digests.array, sketches: sketches.finish(), threads: threads,
      path: { item in image(item).images.path(of: image(item).index) })
    take(
      surveyed.parts(parts.map(\.name), classes: classNames.count),
      surveyed.duplicates { a, b in
        let (a, b) = (image(a), image(b))
        return a.images.pixels(of: a.index) == b.images.pixels(of: b.index)
      })
    self.groups = groups
    if groups == nil, places.indices.allSatisfy({ surveyed.path($0) != nil }) {
      let prefix = root.hasSuffix("/") ? root : root + "/"
      guess = try surveyed.guess { item in
        let path = surveyed.path(item) ?? ""
        return (path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path).printable
      }
    }
  }
}

extension DataSurvey {
  /// The same with what is known of the files that the images were read from.
  package func reading(_ dataset: ImageDataset) -> DataSurvey {
    var survey = self
    (survey.widths, survey.heights, survey.unreadable) = (dataset.widths, dataset.heights, dataset.unreadable)
    return survey
  }
}
