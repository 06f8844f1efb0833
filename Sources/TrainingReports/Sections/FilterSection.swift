// What the filters look like: those that look at the image decoded, every layer's by what fires them.

import BinaryNetworks
import ImageEncoding
import ModelExplanations
import ReportPages

struct FilterSection: PageSection {
  let network: Network
  /// The filters shown with what fires them; nil without images.
  let firing: FiringFilters?
  let id = "filters"
  let title = "Filters"

  var body: [Markup] {
    network.layers.indices.flatMap { index in
      FilterPictures(network, layer: index).map { decoded($0, layer: index) } ?? []
    } + (firing.map(firingFilters) ?? [])
  }

  /// Sheets of all filters of a layer that looks at the image, one for each kind of signal.
  private func decoded(_ pictures: FilterPictures, layer: Int) -> [Markup] {
    let name = layer == 0 ? "First layer" : layerName(layer)
    let side = pictures.side
    let kinds = pictures.encoder.spec.signals
    let affordable = PageLimits.pictureBytes / (3 * (side + 1) * (side + 1) * kinds.count)
    let most = max(1, pictures.filters(seeing: 0).count)
    let count = max(1, min(most, affordable))
    let isGrouped = pictures.bank.groups > 1
    let figures = kinds.enumerated().map { index, kind in
      let side = pictures.side(kind: index)
      let filters = pictures.filters(seeing: index).prefix(count)
      var sheet = SpriteSheet(count: count, columns: 16, tileWidth: side, tileHeight: side)
      for k in filters { sheet.add(pictures.picture(k, kind: index)) }
      return Markup.figure(
        .text(kind.words + (isGrouped ? ", filters \(filters.startIndex) to \(filters.endIndex - 1)" : "")),
        .picture(sheet.raster, scale: sheet.scale(forTile: 18), alt: "\(name), filters: \(kind.words)"))
    }
    return [
      .heading("\(name), decoded"),
      .note(
        "What each filter is near: the thermometer bits of every position as a level, dark for below every quantile, ",
        "bright for above; bits that do not matter count as half. Sixteen filters a row, in order",
        count < most ? ", the first \(count) of \(most)" : "",
        isGrouped
          ? "; one sheet for each kind of signal, with the filters that look at it."
          : "; one sheet for each kind of signal, filters at the same places."),
      .element("div", ["class": "strips"], figures),
    ]
  }

  private func firingFilters(_ firing: FiringFilters) -> [Markup] {
    firing.layers.enumerated().flatMap { index, filters -> [Markup] in
      let field = ReceptiveField(network, layer: index)
      return [
        .heading("What fires \(layerName(index))"),
        .note(
          "The \(filters.count) filters that move the head's scores most, each with the places of \(grouped(firing.images)) ",
          "images that come nearest to it, at most one per image. A position sees \(field.side)×\(field.side) pixels",
          FiringFilters.margin(field, network) > 0 ? "; what lies around them is dimmed." : "."),
        .element("div", ["class": "strips"], filters.map { strip($0, layer: index) }),
      ]
    }
  }

  private func strip(_ filter: FiringFilters.Filter, layer: Int) -> Markup {
    var caption: [Markup] = ["filter \(filter.index)"]
    if let opinion = filter.opinion {
      caption += [
        ": for ", .name(network.classNames[opinion.for]), ", against ",
        .name(network.classNames[opinion.against]),
      ]
    }
    guard let sheet = SpriteSheet(filter.places, columns: filter.places.count) else { return .none }
    return .figure(
      .joined(caption),
      .picture(
        sheet.raster, scale: sheet.scale(forTile: 46), alt: "Image regions nearest to filter \(filter.index)")
    )
  }
}
