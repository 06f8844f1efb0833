// One array in NumPy's .npy form: header and integers. See ZipArchive for archives, and
// NPYReader for what the arrays mean.

/// An array of integers out of a .npy file: whole bytes, in C order.
struct NPYArray {
  /// Sizes, the slowest first.
  let shape: [Int]
  /// Bytes of a number, and whether it has a sign and its highest byte first.
  let width: Int
  let isSigned: Bool
  let isBigEndian: Bool
  /// The file's bytes and where the numbers begin in them.
  private let bytes: [UInt8]
  private let start: Int

  /// Most numbers of an array.
  static let mostValues = 1 << 32
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads an array.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - name: of the file, or of the member in its archive, for errors.
  init(_ bytes: [UInt8], name: String) throws(DatasetError) {
    func truncated(_ what: String) -> DatasetError {
      DatasetError(
        code: .truncated,
        message: "\(name): ends at byte \(bytes.count), within \(what); fetch or save it again")
    }
    guard bytes.starts(with: Self.magic) else {
      throw DatasetError(
        code: .wrongMagic,
        message: "\(name): is not an .npy file (wrong first bytes); save it with numpy.save")
    }
    guard bytes.count >= 10 else { throw truncated("its header") }
    let sizeBytes = bytes[6] == 1 ? 2 : 4
    guard (1...3).contains(bytes[6]), bytes.count >= 8 + sizeBytes else {
      throw DatasetError(
        code: .wrongMagic, message: "\(name): .npy version \(bytes[6]) at byte 6; versions 1 to 3 are read")
    }
    let length = bytes[8..<(8 + sizeBytes)].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - 8 - sizeBytes else { throw truncated("its header") }
    let start = 8 + sizeBytes + length
    let header = try NPYHeader(Array(bytes[(8 + sizeBytes)..<start]), name: name)
    var count = 1
    for size in header.shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, product <= Self.mostValues else {
        throw DatasetError(
          code: .tooLong,
          message: "\(name): shape \(header.shape) is more than the \(Self.mostValues) numbers accepted")
      }
      count = product
    }
    let wanted = count * header.width
    guard bytes.count - start >= wanted else {
      throw truncated("its \(wanted) bytes of shape \(header.shape), which begin at byte \(start)")
    }
    guard bytes.count - start == wanted else {
      throw DatasetError(
        code: .tooLong,
        message:
          "\(name): has extra bytes after its content, which ends at byte \(start + wanted); fetch or save it again"
      )
    }
    (shape, width, isSigned, isBigEndian) = (header.shape, header.width, header.isSigned, header.isBigEndian)
    self.bytes = bytes
    self.start = start
  }

  /// The bytes of all numbers.
  var content: ArraySlice<UInt8> { bytes[start...] }

  /// The number of numbers.
  var count: Int { (bytes.count - start) / width }

  /// One number; nil for one that no label can be: below 0 or above 65 534.
  func label(_ index: Int) -> UInt16? {
    var value: UInt64 = 0
    for i in 0..<width {
      let at = start + index * width + (isBigEndian ? i : width - 1 - i)
      value = value << 8 | UInt64(bytes[at])
    }
    if isSigned, value >> UInt64(8 * width - 1) != 0 { return nil }
    return value < UInt64(UInt16.max) ? UInt16(value) : nil
  }
}

/// The text between magic number and numbers: a Python dictionary of three entries.
private struct NPYHeader {
  let shape: [Int]
  let width: Int
  let isSigned: Bool
  let isBigEndian: Bool

  init(_ bytes: [UInt8], name: String) throws(DatasetError) {
    let text = String(decoding: bytes, as: UTF8.self)
    func refuse(_ what: String) -> DatasetError {
      DatasetError(code: .wrongMagic, message: "\(name): \(what); save it with numpy.save")
    }
    func value(_ key: String) -> Substring? {
      for quote in ["'", "\""] {
        if let range = text.range(of: "\(quote)\(key)\(quote)") {
          return text[range.upperBound...].drop { $0 == " " || $0 == ":" }
        }
      }
      return nil
    }
    guard let order = value("fortran_order"), let type = value("descr"), let sizes = value("shape") else {
      throw refuse("its header lacks descr, fortran_order or shape")
    }
    guard order.hasPrefix("False") else {
      throw DatasetError(
        code: .wrongShape,
        message: "\(name): its numbers are in Fortran order; save numpy.ascontiguousarray of it")
    }
    let dtype = type.dropFirst().prefix { $0 != "'" && $0 != "\"" }
    let letters = Array(dtype.utf8)
    let marked = letters.first.map { "<>|=".utf8.contains($0) } ?? false
    let kind = marked ? Array(letters.dropFirst()) : letters
    guard type.hasPrefix("'") || type.hasPrefix("\""), kind.count == 2,
      kind[0] == UInt8(ascii: "u") || kind[0] == UInt8(ascii: "i"), [49, 50, 52, 56].contains(kind[1])
    else {
      throw DatasetError(
        code: .wrongShape,
        message:
          "\(name): numbers of type \(dtype.prefix(40)), but images must be uint8 and labels integers; convert with "
          + "astype")
    }
    isSigned = kind[0] == UInt8(ascii: "i")
    isBigEndian = letters[0] == UInt8(ascii: ">")
    width = Int(kind[1] - 48)
    guard sizes.first == "(", let end = sizes.firstIndex(of: ")") else {
      throw refuse("its shape is not a tuple")
    }
    var shape: [Int] = []
    for part in sizes[sizes.index(after: sizes.startIndex)..<end].split(separator: ",") {
      let digits = part.filter { $0 != " " }
      guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let size = Int(digits) else {
        if digits.isEmpty { continue }
        throw refuse("its shape holds \"\(digits.prefix(20))\"")
      }
      shape.append(size)
    }
    self.shape = shape
  }
}

extension String {
  /// The first place of another text.
  fileprivate func range(of other: String) -> Range<Index>? { firstRange(of: other) }
}
