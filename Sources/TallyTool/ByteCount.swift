// A number of bytes as an option takes it: 98304, 96KiB, 100k.

import ArgumentParser

/// A number of bytes.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  private static let units = [
    "": 1, "b": 1, "k": 1_000, "kb": 1_000, "m": 1_000_000, "mb": 1_000_000, "kib": 1 << 10, "mib": 1 << 20,
  ]

  /// Digits, with a unit behind them or not: k and kB are 1,000 bytes, KiB 1,024; M, MB, MiB.
  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), let unit = Self.units[argument.dropFirst(digits.count).lowercased()]
    else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows, bytes > 0 else { return nil }
    self.bytes = bytes
  }
}
