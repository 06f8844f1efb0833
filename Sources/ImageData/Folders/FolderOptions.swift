// How image files become a data set: what a person may choose.

import Plumbing

/// Choices for data sets of image files in class folders; other data sets have no use for them.
public struct FolderOptions: Hashable, Sendable, Codable {
  /// Whether images are seen in colour.
  public enum Colour: String, Hashable, Sendable, Codable, CaseIterable {
    /// One value a pixel.
    case grey
    /// Three values a pixel.
    case rgb
  }

  /// Most of `testShare`.
  static let mostTestShare = 900_000

  /// Width and height of the images, each 1 to 1024; nil lets the images decide, see `chosenSide`.
  public var width, height: Int?
  /// Colour or grey; nil lets the images decide: grey if all of them show none.
  public var colour: Colour?
  /// The fraction of every class held out for testing where there is no test folder, in parts per million: 0 to
  /// 900 000.
  public var testShare: Int
  /// What that part is drawn from.
  public var seed: UInt64
  /// Whether a single image that cannot be read stops everything; otherwise one in a hundred may be left out, and one
  /// of fewer.
  public var isStrict: Bool
  /// The classes of a model, which the folders then must be among; nil makes every folder a class.
  public var classNames: [String]?
  /// What is known of the folder that a model learned from. A folder without parts that is another one is then
  /// taken whole.
  public var learnedFrom: FolderRecord?
  /// What decides which images belong together, so that parts are drawn by whole groups; nil to draw image by image. For
  /// image files a regular expression that finds the group's name in the path below the data folder: its first
  /// parentheses, or the whole match. For arrays the name of an array in the archive, or an .npy file, with a whole number
  /// or a text for every image to learn from.
  public var groupRule: String?
  /// What is known of the groups by which a model's test part was drawn.
  public var learnedGroups: GroupRecord?

  /// The choices of someone who has not chosen.
  public init(
    width: Int? = nil, height: Int? = nil, colour: Colour? = nil, testShare: Int = 100_000, seed: UInt64 = 1,
    isStrict: Bool = false, classNames: [String]? = nil, learnedFrom: FolderRecord? = nil,
    groupRule: String? = nil, learnedGroups: GroupRecord? = nil
  ) {
    self.width = width
    self.height = height
    self.colour = colour
    self.testShare = testShare
    self.seed = seed
    self.isStrict = isStrict
    self.classNames = classNames
    self.learnedFrom = learnedFrom
    self.groupRule = groupRule
    self.learnedGroups = learnedGroups
  }

  /// The side of the square that images are fitted to where nobody chose one: the median of their shorter sides
  /// (the lower one of two), to the nearest multiple of 4, at least 16 and at most 64, so that training takes minutes.
  /// - Precondition: there is at least one side.
  static func chosenSide(shorterSides: [Int]) -> Int {
    let sorted = shorterSides.sorted()
    return min(64, max(16, (sorted[(sorted.count - 1) / 2] + 2) / 4 * 4))
  }
}
