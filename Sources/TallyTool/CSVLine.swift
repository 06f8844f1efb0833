// Comma-separated values as RFC 4180 has them, in bytes: a comma is one whatever follows it, and paths keep theirs.

/// A line of fields, without its end.
func csvLine(_ fields: [[UInt8]]) -> [UInt8] {
  Array(fields.map(csvField).joined(separator: [UInt8(ascii: ",")]))
}

/// A field, in quotes where it needs them.
private func csvField(_ field: [UInt8]) -> [UInt8] {
  let quote = UInt8(ascii: "\"")
  guard field.contains(where: { [quote, UInt8(ascii: ","), 0x0D, 0x0A].contains($0) }) else { return field }
  return [quote] + field.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
}
