// What an encoding needs of memory, known before any of it is allocated.

import BitKernels
package import Plumbing

extension EncoderSpec {
  /// Bytes of an encoder's tables: thresholds and factors at every level of the pyramid, each held twice, as they are read and
  /// as kernels take them, and coefficients, which levels share where there are no factors.
  /// - Precondition: the description is valid for the shape and levels.
  package func tableBytes(channels: Int, pyramidLevels: Int) -> Int {
    var (level, shared) = (0, 0)
    for signal in signals {
      let count = signal.signals(channels: channels)
      level = MemoryLimit.sum(level, MemoryLimit.product(8 * signal.levels + 256, count))
      if signal.needsWhitening {
        level = MemoryLimit.sum(
          level, MemoryLimit.product(4, count, signal.whiteningSize(channels: channels)))
      } else {
        // A 32-bit coefficient for every channel.
        shared = MemoryLimit.sum(shared, MemoryLimit.product(4, count, channels))
      }
    }
    let copies = isWhitened ? pyramidLevels : 1
    return MemoryLimit.sum(MemoryLimit.product(pyramidLevels, level), MemoryLimit.product(copies, shared))
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
