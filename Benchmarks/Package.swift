// swift-tools-version: 6.2
// The benchmarks are a package of their own, so that users of Tally never fetch or build what only they need.

import PackageDescription

let package = Package(
  name: "TallyBenchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "Tally", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "TallyBench",
      dependencies: [
        .product(name: "Tally", package: "Tally"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
