// One shard of a data set as a file: images, labels, their places in the whole set, a checksum.
// What all shards share is in ShardManifest.swift.

package import Plumbing

/// A shard's images: some for training and some for validation, with their indices in the whole set.
///
/// The bytes, little-endian: "TALLYSH1" (8); digest of the data set (8); images of the whole set (8); number
/// of this shard and of all shards (4 + 4); width, height, channels, classes (4 each); training and validation images (4 + 4); the index of
/// every image in the whole set (8 each); its label (2 each); its pixels; CRC-64 of everything before it (8).
package struct ShardFile: Sendable {
  /// Which shard this is, from 0, and how many there are.
  package let number: Int
  package let count: Int
  /// The digest of the data set it is a part of.
  package let digest: UInt64
  /// Images of the whole set.
  package let total: Int
  /// The shape of every image, and how many classes there are.
  package let shape: ImageShape
  package let classes: Int
  /// The indices of its images in the whole set: training images, then validation images.
  package let training: [Int]
  package let judging: [Int]
  /// The class of every image.
  package let labels: [UInt16]
  /// The pixels of every image.
  package let pixels: [UInt8]
  /// The CRC-64 at the file's end in 16 hexadecimal digits; empty before it is written.
  package private(set) var checksum = ""

  /// Most classes: labels have 16 bits.
  static let mostClasses = 65_536
  /// How many times smaller than the mean a shard may be: sites have as many images as they have.
  static let mostUneven = 1024

  private static let magic: UInt64 = 0x3148_5359_4C4C_4154

  /// A shard of a set in memory, which may itself be a part of a larger set.
  /// - Parameters:
  ///   - offset: the index that the first image of the set in memory has in the larger one.
  ///   - total: images of the larger set; nil where the one in memory is all.
  package init(
    _ images: LabelledImages, training: [Int], judging: [Int], number: Int, of count: Int, digest: UInt64,
    offset: Int = 0, total: Int? = nil
  ) {
    self.number = number
    self.count = count
    self.digest = digest
    self.total = total ?? images.count
    self.training = training.map { offset + $0 }
    self.judging = judging.map { offset + $0 }
    shape = images.shape
    classes = images.classNames.count
    labels = (training + judging).map { images.labels[$0] }
    pixels = (training + judging).flatMap { images.pixels(of: $0) }
  }

  /// The content of the file.
  package func encoded() -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(Self.magic, bytes: 8)
    bytes.append(digest, bytes: 8)
    bytes.append(UInt64(total), bytes: 8)
    let numbers = [
      number, count, shape.width, shape.height, shape.channels, classes, training.count, judging.count,
    ]
    for number in numbers { bytes.append(UInt64(number), bytes: 4) }
    for index in training + judging { bytes.append(UInt64(index), bytes: 8) }
    for label in labels { bytes.append(UInt64(label), bytes: 2) }
    bytes.append(pixels)
    bytes.appendChecksum()
    return bytes.bytes
  }

  /// Reads the content of a file; every length and number is checked.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: the file's name, for the error.
  /// - Throws: `DatasetError`.
  package init(encoded bytes: [UInt8], path: String) throws(DatasetError) {
    do throws(ByteReader.Failure) {
      var reader = try ByteReader(checked: bytes, magic: Self.magic, magicBytes: 8)
      digest = try reader.read(bytes: 8)
      let total = try reader.read(bytes: 8)
      guard total < UInt64(UInt32.max) else { throw ByteReader.Failure(message: "a set of \(total) images") }
      self.total = Int(total)
      var numbers: [Int] = []
      for _ in 0..<8 { numbers.append(Int(try reader.read(bytes: 4))) }
      (number, count) = (numbers[0], numbers[1])
      shape = ImageShape(width: numbers[2], height: numbers[3], channels: numbers[4])
      classes = numbers[5]
      let images = numbers[6] + numbers[7]
      guard number < count, count <= ShardManifest.mostShards else {
        throw ByteReader.Failure(message: "shard \(number) of \(count)")
      }
      guard shape.isValid else { throw ByteReader.Failure(message: "images of \(shape)") }
      guard (1...Self.mostClasses).contains(classes) else {
        throw ByteReader.Failure(message: "\(classes) classes; there are 1 to \(Self.mostClasses)")
      }
      guard images <= reader.remaining / (10 + shape.pixels) else {
        throw ByteReader.Failure(message: "\(images) images do not fit its length")
      }
      // A set is cut evenly, or each site's part of it is: no header claims a whole set out of all proportion.
      guard self.total <= (images + 2) * count * Self.mostUneven else {
        throw ByteReader.Failure(message: "\(images) images are no part of \(total) in \(count) shards")
      }
      var indices: [Int] = []
      for _ in 0..<images {
        let index = try reader.read(bytes: 8)
        guard index < total else { throw ByteReader.Failure(message: "image \(index) of \(total)") }
        indices.append(Int(index))
      }
      training = Array(indices[..<numbers[6]])
      judging = Array(indices[numbers[6]...])
      var labels: [UInt16] = []
      for _ in 0..<images {
        let label = try reader.read(bytes: 2)
        guard label < UInt64(classes) else {
          throw ByteReader.Failure(message: "label \(label) of \(classes) classes")
        }
        labels.append(UInt16(label))
      }
      self.labels = labels
      pixels = try reader.readBytes(images * shape.pixels)
      try reader.expectEnd()
      checksum = Self.checksum(of: bytes)
    } catch {
      throw DatasetError(
        code: .damagedImage, message: "\(path): not a whole shard: \(error.message); write the shards again")
    }
  }

  /// The checksum at the end of a file's content.
  static func checksum(of bytes: [UInt8]) -> String {
    hexadecimal(bytes.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }
}
