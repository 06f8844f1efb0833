// One implementation of the kernels, and where its C functions are.

import CTallyKernels

/// One implementation of the kernels: a name, what it needs, whether it can run here.
@safe
package struct KernelImplementation: @unchecked Sendable {
  /// "scalar", "avx2", "avx512" or "neon".
  package let name: String

  /// What the CPU must offer, for people.
  package let needs: String

  /// Whether this CPU and operating system can run it.
  package let isAvailable: Bool

  // SAFETY: points to a constant table of the C target.
  private let table: UnsafePointer<tk_kernels>

  /// Whether the kernels run this implementation unless told otherwise.
  package var isActive: Bool { name == Kernels.active.name }

  init(_ implementation: tk_implementation) {
    // SAFETY: both are string literals of the C target, and the table is one of its constants.
    name = unsafe String(cString: implementation.name)
    needs = unsafe String(cString: implementation.needs)
    isAvailable = unsafe implementation.available() != 0
    unsafe table = implementation.kernels
  }

  /// The C functions, once it is clear that the CPU has their instructions.
  var functions: tk_kernels {
    precondition(isAvailable, "this CPU cannot run the chosen kernels")
    return unsafe table.pointee
  }
}
