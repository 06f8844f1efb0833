// Classes of a data set and classes of a model are the same where their names are: labels are translated by name.

extension LabelledImages {
  /// The same images with labels that count in other classes, matched by name.
  ///
  /// Classes that only the model has are fine, and so are those of the data set that no image is of. Labels that are
  /// numbers without names (arrays, see `isNumbered`) match classes that are called by these numbers. Where no
  /// class is called by a number they count the classes in order, see `isMatchedByPosition(to:)`.
  /// - Parameter names: the names of a model's classes.
  /// - Throws: `DatasetError` `labelOutOfRange`, with both lists, when images are of other classes.
  public func matched(to names: [String]) throws(DatasetError) -> LabelledImages {
    if names == classNames { return self }
    let counts = classCounts
    let used = counts.indices.filter { counts[$0] > 0 }
    let isByPosition = isMatchedByPosition(to: names)
    let positions = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var found = [UInt16?](repeating: nil, count: classNames.count)
    for c in used {
      let position = isByPosition ? Int(classNames[c]) : positions[classNames[c]]
      found[c] = position.flatMap { $0 < names.count ? UInt16(exactly: $0) : nil }
    }
    let unknown = used.filter { found[$0] == nil }
    guard unknown.isEmpty else {
      let some = unknown.count == 1 ? "a class" : "\(unknown.count) classes"
      throw DatasetError(
        code: .labelOutOfRange,
        message:
          "the data set has \(some) that the model does not know: \(listed(unknown.map { classNames[$0] })); "
          + "the data set's classes are \(listed(used.map { classNames[$0] })), the model's "
          + "\(listed(names)); rename the classes, or use data with the model's")
    }
    return relabelled(labels.map { found[Int($0)] ?? 0 }, classNames: names)
  }

  /// Whether labels that are numbers without names count a model's classes in order, as no class is called by a number.
  public func isMatchedByPosition(to names: [String]) -> Bool {
    // "1", "-1", "1.0": a class that is called so is meant by its name.
    isNumbered && names != classNames && !names.contains { Double($0) != nil }
  }
}

/// Names in words, the first of many.
private func listed(_ names: [String]) -> String {
  let shown = names.prefix(10).map { $0.count <= 40 ? $0 : "\($0.prefix(40))…" }.joined(separator: ", ")
  return names.count <= 10 ? shown : "\(shown), … (\(names.count) in all)"
}
