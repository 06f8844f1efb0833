// Which part of the image a position of a deeper layer's map can see.

package import BinaryNetworks
import ImageEncoding

/// Rows (or columns) of the image that a position of a layer looks at: through the windows of the layers and of signals
/// that are whole windows. The neighbourhoods whose mean the encoder subtracts, and the images of a pyramid, are left out.
package struct ReceptiveField: Hashable {
  /// Pixels along each side.
  package let side: Int
  /// Pixels from one position to the next.
  package let step: Int
  /// First row that position 0 sees; negative where its window reaches beyond the edge.
  package let start: Int

  /// A row that no image has: beyond it many reductions need not be followed.
  private static let farthest = 1 << 20

  /// The field of the positions in front of layer `layer` of a network.
  ///
  /// From the layer down: a run of positions a ... b of a layer's map sees a − (w − 1) / 2 ... b + w / 2 through its
  /// window; through the 2× reduction before it, 2 a ... 2 b + 1 of the map below.
  package init(_ network: Network, layer: Int) {
    // Of position 0 the last row grows, of position 1 the first one, too.
    func held(_ row: Int) -> Int { max(-Self.farthest, min(Self.farthest, row)) }
    func seen(by position: Int) -> (first: Int, last: Int) {
      var (first, last) = (position, position)
      func widen(by window: Int) {
        first = held(first - (window - 1) / 2)
        last = held(last + window / 2)
      }
      var index = layer
      widen(by: network.layers[index].bank.window)
      while !network.input(ofLayer: index).isImage {
        index -= 1
        if network.layers[index].reduction != .none {
          first = held(2 * first)
          last = held(2 * last + 1)
        }
        widen(by: network.layers[index].bank.window)
      }
      let seen = network.spec(of: network.input(ofLayer: index).signals).signals
      if let side = seen.map(\.side).max() { widen(by: side) }
      return (first, last)
    }
    let zero = seen(by: 0)
    start = zero.first
    side = zero.last - zero.first + 1
    step = seen(by: 1).first - zero.first
  }

  /// Rows (or columns) that a position sees.
  package func range(_ position: Int) -> Range<Int> {
    start + position * step..<start + position * step + side
  }
}
