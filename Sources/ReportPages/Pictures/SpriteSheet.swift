// Many small pictures as one: a data URI for each would cost more than the pictures.

/// Pictures of one size in rows, one neutral pixel between them.
package struct SpriteSheet {
  /// The whole sheet.
  package private(set) var raster: Raster
  private let columns: Int
  private let tileWidth: Int
  private let tileHeight: Int
  private var count = 0

  /// An empty sheet for `count` pictures.
  /// - Precondition: nothing is zero.
  package init(count: Int, columns: Int, tileWidth: Int, tileHeight: Int) {
    precondition(count > 0 && columns > 0 && tileWidth > 0 && tileHeight > 0)
    self.columns = min(columns, count)
    self.tileWidth = tileWidth
    self.tileHeight = tileHeight
    let rows = (count + self.columns - 1) / self.columns
    raster = Raster(width: self.columns * (tileWidth + 1) - 1, height: rows * (tileHeight + 1) - 1)
  }

  /// A sheet of pictures; nil if there are none.
  package init?(_ tiles: [Raster], columns: Int) {
    guard let first = tiles.first else { return nil }
    self.init(count: tiles.count, columns: columns, tileWidth: first.width, tileHeight: first.height)
    for tile in tiles { add(tile) }
  }

  /// Adds the next picture.
  /// - Precondition: it is not larger than a tile, and there is room.
  package mutating func add(_ tile: Raster) {
    raster.place(tile, x: count % columns * (tileWidth + 1), y: count / columns * (tileHeight + 1))
    count += 1
  }

  /// Screen pixels per pixel that make tiles about `side` wide.
  package func scale(forTile side: Int) -> Int {
    max(1, (side + max(tileWidth, tileHeight) / 2) / max(tileWidth, tileHeight))
  }
}
