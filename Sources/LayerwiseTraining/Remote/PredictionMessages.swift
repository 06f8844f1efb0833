// What frames between processes hold of predictions: a model, images, what the model says of them.
// docs/wire-protocol.md lays them out.

import BinaryNetworks
import CountingRounds
import ImageData
import Plumbing

/// A model that images are to be predicted with.
struct ModelMessage {
  var effort: Effort
  /// A model file.
  var content: [UInt8]

  /// Reads a frame's payload.
  /// - Throws: `RoundError`.
  init(encoded bytes: [UInt8]) throws(RoundError) {
    guard let first = bytes.first, first <= 1 else { throw RoundError("not a model's message") }
    effort = first == 1 ? .full : .early
    content = Array(bytes.dropFirst())
  }
}

/// Images as a column of a table holds them.
struct ImagesMessage: Sendable {
  /// What the bytes of an image are.
  enum Form: UInt64 {
    /// A PNG, JPEG or WebP file.
    case file = 0
    /// Rows of pixels, blue first.
    case openCV = 1
  }
  /// Width, height and channels of an image of `openCV`.
  struct Size { var width, height, channels: Int }

  var form: Form
  /// The bytes of every image; nil where the table has none.
  var contents: [ArraySlice<UInt8>?]
  /// Of every image; empty for files.
  var sizes: [Size]

  /// Reads a frame's payload.
  /// - Throws: `RoundError`.
  init(encoded bytes: [UInt8]) throws(RoundError) {
    var reader = ByteReader(bytes)
    do throws(ByteReader.Failure) {
      guard let form = Form(rawValue: try reader.read(bytes: 1)) else {
        throw ByteReader.Failure(message: "images of no known form")
      }
      self.form = form
      let count = Int(try reader.read(bytes: 4))
      guard count <= reader.remaining / (form == .file ? 8 : 20) else {
        throw ByteReader.Failure(message: "\(count) images run past the end")
      }
      var lengths: [Int] = []
      for _ in 0..<count { lengths.append(Int(Int64(bitPattern: try reader.read(bytes: 8)))) }
      sizes = []
      for _ in 0..<(form == .openCV ? count : 0) {
        func side() throws(ByteReader.Failure) -> Int {
          Int(Int32(truncatingIfNeeded: try reader.read(bytes: 4)))
        }
        sizes.append(Size(width: try side(), height: try side(), channels: try side()))
      }
      contents = []
      var at = reader.position
      for length in lengths {
        guard (-1...bytes.count - at).contains(length) else {
          throw ByteReader.Failure(message: "an image of \(length) bytes runs past the end")
        }
        contents.append(length < 0 ? nil : bytes[at..<at + length])
        at += max(0, length)
      }
      guard at == bytes.count else {
        throw ByteReader.Failure(message: "\(bytes.count - at) unexpected bytes")
      }
    } catch {
      throw RoundError("not a valid message of images: \(error.message)")
    }
  }
}

/// What a model says of images.
struct PredictionsMessage {
  var predictions: [Result<Prediction, DatasetError>]
  var classes: Int
  /// Whether the model gives shares.
  var hasShares: Bool

  /// The payload: column by column, as tables hold them.
  func encoded() -> [UInt8] {
    var best = ByteWriter()
    var scores = ByteWriter()
    var shares = ByteWriter()
    var lengths = ByteWriter()
    var texts: [UInt8] = []
    for prediction in predictions {
      switch prediction {
      case .success(let found):
        best.append(UInt64(found.ranking[0]), bytes: 4)
        for score in found.scores { scores.append(UInt64(bitPattern: score), bytes: 8) }
        for share in found.shares ?? [] { shares.append(UInt64(share), bytes: 4) }
        lengths.append(0, bytes: 4)
      case .failure(let error):
        let text = Array(error.description.utf8)
        best.append(UInt64(UInt32.max), bytes: 4)
        scores.append([UInt8](repeating: 0, count: 8 * classes))
        if hasShares { shares.append([UInt8](repeating: 0, count: 4 * classes)) }
        lengths.append(UInt64(text.count), bytes: 4)
        texts += text
      }
    }
    var bytes = ByteWriter()
    bytes.append(UInt64(predictions.count), bytes: 4)
    bytes.append(UInt64(classes), bytes: 4)
    bytes.append(hasShares ? 1 : 0, bytes: 1)
    for column in [best, scores, shares, lengths] { bytes.append(column.bytes) }
    bytes.append(texts)
    return bytes.bytes
  }
}
