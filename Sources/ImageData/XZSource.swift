// Streaming decompression of xz through liblzma. All pointers of its interface stay in this file.

import CLzma
import Plumbing

/// The decompressed bytes of an xz file of one or more streams.
@safe
final class XZSource: ByteSource {
  /// Memory that the decoder may use for its dictionary; `xz -9` needs 65 MiB.
  private static var memoryLimit: UInt64 { UInt64(min(512 << 20, MemoryLimit.current.bytes)) }

  private let input: BufferedInput
  private let stream: UnsafeMutablePointer<lzma_stream>
  private var finished = false

  init(_ input: BufferedInput) throws(DatasetError) {
    self.input = input
    // SAFETY: allocated and initialised here, freed in deinit. All zeros is LZMA_STREAM_INIT.
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
    guard unsafe lzma_stream_decoder(stream, Self.memoryLimit, tally_lzma_concatenated) == LZMA_OK else {
      throw DatasetError(
        code: .unreadable, message: "\(input.path): liblzma could not be started; is memory short?")
    }
  }

  deinit {
    // SAFETY: the stream was allocated in init; lzma_end accepts one that was never started.
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func read(into output: inout OutputSpan<UInt8>) throws(DatasetError) -> Int {
    let before = output.count
    while output.freeCapacity > 0 && !finished {
      if input.used == input.buffer.count { try input.refill() }
      let status = step(&output)
      switch status {
      case LZMA_OK: break
      case LZMA_STREAM_END: finished = true
      case LZMA_BUF_ERROR:
        throw DatasetError(
          code: .truncated, message: "\(input.path): the xz data is cut short; fetch the file again")
      case LZMA_MEMLIMIT_ERROR:
        throw DatasetError(
          code: .tooLong,
          message: "\(input.path): the xz data needs more than \(Self.memoryLimit >> 20) MiB to unpack; "
            + "unpack the file first")
      default:
        throw DatasetError(
          code: .corruptCompression,
          message: "\(input.path): the xz data is damaged or other bytes follow it; fetch the file again",
          cause: "liblzma status \(status.rawValue)")
      }
    }
    return output.count - before
  }

  /// One call of lzma_code, from the input buffer into the free capacity of `output`.
  private func step(_ output: inout OutputSpan<UInt8>) -> lzma_ret {
    // SAFETY: liblzma reads avail_in bytes from the unused part of the buffer and writes at most avail_out bytes
    // behind the initialised part of the span; both outlive the call, and what was moved is read back.
    unsafe input.buffer.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target, initialized in
        let available = source.count - input.used
        let room = target.count - initialized
        unsafe stream.pointee.next_in = unsafe source.baseAddress?.advanced(by: input.used)
        unsafe stream.pointee.avail_in = available
        unsafe stream.pointee.next_out = unsafe target.baseAddress?.advanced(by: initialized)
        unsafe stream.pointee.avail_out = room
        let status = unsafe lzma_code(stream, input.ended ? LZMA_FINISH : LZMA_RUN)
        input.used += available - (unsafe stream.pointee.avail_in)
        initialized += room - (unsafe stream.pointee.avail_out)
        return status
      }
    }
  }
}
