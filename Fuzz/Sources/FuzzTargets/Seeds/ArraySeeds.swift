// Small data sets in arrays: IDX, CIFAR-10, NumPy, gzip and xz, and names of classes.

import CLzma
import CZlib
import Plumbing

/// Arrays.
enum ArraySeeds {
  /// Four images of 3 × 2, and their labels 0 to 3, in IDX form.
  static let fourImages = header([4, 2, 3]) + ImageSeeds.noise(24)
  static let fourLabels = header([4]) + [0, 1, 2, 3]

  static func idx() -> [[UInt8]] {
    [
      two(fourLabels, fourImages), two(fourLabels, header([4, 2, 3, 3]) + ImageSeeds.noise(72)),
      two(gzip(fourLabels), gzip(fourImages)), two(header([1]) + [0], header([1, 1, 1]) + [7]),
    ]
  }

  static func cifar() -> [[UInt8]] {
    let record = [3] + ImageSeeds.noise(3072)
    return [record, gzip(record), xz(record + record)]
  }

  static func classes() -> [[UInt8]] {
    [
      "a\nb\nc\nd\n", "\u{feff}a\r\nb\r\nc\r\nd", "  é\u{301} \nstreet car\nc\nd\ne",
      "0\n1\n2\n3\n4\n5\n6\n7\n8\n9",
    ]
    .map { Array($0.utf8) }
  }

  static func npy() -> [[UInt8]] {
    let labels = npy("<i8", "(4,)", (0..<4).flatMap { [UInt8($0), 0, 0, 0, 0, 0, 0, 0] })
    let images = npy("|u1", "(4, 2, 3)", ImageSeeds.noise(24))
    return [
      two(labels, images), two(npy(">i2", "(4, 1)", [0, 0, 0, 1, 0, 2, 0, 3]), images),
      two(npy("|u1", "(4,)", [3, 2, 1, 0]), npy("|u1", "(4, 2, 2, 3)", ImageSeeds.noise(48))),
      two(gzip(labels), xz(npy("|u1", "(4, 2, 3, 1)", ImageSeeds.noise(24), version: 2))),
    ]
  }

  static func npz() -> [[UInt8]] {
    let labels = npy("<i4", "(4,)", (0..<4).flatMap { [UInt8($0), 0, 0, 0] })
    let images = npy("|u1", "(4, 2, 3)", ImageSeeds.noise(24))
    let parts = [
      ("x_train.npy", images), ("y_train.npy", labels), ("x_test.npy", images), ("y_test.npy", labels),
    ]
    return [
      zip([("images.npy", images), ("labels.npy", labels)], deflated: false),
      zip(parts, deflated: true), zip(parts, deflated: false, wide: true),
    ]
  }

  static func gzip() -> [[UInt8]] {
    let halves = gzip(Array(fourImages.prefix(20))) + gzip(Array(fourImages.dropFirst(20)))
    return [gzip(fourImages), halves, gzip(header([4, 60, 50]) + [UInt8](repeating: 7, count: 12_000))]
  }

  static func xz() -> [[UInt8]] {
    let halves = xz(Array(fourImages.prefix(20))) + xz(Array(fourImages.dropFirst(20)))
    return [
      xz(fourImages), halves, xz(header([4, 60, 50]) + [UInt8](repeating: 7, count: 12_000), preset: 9),
    ]
  }

  /// Two files as one input.
  private static func two(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
    [UInt8(first.count & 255), UInt8(first.count >> 8)] + first + second
  }

  private static func header(_ sizes: [Int]) -> [UInt8] {
    [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { ImageSeeds.big($0, 4) }
  }

  private static func npy(_ type: String, _ shape: String, _ content: [UInt8], version: UInt8 = 1) -> [UInt8]
  {
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    while (text.count + 11) % 16 != 0 { text.append(0x20) }
    text.append(0x0a)
    let length = [UInt8(text.count & 255), UInt8(text.count >> 8)] + (version == 1 ? [] : [0, 0])
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + content
  }

  // MARK: Compressed

  /// Deflated bytes: plain with windowBits −15, in gzip's form with 31.
  private static func deflated(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var (source, result) = (bytes, [UInt8](repeating: 0, count: bytes.count + 1024))
    var stream = unsafe z_stream()
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    // SAFETY: one call does all, with a stream that stays where it is and buffers of their true sizes.
    let written = unsafe source.withUnsafeMutableBufferPointer { from in
      unsafe result.withUnsafeMutableBufferPointer { to in
        unsafe withUnsafeMutablePointer(to: &stream) { stream in
          let status = unsafe deflateInit2_(
            stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
          precondition(status == Z_OK)
          unsafe stream.pointee.next_in = from.baseAddress
          unsafe stream.pointee.avail_in = UInt32(from.count)
          unsafe stream.pointee.next_out = to.baseAddress
          unsafe stream.pointee.avail_out = UInt32(to.count)
          precondition(unsafe deflate(stream, Z_FINISH) == Z_STREAM_END)
          defer { unsafe deflateEnd(stream) }
          return unsafe to.count - Int(stream.pointee.avail_out)
        }
      }
    }
    return Array(result[..<written])
  }

  static func gzip(_ bytes: [UInt8]) -> [UInt8] { deflated(bytes, windowBits: 15 + 16) }

  private static func xz(_ bytes: [UInt8], preset: UInt32 = 0) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: bytes.count + 1024)
    var size = 0
    let capacity = result.count
    // SAFETY: the buffers live for the call, with their true sizes.
    let status = unsafe lzma_easy_buffer_encode(
      preset, LZMA_CHECK_CRC32, nil, bytes, bytes.count, &result, &size, capacity)
    precondition(status == LZMA_OK)
    return Array(result[..<size])
  }

  /// A zip archive as numpy.savez writes it; `wide` keeps the sizes in 64 bits.
  private static func zip(_ members: [(String, [UInt8])], deflated: Bool, wide: Bool = false) -> [UInt8] {
    var (file, directory) = (ByteWriter(), ByteWriter())
    for (name, content) in members {
      let packed = deflated ? self.deflated(content, windowBits: -15) : content
      let (start, sum) = (file.bytes.count, UInt64(CRC32.checksum(content)))
      var extra = ByteWriter()
      if wide {
        extra.append(1, bytes: 2)
        extra.append(16, bytes: 2)
        extra.append(UInt64(content.count), bytes: 8)
        extra.append(UInt64(packed.count), bytes: 8)
      }
      let sizes = wide ? [0xffff_ffff, 0xffff_ffff] : [UInt64(packed.count), UInt64(content.count)]
      func common(_ writer: inout ByteWriter) {
        for number in [45, 0, deflated ? 8 : 0, 0, 0] { writer.append(UInt64(number), bytes: 2) }
        for number in [sum] + sizes { writer.append(number, bytes: 4) }
        for number in [name.utf8.count, extra.bytes.count] { writer.append(UInt64(number), bytes: 2) }
      }
      file.append(0x0403_4b50, bytes: 4)
      common(&file)
      file.append(Array(name.utf8) + extra.bytes + packed)
      directory.append(0x0201_4b50, bytes: 4)
      directory.append(45, bytes: 2)
      common(&directory)
      for _ in 0..<3 { directory.append(0, bytes: 2) }
      directory.append(0, bytes: 4)
      directory.append(UInt64(start), bytes: 4)
      directory.append(Array(name.utf8) + extra.bytes)
    }
    let start = file.bytes.count
    file.append(directory.bytes)
    file.append(0x0605_4b50, bytes: 4)
    for number in [0, 0, members.count, members.count] { file.append(UInt64(number), bytes: 2) }
    for number in [directory.bytes.count, start] { file.append(UInt64(number), bytes: 4) }
    file.append(0, bytes: 2)
    return file.bytes
  }
}
