// Which of an array's sizes are what: images, rows, columns, channels.

import Plumbing

/// How the numbers of an array of images lie.
struct ArrayLayout {
  /// The number of images, and the shape of each.
  let images: Int
  let shape: ImageShape
  /// Whether the file has all values of a channel together, N × C × H × W.
  let isChannelsFirst: Bool

  /// The layout of an array with these sizes, N × H × W, N × H × W × C or N × C × H × W.
  ///
  /// Four sizes mean channels first where the second is 1 or 3 and the last is above 4: 3 × 32 × 32, but not
  /// 3 × 32 × 4, nor 3 × 3 × 3. Everything else is channels last.
  /// - Precondition: there are three or four sizes.
  init(_ sizes: [Int]) {
    let channels = sizes.count == 4 ? sizes[3] : 1
    isChannelsFirst = sizes.count == 4 && [1, 3].contains(sizes[1]) && channels > Self.mostUsualChannels
    images = sizes[0]
    shape =
      isChannelsFirst
      ? ImageShape(width: sizes[3], height: sizes[2], channels: sizes[1])
      : ImageShape(width: sizes[2], height: sizes[1], channels: channels)
  }

  /// The channels that images have, opacity among them.
  private static let mostUsualChannels = 4
  /// Most channels that images of arrays have: as many as a model can be trained on.
  private static let mostChannels = 16

  /// What a person should know of the layout; nil if it is the usual one.
  func note(_ name: String) -> String? {
    guard isChannelsFirst else { return nil }
    return
      "\(name): channels come first (\(shape.channels)x\(shape.height)x\(shape.width)); read as images of \(shape)"
  }

  /// The bytes of one image, turned from planes to channels last.
  func channelsLast(_ planes: [UInt8]) -> [UInt8] {
    let (channels, size) = (shape.channels, shape.width * shape.height)
    if channels == 1 { return planes }
    return [UInt8](capacity: planes.count) { output in
      for place in 0..<size {
        for channel in 0..<channels { output.append(planes[channel * size + place]) }
      }
    }
  }

  private func rows(_ range: ClosedRange<Int>) -> Bool { range.contains(shape.height) }

  /// Checks that there are images and that their shape is within limits.
  /// - Parameters:
  ///   - name: of the file.
  ///   - place: where the sizes are in it.
  func check(_ name: String, _ place: String) throws(DatasetError) {
    guard images > 0 else {
      throw DatasetError(code: .empty, message: "\(name): holds no images (\(place) says 0)")
    }
    let isBeyondUse =
      !isChannelsFirst && rows(2...4) && shape.channels > Self.mostUsualChannels
      || shape.channels > Self.mostChannels
    guard !isBeyondUse else {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(name): \(place) gives \(shape.channels) channels of \(shape.height)x\(shape.width) (rows, columns); "
          + "channels come last, so save np.transpose(x, (0, 2, 3, 1)) if they come first here")
    }
    guard !shape.isValid else { return }
    throw DatasetError(
      code: .wrongShape,
      message: "\(name): \(place) gives images of \(shape), which is empty or beyond "
        + "\(ImageShape.largestSide) a side, \(ImageShape.mostChannels) channels, \(ImageShape.mostValues) values"
    )
  }
}
