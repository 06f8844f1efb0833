// What each layer of a network added to those before it.

extension TrainingSummary {
  /// The layers behind the first that did not raise the accuracy of the summed heads by more than its standard error,
  /// √(p (1 − p) / n) for an accuracy p on n images.
  public var idleLayers: [LayerResult] {
    zip(layers, layers.dropFirst()).compactMap { before, layer in
      let gain = layer.accuracySum - before.accuracySum
      return gain > layer.standardError ? nil : layer
    }
  }
}

extension LayerResult {
  /// The standard error of the accuracy of the summed heads.
  public var standardError: Double {
    (accuracySum * (1 - accuracySum) / Double(max(1, images))).squareRoot()
  }
}
