// Writing to the standard output and error: whole texts, no buffers, no crash when they cannot be written.

import Foundation
import Plumbing

/// Writes a text and a line break to the standard output at once, also into a pipe. Of control characters only line
/// breaks and tabs come through: what else there is was in a file or its name, and a terminal would obey it.
/// - Throws: `FileError` when it cannot be written (a full disk); a closed pipe ends the process by SIGPIPE, as usual.
func say(_ text: String) throws {
  try say(Array(text.printable(keeping: ["\n", "\t"]).utf8))
}

/// Writes a line of bytes to the standard output, as they are.
/// - Throws: as for a text.
func say(_ line: [UInt8]) throws {
  try AtomicFile.writeAll((line + [UInt8(ascii: "\n")]).span, to: STDOUT_FILENO, path: "the standard output")
}

/// Writes one line to the standard error, whatever is in the names and texts it tells of.
func complain(_ line: String) { put(line.printable + "\n", on: STDERR_FILENO) }

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
