// A survey of class folders: every file is read and decoded once, and nothing but a sketch of it is kept.

import Plumbing
import Synchronization

extension DataSurvey {
  /// Surveys a data set, see `DatasetLocator` for what `spec` may be.
  /// - Parameters:
  ///   - options: as for a training.
  ///   - onProgress: told of images read and of all, of class folders, from one thread.
  /// - Throws: `DatasetError` for everything that is wrong with the name or the files, but for images that cannot be read.
  package static func open(
    _ spec: String, options: FolderOptions, threads: Int,
    onProgress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(DatasetError) -> DataSurvey {
    if let (folders, name) = try ImageDataset.classFolders(spec) {
      var reader = FolderReader(folders, options: options, threads: threads, budget: .unlimited)
      var survey = try reader.survey(name, onProgress)
      (survey.notes, survey.warnings) = (reader.notes, reader.warnings)
      return survey
    }
    let dataset = try ImageDataset.open(spec, threads: threads, folder: options)
    let parts = [
      ("training", dataset.train), ("validation", dataset.validation), ("test", dataset.test),
    ].compactMap { name, images in images.map { (name: name, images: $0) } }
    guard !parts.isEmpty else { throw DatasetError(code: .empty, message: "\(spec): holds no images") }
    var survey = try DataSurvey(
      dataset.name, parts, root: spec, groups: dataset.train?.groups?.record, threads: threads)
    (survey.notes, survey.warnings) = (dataset.notes, dataset.warnings)
    survey.warnings += parts.flatMap { part in part.images.oddities().map { "\(part.name) images: \($0)" } }
    return survey
  }
}

extension FolderReader {
  /// Files that are read before their sketches go where they are kept.
  private static let block = 4096

  /// Surveys all parts.
  mutating func survey(
    _ name: String, _ onProgress: (_ done: Int, _ of: Int) -> Void
  ) throws(DatasetError) -> DataSurvey {
    let selected = try select(.all)
    let parts = zip(["training", "validation", "test"], selected).compactMap { name, selection in
      selection.map { (name: name, selection: $0) }
    }
    let classes = classesOfAll(parts.map(\.selection.part))
    let labels = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
    // In the order of names, so that neighbours are.
    let files = parts.enumerated().flatMap { number, part in
      part.selection.files.sorted {
        $0.label != $1.label
          ? $0.label < $1.label : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
      }.map { (part: number, file: $0) }
    }
    let folders = parts.map(\.selection.part)
    let path: @Sendable (Int) -> String = { folders[files[$0].part].path(files[$0].file) }
    let bytes: @Sendable (Int) throws(DatasetError) -> [UInt8] = { item throws(DatasetError) in
      try folders[files[item].part].read(files[item].file)
    }
    let looks = try look(at: files.count, path: path, bytes: bytes, onProgress)
    let read = files.indices.filter { looks.widths[$0] > 0 }
    let places = read.map { item in
      let part = folders[files[item].part]
      return SurveyedImages.Place(
        part: UInt8(files[item].part),
        label: UInt16(labels[part.classes[files[item].file.label]] ?? 0), index: UInt32(item))
    }
    tell(looks.remarks, of: files.count, in: folders[0].path, name: path)
    let surveyed = SurveyedImages(
      places, digests: read.map { looks.digests[$0] }, sketches: looks.sketches, threads: threads,
      path: { path(read[$0]) })
    // What is kept for testing has no say in what a training sees.
    let learned = read.filter { parts[files[$0].part].name != "test" }
    var survey = DataSurvey(
      name: name, classNames: classes, shape: shape(of: learned.isEmpty ? read : learned, looks))
    survey.take(
      surveyed.parts(parts.map(\.name), classes: classes.count),
      surveyed.duplicates { a, b in
        guard let one = try? bytes(read[a]), let other = try? bytes(read[b]) else { return false }
        return one == other
      })
    survey.unreadable = looks.failures.sorted { $0.key < $1.key }.map {
      DataSurvey.Unreadable(path: path($0.key), reason: $0.value.description)
    }
    if !read.isEmpty {
      survey.widths = DataSurvey.Range(read.map { looks.widths[$0] })
      survey.heights = DataSurvey.Range(read.map { looks.heights[$0] })
    }
    survey.groups = selected[0]?.groups?.record
    if survey.groups == nil {
      let reader = self
      survey.guess = try surveyed.guess { item in
        let file = files[read[item]]
        return reader.pathBelowRoot(file.file, in: folders[file.part])
      }
    }
    return survey
  }

  /// The classes of the part to learn from, then those that only other parts have.
  private mutating func classesOfAll(_ parts: [ClassFolders.Part]) -> [String] {
    var classes = parts[0].classes
    for part in parts.dropFirst() {
      let new = part.classes.filter { !classes.contains($0) }
      if !new.isEmpty, part.path != parts[0].path {
        warnings.append(
          "\(part.path): has classes that \(parts[0].path) does not have: \(LeftOut.list(new)); a model "
            + "cannot be measured on them")
      }
      classes += new
    }
    return classes
  }

  /// The shape that a training on some of the files would bring images to.
  private func shape(of files: [Int], _ looks: Looks) -> ImageShape {
    let sides = files.map { min(looks.widths[$0], looks.heights[$0]) }
    let side = sides.isEmpty ? 16 : FolderOptions.chosenSide(shorterSides: sides)
    let isColour = options.colour.map { $0 == .rgb } ?? files.contains { !looks.isGrey[$0] }
    return ImageShape(
      width: options.width ?? side, height: options.height ?? side, channels: isColour ? 3 : 1)
  }

  /// What one look at each of some files gives.
  private struct Looks {
    /// Sides of every file's image, upright; 0 where it cannot be read.
    let widths, heights: [Int]
    let digests: [UInt64]
    /// Of those that can be read.
    let sketches: ByteStore
    let isGrey: [Bool]
    let failures: [Int: DatasetError]
    let remarks: DecodingNotes
  }

  private func look(
    at count: Int, path: @Sendable (Int) -> String,
    bytes: @Sendable (Int) throws(DatasetError) -> [UInt8], _ onProgress: (_ done: Int, _ of: Int) -> Void
  ) throws(DatasetError) -> Looks {
    let size = ImageSketch.shape.pixels
    let colour = ImageShape(width: ImageSketch.shape.width, height: ImageSketch.shape.height, channels: 3)
    let widths = SharedBuffer<Int>(repeating: 0, count: count)
    let heights = SharedBuffer<Int>(repeating: 0, count: count)
    let digests = SharedBuffer<UInt64>(repeating: 0, count: count)
    let isGrey = SharedBuffer<Bool>(repeating: true, count: count)
    let failures = Mutex<[Int: DatasetError]>([:])
    let remarks = Mutex(DecodingNotes())
    let block = SharedBuffer<UInt8>(repeating: 0, count: min(count, Self.block) * size)
    var sketches = try PixelWriter(
      budget: MemoryBudget(bytes: SurveyedImages.sketchBytes), expected: count * size)
    // Small steps, so that a slow disk shows progress.
    for first in stride(from: 0, to: count, by: Self.block) {
      let some = min(count - first, Self.block)
      for step in stride(from: 0, to: some, by: 256) {
        parallelFor(min(256, some - step), threads: threads) { offset, _ in
          let item = step + offset
          do throws(DatasetError) {
            let file = try bytes(first + item)
            let read = try ImageDecoder.decodeNoting(file, path: path(first + item), fitting: colour)
            let sketch = read.image.converted(channels: 1).pixels
            block.withMutableSpan(item * size..<(item + 1) * size) { out in
              for i in 0..<size { out[i] = sketch[i] }
            }
            let place = first + item..<first + item + 1
            widths.withMutableSpan(place) { $0[0] = read.width }
            heights.withMutableSpan(place) { $0[0] = read.height }
            digests.withMutableSpan(place) { $0[0] = CRC64.checksum(file) }
            isGrey.withMutableSpan(place) { $0[0] = read.isGrey }
            remarks.withLock { $0.add(read.notes, item: first + item) }
          } catch {
            failures.withLock { $0[first + item] = error }
          }
        }
        onProgress(first + min(some, step + 256), count)
      }
      for item in 0..<some where widths.withSpan(first + item..<first + item + 1, { $0[0] }) > 0 {
        try block.withSpan(item * size..<(item + 1) * size) { sketch throws(DatasetError) in
          try sketches.append(sketch)
        }
      }
    }
    return Looks(
      widths: widths.array, heights: heights.array, digests: digests.array, sketches: sketches.finish(),
      isGrey: isGrey.array, failures: failures.withLock { $0 },
      remarks: remarks.withLock { $0 })
  }
}
