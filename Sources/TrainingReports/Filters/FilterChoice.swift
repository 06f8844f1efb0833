// Which filters are worth showing, and what the head makes of them.

import BinaryNetworks

extension NetworkLayer {
  /// The filters that the head weighs most (sum of absolute weights over classes and cells), heaviest first; the
  /// first ones if there is no head.
  func weightiestFilters(_ count: Int) -> [Int] {
    let k = bank.count
    guard let head else { return Array(0..<min(count, k)) }
    var weight = [Int](repeating: 0, count: k)
    for (i, value) in head.weights.enumerated() { weight[i % k] += Int(value.magnitude) }
    return Array((0..<k).sorted { (weight[$0], -$0) > (weight[$1], -$1) }.prefix(count))
  }

  /// The classes that filter k speaks most for and most against, by its weights summed over the cells; nil without
  /// head or if all classes are alike to it.
  func opinion(ofFilter k: Int) -> (for: Int, against: Int)? {
    guard let head else { return nil }
    let cells = head.grid * head.grid
    let sums = (0..<head.classes).map { c in
      (0..<cells).reduce(0) { $0 + Int(head.weights[(c * cells + $1) * bank.count + k]) }
    }
    guard let most = sums.indices.max(by: { (sums[$0], -$0) < (sums[$1], -$1) }),
      let least = sums.indices.min(by: { (sums[$0], $0) < (sums[$1], $1) }), sums[most] > sums[least]
    else { return nil }
    return (most, least)
  }
}
