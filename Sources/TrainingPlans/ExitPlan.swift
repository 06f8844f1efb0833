// When an image may be answered before everything was looked at, and whether it gets a second look.

/// Early exits and the mirrored look of the finished network.
public struct ExitPlan: Hashable, Sendable {
  /// Whether images whose scores lead by enough after a layer are answered there. From which lead on is learned from the validation
  /// images; with fewer than 100 / ``loss`` of them, which cannot tell so small a loss, no image is answered early.
  public var early: Bool

  /// The part of the validation images, in points, whose right answers may be lost by that: 0...100.
  public var loss: Double

  /// Whether images that no layer answered are looked at a second time, mirrored left to right, and answered by the mean of both
  /// scores. For images of which a mirror image would be of the same class, learned with `augmentation.flip`.
  public var mirror: Bool

  /// Creates settings; the default has neither.
  public init(early: Bool = false, loss: Double = 0.1, mirror: Bool = false) {
    self.early = early
    self.loss = loss
    self.mirror = mirror
  }

  /// How many of so many images may be lost, rounded down; nil if so many are too few to tell.
  package func images(of count: Int) -> Int? {
    let most = partsPerMillion(loss) * count / 100_000_000
    return count == 0 || (most == 0 && loss > 0) ? nil : most
  }
}

extension ExitPlan: PlanSection {
  static var defaults: ExitPlan { ExitPlan() }

  static var fields: [PlanField<ExitPlan>] {
    [.flag("early", \.early), .number("loss", \.loss, 0...100), .flag("mirror", \.mirror)]
  }
}
