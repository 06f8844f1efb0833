// What `tally export --report` says: bytes by part, work, and instructions where they can be counted.

import DeviceExport
import Foundation

/// Sizes and work of an exported program.
struct DeviceReport: Encodable {
  let sizes: DeviceSizes
  let flashBytes: Int
  /// Instructions of an image on a Cortex-M4, the mean of three; nil where they cannot be counted.
  let cortexM4Instructions: Int?

  init(_ package: DevicePackage) {
    sizes = package.program.sizes
    flashBytes = sizes.tableBytes
    cortexM4Instructions = InstructionCounter.cortexM4(package)
  }

  func text() -> String {
    func row(_ name: String, _ bytes: Int) -> String {
      let number = "\(bytes)"
      return String(repeating: " ", count: max(1, 10 - number.count)) + number + "  " + name
    }
    var lines = ["flash, bytes"]
    lines += sizes.tables.map { row($0.name, $0.bytes) }
    lines.append(row("all tables (code: 6,000 to 8,000 more)", sizes.tableBytes))
    lines.append("RAM, bytes")
    lines += sizes.arena.map { row($0.name, $0.bytes) }
    lines.append(row("arena", sizes.arenaBytes))
    lines.append(row("arena where images come row by row", sizes.rowsArenaBytes))
    lines.append("work an image, in one look")
    lines.append(row("XOR-popcounts of 32-bit words", sizes.words))
    lines.append(row("multiply-adds", sizes.multiplyAdds))
    if let instructions = cortexM4Instructions {
      lines.append(row("instructions of a Cortex-M4 (QEMU's count, GCC -O3, mean of 3 images)", instructions))
    } else {
      lines.append(
        "  instructions: not counted, as that takes arm-none-eabi-gcc with newlib, and qemu-system-arm")
    }
    return lines.joined(separator: "\n")
  }
}

/// Runs an exported program on an emulated board.
enum InstructionCounter {
  /// Instructions of an image on a Cortex-M4; nil without cross compiler or emulator.
  static func cortexM4(_ package: DevicePackage) -> Int? {
    let folder = NSTemporaryDirectory() + "/tally-count-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let name = package.program.name.text
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for file in package.files.prefix(4) + package.instructionCounter {
        try file.text.write(toFile: "\(folder)/\(file.path)", atomically: false, encoding: .utf8)
      }
    } catch { return nil }
    let compiled = output(
      [
        "arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O3", "-std=c99", "-ffunction-sections",
        "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles", "--specs=rdimon.specs", "-T", "cortex.ld",
        "cortex.c", "count.c", "\(name).c", "\(name)_selftest.c", "-o", "count.elf",
      ], in: folder)
    guard compiled != nil else { return nil }
    let printed = output(
      [
        "timeout", "300", "qemu-system-arm", "-M", "mps2-an386", "-nographic", "-icount", "shift=0",
        "-semihosting-config", "enable=on,target=native", "-kernel", "count.elf",
      ], in: folder)
    let ticks = (printed ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard ticks.count == 3, !ticks.contains(0) else { return nil }
    return 40 * ticks.reduce(0, +) / 3
  }

  /// What a command prints; nil if it is not there or fails.
  private static func output(_ command: [String], in folder: String) -> String? {
    guard let (code, said) = try? OtherProgram.run(command, in: folder, takesErrors: false), code == 0 else {
      return nil
    }
    return said
  }
}
