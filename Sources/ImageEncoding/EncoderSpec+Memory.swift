// What an encoding needs of memory, known before any of it is allocated.

import BitKernels
package import Plumbing

extension EncoderSpec {
  /// Bytes of an encoder's tables: thresholds, factors and coefficients at every level of the pyramid, each held twice, as
  /// it is read and as kernels take it.
  /// - Precondition: the description is valid for the shape and levels.
  package func tableBytes(channels: Int, pyramidLevels: Int) -> Int {
    let level = signals.reduce(0) { sum, signal in
      let count = signal.signals(channels: channels)
      let thresholds = MemoryLimit.product(8, count, signal.levels)
      // Sixteen-bit factors of whole windows, or a 32-bit coefficient for every channel.
      let factors = MemoryLimit.product(4, count, max(1, signal.window * signal.window), channels)
      return MemoryLimit.sum(sum, thresholds, factors, 256 * count)
    }
    return MemoryLimit.product(pyramidLevels, level)
  }

  /// Bytes that encoding images of a shape needs, one after the other: the workspace.
  /// - Precondition: the description is valid for the shape.
  package func workspaceBytes(shape: ImageShape) -> Int {
    let plane = MemoryLimit.product(
      4, SignalCode.scratch(width: shape.width, height: shape.height, channels: shape.channels))
    let rows = 4 * (2 * shape.width + 2 * EncoderWorkspace.margin)
    let own = signals.map { $0.source.rules.workspace(window: $0.window, shape: shape) }.max() ?? 0
    return MemoryLimit.sum(plane, rows, own)
  }
}
