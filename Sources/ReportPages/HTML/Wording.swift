// Numbers and names as people read them, the same in every locale.

/// A number with a fixed number of decimals, halves away from zero.
package func decimal(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "–" }
  let unit = (0..<decimals).reduce(1) { unit, _ in unit * 10 }
  let scaled = Int((abs(value) * Double(unit)).rounded())
  let sign = value < 0 && scaled > 0 ? "−" : ""
  let fraction = "\(scaled % unit)"
  let padding = String(repeating: "0", count: max(0, decimals - fraction.count))
  return sign + grouped(scaled / unit) + (decimals == 0 ? "" : "." + padding + fraction)
}

/// A share from 0 to 1 as percent.
package func percent(_ share: Double, _ decimals: Int = 1) -> String { decimal(100 * share, decimals) + " %" }

/// A whole number with commas between thousands.
package func grouped(_ value: Int) -> String {
  let digits = Array("\(value.magnitude)")
  var text = value < 0 ? "−" : ""
  for (i, digit) in digits.enumerated() {
    if i > 0, (digits.count - i) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return text
}

/// A number of bytes with a unit that keeps it short.
package func byteSize(_ bytes: Int) -> String {
  if bytes < 10_000 { return grouped(bytes) + " bytes" }
  if bytes < 10_000_000 { return decimal(Double(bytes) / 1000, 1) + " kB" }
  return decimal(Double(bytes) / 1_000_000, 1) + " MB"
}

/// Seconds as seconds, minutes or hours.
package func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0 else { return "–" }
  if seconds < 100 { return decimal(seconds, 1) + " s" }
  let whole = Int(min(seconds, 1e9).rounded())
  if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
  return "\(grouped(whole / 3600)) h \(whole / 60 % 60) min"
}

/// A score as the logarithm of odds: 65,536 is 1.
package func logOdds(_ score: Int64) -> String { signed(Double(score) / 65_536, 2) }

/// A number of `scale` fractional bits, with its sign.
package func signed(_ value: Int64, scale: Int, _ decimals: Int = 2) -> String {
  signed(Double(value) / Double(UInt64(1) << UInt64(scale)), decimals)
}

/// A number with a plus or a minus before it, unless it is shown as zero.
package func signed(_ value: Double, _ decimals: Int) -> String {
  let text = decimal(value, decimals)
  return value > 0 && text.contains { $0 != "0" && $0 != "." } ? "+" + text : text
}

/// A name in camel case as words: "nextThresholds" as "next thresholds".
package func words(_ name: String) -> String {
  name.reduce(into: "") { words, letter in
    words += letter.isUppercase && !words.isEmpty ? " " + letter.lowercased() : String(letter)
  }
}
