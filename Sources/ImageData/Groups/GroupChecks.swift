// What a person must know of a part that was drawn by whole groups: it may be far from what was wanted.

import Plumbing

/// What is not as wanted of a part that was drawn by whole groups, a line each.
/// - Parameters:
///   - held: the indices of its images.
///   - labels: of all images that it was drawn from.
///   - classNames: of these labels.
///   - partsPerMillion: the fraction that was to be drawn.
///   - name: of the part.
package func groupWarnings(
  of held: [Int], labels: [UInt16], classNames: [String], partsPerMillion: Int, name: String
) -> [String] {
  guard !held.isEmpty else { return [] }
  var lines: [String] = []
  let wanted = wantedSize(labels.count, partsPerMillion)
  if held.count > 2 * wanted || 2 * held.count < wanted {
    lines.append(
      "the \(name) part has \(held.count) images where \(wanted) were wanted, as only whole groups are taken; "
        + "smaller groups make better parts")
  }
  let (present, there) = (Set(labels), Set(held.map { labels[$0] }))
  let lost = classNames.indices.filter {
    let label = UInt16(truncatingIfNeeded: $0)
    return present.contains(label) && !there.contains(label)
  }
  // A part that is smaller than the number of classes lacks some in any case.
  if !lost.isEmpty, held.count >= present.count {
    lines.append(
      "the \(name) part has no image of \(LeftOut.list(lost.map { "\"\(classNames[$0])\"" })), as their groups are too "
        + "few or too large")
  }
  return lines
}
