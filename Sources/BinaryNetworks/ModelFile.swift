// The constants of the model file format and its errors.
// The bytes are laid out in docs/model-file.md, written by ModelFileWriter.swift, read by ModelFileReader.swift.

import ImageEncoding
import Plumbing

/// Numbers that writer and reader share.
enum ModelFile {
  /// The first 8 bytes: a byte above 127, "TALLY", and a line end that careless copying would change.
  static let magic: [UInt8] = [0x89, 0x54, 0x41, 0x4C, 0x4C, 0x59, 0x0D, 0x0A]
  /// The version that is written, and the newest that is read.
  static let version: UInt64 = 7

  /// The oldest version that can express a network: the newest that its signals, distances, counts, features, cells, exits and layers
  /// that look at the image again ask for.
  static func version(of network: Network) -> UInt64 {
    let heads = network.layers.compactMap { $0.head?.counts.rules.fileVersion }.max() ?? 1
    let signals = network.encoder.spec.signals.map(\.source.rules.fileVersion).max() ?? 1
    let distances = network.layers.map(\.bank.distanceKind.fileVersion).max() ?? 1
    let features: UInt64 =
      network.layers.contains { !isPlain($0.bank.features) || $0.bank.groups > 1 } ? 5 : 1
    let cells: UInt64 = network.layers.contains { $0.head?.layout.overlaps ?? false } ? 5 : 1
    let stages: UInt64 = network.isStaged ? 6 : 1
    let looks: UInt64 = network.layers.contains { $0.signals != nil } ? 7 : 1
    return max(heads, signals, distances, features, cells, stages, looks)
  }

  /// Whether features are those that every version has: a near one for all, perhaps a second near one for the next layer.
  static func isPlain(_ features: [FilterFeature]) -> Bool {
    features.allSatisfy { $0.side == .near } && [[.both], [.both, .next]].contains(features.map(\.use))
  }
  /// The bit of a layer's flags that says that its features are described.
  static let featureFlag = 8
  /// The bit that says that its filters are in groups.
  static let groupFlag = 16
  /// The bit that says that the layer looks at some signals of the image.
  static let signalsFlag = 32
  /// The lead of a layer after which no image is answered.
  static let noExit: Int64 = -1
  /// Bytes in front of the first section: magic, version, number of sections.
  static let headerBytes = 14
  /// Bytes in front of a section's content: tag and length.
  static let sectionHeaderBytes = 12
  /// Largest file that is read.
  static let mostBytes = 1 << 30
  /// Most filters of a layer.
  static let mostFilters = 4096
  /// Most layers of a network.
  static let mostLayers = 256
  /// Most classes.
  static let mostClasses = 65_536
  /// Most bits and words of a patch: distances have 16 bits, and tail bits count in the kernels' bound.
  static let mostPatchBits = 65_535
  static let mostPatchWords = 1023
  /// Most words of memory for one image on its way through the network: 2 GiB.
  static let mostMapWords = 1 << 28
  /// Most bytes of memory for one image on its way through the network, with all that this needs.
  static let mostImageBytes = 1 << 32
  /// Longest plan, summary and name of a class, in bytes.
  static let mostPlanBytes = 1 << 20
  static let mostSummaryBytes = 1 << 22
  static let mostNameBytes = 4096

  /// The sections.
  enum Tag: String {
    case plan = "PLAN"
    case seed = "SEED"
    case classes = "CLAS"
    case encoder = "ENCO"
    case layer = "LAYR"
    /// Where images are answered; only where some may be answered early, or are mirrored.
    case exits = "EXIT"
    case summary = "SUMM"
    /// Optional, and skipped by builds that do not know it.
    case calibration = "cali"
  }
}

/// A model file could not be read or written.
public struct ModelFileError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The kind of failure.
  public enum Code: String, Sendable {
    /// There is no such file.
    case missing
    /// The file is there, but cannot be read.
    case unreadable
    /// The file begins with other bytes than a model file.
    case notAModel
    /// The file ends too early.
    case truncated
    /// Bytes of the file changed after it was written.
    case damaged
    /// The file was written by a newer Tally.
    case futureVersion
    /// The file is whole, but what it says is outside the limits or contradicts itself.
    case invalid
    /// The file could not be written.
    case unwritable
  }

  /// The kind of failure.
  public let code: Code
  /// One line: what is wrong, the path and byte offset, and what to do.
  public let message: String
  /// What the operating system or the encoder said, where it said something.
  public let cause: String?

  /// Creates an error.
  public init(code: Code, message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The message, with the cause in brackets unless that only repeats it: of a file that is not there.
  public var description: String {
    code == .missing ? message : cause.map { "\(message) (\($0))" } ?? message
  }

  /// The error for a file that the operating system would not give.
  init(reading path: String, _ error: FileError) {
    switch error.code {
    case .missing where path.isEmpty: self.init(code: .missing, message: error.message)
    case .missing:
      self.init(code: .missing, message: "\(path): no such file; check the name", cause: error.message)
    case .denied:
      self.init(code: .unreadable, message: "\(path): reading is not permitted; change its permissions")
    case .folder: self.init(code: .unreadable, message: "\(path): a folder; name the model file in it")
    case .tooLong:
      self.init(
        code: .notAModel,
        message: "\(path): more than \(ModelFile.mostBytes) bytes, too long for a model file")
    case .failed: self.init(code: .unreadable, message: error.message)
    }
  }
}
