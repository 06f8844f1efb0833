// Streaming the content of one member of a zip archive, stored or deflated. All pointers of zlib's interface for zip
// stay in this file; where the member is, ZipArchive knows.

import CZlib

/// The content of a member, its length and checksum verified at the end.
@safe
final class ZipMemberSource: ByteSource {
  private let archive: [UInt8]
  private let name: String
  private let isDeflated: Bool
  /// What is still to be read of the archive and to be given of the content.
  private var packed: Range<Int>
  private var left: Int
  private let checksum: UInt32
  private var sum: UInt = 0
  private var isVerified = false
  // zlib keeps a pointer back to its stream, so the stream needs an address of its own.
  private let stream: UnsafeMutablePointer<z_stream>

  /// A source.
  /// - Parameters:
  ///   - archive: all bytes of the archive.
  ///   - packed: where the member lies in it.
  ///   - member: its size, checksum and method, 0 (stored) or 8 (deflated).
  ///   - name: for errors.
  init(archive: [UInt8], packed: Range<Int>, member: ZipArchive.Member, name: String) throws(DatasetError) {
    (self.archive, self.packed, self.name) = (archive, packed, name)
    (left, checksum, isDeflated) = (member.size, member.checksum, member.method == 8)
    // SAFETY: allocated and initialised here, freed in deinit.
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // -15 = largest window, no framing. The arguments are those of inflateInit2.
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(stream, -15, ZLIB_VERSION, size) == Z_OK else {
      throw DatasetError(code: .unreadable, message: "\(name): zlib could not be started; is memory short?")
    }
  }

  deinit {
    // SAFETY: the stream was allocated in init; inflateEnd accepts one that was never started.
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func read(into output: inout OutputSpan<UInt8>) throws(DatasetError) -> Int {
    let before = output.count
    while output.freeCapacity > 0, left > 0 {
      let got = isDeflated ? try inflated(into: &output) : copied(into: &output)
      guard got > 0 else { throw damaged("cannot be unpacked") }
      left -= got
    }
    if left == 0, !isVerified {
      if isDeflated { try expectEnd() }
      guard UInt32(truncatingIfNeeded: sum) == checksum else { throw damaged("does not match its checksum") }
      isVerified = true
    }
    return output.count - before
  }

  /// Copies stored bytes.
  private func copied(into output: inout OutputSpan<UInt8>) -> Int {
    let count = min(left, output.freeCapacity, packed.count)
    for at in packed.prefix(count) { output.append(archive[at]) }
    // SAFETY: the range lies in the archive, whose buffer lives for the call.
    sum = unsafe archive.withUnsafeBufferPointer { source in
      unsafe crc32_z(sum, source.baseAddress?.advanced(by: packed.lowerBound), count)
    }
    packed = packed.dropFirst(count)
    return count
  }

  /// Unpacks into the free capacity, but no more than the member has left.
  private func inflated(into output: inout OutputSpan<UInt8>) throws(DatasetError) -> Int {
    let before = output.count
    // SAFETY: zlib reads avail_in bytes from the member's part of the archive and writes at most avail_out bytes behind
    // the initialised part of the span; both outlive the call, and what was moved is read back from the counters.
    let status = unsafe output.withUnsafeMutableBufferPointer { target, initialized in
      let status = unsafe step(
        target.baseAddress?.advanced(by: initialized), min(target.count - initialized, left))
      let written = status.written
      sum = unsafe crc32_z(sum, target.baseAddress?.advanced(by: initialized), written)
      initialized += written
      return status.code
    }
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR,
      status != Z_STREAM_END || output.count - before == left
    else { throw damaged("cannot be unpacked") }
    if status == Z_STREAM_END { isEnded = true }
    return output.count - before
  }

  /// Whether the deflated data said that it ends.
  private var isEnded = false

  /// Checks that the deflated data gives no more than the member's size.
  private func expectEnd() throws(DatasetError) {
    if isEnded { return }
    var spare: UInt8 = 0
    // SAFETY: as above, with room for one byte that must stay unused.
    let status = unsafe withUnsafeMutablePointer(to: &spare) { unsafe step($0, 1) }
    guard status.code == Z_STREAM_END, status.written == 0 else { throw damaged("cannot be unpacked") }
    isEnded = true
  }

  /// One call of inflate.
  @unsafe private func step(_ target: UnsafeMutablePointer<UInt8>?, _ room: Int) -> (
    code: Int32, written: Int
  ) {
    // SAFETY: the caller vouches for `room` writable bytes at `target`.
    unsafe archive.withUnsafeBufferPointer { source in
      let (available, room) = (min(packed.count, 1 << 30), min(room, 1 << 30))
      unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(
        mutating: source.baseAddress?.advanced(by: packed.lowerBound))
      unsafe stream.pointee.avail_in = UInt32(available)
      unsafe stream.pointee.next_out = unsafe target
      unsafe stream.pointee.avail_out = UInt32(room)
      let code = unsafe inflate(stream, Z_NO_FLUSH)
      packed = packed.dropFirst(available - Int(unsafe stream.pointee.avail_in))
      return (code, room - Int(unsafe stream.pointee.avail_out))
    }
  }

  private func damaged(_ what: String) -> DatasetError {
    DatasetError(code: .corruptCompression, message: "\(name) \(what); fetch or save it again")
  }
}
