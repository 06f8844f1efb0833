// Whether a network that was learned is any better than a guess.

extension LayerResult {
  /// Whether the summed heads are not clearly better than always answering the most frequent class.
  ///
  /// With m of n images of that class and k right answers: k is at most m, or, where there are 50 images or more, above
  /// it by no more than two standard deviations of the right answers that guessing gives, m (n − m) / n being
  /// their variance. Fewer than 10 images say nothing either way: good networks often get a third of six.
  /// - Parameter frequent: images of the most frequent class among those the result is of.
  public func isAtChance(frequent: Int) -> Bool {
    if images < 10 || correctSum == images { return false }
    let above = correctSum - frequent
    if above <= 0 { return true }
    return images >= 50
      && Double(above * above) * Double(images) <= 4 * Double(frequent) * Double(images - frequent)
  }
}
