// What opens a .npy file: the type, order and shape of the numbers that follow. See NPYArray for these.

/// The type of the numbers of an array, as NumPy writes it.
struct NPYType {
  /// NumPy's letter: u, i, f, b (bool), c (complex), O (objects), U and S (text), or V for everything else.
  let kind: Character
  /// Bytes of a number.
  let width: Int
  /// Whether the highest byte of a number comes first.
  let isBigEndian: Bool
  /// The type as it stands in the header.
  let code: String

  /// Reads the header's entry, in quotes; nil for a list of fields.
  init?(_ entry: Substring) {
    guard let quote = entry.first, quote == "'" || quote == "\"" else { return nil }
    code = String(entry.dropFirst().prefix { $0 != quote }.prefix(40))
    let marked = code.first.map { "<>|=".contains($0) } ?? false
    let rest = marked ? code.dropFirst() : code[...]
    let digits = rest.dropFirst()
    let number = digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) ?? 0 : 0
    let isKnown = rest.first.map { "uifbcOUS".contains($0) } ?? false
    kind = isKnown ? rest.first ?? "V" : "V"
    width = number
    isBigEndian = code.first == ">"
  }

  /// Whether the numbers are whole, of 1, 2, 4 or 8 bytes.
  var isInteger: Bool { (kind == "u" || kind == "i") && [1, 2, 4, 8].contains(width) }

  /// Whether the numbers are bytes without a sign.
  var isByte: Bool { kind == "u" && width == 1 }

  /// The type for people.
  var description: String {
    switch kind {
    case "u": "uint\(8 * width)"
    case "i": "int\(8 * width)"
    case "f": "float\(8 * width) (\(code))"
    case "b": "bool"
    case "c": "complex\(8 * width) (\(code))"
    case "O": "Python objects"
    case "U", "S": "text (\(code))"
    default: "type \(code)"
    }
  }
}

/// The text between magic number and numbers: a Python dictionary of three entries.
struct NPYHeader {
  let type: NPYType
  /// Sizes, the slowest first unless the order is Fortran's.
  let shape: [Int]
  let isFortran: Bool

  /// Most bytes of the text.
  static let mostBytes = 1 << 20

  init(_ bytes: [UInt8], name: String) throws(DatasetError) {
    let text = String(decoding: bytes, as: UTF8.self)
    func refuse(_ what: String) -> DatasetError {
      DatasetError(code: .wrongMagic, message: "\(name): \(what); save it with numpy.save")
    }
    func value(_ key: String) -> Substring? {
      for quote in ["'", "\""] {
        if let range = text.firstRange(of: "\(quote)\(key)\(quote)") {
          return text[range.upperBound...].drop { $0 == " " || $0 == ":" }
        }
      }
      return nil
    }
    guard let order = value("fortran_order"), let entry = value("descr"), let sizes = value("shape") else {
      throw refuse("its header lacks descr, fortran_order or shape")
    }
    guard let type = NPYType(entry) else {
      throw DatasetError(
        code: .wrongShape,
        message: "\(name): an array of records with several fields; save one field, x['name']")
    }
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
      guard shape.count < 32 else { throw refuse("its shape has more than 32 sizes") }
      shape.append(size)
    }
    (self.type, self.shape, isFortran) = (type, shape, order.hasPrefix("True"))
    guard isFortran || order.hasPrefix("False") else {
      throw refuse("its fortran_order is neither True nor False")
    }
  }
}
