// Bytes as the text of a data URI.

extension [UInt8] {
  /// The bytes in base 64, padded (RFC 4648).
  package var base64: String {
    let alphabet = Array<UInt8>("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((count + 2) / 3 * 4)
    var i = 0
    while i < count {
      let left = Swift.min(3, count - i)
      var bits = 0
      for j in 0..<3 { bits = bits << 8 | (j < left ? Int(self[i + j]) : 0) }
      for j in 0..<4 { text.append(j <= left ? alphabet[bits >> (18 - 6 * j) & 63] : UInt8(ascii: "=")) }
      i += 3
    }
    return String(decoding: text, as: UTF8.self)
  }
}
