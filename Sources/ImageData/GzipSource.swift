// Streaming gunzip through zlib. All pointers of zlib's interface stay in this file.

import CZlib

/// The decompressed bytes of a gzip file of one or more members.
@safe
final class GzipSource: ByteSource {
  private let input: BufferedInput
  // zlib keeps a pointer back to its stream, so the stream needs an address of its own.
  private let stream: UnsafeMutablePointer<z_stream>
  private var finished = false

  init(_ input: BufferedInput) throws(DatasetError) {
    self.input = input
    // SAFETY: allocated and initialised here, freed in deinit.
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 = largest window, 16 = gzip framing with its CRC and length. The arguments are those of inflateInit2.
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else {
      throw DatasetError(
        code: .unreadable, message: "\(input.path): zlib could not be started; is memory short?")
    }
  }

  deinit {
    // SAFETY: the stream was allocated in init; inflateEnd accepts one that was never started.
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func read(into output: inout OutputSpan<UInt8>) throws(DatasetError) -> Int {
    let before = output.count
    while output.freeCapacity > 0 && !finished {
      if input.used == input.buffer.count { try input.refill() }
      if input.buffer.isEmpty {
        throw DatasetError(
          code: .truncated, message: "\(input.path): the gzip data is cut short; fetch the file again")
      }
      switch step(&output) {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: try nextMember()
      case let status:
        // SAFETY: msg is nil or a C string constant of zlib.
        let said = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
        throw DatasetError(
          code: .corruptCompression, message: "\(input.path): the gzip data is damaged; fetch the file again",
          cause: said ?? "zlib status \(status)")
      }
    }
    // A stream that is full at its very last byte still has its checksum to be read: the caller's next read does it.
    return output.count - before
  }

  /// One call of inflate, from the input buffer into the free capacity of `output`.
  private func step(_ output: inout OutputSpan<UInt8>) -> Int32 {
    // SAFETY: zlib reads avail_in bytes from the unused part of the buffer and writes at most avail_out bytes behind
    // the initialised part of the span; both outlive the call, and what was moved is read back from the counters.
    unsafe input.buffer.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target, initialized in
        let available = source.count - input.used
        let room = min(target.count - initialized, Int(Int32.max))
        unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(
          mutating: source.baseAddress?.advanced(by: input.used))
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = unsafe target.baseAddress?.advanced(by: initialized)
        unsafe stream.pointee.avail_out = UInt32(room)
        let status = unsafe inflate(stream, Z_NO_FLUSH)
        input.used += available - Int(unsafe stream.pointee.avail_in)
        initialized += room - Int(unsafe stream.pointee.avail_out)
        return status
      }
    }
  }

  /// After the end of a member: another member, the end of the file, or an error.
  private func nextMember() throws(DatasetError) {
    if input.used == input.buffer.count { try input.refill() }
    if input.buffer.isEmpty {
      finished = true
      return
    }
    guard input.buffer[input.used] == 0x1f else {
      throw DatasetError(
        code: .tooLong, message: "\(input.path): other bytes follow the gzip data; fetch the file again")
    }
    // SAFETY: the stream was started in init.
    unsafe inflateReset(stream)
  }
}
