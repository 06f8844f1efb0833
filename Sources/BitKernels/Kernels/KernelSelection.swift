// Which implementation of the kernels runs: the best this CPU offers, or the one the environment names.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Kernels {
  /// The environment variable that names the implementation to use.
  package static let selectionVariable = "TALLY_FORCE_KERNELS"

  /// The implementation in use: chosen once, on first use, the same for the life of the process.
  ///
  /// A bad name in the environment stops the process here; `validateSelection()` reports it as an error first.
  package static var active: KernelImplementation { chosen }

  /// Checks the name in the environment, so that a bad one becomes an error message instead of a stop.
  package static func validateSelection() throws(KernelError) {
    _ = try select(named: requestedName)
  }

  /// The implementation with this name, or the best available one for `nil` or an empty name.
  package static func select(named name: String?) throws(KernelError) -> KernelImplementation {
    let available = implementations.filter(\.isAvailable)
    guard let name, !name.isEmpty else {
      guard let best = available.last else { fatalError("no kernel implementation runs on this CPU") }
      return best
    }
    let offered = "choose one of \(available.map(\.name).joined(separator: ", ")), or unset it for the best"
    guard let implementation = implementations.first(where: { $0.name == name }) else {
      throw KernelError(
        code: .unknownImplementation,
        message: "\(selectionVariable)=\(name): this build has no such kernels (it has "
          + "\(implementations.map(\.name).joined(separator: ", "))); \(offered)")
    }
    guard implementation.isAvailable else {
      throw KernelError(
        code: .unsupportedImplementation,
        message: "\(selectionVariable)=\(name): these kernels need \(implementation.needs), which this "
          + "CPU or its operating system lacks; \(offered)")
    }
    return implementation
  }

  private static var requestedName: String? {
    // SAFETY: getenv gives null or a terminated string, copied here before anything else can run.
    unsafe getenv(selectionVariable).map { unsafe String(cString: $0) }
  }

  private static let chosen: KernelImplementation = {
    do throws(KernelError) {
      return try select(named: requestedName)
    } catch {
      fatalError(error.message)
    }
  }()
}
