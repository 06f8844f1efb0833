// What the kernel tests share: inputs, guarded outputs and the list of implementations.

import BitKernels
import Foundation
import Plumbing
import Testing

/// Every implementation this CPU can run.
let runnableKernels = Kernels.implementations.filter(\.isAvailable)

/// Counts on and around the edges of words and vectors.
let edgeCounts = [0, 1, 63, 64, 65, 127, 128, 129, 511, 512, 513]

/// Numbers of filters on and around the edges of tiles.
let filterCounts = [1, 2, 31, 32, 33, 64, 100, 128]

/// What a buffer is filled with.
enum Fill: CaseIterable {
  case zeros, ones, random, sparse

  func words(_ count: Int, _ generator: inout SeededGenerator) -> [UInt64] {
    (0..<count).map { _ in
      switch self {
      case .zeros: 0
      case .ones: ~0
      case .random: generator.next()
      case .sparse: generator.below(4) == 0 ? generator.next() & generator.next() : 0
      }
    }
  }
}

func randomValues<T: FixedWidthInteger>(
  _ count: Int, in range: ClosedRange<Int>, _ generator: inout SeededGenerator
) -> [T] {
  (0..<count).map { _ in T(range.lowerBound + generator.below(range.count)) }
}

/// Runs a kernel of every implementation on a copy of `start` with a guard behind it; expects `expected` and an
/// untouched guard.
func expectEverywhere<T: FixedWidthInteger & BitwiseCopyable>(
  _ expected: [T], from start: [T], _ shape: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ kernel: (KernelImplementation, inout MutableSpan<T>) -> Void
) {
  let canary = [T](repeating: T(truncatingIfNeeded: 0x5A5A_5A5A_5A5A_5A5A as UInt64), count: 96)
  for implementation in runnableKernels {
    var output = start + canary
    var span = output.mutableSpan
    kernel(implementation, &span)
    let same = output == expected + canary
    #expect(same, "\(implementation.name): \(shape)", sourceLocation: sourceLocation)
  }
}

/// Names an implementation in this process's environment, before its first kernel call.
func forceKernels(_ name: String) {
  // SAFETY: setenv copies both strings; nothing else reads the environment meanwhile.
  _ = unsafe setenv(Kernels.selectionVariable, name, 1)
}
