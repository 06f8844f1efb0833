// What an explanation is made from: a model, one image, and the two classes that are weighed.

public import BinaryNetworks
public import ImageData
import Plumbing
package import ReportPages

/// One image and the question that is asked about it.
public struct ExplanationInput: Sendable {
  /// The trained model.
  public var model: Model
  /// The image, as the model takes it: H × W × channels bytes.
  public var pixels: [UInt8]
  /// What the image is called, for people.
  public var name: String
  /// Name of the class the image is said to be of; nil if nobody says.
  public var label: String?
  /// Index of the class to explain; nil for the one with the highest score, of those that are not `against`.
  public var of: Int?
  /// Index of the class it is compared with; nil for the best of the others.
  public var against: Int?
  /// Images in which to look for what else fires the filters; nil or none to do without.
  public var examples: LabelledImages?
  /// The photo as its file shows it, made smaller; nil where the image is not from a file, or there is no more to see.
  package var photo: Raster?

  /// Input for an explanation.
  public init(
    model: Model, pixels: [UInt8], name: String, label: String? = nil, of: Int? = nil, against: Int? = nil,
    examples: LabelledImages? = nil
  ) {
    self.model = model
    self.pixels = pixels
    self.name = name
    self.label = label
    self.of = of
    self.against = against
    self.examples = examples
  }

  /// Longest side of a photo on the page.
  private static let photoSide = 560

  /// The same with the photo that the image was made of.
  package func showing(_ photo: DecodedImage) -> ExplanationInput {
    var input = self
    let shape = model.network.shape
    guard photo.shape.width > shape.width || photo.shape.height > shape.height else { return input }
    input.photo = Raster(pixels: photo.pixels[...], shape: photo.shape).shrunk(toSide: Self.photoSide)
    return input
  }
}
