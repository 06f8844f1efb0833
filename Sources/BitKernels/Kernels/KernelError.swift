// What can be wrong with the wish for a certain kernel implementation.

/// An implementation of the kernels was asked for that this build or this CPU does not have.
package struct KernelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, broadly.
  package enum Code: Hashable, Sendable {
    /// No implementation of this build has the name.
    case unknownImplementation
    /// The implementation is in this build, but the CPU or the operating system lacks what it needs.
    case unsupportedImplementation
  }

  /// What went wrong, broadly.
  package let code: Code

  /// One line: what is wrong, where it was said, what to do.
  package let message: String

  /// The message.
  package var description: String { message }
}
