// Giving rare classes as much weight as frequent ones: the images of rare classes come several times.

import Plumbing

/// Some of the images with repeats, so that every class comes as often as the most frequent one.
///
/// With n images of a class and m of the most frequent one, each of the n comes m / n times, and m mod n drawn ones
/// once more; but none more than `mostRepeats` times, so that a class of a few images does not drown the others. The
/// order is drawn, too.
/// - Parameters:
///   - labels: the class of every image.
///   - indices: the images to balance, as indices into `labels`.
///   - seed: of what is drawn.
package func balancedOrder(labels: [UInt16], indices: [Int], seed: UInt64) -> [Int] {
  let mostRepeats = 32
  var members: [UInt16: [Int]] = [:]
  for index in indices { members[labels[index], default: []].append(index) }
  let most = members.values.map(\.count).max() ?? 0
  var order: [Int] = []
  for (label, images) in members.sorted(by: { $0.key < $1.key }) {
    var drawn = images
    var generator = SeededGenerator(seed: seed, 0x6261_6c61, UInt64(label))
    generator.shuffle(&drawn)
    let wanted = min(most, mostRepeats * drawn.count)
    order += (0..<wanted).map { drawn[$0 % drawn.count] }
  }
  var generator = SeededGenerator(seed: seed, 0x6261_6c61)
  generator.shuffle(&order)
  return order
}
