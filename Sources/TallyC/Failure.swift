// What the C functions answer: a status, and for a failure one line of text.
// The functions are in CInterface.swift.

import BinaryNetworks
import CTally
import Plumbing

/// What a C function returns; the numbers are those of tally.h.
enum Status {
  /// It did what was asked.
  case done
  /// An argument, a plan, images or a model are not what they must be.
  case invalid
  /// The progress function asked to stop.
  case stopped
  /// A file could not be read or written.
  case file
  /// There is no such file.
  case missing

  /// The number that tally.h gives this status.
  var code: Int32 {
    switch self {
    case .done: Int32(TALLY_DONE)
    case .invalid: Int32(TALLY_INVALID)
    case .stopped: Int32(TALLY_STOPPED)
    case .file: Int32(TALLY_FILE)
    case .missing: Int32(TALLY_MISSING)
    }
  }
}

/// Why a C function did not do what was asked.
struct Failure: Error {
  let status: Status
  /// One line: what is wrong, where, what to do.
  let message: String

  /// An argument that is not what it must be.
  static func invalid(_ message: String) -> Failure { Failure(status: .invalid, message: message) }

  /// A pointer that must not be null; `name` is the parameter's in tally.h.
  static func null(_ name: String) -> Failure { .invalid("\(name) is a null pointer") }

  /// The training ended because it was asked to.
  static let stopped = Failure(status: .stopped, message: "stopped")

  /// The failure that an error of the libraries stands for.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ModelFileError:
      let status: Status =
        switch error.code {
        case .missing: .missing
        case .unreadable, .unwritable: .file
        default: .invalid
        }
      self.init(status: status, message: error.description)
    case let error as FileError:
      self.init(status: error.code == .missing ? .missing : .file, message: error.message)
    default: self.init(status: .invalid, message: "\(error)")
    }
  }

  private init(status: Status, message: String) {
    self.status = status
    // Names in it may hold anything; a caller prints it.
    self.message = message.printable
  }
}

/// Fails unless `value` is in `range`; `what` names the argument.
func check(_ what: String, _ value: Int, in range: ClosedRange<Int>) throws {
  if !range.contains(value) {
    throw Failure.invalid("\(what) is \(value); allowed: \(range.lowerBound)...\(range.upperBound)")
  }
}
