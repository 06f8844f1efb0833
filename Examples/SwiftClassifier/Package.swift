// swift-tools-version: 6.3
// Programs that use Tally as a library. Where Tally comes from a forge, its URL stands in place of the path.

import PackageDescription

let package = Package(
  name: "SwiftClassifier",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "Tally", path: "../..")],
  targets: [
    .executableTarget(name: "SwiftClassifier", dependencies: [.product(name: "Tally", package: "Tally")]),
    .executableTarget(
      name: "PixelClassifier", dependencies: [.product(name: "TallyInference", package: "Tally")]),
  ]
)
