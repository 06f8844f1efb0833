// Numbers with their nouns.

import Testing

@testable import Plumbing

@Suite struct CountedTests {
  @Test func oneIsSingular() {
    #expect([0, 1, 2].map { counted($0, "image") } == ["0 images", "1 image", "2 images"])
    #expect([0, 1, 2].map { counted($0, "class", "classes") } == ["0 classes", "1 class", "2 classes"])
  }
}
