// The options of training on folders of images: size, colour, what is kept to test with, what may be left out.

import ArgumentParser
import Foundation
import ImageData

/// Whether images are seen in colour.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
  case grey, rgb
}

/// How image files become a data set.
struct ImageOptions: ParsableArguments {
  /// Sides that may be asked for; larger images are no task for this method.
  static let sides = 4...1024

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Scale and crop image files to this size (default: a square of 16 to 64 pixels, the median shorter side).",
      valueName: "side|WxH"))
  var size: String?

  @Option(name: .long, help: "Read image files in grey or in colour (default: grey if all are grey).")
  var colour: ColourChoice?

  @Option(
    name: .customLong("test"), parsing: .unconditional,
    help: ArgumentHelp(
      "Fraction of each class held out for testing where there are no test images, 0 to 0.9 (default: 0.1).",
      valueName: "fraction"))
  var testShare: Double?

  @Flag(
    name: .long, help: "Stop at the first image that cannot be read (default: skip up to 1 % of them).")
  var strict = false

  @Option(
    name: .customLong("group"),
    help: ArgumentHelp(
      "Put images that belong together on one side of every part that is drawn. Folders: a regular expression for the file's path below the data folder; its first parentheses, or the whole match, name the group. Arrays: an .npy file, or the name of an array in the .npz, with a whole number or a text for every image.",
      valueName: "regex|array"),
    transform: groupRule)
  var group: String?

  /// The options that were given.
  var given: [String] {
    [
      // The last two are those that arrays can follow, --test where a test part is drawn from them.
      ("--size", size != nil), ("--colour", colour != nil), ("--strict", strict),
      ("--test", testShare != nil), ("--group", group != nil),
    ].filter(\.1).map(\.0)
  }

  func validate() throws {
    if let size, Self.sides(of: size) == nil {
      throw ValidationError(
        "--size \(size): give a side or WIDTHxHEIGHT, each in \(Self.sides.lowerBound)...\(Self.sides.upperBound), "
          + "such as 32 or 48x32.")
    }
    if let testShare, !(0...0.9).contains(testShare) { throw ValidationError("--test must be in 0...0.9.") }
  }

  /// The choices as the reader takes them.
  func options(seed: UInt64) -> FolderOptions {
    let sides = size.flatMap(Self.sides)
    return FolderOptions(
      width: sides?.width, height: sides?.height, colour: colour.map { $0 == .grey ? .grey : .rgb },
      testShare: Int(((testShare ?? 0.1) * 1_000_000).rounded()), seed: seed, isStrict: strict,
      groupRule: group)
  }

  /// Width and height of "32" or "48x32"; nil for anything else.
  static func sides(of text: String) -> (width: Int, height: Int)? {
    let numbers = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { part in
      part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
    }
    guard (1...2).contains(numbers.count), let width = numbers[0], let height = numbers[numbers.count - 1],
      sides.contains(width), sides.contains(height)
    else { return nil }
    return (width, height)
  }
}

/// The value of --group. A file of groups is kept whole, so that a resumed training finds it from any folder; image files
/// have other endings, so such a name is no expression for them.
private func groupRule(_ text: String) throws -> String {
  if text.isEmpty {
    throw ValidationError("--group is empty; give a regular expression, or the name of an array.")
  }
  return [".npy", ".npy.gz", ".npy.xz"].contains { text.hasSuffix($0) } ? absolute(text) : text
}
