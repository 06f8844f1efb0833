// Setting aside a part of the images for validation, the same fraction of every class.

import Plumbing

/// Divides images into training and validation, each class in proportion.
///
/// Of N images round(N * partsPerMillion / 10^6) are for validation. Every class gives the whole part of its share;
/// what is then missing comes from the classes with the largest remainders (the lower class first among equals).
/// A class never gives its last image, so the total can be smaller when classes are tiny. Which images of a class
/// are taken is drawn from `seed` and the class alone.
/// - Parameters:
///   - labels: the class of every image.
///   - partsPerMillion: the fraction for validation, in millionths: 0 (none) ..< 1 000 000.
///   - seed: of what is drawn.
/// - Returns: ascending indices; each of 0 ..< labels.count is in exactly one list.
/// - Precondition: partsPerMillion is in 0 ..< 1 000 000.
package func stratifiedSplit(
  labels: [UInt16], partsPerMillion: Int, seed: UInt64
) -> (training: [Int], validation: [Int]) {
  var members = [[Int]](repeating: [], count: Int(labels.max() ?? 0) + 1)
  for (index, label) in labels.enumerated() { members[Int(label)].append(index) }
  let taken = sharesOfClasses(members.map(\.count), partsPerMillion: partsPerMillion)
  var isValidation = [Bool](repeating: false, count: labels.count)
  for (label, indices) in members.enumerated() where taken[label] > 0 {
    var shuffled = indices
    var generator = SeededGenerator(seed: seed, UInt64(label))
    generator.shuffle(&shuffled)
    for index in shuffled.prefix(taken[label]) { isValidation[index] = true }
  }
  return (labels.indices.filter { !isValidation[$0] }, labels.indices.filter { isValidation[$0] })
}

/// How many images of every class a part of all images takes, see `stratifiedSplit`.
/// - Parameters:
///   - counts: the images of every class.
///   - partsPerMillion: the fraction to take, in millionths: 0 (none) ..< 1 000 000.
/// - Precondition: partsPerMillion is in 0 ..< 1 000 000.
func sharesOfClasses(_ counts: [Int], partsPerMillion: Int) -> [Int] {
  let million = 1_000_000
  precondition((0..<million).contains(partsPerMillion), "the share is at least 0 and below 1")
  var taken = counts.map { $0 * partsPerMillion / million }
  var missing = (counts.reduce(0, +) * partsPerMillion + million / 2) / million - taken.reduce(0, +)
  let remainders = counts.map { $0 * partsPerMillion % million }
  let order = counts.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
  while missing > 0 {
    let before = missing
    for label in order where missing > 0 && taken[label] + 1 < counts[label] {
      taken[label] += 1
      missing -= 1
    }
    if missing == before { break }
  }
  return taken
}
