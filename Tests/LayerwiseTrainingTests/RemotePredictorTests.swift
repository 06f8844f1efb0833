// Predictions for other processes: those of the predictor, and a word for every image that cannot be read.

import BinaryNetworks
import CountingRounds
import ImageData
import ModelEvaluation
import Plumbing
import Testing
import _TestSupport

@testable import LayerwiseTraining

@Suite struct RemotePredictorTests {
  private let model: [UInt8]
  private let files: [[UInt8]?]

  init() throws {
    model = try TinyTraining(validationShare: 200_000).model()
    files =
      (0..<5).map { image in
        let rows = (0..<6).map { y in (0..<8).map { UInt8(60 + 30 * ($0 / (1 + image % 3) % 2) + y) } }
        return png(width: 8, height: 6, colourType: 0, rows: rows)
      } + [nil, [], Array("no picture".utf8)]
  }

  private func message(_ contents: [[UInt8]?]) -> [UInt8] {
    var bytes = ByteWriter()
    bytes.append(0, bytes: 1)
    bytes.append(UInt64(contents.count), bytes: 4)
    for content in contents { bytes.append(UInt64(bitPattern: Int64(content?.count ?? -1)), bytes: 8) }
    for content in contents { bytes.append(content ?? []) }
    return bytes.bytes
  }

  @Test(arguments: [1, 3], [UInt8(0), 1])
  func theyAreThePredictors(threads: Int, effort: UInt8) throws {
    let predictor = try RemotePredictor(ModelMessage(encoded: [effort] + model), threads: threads)
    let answer = predictor.predict(try ImagesMessage(encoded: message(files)))
    let known = try Model(encoded: model, path: nil)
    let folder = try TemporaryFolder()
    let paths = try files.prefix(5).enumerated().map { try folder.write($1 ?? [], to: "\($0).png") }
    let expected = FilePredictor(known, effort: effort == 1 ? .full : .early, threads: 1).predict(paths)
    for (found, wanted) in zip(answer.predictions, expected) { #expect(try found.get() == wanted.get()) }
    let errors = answer.predictions.dropFirst(5).map { result in
      if case .failure(let error) = result { error.message } else { "" }
    }
    for (error, word) in zip(errors, ["null", "empty", "none of PNG"]) { #expect(error.contains(word)) }
    #expect(
      String(decoding: predictor.description, as: UTF8.self).contains("\"classes\":[\"a\",\"b\",\"c\"]"))
  }

  @Test func theAnswerIsLaidOutAsDocumented() throws {
    let predictor = try RemotePredictor(ModelMessage(encoded: [0] + model), threads: 1)
    let answer = predictor.predict(try ImagesMessage(encoded: message([files[0], nil])))
    let prediction = try answer.predictions[0].get()
    var reader = ByteReader(answer.encoded())
    #expect(try [reader.read(bytes: 4), reader.read(bytes: 4), reader.read(bytes: 1)] == [2, 3, 1])
    #expect(try reader.read(bytes: 4) == UInt64(prediction.ranking[0]))
    #expect(try reader.read(bytes: 4) == 0xffff_ffff)
    for score in prediction.scores + [0, 0, 0] {
      #expect(try Int64(bitPattern: reader.read(bytes: 8)) == score)
    }
    for share in try #require(prediction.shares) + [0, 0, 0] {
      #expect(try reader.read(bytes: 4) == UInt64(share))
    }
    #expect(try reader.read(bytes: 4) == 0)
    let length = Int(try reader.read(bytes: 4))
    #expect(try String(decoding: reader.readBytes(length), as: UTF8.self).contains("null"))
    try reader.expectEnd()
  }

  @Test func picturesAreRead() throws {
    var bytes = ByteWriter()
    bytes.append(1, bytes: 1)
    bytes.append(2, bytes: 4)
    for length in [48, 3] { bytes.append(UInt64(length), bytes: 8) }
    for side in [8, 6, 1, 2, 2, 3] { bytes.append(UInt64(side), bytes: 4) }
    bytes.append([UInt8](repeating: 90, count: 51))
    let predictor = try RemotePredictor(ModelMessage(encoded: [0] + model), threads: 1)
    let found = predictor.predict(try ImagesMessage(encoded: bytes.bytes)).predictions
    let plain = try Predictor(Model(encoded: model, path: nil), threads: 1).predict(
      pixels: [UInt8](repeating: 90, count: 48), count: 1)
    #expect(try found[0].get() == plain[0])
    #expect(throws: DatasetError.self) { try found[1].get() }
  }

  @Test func messagesThatContradictThemselvesAreRefused() throws {
    let whole = message(files)
    for length in 0..<whole.count {
      #expect(throws: RoundError.self) { try ImagesMessage(encoded: Array(whole[..<length])) }
    }
    #expect(throws: RoundError.self) { try ImagesMessage(encoded: whole + [0]) }
    #expect(throws: RoundError.self) { try ImagesMessage(encoded: [2] + whole.dropFirst()) }
    var long = whole
    long[12] = 0x7f
    #expect(throws: RoundError.self) { try ImagesMessage(encoded: long) }
    #expect(throws: RoundError.self) { try ModelMessage(encoded: []) }
    #expect(throws: RoundError.self) { try ModelMessage(encoded: [2] + model) }
    #expect(throws: ModelFileError.self) {
      try RemotePredictor(ModelMessage(encoded: [0] + model.dropLast()), threads: 1)
    }
  }
}
