// Explanations of tiny models: sums, pictures, page and JSON.

import BinaryNetworks
import Foundation
import ImageData
import Plumbing
import Testing
import _PageTestSupport

@testable import ModelExplanations
@testable import ReportPages

@Suite struct ExplanationTests {
  private func explanation(
    _ names: [String] = ["a", "b", "c"], of: Int? = nil, against: Int? = nil, examples: Bool = true,
    model: Model? = nil
  ) throws -> Explanation {
    let model = try model ?? tinyModel(classNames: names)
    let images = try tinyImages(model, count: 20)
    return try Explanation(
      ExplanationInput(
        model: model, pixels: images.pixels(of: 3), name: "image <3>", label: names[0],
        of: of, against: against, examples: examples ? images : nil), threads: 2)
  }

  @Test func weighsTheWinnerAndTheRunnerUpUnlessAsked() throws {
    let found = try explanation()
    #expect([found.of, found.against] == Array(found.ranking.prefix(2)))
    #expect(found.own.score == found.scores[found.of])
    #expect(found.difference.score == found.scores[found.ranking[0]] - found.scores[found.ranking[1]])
    let last = found.ranking[2]
    #expect(try explanation(of: last).against == found.ranking[0])
    let asked = try explanation(of: last, against: found.ranking[1])
    #expect((asked.of, asked.against) == (last, found.ranking[1]))
    #expect(asked.difference.score == asked.scores[last] - asked.scores[found.ranking[1]])
  }

  @Test func theStrongestFiltersAreThoseOfTheSums() throws {
    let found = try explanation()
    #expect(found.evidence.count == 2)
    for (evidence, layer) in zip(found.evidence, found.difference.layers) {
      let sums = layer.byFilter.sorted()
      #expect(
        evidence.supporting.map(\.contribution) == sums.reversed().filter { $0 > 0 }.prefix(4).map { $0 })
      #expect(evidence.opposing.map(\.contribution) == sums.filter { $0 < 0 }.prefix(4).map { $0 })
      for filter in evidence.supporting + evidence.opposing {
        #expect(filter.byPosition.reduce(0, +) == filter.contribution)
        #expect(filter.places.count == 8)
      }
    }
  }

  @Test func thePageIsWellFormedAndLoadsNothing() throws {
    let found = try explanation(["<b>", "a&b", "\"c\""])
    let page = found.html()
    let reader = PageReader(page)
    #expect(reader.error == nil)
    #expect(reader.all("section").compactMap { $0.attributes["id"] } == ["image", "sums", "filters"])
    #expect(
      reader.all("img").allSatisfy { $0.attributes["src"]?.hasPrefix("data:image/png;base64,") == true })
    #expect(reader.all("bdi").contains { $0.text == "image <3>" })
    #expect(reader.all("b").isEmpty && reader.all("script").isEmpty)
    #expect(page.contains(signed(Double(found.difference.score) / 65_536, 3)))
    #expect(PageReader(try explanation(examples: false).html()).error == nil)
  }

  @Test func jsonAddsUp() throws {
    let found = try explanation()
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(try found.json().utf8)) as? [String: Any])
    let layers = try #require(object["layers"] as? [[String: Any]])
    var lead = 0
    for layer in layers {
      for key in ["own", "lead"] {
        let sum = try #require(layer[key] as? [String: Any])
        let bias = try #require(sum["bias"] as? Int)
        for parts in ["byFeature", "byFilter", "byPosition"] {
          #expect(try #require(sum[parts] as? [Int]).reduce(bias, +) == sum["total"] as? Int, "\(parts)")
        }
        if key == "lead" { lead += try #require(sum["score"] as? Int) }
      }
    }
    #expect(lead == object["lead"] as? Int && lead == Int(found.difference.score))
  }

  /// Where a filter has several features, each says what it adds.
  @Test func severalFeaturesSayWhatEachAdds() throws {
    let model = try tinyModel(
      classNames: ["a", "b", "c"],
      features: [(3, .near, .both), (-3, .far, .head), (0, .near, .next)])
    let found = try explanation(model: model)
    let page = found.html()
    #expect(PageReader(page).error == nil)
    for evidence in found.evidence {
      #expect(evidence.layer.sides == [.near, .far])
      for filter in evidence.supporting + evidence.opposing {
        #expect(filter.byFeature.count == 2 && filter.byFeature.reduce(0, +) == filter.contribution)
        #expect(filter.byPosition.reduce(0, +) == filter.contribution)
        let parts = filter.byFeature.map { signed($0, scale: evidence.layer.scale, 3) }
        #expect(page.contains("(near \(parts[0]), far \(parts[1]))"))
      }
    }
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(try found.json().utf8)) as? [String: Any])
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.map { $0["sides"] as? [String] } == [["near", "far"], ["near", "far"]])
    #expect(try !explanation().html().contains("(near "))
    #expect(try explanation().json().contains(#""near""#))
  }

  @Test func coloursSayWhichSideAPlaceIsOn() {
    let grey = Raster(width: 4, height: 2)
    let map = HeatMap(width: 2, height: 1, [8, -2])
    #expect(map.values == [1, -0.25])
    let picture = map.over(grey, level: 1)
    #expect(picture[0, 0].blue > picture[0, 0].red && picture[1, 1] == picture[0, 0])
    #expect(picture[2, 0].red > picture[2, 0].blue && picture[3, 1] == picture[2, 0])
    let neutral = HeatMap(width: 1, height: 1, [0]).over(grey)[0, 0]
    #expect(neutral.red == neutral.blue)
  }

  @Test func whatIsWeakOrBlankFades() {
    // Blank on the left, stripes on the right.
    var image = Raster(width: 12, height: 4)
    for y in 0..<4 {
      for x in 6..<12 where x % 2 == 0 { image[x, y] = (30, 30, 30) }
    }
    func colour(_ pixel: Raster.Colour) -> Int { abs(Int(pixel.blue) - Int(pixel.red)) }
    let strong = HeatMap(width: 12, height: 4, [Double](repeating: 1, count: 48)).over(image)
    #expect(colour(strong[0, 1]) > 0 && colour(strong[9, 1]) > 2 * colour(strong[0, 1]))
    var values = [Double](repeating: 0.05, count: 48)
    values[0] = 1
    let weak = HeatMap(width: 12, height: 4, values).over(image)
    #expect(colour(weak[9, 1]) == 0 && colour(weak[0, 0]) > 0)
  }

  @Test func thePictureHasCaptionsAndALegend() throws {
    let found = try explanation()
    // Colours of the legend stand below the pictures, ink above and below.
    let scaled = 280 / max(found.image.width, found.image.height) * found.image.height
    let sheet = try ImageDecoder.decode(found.png(), path: "why.png")
    let (width, height) = (sheet.shape.width, sheet.shape.height)
    func rows(_ colour: Raster.Colour) -> [Int] {
      let wanted = [colour.red, colour.green, colour.blue]
      let found = (0..<width * height).filter { pixel in
        Array(sheet.pixels[3 * pixel..<3 * pixel + 3]) == wanted
      }
      return found.map { $0 / width }
    }
    let ink = rows((28, 31, 35))
    let (first, last) = (try #require(ink.min()), try #require(ink.max()))
    #expect(first < 40 && last > height - 40)
    for colour in [HeatMap.supporting, HeatMap.opposing] {
      let legend = rows(colour)
      #expect(legend.contains { $0 > scaled + 40 })
    }
  }

  @Test func deeperFiltersShowWhereTheyLookHere() throws {
    let found = try explanation(examples: false)
    for evidence in found.evidence {
      for filter in evidence.supporting + evidence.opposing {
        #expect((filter.nearest == nil) == (evidence.layer.layer == 0))
        #expect((filter.decoded == nil) == (evidence.layer.layer > 0))
      }
    }
  }

  @Test func thePhotoStandsFirst() throws {
    let model = try tinyModel(classNames: ["a", "b"])
    let shape = model.network.shape
    let input = ExplanationInput(
      model: model, pixels: [UInt8](repeating: 90, count: shape.pixels), name: "boot.jpg")
    let photo = DecodedImage(
      shape: ImageShape(width: 50, height: 40, channels: 3), pixels: [UInt8](repeating: 9, count: 6000))
    let reader = PageReader(try Explanation(input.showing(photo)).html())
    #expect(reader.error == nil)
    #expect(reader.all("img").first?.attributes["alt"] == "The photo")
    #expect(reader.all("figcaption").first?.text == "the photo, boot.jpg")
    // A photo of the model's own size has no more to show.
    let same = DecodedImage(shape: shape, pixels: [UInt8](repeating: 9, count: shape.pixels))
    let plain = PageReader(try Explanation(input.showing(same)).html())
    #expect(plain.all("img").first?.attributes["alt"] == "The image as the model sees it")
  }
}
