// NumPy's files made by the tests: arrays, and archives of them.

import CZlib

/// A number in little-endian bytes.
public func littleEndian(_ value: Int, bytes count: Int) -> [UInt8] {
  bigEndian(value, bytes: count).reversed()
}

/// A .npy file.
public func npy(
  _ type: String, _ shape: [Int], _ content: [UInt8], version: UInt8 = 1, order: String = "False"
) -> [UInt8] {
  let sizes = shape.map { "\($0)," }.joined(separator: " ")
  return npy(
    header: "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (\(sizes)), }", content,
    version: version)
}

/// A .npy file with a header of its own.
public func npy(header text: String, _ content: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let header = Array(text.utf8) + [UInt8](repeating: 32, count: 7) + [10]
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + littleEndian(header.count, bytes: version == 1 ? 2 : 4)
    + header + content
}

/// A .npy file of labels, 8 bytes each.
public func npyLabels(_ labels: [Int]) -> [UInt8] {
  npy("<i8", [labels.count], labels.flatMap { littleEndian($0, bytes: 8) })
}

/// A zip archive; `deflated` packs its members, `wide` writes sizes as zip64.
public func zip(_ members: [(String, [UInt8])], deflated: Bool = false, wide: Bool = false) -> [UInt8] {
  var file: [UInt8] = []
  var directory: [UInt8] = []
  func little(_ value: Int, _ count: Int) -> [UInt8] { littleEndian(value, bytes: count) }
  for (name, content) in members {
    // Without the two bytes that open a zlib stream and the checksum that ends it, it is plain deflate.
    let packed = deflated ? Array(zlib(content).dropFirst(2).dropLast(4)) : content
    // SAFETY: the buffer lives for the call.
    let sum = little(Int(unsafe crc32(0, content, UInt32(content.count))), 4)
    let offset = file.count
    let method = little(deflated ? 8 : 0, 2)
    let sizes =
      wide ? [UInt8](repeating: 0xff, count: 8) : little(packed.count, 4) + little(content.count, 4)
    let extra =
      wide ? little(1, 2) + little(16, 2) + little(content.count, 8) + little(packed.count, 8) : []
    let names = little(name.utf8.count, 2) + little(extra.count, 2)
    let common = little(0, 2) + method + little(0, 4) + sum + sizes + names
    file += little(0x0403_4b50, 4) + little(20, 2) + common + Array(name.utf8) + extra + packed
    directory += little(0x0201_4b50, 4) + little(20, 2) + little(20, 2) + common + little(0, 10)
    directory += little(offset, 4) + Array(name.utf8) + extra
  }
  let start = file.count
  file +=
    directory + little(0x0605_4b50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
  return file + little(directory.count, 4) + little(start, 4) + little(0, 2)
}
