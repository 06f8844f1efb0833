// A process that works for others: shards and rounds in, tallies out; a model and images in, predictions out. It keeps
// nothing but shards and the model.

import BitKernels
import CountingRounds
import FilterLearning
import ImageData
import Plumbing
import Synchronization

/// Answers frames until the other end closes the pipe.
package struct Worker {
  private let channel: FrameChannel
  private let threads: Int
  private let onRound: () -> Void
  private let onCut: () -> Void
  private var held: HeldShards?
  private var predictor: RemotePredictor?

  /// A worker.
  /// - Parameters:
  ///   - input: the descriptor to read from.
  ///   - output: the descriptor to write to.
  ///   - threads: threads of a map and of predictions, which do not depend on them.
  ///   - onRound: called when a round is mapped, before its tally is sent.
  ///   - onCut: called when a shard has come to be checked, before it is.
  package init(
    input: Int32, output: Int32, threads: Int, onRound: @escaping () -> Void = {},
    onCut: @escaping () -> Void = {}
  ) {
    self.onCut = onCut
    channel = FrameChannel(input: input, output: output, peer: "the process that asked")
    self.threads = threads
    self.onRound = onRound
  }

  /// Works with the shards of a folder of this machine, all of them, and begins with their manifest.
  /// - Throws: `RoundError` when the other end is gone or sends something that is no message.
  package mutating func run(folder path: String) throws {
    do {
      let folder = try ShardFolder(path)
      for number in folder.manifest.shards.indices { try keep(folder.read(number)) }
      try channel.send(Frame(.manifest, folder.manifest.encoded()))
    } catch let error as DatasetError {
      try channel.send(.failure("\(error)"))
      return
    }
    try serve()
  }

  /// Works with the shards that come, and begins by saying who it is.
  /// - Parameter version: the version of this Tally.
  /// - Throws: `RoundError` when the other end is gone or sends something that is no message.
  package mutating func run(version: String) throws {
    try channel.send(Frame(.hello, Array(version.utf8)))
    try serve()
  }

  private mutating func serve() throws {
    while let frame = try channel.receive() {
      if frame.kind == .end { return }
      let answer: Frame
      do {
        answer = try self.answer(frame)
      } catch {
        answer = .failure("\(error)")
      }
      try channel.send(answer)
    }
  }

  private mutating func answer(_ frame: Frame) throws -> Frame {
    switch frame.kind {
    case .shard:
      let message = try ShardMessage(encoded: frame.payload)
      let file = try ShardFile(encoded: message.content, path: message.path)
      guard file.checksum == message.checksum else {
        throw RoundError("\(message.path): not the shard that its manifest describes; write the shards again")
      }
      try keep(file)
      return Frame(.kept)
    case .round: return Frame(.tally, try map(RoundRequest(encoded: frame.payload)).encoded())
    case .add:
      let sums = try AddMessage(encoded: frame.payload)
      var sum = sums.first
      try sum.add(sums.second)
      return Frame(.tally, sum.encoded())
    case .model:
      let predictor = try RemotePredictor(ModelMessage(encoded: frame.payload), threads: threads)
      self.predictor = predictor
      return Frame(.described, predictor.description)
    case .images:
      guard let predictor else { throw RoundError("images came before the model") }
      return Frame(.predictions, try predictor.predict(ImagesMessage(encoded: frame.payload)).encoded())
    case .look: return try lookAt(frame.payload)
    case .fit: return try fit(frame.payload)
    case .seal:
      onCut()
      let (checksum, pixels) = try ShardFile.sealed(frame.payload)
      var bytes = ByteWriter()
      bytes.append(checksum, bytes: 8)
      bytes.append(pixels, bytes: 8)
      return Frame(.sealed, bytes.bytes)
    default: throw RoundError("a worker cannot answer a message of kind \(frame.kind)")
    }
  }

  /// Looks at files of images.
  private func lookAt(_ payload: [UInt8]) throws(RoundError) -> Frame {
    let images = try ImagesMessage(files: payload)
    let looks = Mutex([FileLook?](repeating: nil, count: images.contents.count))
    parallelFor(images.contents.count, threads: threads) { item, _ in
      let look = FileLook(at: Array(images.contents[item] ?? []))
      looks.withLock { $0[item] = look }
    }
    var bytes = ByteWriter()
    for look in looks.withLock({ $0 }) { look?.append(to: &bytes) }
    return Frame(.looked, bytes.bytes)
  }

  /// Fits files of images to a shape.
  private func fit(_ payload: [UInt8]) throws -> Frame {
    let message = try FitMessage(encoded: payload)
    let (contents, shape) = (message.images.contents, message.shape)
    let parts = Mutex([[UInt8]](repeating: [], count: contents.count))
    let failures = Mutex<[Int: DatasetError]>([:])
    parallelFor(contents.count, threads: threads) { item, _ in
      let content = Array(contents[item] ?? [])
      var part = ByteWriter()
      do throws(DatasetError) {
        switch message.wish {
        case .look: FittedLook(at: content, fitting: shape).append(to: &part)
        case .pixels, .greyPixels:
          let isGrey = message.wish == .greyPixels
          part.append(try FittedLook.pixels(of: content, fitting: shape, isGrey: isGrey))
        }
      } catch {
        failures.withLock { $0[item] = error }
      }
      let encoded = part.bytes
      parts.withLock { $0[item] = encoded }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
    return Frame(message.wish == .look ? .fitted : .pixels, parts.withLock { Array($0.joined()) })
  }

  /// Keeps a shard; those of another data set are let go.
  private mutating func keep(_ file: ShardFile) throws {
    if held?.digest != file.digest { held = HeldShards(digest: file.digest) }
    try held?.add(file)
  }

  private mutating func map(_ request: RoundRequest) throws -> PartialTally {
    let round = try RoundRegistry.round(request.spec)
    let threads = try round.memory.threads(threads, for: request.spec.kind)
    let state = round.received(state: request.state)
    try round.check(state: state)
    try held?.check(round.images)
    var sum: PartialTally?
    for number in request.shards.joined() {
      guard held?.digest == request.digest, let shard = held?.shard(number, request.part) else {
        throw RoundError("shard \(number) was never sent")
      }
      let tally = round.map(shard, state: state, threads: threads)
      let part = PartialTally(round: request.round, shard: number, tally: round.sent(tally: tally))
      if sum == nil { sum = part } else { try sum?.add(part) }
    }
    guard let sum else { throw RoundError("a round without shards") }
    onRound()
    return sum
  }
}
