// swift-tools-version: 6.2
// Modules are listed in the order data flows; a target may only depend on targets above it.

import PackageDescription

/// Settings every Swift target shares.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// `make docs` sets TALLY_DOCS: whoever only builds need not fetch the documentation compiler's plugin.
let documentation: [Package.Dependency] =
  Context.environment["TALLY_DOCS"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0")]

let package = Package(
  name: "Tally",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "tally", targets: ["TallyTool"]),
    .library(
      name: "Tally",
      targets: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds", "FilterLearning",
        "LayerwiseTraining",
      ]),
    .library(name: "TallyC", type: .dynamic, targets: ["TallyC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ] + documentation,
  targets: [
    // MARK: System libraries
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"]), .brew(["xz"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),

    // MARK: Bits
    .target(name: "CTallyKernels", cSettings: strictC),
    .target(name: "BitTensors", dependencies: ["CTallyKernels"], swiftSettings: strict),

    // MARK: Images
    .target(
      name: "ImageData", dependencies: ["BitTensors", "CZlib", "CLzma", "CPNG", "CTurboJPEG"],
      swiftSettings: strict),
    .target(name: "ImageEncoding", dependencies: ["BitTensors", "ImageData"], swiftSettings: strict),

    // MARK: Networks and learning (integers only)
    .target(
      name: "BinaryNetworks", dependencies: ["BitTensors", "ImageData", "ImageEncoding"],
      swiftSettings: strict),
    .target(name: "CountingRounds", dependencies: ["BitTensors"], swiftSettings: strict),
    .target(
      name: "FilterLearning",
      dependencies: ["BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds"],
      swiftSettings: strict),

    // MARK: Training, reports, tool
    .target(
      name: "LayerwiseTraining",
      dependencies: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds", "FilterLearning",
        logging,
      ],
      swiftSettings: strict),
    .target(
      name: "TrainingReports",
      dependencies: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "LayerwiseTraining", "CZlib",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "TallyTool",
      dependencies: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "LayerwiseTraining", "TrainingReports",
        argumentParser, logging,
      ],
      swiftSettings: strict, plugins: ["BuildCommit"]),
    .plugin(name: "BuildCommit", capability: .buildTool(), exclude: ["write-commit", "archive-commit"]),

    // MARK: C interface
    .target(
      name: "TallyC", dependencies: ["BitTensors", "ImageData", "BinaryNetworks", "LayerwiseTraining"],
      exclude: ["tally.h"], swiftSettings: strict),

    // MARK: Tests
    .target(
      name: "_TestSupport", dependencies: ["BitTensors", "CZlib"], path: "Tests/_TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "BitTensorsTests", dependencies: ["BitTensors", "_TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ImageDataTests",
      dependencies: [
        "BitTensors", "ImageData", "CZlib", "CLzma", "CTurboJPEG", "_TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ImageEncodingTests", dependencies: ["BitTensors", "ImageData", "ImageEncoding", "_TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "BinaryNetworksTests",
      dependencies: ["BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "_TestSupport"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "CountingRoundsTests", dependencies: ["BitTensors", "CountingRounds", "_TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "FilterLearningTests",
      dependencies: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds", "FilterLearning",
        "_TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "LayerwiseTrainingTests",
      dependencies: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "FilterLearning", "LayerwiseTraining",
        "_TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "TrainingReportsTests",
      dependencies: [
        "BitTensors", "ImageData", "ImageEncoding", "BinaryNetworks", "LayerwiseTraining", "TrainingReports",
        "CZlib", "_TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "TallyToolTests",
      dependencies: [
        "TallyTool", "BinaryNetworks", "LayerwiseTraining", "ImageData", "BitTensors", "_TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "TallyCTests", dependencies: ["TallyC", "ImageData", "LayerwiseTraining"],
      swiftSettings: strict),
  ]
)
