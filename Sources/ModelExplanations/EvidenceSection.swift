// The filters that spoke loudest: what they look for, where they fired here, what fires them elsewhere.

import BinaryNetworks
import ImageData
import ReportPages

struct EvidenceSection: PageSection {
  let explanation: Explanation
  let id = "filters"
  let title = "The filters that decided"

  var body: [Markup] {
    explanation.evidence.flatMap { layer -> [Markup] in
      if layer.supporting.isEmpty, layer.opposing.isEmpty { return [] }
      return [
        .heading(.text(layerName(layer.layer.layer))), note(layer),
        .element(
          "div", ["class": "strips"],
          [column("For ", layer.supporting, layer), column("Against ", layer.opposing, layer)]),
      ]
    }
  }

  private func note(_ layer: LayerEvidence) -> Markup {
    let hasPlaces = (layer.supporting + layer.opposing).contains { !$0.places.isEmpty }
    let network = explanation.input.model.network
    let field = ReceptiveField(network, layer: layer.layer.layer)
    return .note(
      "A position sees \(field.side)×\(field.side) pixels. ",
      network.input(ofLayer: layer.layer.layer).isImage
        ? "First the filter itself, one square for each kind of signal; then where"
        : "First the region of this image that comes nearest to the filter; then where",
      " it fired in this image, coloured by what that adds",
      hasPlaces ? "; then what comes nearest to it in \(examples) other images." : ".")
  }

  private var examples: String { grouped(explanation.input.examples?.count ?? 0) }

  private func column(_ word: Markup, _ filters: [FilterEvidence], _ layer: LayerEvidence) -> Markup {
    .element(
      "div", [:],
      [.element("h4", [:], word, explanation.question)]
        + (filters.isEmpty ? [.note("None.")] : filters.map { figure($0, layer) }))
  }

  private func figure(_ filter: FilterEvidence, _ layer: LayerEvidence) -> Markup {
    let sum = grouped(filter.count)
    let head = explanation.input.model.network.layers[layer.layer.layer].head
    let counted = head?.counts.rules.evidence(sum) ?? sum
    let image = explanation.image
    let fired = HeatMap(layer.layer, filter.byPosition).over(image, level: layer.layer.level)
    var pictures: [Markup] = []
    if let decoded = filter.decoded {
      pictures.append(
        .picture(
          decoded, scale: max(1, 28 / decoded.height), alt: "Filter \(filter.index), decoded"))
    }
    if let nearest = filter.nearest {
      pictures.append(
        .picture(
          nearest, scale: max(1, 56 / max(nearest.width, nearest.height)),
          alt: "The region of the image nearest to filter \(filter.index)"))
    }
    pictures.append(
      .picture(
        fired.shrunk(toSide: 256), scale: max(1, 112 / max(image.width, image.height)),
        alt: "Where filter \(filter.index) fired"))
    if let sheet = SpriteSheet(filter.places, columns: 4) {
      pictures.append(
        .picture(
          sheet.raster, scale: sheet.scale(forTile: 46),
          alt: "Image regions nearest to filter \(filter.index)"))
    }
    let features = layer.layer.features(of: filter).map { " (\($0))" } ?? ""
    return .figure(
      .joined([
        "filter \(filter.index): ",
        .element("strong", [:], .text(signed(filter.contribution, scale: layer.layer.scale, 3))),
        .text("\(features), \(counted)"),
      ]), .element("div", ["class": "row"], pictures))
  }
}
