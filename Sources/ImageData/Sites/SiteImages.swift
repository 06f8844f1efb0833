// A site's images, divided into those to learn from and those to judge by.

import Plumbing

/// The images of one site.
public struct SiteImages: Sendable {
  /// All images.
  public let images: LabelledImages
  /// The indices of those to learn from, and of those for validation, ascending.
  public let training: [Int]
  public let judging: [Int]

  /// Divides images.
  /// - Precondition: every index is in one of the parts.
  public init(_ images: LabelledImages, training: [Int], judging: [Int]) {
    precondition(training.count + judging.count == images.count)
    (self.images, self.training, self.judging) = (images, training, judging)
  }

  /// The names of classes that there are images of, in label order.
  var presentClasses: [String] {
    zip(images.classNames, images.classCounts).filter { $0.1 > 0 }.map(\.0)
  }

  /// Changes when an image, a label, their order or the parts change: CRC-64 of the images' digest and of the indices of the
  /// validation images, 8 bytes each.
  public var digest: UInt64 {
    var bytes = ByteWriter()
    bytes.append(images.digest, bytes: 8)
    for index in judging { bytes.append(UInt64(index), bytes: 8) }
    return CRC64.checksum(bytes.bytes)
  }

  /// The same images with the labels of a larger set of classes.
  /// - Throws: `DatasetError` for a class that is not among them.
  func labelled(_ classNames: [String], site: String) throws(DatasetError) -> LabelledImages {
    let places = Dictionary(zip(classNames, 0...), uniquingKeysWith: { first, _ in first })
    if let other = presentClasses.first(where: { places[$0] == nil }) {
      throw DatasetError(
        code: .labelOutOfRange,
        message: "site \(site): the class \"\(other)\" was not there when the sites agreed; count again there"
      )
    }
    let labels = images.classNames.map { UInt16(places[$0] ?? 0) }
    return images.relabelled(images.labels.map { labels[Int($0)] }, classNames: classNames)
  }
}
