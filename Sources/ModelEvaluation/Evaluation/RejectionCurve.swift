// How accurate a model is on the images it is surest of: what is won by leaving the others to somebody else.

/// Accuracy against the part of the images that is rejected because the share of the answer is too low.
public struct RejectionCurve: Hashable, Sendable, Codable {
  /// What becomes of a least share that is asked for.
  public struct Point: Hashable, Sendable, Codable {
    /// The least share of an answer that is not rejected, in millionths.
    public let leastShare: Int
    /// Images that are answered, and right answers among them.
    public let answered: Int
    public let correct: Int
  }

  /// Images in all.
  public let images: Int
  /// From all images answered to few; every point answers fewer than the one before.
  public let points: [Point]

  /// Parts that are rejected at the points, per thousand; where many answers have one share fewer are rejected.
  private static let parts =
    Array(0..<10) + stride(from: 10, to: 100, by: 5) + stride(from: 100, through: 900, by: 25)

  /// The curve of answers with shares; nil without images.
  /// - Parameters:
  ///   - shares: of the answers, in millionths.
  ///   - right: whether each is right.
  /// - Precondition: as many of both.
  public init?(shares: [Int], right: [Bool]) {
    precondition(shares.count == right.count, "every answer is right or wrong")
    guard !shares.isEmpty else { return nil }
    images = shares.count
    let order = shares.indices.sorted { shares[$0] > shares[$1] }
    // Right answers among the first so many.
    var correct = [0]
    for index in order { correct.append(correct[correct.count - 1] + (right[index] ? 1 : 0)) }
    var points: [Point] = []
    for part in Self.parts {
      let wanted = max(1, images - images * part / 1000)
      let least = part == 0 ? 0 : shares[order[wanted - 1]]
      var answered = wanted
      while answered < images, shares[order[answered]] >= least { answered += 1 }
      if points.last.map({ answered < $0.answered }) ?? true {
        points.append(Point(leastShare: least, answered: answered, correct: correct[answered]))
      }
    }
    self.points = points
  }

  /// The curve of a list of answers; nil where they have no shares.
  package init?(_ list: AnswerList, labels: [UInt16]) {
    guard let shares = list.shares else { return nil }
    self.init(shares: shares.map { Int($0) }, right: list.right(labels))
  }

  /// The part of the images that a point rejects, 0 to 1.
  public func rejected(_ point: Point) -> Double { Double(images - point.answered) / Double(images) }

  /// The accuracy on the images that a point answers, 0 to 1.
  public func accuracy(_ point: Point) -> Double { Double(point.correct) / Double(point.answered) }

  /// The points that come nearest to rejecting these parts, per thousand, each once.
  public func points(rejecting parts: [Int]) -> [Point] {
    var found: [Point] = []
    for part in parts {
      let answered = images - images * part / 1000
      guard let point = points.min(by: { abs($0.answered - answered) < abs($1.answered - answered) }),
        found.last != point
      else { continue }
      found.append(point)
    }
    return found
  }
}
