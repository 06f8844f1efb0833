// Arguments that name files and folders: none may be empty, as "$OUT" is where OUT was never set.

import Foundation
import Plumbing

/// An argument that names nothing.
struct EmptyPathError: Error, CustomStringConvertible {
  var description: String { "the path is empty; name a file or folder (is a variable not set?)" }
}

/// The path an argument gives.
/// - Throws: `EmptyPathError`.
func namedPath(_ argument: String) throws -> String {
  if argument.isEmpty { throw EmptyPathError() }
  return argument
}

/// An address where data are expected.
struct AddressError: Error, CustomStringConvertible {
  var description: String { "this is an address; fetch what is there, and name the folder or file" }
}

/// The data set an argument gives: a name, a path, or paths with commas between them.
/// - Throws: `EmptyPathError`, `AddressError`.
func namedData(_ argument: String) throws -> String {
  if ["http://", "https://", "ftp://"].contains(where: argument.lowercased().hasPrefix) {
    throw AddressError()
  }
  if argument.contains(","), FileKind(path: argument) == .folder { return argument }
  for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
    _ = try namedPath(String(part))
  }
  return argument
}

/// Refuses a file that cannot be written before images are judged for minutes.
func checkPlace(of file: String) throws {
  let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
  let folder = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
  guard FileKind(path: folder) == .folder else {
    throw UserError(description: "cannot write \(file): there is no folder \(folder)")
  }
}
