// What the named plans reached when they were measured last; docs/experiments.md says how.

/// Figures of the named plans on test images that were looked at once.
enum PlanFigures {
  /// What was measured on.
  static let machine = "Accuracy on test images; words are a mean over them. 2 cores with AVX-512."

  private static let figures: [String: [String]] = [
    "tiny": [
      "Fashion-MNIST 91.9 %, 93 kB of flash and 8.6 kB of RAM in C, 14.6 M instructions of a Cortex-M4",
      "CIFAR-10 76.5 %, 97 kB of flash and 9.8 kB of RAM, 19.5 M instructions",
    ],
    "quick": ["Fashion-MNIST 92.8 % in 0:55 min", "CIFAR-10 77.8 % in 1:09 min"],
    "standard": [
      "Fashion-MNIST 93.4 % in 13 min on one thread, 853 k words",
      "CIFAR-10 81.9 % in 11 min on one thread, 1.25 M words",
    ],
    "best": [
      "Fashion-MNIST 93.3 % in 33 min, 3.3 M words", "CIFAR-10 83.3 % in 29 min, 4.8 M words",
    ],
  ]

  /// The figures of a plan, a line for each data set.
  static func lines(_ name: String) -> [String] { figures[name] ?? [] }
}
