// Threads within one process: a parallel loop and memory that its iterations share.

import Dispatch
import Synchronization

/// Runs `body(item, worker)` for every item in 0 ..< count on up to `threads` threads, handing out items one by one.
///
/// `worker` is in 0 ..< threads and no two iterations with the same worker overlap, so it can index
/// per-thread workspaces. The order of items is not fixed: bodies must write to places of their own or into sums.
package func parallelFor(_ count: Int, threads: Int, _ body: @Sendable (_ item: Int, _ worker: Int) -> Void) {
  let workers = max(1, min(threads, count))
  if workers == 1 {
    for item in 0..<count { body(item, 0) }
    return
  }
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    while true {
      let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if item >= count { return }
      body(item, worker)
    }
  }
}

/// Memory of a fixed number of plain values that several threads read and write, each its own part at a time.
///
/// The one place where Tally gives up the compiler's proof that threads do not meet: callers give every
/// concurrent writer a range of its own. `@usableFromInline`, without which no other module would get code made for its
/// elements.
@safe @usableFromInline
package final class SharedBuffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  // SAFETY: allocated once in init, freed once in deinit, every access checked against count.
  @usableFromInline let storage: UnsafeMutableBufferPointer<Element>

  /// Number of elements.
  @inlinable package var count: Int { unsafe storage.count }

  /// Allocates `count` elements with the value `initial`.
  @inlinable package init(repeating initial: Element, count: Int) {
    unsafe storage = .allocate(capacity: count)
    unsafe storage.initialize(repeating: initial)
  }

  deinit { unsafe storage.deallocate() }

  /// Calls `body` with the elements in `range`, to read and write.
  @inlinable package func withMutableSpan<R, E: Error>(
    _ range: Range<Int>, _ body: (inout MutableSpan<Element>) throws(E) -> R
  ) throws(E) -> R {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the buffer")
    // SAFETY: the range lies inside the allocation, which outlives the call.
    var span = unsafe MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(rebasing: storage[range]))
    return try body(&span)
  }

  /// Calls `body` with the elements in `range`, to read.
  @inlinable package func withSpan<R, E: Error>(_ range: Range<Int>, _ body: (Span<Element>) throws(E) -> R)
    throws(E)
    -> R
  {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the buffer")
    // SAFETY: the range lies inside the allocation, which outlives the call.
    let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: storage[range]))
    return try body(span)
  }

  /// All elements as an array.
  @inlinable package var array: [Element] { unsafe Array(storage) }
}

/// One object per worker of a parallel loop, touched only by that worker while the loop runs.
@usableFromInline
package final class WorkerLocal<Value>: @unchecked Sendable {
  // SAFETY: parallelFor never runs two bodies with the same worker index at once.
  @usableFromInline let values: [Value]

  /// Creates one value per worker.
  @inlinable package init(workers: Int, _ make: (Int) -> Value) { values = (0..<max(1, workers)).map(make) }

  /// The value of one worker.
  @inlinable package subscript(worker: Int) -> Value { values[worker] }

  /// All values, for merging after the loop.
  @inlinable package var all: [Value] { values }
}
