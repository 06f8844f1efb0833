// Numbers with their nouns, as sentences need them.

/// A number with its noun: "1 image", "2 images", "1 class", "3 classes".
/// - Parameter many: the plural, where it is not the singular and an s.
package func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
  "\(number) \(number == 1 ? one : many ?? one + "s")"
}
