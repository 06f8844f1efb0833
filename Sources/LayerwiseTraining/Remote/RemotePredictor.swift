// A model that another process handed over, and its predictions for images that come in messages.

import BinaryNetworks
import CountingRounds
import Foundation
import ImageData
import ModelEvaluation
import Plumbing

/// Predicts images that other processes send.
struct RemotePredictor {
  private let model: Model
  private let predictor: FilePredictor
  /// What an image is called in errors: only the other end knows which it is.
  private static let name = "the image"

  /// - Throws: `ModelFileError` for bytes that are no model.
  init(_ message: ModelMessage, threads: Int) throws {
    model = try Model(encoded: message.content, path: nil)
    predictor = FilePredictor(model, effort: message.effort, threads: threads)
  }

  /// What the model takes and says, JSON.
  var description: [UInt8] {
    struct Description: Encodable {
      var classes: [String]
      var width, height, channels: Int
      var shares: Bool
    }
    let (network, encoder) = (model.network, JSONEncoder())
    encoder.outputFormatting = [.sortedKeys]
    let about = Description(
      classes: network.classNames, width: network.shape.width, height: network.shape.height,
      channels: network.shape.channels, shares: model.temperature != nil)
    return (try? encoder.encode(about)).map { Array($0) } ?? []
  }

  /// What the model says of images, in their order.
  func predict(_ images: ImagesMessage) -> PredictionsMessage {
    let found = predictor.predict(images.contents.count) { item, shape throws(DatasetError) in
      guard let content = images.contents[item] else {
        throw DatasetError(code: .empty, message: "\(Self.name): null; remove the row or give it an image")
      }
      switch images.form {
      case .file: return try ImageDecoder.decode(Array(content), path: Self.name, fitting: shape)
      case .openCV:
        let size = images.sizes[item]
        return try ImageDecoder.fit(
          openCV: Array(content), width: size.width, height: size.height, channels: size.channels, to: shape,
          name: Self.name)
      }
    }
    return PredictionsMessage(
      predictions: found, classes: model.network.classNames.count, hasShares: model.temperature != nil)
  }
}
