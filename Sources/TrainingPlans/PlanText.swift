// How plans write and read single numbers and names: shared by files, assignments and messages.

/// A number in as few digits as read back to the same number; whole numbers without a point.
func shortest(_ number: Double) -> String {
  if let whole = Int(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
  return number.description
}

/// The number a text writes in decimal digits, with a sign, a point or an exponent; nil for anything else.
func decimal(_ text: some StringProtocol) -> Double? {
  guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
  guard let number = Double(text), number.isFinite else { return nil }
  return number
}

/// A decimal setting as the integer learning reads; nothing a plan allows comes near the bounds.
func partsPerMillion(_ share: Double) -> Int {
  let scaled = (share * 1_000_000).rounded()
  return scaled.isNaN ? 0 : Int(max(-1e15, min(1e15, scaled)))
}

/// A text between quotes, escaped as in JSON.
func quoted(_ text: String) -> String {
  var out = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": out += "\\\""
    case "\\": out += "\\\\"
    case _ where isBreaking(scalar):
      let digits = String(scalar.value, radix: 16)
      out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out + "\""
}

/// Whether a scalar is a control character or ends a line.
func isBreaking(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .lineSeparator, .paragraphSeparator: true
  default: false
  }
}

/// The beginning of a text between quotes, for messages.
func excerpt(_ text: String) -> String {
  text.unicodeScalars.count <= 60 ? quoted(text) : quoted(String(text.unicodeScalars.prefix(60)) + "…")
}

/// A key for a message: in quotes only if it is not a short word.
func shown(_ key: String) -> String {
  let isWord = key.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0 & 0xdf) || $0 == 95 }
  return isWord && (1...60).contains(key.utf8.count) ? key : excerpt(key)
}

/// The known name that a mistyped one most likely meant; nil if none is near.
package func nearest(to name: String, among known: [String]) -> String? {
  let typed = Array(name.lowercased().utf8.prefix(100))
  let ranked = known.map { (name: $0, edits: edits(typed, Array($0.lowercased().utf8))) }
  guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
  return best.edits <= max(2, best.name.utf8.count / 3) ? best.name : nil
}

/// Letters to insert, delete or replace to turn `a` into `b` (Levenshtein distance).
private func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for i in 0..<a.count {
    var diagonal = row[0]
    row[0] = i + 1
    for j in 0..<b.count {
      let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}

extension TrainingPlanError {
  /// A value of the wrong kind.
  static func wrongType(_ path: String, _ value: PlanValue, _ expected: String) -> TrainingPlanError {
    TrainingPlanError(
      .wrongType, "\(place(path)): \(value.described) is the wrong kind; allowed: \(expected)")
  }

  /// A value outside what is allowed.
  static func outOfRange(_ path: String, _ value: String, _ allowed: String) -> TrainingPlanError {
    TrainingPlanError(.outOfRange, "\(place(path)): \(value) is out of range; allowed: \(allowed)")
  }

  /// A key that is not among the known ones.
  static func unknownKey(_ path: String, _ key: String, known: [String]) -> TrainingPlanError {
    let guess = nearest(to: key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
    let list = known.joined(separator: ", ")
    return TrainingPlanError(
      .unknownKey, "\(joined(path, shown(key))): unknown key\(guess); allowed: \(list)")
  }
}

/// The path of a key inside the section at `path`.
func joined(_ path: String, _ key: String) -> String { path.isEmpty ? key : path + "." + key }

/// A path for a message; the plan itself has none.
func place(_ path: String) -> String { path.isEmpty ? "the plan" : path }
