// Which images a training learns from and which are for validation. See ImageData for cutting them into shards.

package import ImageData

/// The images of a training, divided; what a folder of shards keeps of them.
package struct LearningParts: Sendable {
  /// All images; where classes are balanced, with repeats of rare ones and in the order they are learned from.
  package let images: LabelledImages
  /// Indices of the training images and of validation images, ascending.
  package let training: [Int]
  package let validation: [Int]
  /// Training images, repeats not counted.
  package let distinctImages: Int
  /// Digest of the images as they came.
  package let digest: UInt64

  /// Divides images.
  /// - Parameters:
  ///   - images: all images, validation images among them.
  ///   - validation: which of them are for validation; nil to draw them by class, by whole groups where the images
  ///     have groups.
  ///   - validationShare: the fraction to draw, parts per million.
  ///   - balance: whether rare classes come several times.
  ///   - seed: of everything that is drawn.
  ///   - isOfSite: whether they are one site's part of a set, which may have a single class.
  /// - Throws: `DatasetError` for images that cannot be trained on.
  package init(
    of images: LabelledImages, validation: [Int]?, validationShare: Int, balance: Bool, seed: UInt64,
    isOfSite: Bool = false
  ) throws(DatasetError) {
    if !isOfSite { try images.validateForTraining() }
    digest = images.digest
    let parts: (training: [Int], held: [Int])
    if let validation {
      let judges = Set(validation)
      parts = (images.labels.indices.filter { !judges.contains($0) }, validation)
    } else {
      parts = try drawPart(
        labels: images.labels, groups: images.groups?.keys, partsPerMillion: validationShare, seed: seed,
        purpose: .validation)
    }
    distinctImages = parts.0.count
    guard balance else {
      self.images = images
      (training, self.validation) = parts
      return
    }
    // Repeats become images of their own, so that each is varied in its own way.
    let order = balancedOrder(labels: images.labels, indices: parts.0, seed: seed)
    self.images = images.subset(order + parts.1)
    training = Array(0..<order.count)
    self.validation = Array(order.count..<order.count + parts.1.count)
  }
}
