// Frames over a pair of pipes.

import Plumbing

/// Sends and receives frames; one thread at a time.
package final class FrameChannel {
  private let input: InputFile
  private let output: Int32
  /// Who is at the other end, for errors.
  let peer: String

  /// A channel.
  /// - Parameters:
  ///   - input: the descriptor to read from; it is closed when the channel is let go.
  ///   - output: the descriptor to write to.
  ///   - peer: who is at the other end, for errors.
  package init(input: Int32, output: Int32, peer: String) {
    self.input = InputFile(descriptor: input, name: peer)
    self.output = output
    self.peer = peer
  }

  /// Sends a frame.
  /// - Throws: `RoundError` when the other end is gone.
  package func send(_ frame: Frame) throws(RoundError) {
    do {
      try AtomicFile.writeAll(frame.encoded().span, to: output, path: peer)
    } catch {
      throw RoundError("\(peer) is gone: \(error.message)")
    }
  }

  /// The next frame; nil when the other end closed the pipe between two frames.
  /// - Throws: `RoundError` when what comes is no whole frame.
  package func receive() throws(RoundError) -> Frame? {
    let head = try read(Frame.headerBytes)
    if head.isEmpty { return nil }
    guard head.count == Frame.headerBytes else { throw ended }
    let (kind, length) = try Frame.header(head)
    do {
      try MemoryLimit.current.check(2 * length, for: "a message of \(length) bytes from \(peer)")
    } catch { throw RoundError(error.message) }
    let payload = try read(length)
    let tail = try read(4)
    guard payload.count == length, tail.count == 4 else { throw ended }
    let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(tail[$1]) << UInt32(8 * $1) }
    guard CRC32.checksum(payload) == stored else {
      throw RoundError("a message from \(peer) is damaged: its checksum does not match")
    }
    return Frame(kind, payload)
  }

  private var ended: RoundError { RoundError("\(peer) ended in the middle of a message") }

  /// Reads `count` bytes, fewer only at the end.
  private func read(_ count: Int) throws(RoundError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Step by step, so that memory is taken for what has come, not for what a length announces.
    while bytes.count < count {
      let step = min(count - bytes.count, 1 << 24)
      var got = 0
      do throws(FileError) {
        try bytes.append(addingCapacity: step) { output throws(FileError) in
          got = try input.read(into: &output)
        }
      } catch {
        throw RoundError("\(peer) cannot be read: \(error.message)")
      }
      if got < step { break }
    }
    return bytes
  }
}
