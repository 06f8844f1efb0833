// A model as a page that classifies pictures in a browser: one file that asks the network for nothing.

public import BinaryNetworks
import DeviceExport
import Plumbing
import ReportPages

/// A model that no page can have.
public struct WebExportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
}

/// What a page says of a model beside what the model says of itself.
public struct WebFacts: Hashable, Sendable {
  /// The name of the plan that it was trained by.
  public var plan: String?
  /// How often its answers were right, where that is known.
  public var accuracy: Accuracy?

  /// How often answers were right on some images.
  public struct Accuracy: Hashable, Sendable {
    /// The right ones, 0 to 1.
    public let share: Double
    /// How many images.
    public let images: Int
    /// What they are called, as in "validation".
    public let part: String

    /// An accuracy.
    public init(share: Double, images: Int, part: String) {
      self.share = share
      self.images = images
      self.part = part
    }
  }

  /// Facts; none by default.
  public init(plan: String? = nil, accuracy: Accuracy? = nil) {
    self.plan = plan
    self.accuracy = accuracy
  }
}

/// A model with everything that classifies pictures by it, as one HTML file.
///
/// Its scores are those of ``ImagePredictor``, bit for bit. Pictures come from files, the clipboard or the camera; nothing leaves the
/// page, and its content security policy lets nothing be loaded.
public struct WebPage: Sendable {
  /// The file.
  public let html: String

  /// The page of a model.
  /// - Throws: ``WebExportError`` where the model's images are neither grey nor colour, or its scores may be beyond 2^53, up to which
  ///   JavaScript counts exactly.
  public init(_ model: Model, facts: WebFacts = WebFacts()) throws {
    let tables = LayerTables.all(model.network)
    try Self.check(model.network, tables)
    let page = PageFrame(model: model, facts: facts, tables: try PageModel(model, tables).json())
    html = page.html()
  }

  private static func check(_ network: Network, _ tables: [LayerTables]) throws {
    guard [1, 3].contains(network.shape.channels) else {
      throw WebExportError(
        description: "its images have \(network.shape.channels) channels, which pictures have not; "
          + "a page takes models of 1 or 3 channels")
    }
    // Sums of evidence in units of weights, then of all layers' scores, then of two looks.
    var scores: UInt128 = 0
    var evidence: UInt128 = 0
    for layer in tables {
      guard let head = layer.layer.head else { continue }
      let shift = head.scale - LinearHead.scoreBits
      evidence = max(evidence, layer.largestScore)
      scores +=
        shift >= 0 ? layer.largestScore >> UInt128(shift) + 1 : layer.largestScore << UInt128(-shift)
    }
    guard evidence < 1 << 53, scores < 1 << 52 else {
      throw WebExportError(
        description: "its scores may be beyond 2^53, up to which browsers count exactly; "
          + "export it with --format c, or train with a smaller head.weightBits")
    }
  }
}
