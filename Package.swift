// swift-tools-version: 6.3
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

/// `make docs` sets TALLY_DOCS: whoever only builds need not fetch the documentation compiler's plugin.
let documentation: [Package.Dependency] =
  Context.environment["TALLY_DOCS"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

/// `make fuzz` sets TALLY_FUZZ: libFuzzer's entry links with its runtime alone.
let isFuzzing = Context.environment["TALLY_FUZZ"] != nil

let package = Package(
  name: "Tally",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "tally", targets: ["TallyTool"]),
    .library(name: "Tally", targets: ["Tally"]),
    // For programs that only classify pixels: no image decoder, no Foundation. `import BinaryNetworks`.
    .library(name: "TallyInference", targets: ["BinaryNetworks"]),
    .library(name: "TallyC", type: .dynamic, targets: ["TallyC"]),
  ] + (isFuzzing ? [.library(name: "TallyFuzz", type: .static, targets: ["FuzzEntry"])] : []),
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ] + documentation,
  targets: [
    // MARK: System libraries
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"]), .brew(["xz"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),

    // MARK: Ground
    .target(name: "Plumbing", swiftSettings: strict),
    .target(name: "CTallyKernels", cSettings: strictC),
    .target(name: "BitKernels", dependencies: ["Plumbing", "CTallyKernels"], swiftSettings: strict),

    // MARK: Inference (integers only; no decoder, no Foundation)
    .target(name: "ImageEncoding", dependencies: ["Plumbing", "BitKernels"], swiftSettings: strict),
    .target(
      name: "BinaryNetworks", dependencies: ["Plumbing", "BitKernels", "ImageEncoding"],
      swiftSettings: strict),

    // MARK: Images
    .target(
      name: "CImageDecoders", dependencies: ["CPNG", "CJPEG", "CWebP"], cSettings: strictC,
      linkerSettings: [.linkedLibrary("png16"), .linkedLibrary("jpeg"), .linkedLibrary("webp")]),
    .target(
      name: "ImageData", dependencies: ["Plumbing", "CZlib", "CLzma", "CImageDecoders"],
      swiftSettings: strict),

    // MARK: Learning (integers only)
    .target(name: "CountingRounds", dependencies: ["Plumbing"], swiftSettings: strict),
    .target(
      name: "FilterLearning",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
      ],
      swiftSettings: strict),

    // MARK: Plans, evaluation, training
    .target(
      name: "TrainingPlans", dependencies: ["Plumbing", "BitKernels", "ImageEncoding", "BinaryNetworks"],
      swiftSettings: strict),
    .target(
      name: "ModelEvaluation",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
        "FilterLearning",
      ],
      swiftSettings: strict),
    .target(
      name: "LayerwiseTraining",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
        "FilterLearning", "TrainingPlans", "ModelEvaluation",
      ],
      swiftSettings: strict),

    // MARK: Pages
    .target(name: "ReportPages", dependencies: ["Plumbing", "ImageData", "CZlib"], swiftSettings: strict),
    .target(
      name: "ModelExplanations",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "ModelEvaluation",
        "ReportPages",
      ],
      swiftSettings: strict),
    .target(
      name: "TrainingReports",
      dependencies: [
        "Plumbing", "ImageData", "ImageEncoding", "BinaryNetworks", "TrainingPlans", "ModelEvaluation",
        "LayerwiseTraining", "ReportPages", "ModelExplanations",
      ],
      swiftSettings: strict),

    // MARK: Exports: models as programs
    .target(
      name: "DeviceExport", dependencies: ["Plumbing", "BitKernels", "ImageEncoding", "BinaryNetworks"],
      resources: [
        "header.h", "types.c", "arithmetic.c", "signals.c", "distances.c", "counts.c", "slices.c", "layers.c",
        "answer.c",
        "shares.c",
      ].map { .embedInCode("Runtime/\($0)") }
        + [
          "selftest.h", "selftest.c", "readme.md", "cmake.txt", "arduino.properties", "sketch.ino",
          "platformio.json", "zephyr.yml", "zephyr.kconfig", "zephyr.cmake",
        ].map { .embedInCode("Packaging/\($0)") }
        + ["cortex.ld", "cortex.c", "count.c"].map { .embedInCode("Harness/\($0)") },
      swiftSettings: strict),

    .target(
      name: "WebExport",
      dependencies: ["Plumbing", "ImageEncoding", "BinaryNetworks", "ReportPages", "DeviceExport"],
      resources: ["page.html", "page.css", "signals.js", "model.js", "picture.js", "png.js", "app.js"].map {
        .embedInCode("Page/\($0)")
      },
      swiftSettings: strict),

    // MARK: Doors: Swift, C, the command line
    .target(
      name: "Tally",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "TrainingPlans",
        "ModelEvaluation",
        "LayerwiseTraining", "ModelExplanations", "TrainingReports",
      ],
      swiftSettings: strict),
    .target(name: "CTally", cSettings: strictC),
    .target(
      name: "TallyC",
      dependencies: [
        "CTally", "Plumbing", "BitKernels", "ImageData", "BinaryNetworks", "TrainingPlans", "ModelEvaluation",
        "LayerwiseTraining", "ModelExplanations", "TrainingReports",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "TallyTool",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "TrainingPlans",
        "ModelEvaluation", "LayerwiseTraining", "ModelExplanations", "TrainingReports", "DeviceExport",
        "WebExport", argumentParser,
      ],
      swiftSettings: strict, plugins: ["BuildCommit"]),
    .plugin(name: "BuildCommit", capability: .buildTool(), exclude: ["write-commit", "archive-commit"]),

    // MARK: Benchmarks: in the package, as they time what only the package sees
    .executableTarget(
      name: "TallyBench",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
        "FilterLearning", "TrainingPlans", "ModelEvaluation", "LayerwiseTraining", argumentParser,
      ],
      path: "Benchmarks/Sources/TallyBench",
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),

    // MARK: Fuzzing: readers given any bytes, by libFuzzer and by tests
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Plumbing", "CZlib", "CLzma", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
        "FilterLearning", "TrainingPlans", "ModelEvaluation", "LayerwiseTraining",
        "ModelExplanations", "TrainingReports",
      ],
      path: "Fuzz/Sources/FuzzTargets", swiftSettings: strict),

    // MARK: Tests
    .target(
      name: "_TestSupport", dependencies: ["Plumbing", "BitKernels", "CZlib"], path: "Tests/_TestSupport",
      swiftSettings: strict),
    .target(
      name: "_ImageWriting", dependencies: ["CJPEG", "CWebP"], path: "Tests/_ImageWriting",
      cSettings: strictC,
      linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("webp")]),
    .target(
      name: "_NetworkTestSupport",
      dependencies: ["Plumbing", "BitKernels", "ImageEncoding", "BinaryNetworks"],
      path: "Tests/_NetworkTestSupport", swiftSettings: strict),
    .target(
      name: "_PageTestSupport",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "LayerwiseTraining",
      ],
      path: "Tests/_PageTestSupport", swiftSettings: strict),
    .testTarget(name: "PlumbingTests", dependencies: ["Plumbing", "_TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "BitKernelsTests", dependencies: ["Plumbing", "BitKernels", "_TestSupport"], swiftSettings: strict
    ),
    .testTarget(
      name: "ImageEncodingTests", dependencies: ["Plumbing", "BitKernels", "ImageEncoding", "_TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "BinaryNetworksTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageEncoding", "BinaryNetworks", "_TestSupport", "_NetworkTestSupport",
      ],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "DeviceExportTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageEncoding", "BinaryNetworks", "DeviceExport", "_TestSupport",
        "_NetworkTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WebExportTests",
      dependencies: [
        "Plumbing", "ImageEncoding", "BinaryNetworks", "ImageData", "DeviceExport", "WebExport",
        "_TestSupport", "_NetworkTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ImageDataTests",
      dependencies: ["Plumbing", "ImageData", "CZlib", "CLzma", "_ImageWriting", "_TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "CountingRoundsTests", dependencies: ["Plumbing", "CountingRounds", "_TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "FilterLearningTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
        "FilterLearning", "_TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "TrainingPlansTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageEncoding", "BinaryNetworks", "TrainingPlans", "_TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "ModelEvaluationTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "ModelEvaluation",
        "_TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "LayerwiseTrainingTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "CountingRounds",
        "FilterLearning", "TrainingPlans", "ModelEvaluation", "LayerwiseTraining", "_TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ReportPagesTests",
      dependencies: ["Plumbing", "ImageData", "ReportPages", "CZlib", "_PageTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ModelExplanationsTests",
      dependencies: [
        "Plumbing", "BitKernels", "ImageData", "ImageEncoding", "BinaryNetworks", "ReportPages",
        "ModelExplanations", "_NetworkTestSupport", "_PageTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "TrainingReportsTests",
      dependencies: [
        "Plumbing", "ImageData", "BinaryNetworks", "TrainingPlans", "ModelEvaluation", "LayerwiseTraining",
        "ReportPages", "ModelExplanations", "TrainingReports", "_TestSupport", "_NetworkTestSupport",
        "_PageTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "TallyToolTests",
      dependencies: [
        "TallyTool", "Plumbing", "BitKernels", "ImageData", "BinaryNetworks", "TrainingPlans",
        "ModelEvaluation", "LayerwiseTraining", "_TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "TallyCTests",
      dependencies: [
        "TallyC", "CTally", "Plumbing", "ImageData", "BinaryNetworks", "TrainingPlans", "LayerwiseTraining",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FuzzTargetsTests", dependencies: ["FuzzTargets"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
  ]
    + (isFuzzing
      ? [
        .target(
          name: "FuzzEntry", dependencies: ["FuzzTargets", "Plumbing"], path: "Fuzz/Sources/FuzzEntry",
          swiftSettings: strict)
      ] : [])
)
