// One array in NumPy's .npy form, read from start to end. See NPYHeader for what opens it, ZipArchive for archives,
// ArrayAdvice for what is said of arrays that are something else, and NPYReader for what arrays mean.

import Plumbing

/// An array out of a .npy file: its header is read, its numbers are not yet.
struct NPYArray {
  /// The file, or the member and its archive, for errors.
  let name: String
  /// Type and sizes, the slowest first.
  let type: NPYType
  let shape: [Int]
  /// The number of numbers.
  let count: Int
  let source: DecodedFile

  /// Most numbers of an array.
  static let mostValues = 1 << 32
  /// Numbers that are looked at for advice.
  private static let sampleValues = 1 << 20

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads the header of an array.
  init(_ source: DecodedFile) throws(DatasetError) {
    let name = source.path
    let opening = try source.read(upTo: 8)
    guard opening.starts(with: Self.magic) else {
      throw DatasetError(
        code: .wrongMagic,
        message: "\(name): is not an .npy file (wrong first bytes); save it with numpy.save")
    }
    guard opening.count == 8 else {
      throw DatasetError(
        code: .truncated, message: "\(name): ends at byte \(opening.count), within its header; save it again")
    }
    guard (1...3).contains(opening[6]) else {
      throw DatasetError(
        code: .wrongMagic, message: "\(name): .npy version \(opening[6]) at byte 6; versions 1 to 3 are read")
    }
    let length = try source.read(opening[6] == 1 ? 2 : 4, of: "its header")
      .reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= NPYHeader.mostBytes else {
      throw DatasetError(
        code: .tooLong,
        message: "\(name): its header has \(length) bytes, more than the \(NPYHeader.mostBytes) accepted")
    }
    let header = try NPYHeader(try source.read(length, of: "its header"), name: name)
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
    guard !header.isFortran || header.shape.count < 2 else {
      throw DatasetError(
        code: .wrongShape,
        message: "\(name): its numbers are in Fortran order; save np.ascontiguousarray(x)")
    }
    (self.name, type, shape, self.count, self.source) = (name, header.type, header.shape, count, source)
  }

  /// All numbers, which are bytes, as the pixels of images; nothing may follow them.
  /// - Precondition: the type is a byte's and the layout is that of the shape.
  func pixels(_ layout: ArrayLayout, budget: MemoryBudget) throws(DatasetError) -> ByteStore {
    let what = "its \(count) bytes of shape \(shape)"
    guard layout.isChannelsFirst else {
      let pixels = try source.read(count, of: what, budget: budget)
      try source.expectEnd()
      return pixels
    }
    var writer = try PixelWriter(budget: budget)
    for _ in 0..<layout.images {
      try writer.append(layout.channelsLast(try source.read(layout.shape.pixels, of: what)).span)
    }
    try source.expectEnd()
    return writer.finish()
  }

  /// All numbers, which are whole, as labels; nothing may follow them.
  /// - Throws: `DatasetError` `labelOutOfRange` for a number below 0.
  /// - Precondition: the type is an integer's.
  func labels() throws(DatasetError) -> [Int] {
    var values: [Int] = []
    let width = type.width
    while values.count < count {
      let some = min(count - values.count, 1 << 16)
      let bytes = try source.read(some * width, of: "its \(count) labels")
      for item in 0..<some {
        let number = bits(bytes, item)
        let isNegative = type.kind == "i" && number >> UInt64(8 * width - 1) != 0
        guard !isNegative, let value = Int(exactly: number) else {
          let shown =
            isNegative ? "\(Int64(bitPattern: number | ~0 << UInt64(8 * width - 1)))" : "\(number)"
          throw DatasetError(
            code: .labelOutOfRange,
            message:
              "\(name): label \(values.count) is \(shown); classes are numbered from 0, for example with "
              + "np.unique(y, return_inverse=True)[1]; take out images without a class")
        }
        values.append(value)
      }
    }
    try source.expectEnd()
    return values
  }

  /// The first numbers, as far as the type has any and the file goes.
  func sample() throws(DatasetError) -> [Double] {
    guard let decode = decoder else { return [] }
    let bytes = try source.read(upTo: min(count, Self.sampleValues) * type.width)
    return (0..<bytes.count / type.width).map { decode(bits(bytes, $0)) }
  }

  /// The bits of one of some numbers.
  private func bits(_ bytes: [UInt8], _ item: Int) -> UInt64 {
    let width = type.width
    var value: UInt64 = 0
    for i in 0..<width {
      value = value << 8 | UInt64(bytes[item * width + (type.isBigEndian ? i : width - 1 - i)])
    }
    return value
  }

  /// What the bits of a number are worth; nil for what is no number.
  private var decoder: ((UInt64) -> Double)? {
    let shift = UInt64(64 - 8 * min(8, type.width))
    switch (type.kind, type.width) {
    case ("f", 2): return { Self.half($0) }
    case ("f", 4): return { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
    case ("f", 8): return { Double(bitPattern: $0) }
    case ("b", 1), ("u", 1), ("u", 2), ("u", 4), ("u", 8): return { Double($0) }
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8):
      return { Double(Int64(bitPattern: $0 << shift) >> Int64(shift)) }
    default: return nil
    }
  }

  /// A number of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
  private static func half(_ bits: UInt64) -> Double {
    let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023) / 1024)
    let sign = bits >> 15 & 1 == 1 ? -1.0 : 1.0
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction / 16_384 }
    let power = exponent >= 15 ? Double(1 << (exponent - 15)) : 1 / Double(1 << (15 - exponent))
    return sign * (1 + fraction) * power
  }
}
