// The fuzz targets without libFuzzer: seeds, seeded changes of them, and everything that was ever found.
// What only coverage finds is `make fuzz`'s to look for.

import Foundation
import FuzzTargets
import Testing

/// One after the other: a target's files are its own, but all count on the memory of one process.
@Suite(.serialized) struct FuzzSmokeTests {
  /// Seeds that were refused would leave what is behind a reader's checks without any input.
  @Test(arguments: FuzzTarget.allCases) func seedsAreReadToTheirEnd(target: FuzzTarget) throws {
    let seeds = try target.seeds()
    #expect(!seeds.isEmpty)
    for (number, seed) in seeds.enumerated() {
      #expect(throws: Never.self, "seed \(number)") { try target.read(seed) }
    }
  }

  /// Any bytes end in a result or an error; what traps ends the test's process and shows which target it was.
  @Test(arguments: FuzzTarget.allCases) func changedSeedsNeverTrap(target: FuzzTarget) throws {
    let seeds = try target.seeds()
    var mutation = Mutation(seed: 20)
    var refused = 0
    for _ in 0..<400 {
      do { try target.read(mutation.next(of: seeds)) } catch { refused += 1 }
    }
    // EXIF that is damaged counts as absent.
    #expect((refused > 0) == (target != .exif), "\(refused) of the changes are refused")
  }

  /// Inputs that once trapped, hung or took absurd memory, by target.
  @Test func whatWasFoundIsMended() throws {
    let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    var replayed = 0
    for target in FuzzTarget.allCases {
      let place = folder.appendingPathComponent(target.rawValue)
      for name in (try? FileManager.default.contentsOfDirectory(atPath: place.path).sorted()) ?? [] {
        target.run(Array(try Data(contentsOf: place.appendingPathComponent(name))))
        replayed += 1
      }
    }
    #expect(replayed > 0)
  }
}
