// Pictures as OpenCV and Spark's image schema hold them: blue first, opacity last.

package import Plumbing

extension ImageDecoder {
  /// Fits a picture to a shape; it is given as rows from top to bottom, as OpenCV holds them.
  /// - Parameters:
  ///   - bytes: height × width × channels values: grey, or blue, green, red, perhaps with an opacity, which is laid on
  ///     white as `ImageDecoder` does.
  ///   - channels: 1, 3 or 4.
  ///   - shape: what it is fitted to, see `DecodedImage.fitted`.
  ///   - name: what the picture is called, for the error.
  /// - Throws: `DatasetError` `wrongShape` for a shape that images cannot be fitted to, and for sides or channels that
  ///   no picture has, `truncated` or `tooLong` for another
  ///   number of bytes.
  package static func fit(
    openCV bytes: [UInt8], width: Int, height: Int, channels: Int, to shape: ImageShape, name: String
  ) throws(DatasetError) -> DecodedImage {
    try checkTarget(shape)
    guard [1, 3, 4].contains(channels) else {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(name): \(channels) channels, but a picture has 1 (grey), 3 (BGR) or 4 (BGRA) of 8 bits; convert it"
      )
    }
    try checkSize(width: width, height: height, path: name)
    let expected = width * height * channels
    guard bytes.count == expected else {
      throw DatasetError(
        code: bytes.count < expected ? .truncated : .tooLong,
        message:
          "\(name): \(bytes.count) bytes, but \(width)x\(height) pixels of \(channels) channels have \(expected)"
      )
    }
    var values = bytes
    if channels > 1 {
      for start in stride(from: 0, to: values.count, by: channels) { values.swapAt(start, start + 2) }
    }
    if channels == 4 { Opacity.layOnWhite(&values, channels: 3) }
    let stored = ImageShape(width: width, height: height, channels: min(channels, 3))
    return DecodedImage(shape: stored, pixels: values).fitted(to: shape)
  }
}
