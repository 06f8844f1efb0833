// What to do with arrays that are no images or labels as they are: one line each, with the expression that mends it.

/// Refusals of arrays, with a remedy that fits their values.
enum ArrayAdvice {
  /// Why an array cannot be images; nil if its type and sizes are those of images.
  static func images(_ array: NPYArray) throws(DatasetError) -> DatasetError? {
    func refuse(_ what: String, _ remedy: String) -> DatasetError {
      DatasetError(code: .wrongShape, message: "\(array.name): \(what), but images are uint8; save \(remedy)")
    }
    let what = array.type.description
    guard array.type.isByte else {
      switch array.type.kind {
      case "O": return refuse(what, "np.stack(list(x)).astype('uint8') of images of one size")
      case "b": return refuse(what, "x.astype('uint8') * 255")
      case "u", "i", "f":
        let range = ValueRange(try array.sample())
        return refuse(
          range.map { "\(what), values \($0.words)" } ?? what, range?.scaling ?? "x.astype('uint8')")
      case "c": return refuse(what, "np.abs(x), scaled to 0…255, with astype('uint8')")
      default: return refuse(what, "pixels as numbers, with astype('uint8')")
      }
    }
    guard (3...4).contains(array.shape.count) else {
      let expected = "images are N x H x W or N x H x W x C"
      return DatasetError(
        code: .wrongShape,
        message:
          "\(array.name): \(array.shape.isEmpty ? "a single number" : "shape \(array.shape)"), but \(expected)"
          + reshaping(array.shape))
    }
    return nil
  }

  /// Why an array cannot be labels; nil if its type and sizes are those of labels.
  static func labels(_ array: NPYArray) throws(DatasetError) -> DatasetError? {
    func refuse(_ what: String, _ remedy: String) -> DatasetError {
      DatasetError(
        code: .wrongShape,
        message: "\(array.name): \(what), but labels are integers, one per image; save \(remedy)")
    }
    let (shape, what) = (array.shape, array.type.description)
    let numbering = "np.unique(y, return_inverse=True)[1]"
    if shape.isEmpty { return refuse("a single number or object", "an array of N labels") }
    if shape.count == 2, shape[1] > 1 {
      return refuse(
        "shape \(shape)", "y.argmax(axis=1) if it is one-hot; an image with several classes cannot be learned"
      )
    }
    guard shape.count == 1 || shape.count == 2 && shape[1] == 1 else {
      return refuse("shape \(shape)", "y.ravel()")
    }
    if array.type.isInteger { return nil }
    switch array.type.kind {
    case "b": return refuse(what, "y.astype('uint8')")
    case "f":
      let isWhole = try array.sample().allSatisfy { $0 == $0.rounded() }
      return refuse(
        what, isWhole ? "y.astype('int64')" : "a class number for each image; these are measurements")
    default: return refuse(what, "\(numbering), the classes' numbers")
    }
  }

  /// How rows of numbers become images.
  private static func reshaping(_ shape: [Int]) -> String {
    guard shape.count == 2, shape[1] > 0 else { return "; save the array in that form" }
    for channels in [1, 3] where shape[1] % channels == 0 {
      let side = Int(Double(shape[1] / channels).squareRoot().rounded())
      guard side * side * channels == shape[1] else { continue }
      return "; if they are rows of pixels save x.reshape(-1, \(side), \(side)\(channels == 1 ? "" : ", 3"))"
    }
    return "; save x.reshape(-1, height, width)"
  }
}

/// Between what the values of an array lie.
private struct ValueRange {
  let low, high: Double
  let isWhole: Bool
  let hasUnknown: Bool

  /// The range of some values; nil if none of them is a number.
  init?(_ values: [Double]) {
    let known = values.filter(\.isFinite)
    guard let low = known.min(), let high = known.max() else { return nil }
    (self.low, self.high, hasUnknown) = (low, high, known.count < values.count)
    isWhole = known.allSatisfy { $0 == $0.rounded() }
  }

  var words: String {
    func number(_ value: Double) -> String {
      value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(Float(value))"
    }
    return "\(number(low)) to \(number(high))" + (hasUnknown ? ", some not finite" : "")
  }

  /// The expression that makes bytes of the values.
  var scaling: String {
    let x = hasUnknown ? "np.nan_to_num(x)" : "x"
    if low >= 0, high <= 1 { return "(\(x) * 255).round().astype('uint8')" }
    if low >= -1, high <= 1 { return "((\(x) + 1) * 127.5).round().astype('uint8')" }
    if low >= 0, high <= 255 { return isWhole ? "\(x).astype('uint8')" : "\(x).round().astype('uint8')" }
    if low >= 0, high < 65_536, isWhole {
      let bits = (9...16).first { high < Double(1 << $0) } ?? 16
      return "(\(x) / \((1 << bits) - 1) * 255).round().astype('uint8')"
    }
    return "((x - x.min()) / (x.max() - x.min()) * 255).round().astype('uint8')"
  }
}
