// What sites agree on, and what is joined of what they wrote.

import Foundation
import Plumbing
import Testing
import _TestSupport

@testable import ImageData

@Suite struct SiteTests {
  /// A site's images: one for every label, numbered in the first pixel.
  private func images(
    _ labels: [UInt16], _ classes: [String], width: Int = 4, from first: Int = 0, judging: [Int] = []
  ) throws -> SiteImages {
    let pixels = labels.indices.flatMap { index in
      [UInt8](repeating: UInt8(first + index), count: 4 * width)
    }
    let all = try LabelledImages(
      shape: ImageShape(width: width, height: 4, channels: 1), pixels: pixels, labels: labels,
      classNames: classes)
    let judges = Set(judging)
    return SiteImages(all, training: labels.indices.filter { !judges.contains($0) }, judging: judging)
  }

  private func counts(
    _ site: String, _ images: SiteImages, shards: Int = 1, seed: UInt64 = 1,
    options: FolderOptions = FolderOptions()
  ) -> SiteCounts {
    SiteCounts(
      site: site, images, of: ImageDataset(name: site, train: images.images, test: nil), options: options,
      shards: shards, seed: seed, validationShare: 100_000)
  }

  private func refusal(_ counts: [SiteCounts], leastImages: Int = 1) -> String {
    do { _ = try SiteAgreement(counts, leastImages: leastImages) } catch { return error.message }
    return "agreed"
  }

  @Test func classesAreJoinedByName() throws {
    let a = counts("a", try images([0, 1, 1], ["dog", "cat", "never"]))
    let b = counts("b", try images([0, 0], ["bird"]))
    let agreement = try SiteAgreement([b, a], leastImages: 1)
    #expect(agreement.classNames == ["bird", "cat", "dog"])
    #expect(agreement.sites.map(\.name) == ["a", "b"] && agreement.images == 5 && agreement.shards == 2)
    #expect(try SiteAgreement([a, b], leastImages: 1) == agreement)
    let numbers = [counts("a", try images([0, 1], ["10", "9"])), counts("b", try images([0], ["2"]))]
    #expect(try SiteAgreement(numbers, leastImages: 1).classNames == ["2", "9", "10"])
  }

  @Test func sitesThatDoNotGoTogetherAreNamed() throws {
    let two = try images([0, 1], ["x", "y"])
    let a = counts("a", two)
    #expect(refusal([a, counts("a", two)]).contains("two sites are called a"))
    #expect(refusal([a, counts("b", two, seed: 2)]).hasPrefix("site b was counted with another --seed"))
    #expect(
      refusal([a, counts("b", try images([0, 1], ["x", "y"], width: 5))]).hasPrefix(
        "site b has images of 5x4x1"))
    #expect(
      refusal([a, counts("few", try images([0], ["x"]))], leastImages: 2).hasPrefix("site few: 1 images"))
    #expect(refusal([counts("a", try images([1], ["x", "y"]))]).contains("one class"))
    #expect(refusal([]).contains("no sites"))
    let many = try images([UInt16](repeating: 0, count: 200) + [1], ["x", "y"])
    #expect(refusal([a, counts("b", many)]) == "agreed")
  }

  @Test func theSideIsThatOfAllImages() throws {
    func photos(_ site: String, _ sides: [Int]) throws -> SiteCounts {
      let plain = counts(site, try images([0, 1], ["x", "y"]))
      var json = try #require(
        try JSONSerialization.jsonObject(with: JSONEncoder().encode(plain)) as? [String: Any])
      json["isSizeFixed"] = false
      json["areChannelsFixed"] = false
      json["sides"] = sides.map { ["side": $0, "images": 1] }
      return try JSONDecoder().decode(SiteCounts.self, from: JSONSerialization.data(withJSONObject: json))
    }
    for (first, second) in [([20, 30, 40], [50, 60]), ([16], [17, 90, 91, 92]), ([40, 41], [42])] {
      let agreement = try SiteAgreement([try photos("a", first), try photos("b", second)], leastImages: 1)
      #expect(agreement.shape.width == FolderOptions.chosenSide(shorterSides: first + second))
    }
    // Arrays cannot be fitted: photos then are.
    let array = counts("c", try images([0, 1], ["x", "y"], width: 7))
    #expect(try SiteAgreement([try photos("a", [90]), array], leastImages: 1).shape == array.shape)
  }

  @Test func joinedShardsAreTheWholeSet() throws {
    let folder = try TemporaryFolder()
    let sites = [
      ("a", try images([0, 1, 0, 1, 0], ["x", "y"], judging: [3]), 2),
      ("b", try images([0, 0, 0], ["z"], from: 5, judging: [1]), 1),
    ]
    let agreement = try SiteAgreement(sites.map { counts($0.0, $0.1, shards: $0.2) }, leastImages: 1)
    var parts: [SiteShards] = []
    for (name, images, _) in sites {
      try SiteShards.write(images, site: name, agreement: agreement, to: folder.path(name))
      parts.append(try SiteShards(path: folder.path("\(name)/\(SiteShards.fileName)")))
      #expect(throws: DatasetError.self) { try ShardFolder(folder.path(name)) }
    }
    let manifest = try SiteShards.joined(parts.reversed())
    #expect(manifest.shards.map(\.site) == ["a", "a", "b"] && manifest.validation == [3, 6])
    #expect(try ShardManifest(encoded: manifest.encoded(), path: "m") == manifest)
    try makeFolders(folder.path("all"))
    try AtomicFile.write(manifest.encoded(), to: folder.path("all/\(ShardManifest.fileName)"))
    for shard in manifest.shards {
      let bytes = try readFile(folder.path("\(shard.site ?? "")/\(shard.file)"), limit: 1 << 20)
      try AtomicFile.write(bytes, to: folder.path("all/\(shard.file)"))
    }
    let whole = try ShardFolder(folder.path("all")).images(budget: .unlimited)
    #expect(whole.labels == [0, 1, 0, 1, 0, 2, 2, 2] && whole.classNames == ["x", "y", "z"])
    #expect((0..<8).allSatisfy { whole.pixels(of: $0).allSatisfy { [index = $0] in Int($0) == index } })

    func joinRefusal(_ parts: [SiteShards]) -> String {
      do { _ = try SiteShards.joined(parts) } catch { return error.message }
      return "joined"
    }
    #expect(joinRefusal([parts[0]]).hasPrefix("site b is missing"))
    #expect(joinRefusal([parts[0], parts[1], parts[1]]).hasPrefix("site b is there twice"))
    let other = try SiteAgreement(sites.map { counts($0.0, $0.1, shards: 1) }, leastImages: 1)
    try SiteShards.write(sites[1].1, site: "b", agreement: other, to: folder.path("b"))
    let again = try SiteShards(path: folder.path("b/\(SiteShards.fileName)"))
    #expect(joinRefusal([parts[0], again]).hasPrefix("site b wrote its shards by another agreement"))
    #expect(throws: DatasetError.self) {
      try SiteShards.write(sites[0].1, site: "b", agreement: agreement, to: folder.path("b"))
    }
    #expect(throws: DatasetError.self) {
      try SiteShards.write(sites[0].1, site: "c", agreement: agreement, to: folder.path("c"))
    }
    #expect(FileKind(path: folder.path("c")) == .missing)
  }

  @Test func damagedFilesAreRefused() throws {
    let site = try images([0, 1, 1], ["x", "y"])
    let counted = counts("a", site)
    let bytes = counted.encoded()
    #expect(try SiteCounts(encoded: bytes, path: "c") == counted)
    Mutations.forEachTruncation(of: Array(bytes.dropLast())) { changed in
      #expect((try? SiteCounts(encoded: changed, path: "c")) == nil)
    }
    for index in bytes.indices.dropLast() {
      var changed = bytes
      changed[index] ^= 1
      // Either it is refused, or the byte was one that JSON reads in two ways.
      if let read = try? SiteCounts(encoded: changed, path: "c") { #expect(read == counted) }
    }
    #expect(throws: DatasetError.self) { try SiteAgreement(encoded: bytes, path: "c") }
    #expect(
      !SiteFiles.isName("") && !SiteFiles.isName("a/b") && !SiteFiles.isName("ä")
        && SiteFiles.isName("A-1_b.c"))
  }

  @Test func anotherImageAnotherLabelOrAnotherPartIsAnotherDigest() throws {
    let digests = [
      try images([0, 1, 1], ["x", "y"]), try images([0, 1, 0], ["x", "y"]),
      try images([0, 1, 1], ["x", "y"], from: 1),
      try images([0, 1, 1], ["x", "y"], judging: [1]), try images([0, 1, 1], ["x", "y"], judging: [2]),
    ].map(\.digest)
    #expect(Set(digests).count == digests.count)
  }
}
