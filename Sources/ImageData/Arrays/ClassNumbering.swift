// From the numbers that label the images of arrays to classes.

/// The classes of labels that are numbers without names.
///
/// Where at least half of the numbers from 0 to the largest are used, every number from 0 to the largest is a class: a
/// part that lacks some classes has the same ones as the others. Elsewhere (ids, 0 and 255) the numbers that are used
/// are the classes, in ascending order. A class is called as its number either way.
struct ClassNumbering {
  /// The names of the classes.
  let names: [String]
  /// The class of a number; nil where it is the number.
  private let classes: [Int: Int]?

  /// Most classes that numbers may be; data sets with more come with names, or their labels are no classes.
  static let mostClasses = 10_000

  /// The classes of some labels.
  /// - Parameters:
  ///   - parts: the labels of every part, at least 0.
  ///   - least: how many classes there are at least.
  ///   - name: of the data set, for errors.
  init(_ parts: [[Int]], least: Int, name: String) throws(DatasetError) {
    let used = parts.reduce(into: Set<Int>()) { $0.formUnion($1) }
    let most = used.max() ?? -1
    let isDense = most < 2 * used.count
    guard isDense ? most < Self.mostClasses : used.count <= Self.mostClasses else {
      throw DatasetError(
        code: .labelOutOfRange,
        message: "\(name): its labels are \(used.count) different numbers up to \(most), but at most "
          + "\(Self.mostClasses) classes are accepted; are they ids of images? A label is the number of a class"
      )
    }
    guard !isDense, most >= least else {
      names = (0..<max(least, most + 1)).map { "\($0)" }
      classes = nil
      return
    }
    let sorted = used.sorted()
    names = sorted.map { "\($0)" }
    classes = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
  }

  /// Classes with names of their own, one for each number from 0.
  init(names: [String]) { (self.names, classes) = (names, nil) }

  /// The class of every image.
  /// - Precondition: the labels are among those that the numbering was made of.
  func labels(_ values: [Int]) -> [UInt16] {
    values.map { UInt16(classes?[$0] ?? $0) }
  }

  /// A line on classes that are not numbered from 0 on; nil if they are.
  var note: String? {
    guard classes != nil, let first = names.first, let last = names.last else { return nil }
    return
      "the labels \(first) to \(last) have gaps: the \(names.count) numbers that are used are the classes"
  }
}
