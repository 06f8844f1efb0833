// A trained network with what it came from: the unit that is written to a file, evaluated and exported.
// The bytes of the file are in ModelFileWriter.swift and ModelFileReader.swift.

import Plumbing

/// A network, the plan and seed that gave it, and what training said of it.
public struct Model: Hashable, Sendable {
  /// The network.
  public var network: Network
  /// The plan it was trained by, as canonical JSON.
  public var plan: String
  /// The seed of the training.
  public var seed: UInt64
  /// CRC-64 of the training data.
  public var dataDigest: UInt64
  /// What training measured (accuracy, time, …), as JSON.
  public var summary: String
  /// What turns its scores into shares; nil if none was learned, as there were no validation images.
  public var temperature: Temperature?

  /// A model.
  public init(
    network: Network, plan: String, seed: UInt64, dataDigest: UInt64, summary: String,
    temperature: Temperature? = nil
  ) {
    self.network = network
    self.plan = plan
    self.seed = seed
    self.dataDigest = dataDigest
    self.summary = summary
    self.temperature = temperature
  }

  /// The model as the bytes of a model file, see `docs/model-file.md`.
  public func encoded() -> [UInt8] { ModelFileWriter.encode(self) }

  /// Reads the bytes of a model file.
  ///
  /// Every length and number is checked before use, so that whatever is accepted can run images of its shape.
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - path: the file's name, for the error; nil if the bytes are of no file.
  /// - Throws: `ModelFileError` naming the byte and what is wrong with it.
  public init(encoded bytes: [UInt8], path: String?) throws(ModelFileError) {
    self = try ModelFileReader.decode(bytes, path: path)
  }

  /// Reads a model file.
  /// - Throws: `ModelFileError` if there is no such file, or it is no valid model.
  public static func read(path: String) throws(ModelFileError) -> Model {
    let bytes: [UInt8]
    do {
      try checkLongFile(path)
      bytes = try readFile(path, limit: ModelFile.mostBytes)
    } catch let error as FileError {
      throw ModelFileError(reading: path, error)
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw ModelFileError(code: .unreadable, message: "\(path): \(error)")
    }
    return try Model(encoded: bytes, path: path)
  }

  /// Looks at the beginning of a long file before all of it is read, and states what reading it takes.
  private static func checkLongFile(_ path: String) throws {
    let file = try InputFile(path: path)
    guard let size = file.size, size > 1 << 20, size <= ModelFile.mostBytes else { return }
    var head: [UInt8] = []
    try head.append(addingCapacity: ModelFile.magic.count) { output throws(FileError) in
      _ = try file.read(into: &output)
    }
    guard head == ModelFile.magic else {
      _ = try ModelFileSections(head, file: path)
      return
    }
    // The bytes, and what is made of them: bits and numbers take no more than twice what they take in the file.
    try MemoryLimit.current.check(MemoryLimit.product(3, size), for: "\(path), a model of \(size) bytes,")
  }

  /// Writes a model file; its name holds either what it held before or the whole model.
  /// - Throws: `ModelFileError` with code `unwritable`.
  public func write(to path: String) throws(ModelFileError) {
    do {
      try AtomicFile.write(encoded(), to: path)
    } catch {
      throw ModelFileError(code: .unwritable, message: error.message)
    }
  }
}
