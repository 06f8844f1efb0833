// What `tally --version` says: the version, the commit, the kernels that run here.
// Version and commit come from Plugins/BuildCommit. None of it goes into a model: models do not depend on the build.

import BitKernels

/// The commit of this build, e.g. "1a2b3c4d5e6f", "1a2b3c4d5e6f, modified" or "unknown".
let toolCommit = buildIsModified ? "\(buildCommit), modified" : buildCommit

/// The line of `--version`. A wrong TALLY_FORCE_KERNELS does not hide the version.
func versionLine() -> String {
  let kernels: String
  do throws(KernelError) {
    try Kernels.validateSelection()
    kernels = Kernels.active.name
  } catch {
    kernels = "none: \(Kernels.selectionVariable) names none that run here"
  }
  return "tally \(toolVersion) (commit \(toolCommit), kernels \(kernels))"
}
