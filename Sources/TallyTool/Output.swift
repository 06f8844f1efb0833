// Writing to the standard output and error: whole texts, no buffers, no crash when they cannot be written.

import Foundation
import Plumbing

/// Writes one line to the standard output at once, also into a pipe.
/// - Throws: `FileError` when it cannot be written (a full disk); a closed pipe ends the process by SIGPIPE, as usual.
func say(_ line: String) throws {
  try AtomicFile.writeAll(Array((line + "\n").utf8).span, to: STDOUT_FILENO, path: "the standard output")
}

/// Writes a text to the standard output or error if that is possible; for what nobody needs to get.
func put(_ text: String, on descriptor: Int32) {
  try? AtomicFile.writeAll(Array(text.utf8).span, to: descriptor, path: "")
}

/// Opens the null device in place of a standard stream that the caller closed.
///
/// Otherwise the next file to be opened would get its number, and what is meant for the screen would end up in it.
func fillStandardStreams() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
    // SAFETY: the C string lives for the call. The lowest free number is taken, which is this one.
    _ = unsafe open("/dev/null", O_RDWR)
  }
}

/// Columns of the terminal at the standard output; 80 where it does not say.
func terminalColumns() -> Int {
  var size = winsize()
  // SAFETY: `size` is a local of the type the call fills.
  guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
  return Int(size.ws_col)
}
