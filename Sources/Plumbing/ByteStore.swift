// Many bytes that are written once and read often: in memory while a budget allows it, else in a temporary file.
// Their owner knows what the bytes mean.

/// Bytes that do not change.
///
/// Bytes in a file are read through the system's own cache, a range at a time, so they take no memory of the process.
public final class ByteStore: Sendable {
  private enum Content {
    case memory([UInt8])
    case file(TemporaryFile)
  }
  private let content: Content
  /// The number of bytes.
  public let count: Int
  /// Where memory that was taken for the bytes is given back.
  private let budget: MemoryBudget?

  /// Bytes that are in memory already.
  public init(_ bytes: [UInt8]) {
    content = .memory(bytes)
    count = bytes.count
    budget = nil
  }

  fileprivate init(_ bytes: [UInt8], takenFrom budget: MemoryBudget) {
    content = .memory(bytes)
    count = bytes.count
    self.budget = budget
  }

  fileprivate init(_ file: TemporaryFile) {
    content = .file(file)
    count = file.count
    budget = nil
  }

  deinit { budget?.give(back: count) }

  /// Whether the bytes are in memory.
  public var isInMemory: Bool {
    if case .memory = content { true } else { false }
  }

  /// Calls `body` with the bytes in `range`; any number of threads may do so at once.
  /// - Precondition: the range lies in 0 ..< count. A temporary file that can no longer be read ends the process.
  public func withSpan<R, E: Error>(_ range: Range<Int>, _ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R
  {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the bytes")
    switch content {
    case .memory(let bytes): return try body(bytes.span.extracting(range))
    case .file(let file): return try body(file.read(range).span)
    }
  }

  /// All bytes; a copy where they are in a file.
  public var bytes: [UInt8] {
    switch content {
    case .memory(let bytes): bytes
    case .file(let file): file.read(0..<count)
    }
  }
}

/// Puts the bytes of a store together.
package struct ByteStoreWriter: ~Copyable {
  private let budget: MemoryBudget
  private var memory: [UInt8] = []
  /// Bytes taken from the budget.
  private var taken = 0
  private var file: TemporaryFile?

  /// What is taken from the budget at a time where the size is not known.
  private static let step = 1 << 20

  /// A writer.
  /// - Parameters:
  ///   - budget: the memory that the bytes may take; when it does not suffice they all go to a file.
  ///   - expected: how many bytes there will be, if that is known; a guess costs time, not correctness.
  /// - Throws: `FileError` when no temporary file can be made.
  package init(budget: MemoryBudget, expected: Int? = nil) throws(FileError) {
    self.budget = budget
    guard let expected else { return }
    if budget.take(expected) {
      taken = expected
      memory.reserveCapacity(expected)
    } else {
      file = try TemporaryFile()
    }
  }

  deinit { budget.give(back: taken) }

  /// The number of bytes so far.
  package var count: Int { file?.count ?? memory.count }

  /// Adds bytes.
  /// - Throws: `FileError` when the temporary file cannot be made or grow.
  package mutating func append(_ bytes: Span<UInt8>) throws(FileError) {
    if file == nil, memory.count + bytes.count > taken {
      let more = max(Self.step, memory.count + bytes.count - taken)
      if budget.take(more) { taken += more } else { try spill() }
    }
    if let file { return try file.append(bytes) }
    memory.append(addingCapacity: bytes.count) { output in
      for i in 0..<bytes.count { output.append(bytes[i]) }
    }
  }

  /// Adds bytes.
  /// - Throws: as for spans.
  package mutating func append(_ bytes: [UInt8]) throws(FileError) { try append(bytes.span) }

  private mutating func spill() throws(FileError) {
    let file = try TemporaryFile()
    try file.append(memory.span)
    self.file = file
    memory = []
    budget.give(back: taken)
    taken = 0
  }

  /// The store with all bytes added.
  package consuming func finish() -> ByteStore {
    if let file { return ByteStore(file) }
    budget.give(back: taken - memory.count)
    taken = 0
    let store = ByteStore(memory, takenFrom: budget)
    memory = []
    return store
  }
}
