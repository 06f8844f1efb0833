// C compilers, and emulators of the processors that they compile for.

import Foundation
import Testing

/// A way to run a C program: a compiler with its flags, and what starts the program.
struct Toolchain: CustomTestStringConvertible, Sendable {
  let name: String
  let compiler: String
  var flags: [String] = []
  /// Arguments before the program's path; empty if it runs by itself.
  var emulator: [String] = []
  /// Whether the program is linked for a bare board, with `cortex.c` and `cortex.ld`.
  var isBoard = false

  var testDescription: String { name }

  private static let sanitizers = [
    "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
  ]
  /// An emulated machine whose program writes to the standard output.
  private static func board(_ emulator: [String]) -> [String] {
    emulator + [
      "-display", "none", "-serial", "none", "-monitor", "none", "-chardev", "stdio,id=out",
      "-semihosting-config", "enable=on,target=native,chardev=out", "-kernel",
    ]
  }
  private static let riscv = board(["qemu-system-riscv32", "-M", "virt", "-bios", "none"])
  private static let riscvFlags = [
    "-O2", "-march=rv32imac", "-mabi=ilp32", "--specs=picolibc.specs", "--oslib=semihost", "--crt0=hosted",
    "-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x800000,--defsym=__ram=0x80800000,--defsym=__ram_size=0x400000",
  ]

  /// This machine, with and without what only some processors have, by the compiler of the system and the one that comes with Swift, and
  /// under sanitizers.
  static let native = [
    Toolchain(name: "cc", compiler: "cc", flags: ["-O2"]),
    Toolchain(name: "clang, portable", compiler: "clang", flags: ["-O2", "-DTALLY_PORTABLE"]),
    Toolchain(name: "cc for this CPU", compiler: "cc", flags: ["-O3", "-march=native"]),
    Toolchain(name: "cc, sanitized", compiler: "cc", flags: sanitizers + ["-DTALLY_PORTABLE"]),
  ]

  /// Processors of devices under emulation.
  static let devices = [
    Toolchain(
      name: "Cortex-M3", compiler: "arm-none-eabi-gcc", flags: ["-O2", "-mcpu=cortex-m3", "-mthumb"],
      emulator: board(["qemu-system-arm", "-M", "mps2-an385"]), isBoard: true),
    Toolchain(
      name: "Cortex-M4F", compiler: "arm-none-eabi-gcc",
      flags: ["-O2", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
      emulator: board(["qemu-system-arm", "-M", "mps2-an386"]), isBoard: true),
    Toolchain(
      name: "Cortex-M4F, portable", compiler: "arm-none-eabi-gcc",
      flags: [
        "-Os", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-DTALLY_PORTABLE",
      ],
      emulator: board(["qemu-system-arm", "-M", "mps2-an386"]), isBoard: true),
    Toolchain(
      name: "RISC-V 32", compiler: "riscv64-unknown-elf-gcc", flags: riscvFlags, emulator: riscv),
    Toolchain(
      name: "AArch64", compiler: "aarch64-linux-gnu-gcc", flags: ["-O2", "-static"],
      emulator: ["qemu-aarch64"]),
  ]

  /// Compiles C files of a folder and runs the program.
  /// - Returns: what it prints.
  func run(_ files: [String], in folder: String, arguments: [String] = []) throws -> String {
    let program = "\(folder)/\(name.filter(\.isLetter)).out"
    let strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
    let models = files.filter { $0.hasPrefix("m") }
    var objects: [String] = []
    for file in models {
      let object = "\(name.filter(\.isLetter))-\(file).o"
      _ = try Self.call([compiler] + strict + compileFlags + ["-c", file, "-o", object], in: folder)
      objects.append(object)
    }
    let board = isBoard ? ["-nostartfiles", "--specs=rdimon.specs", "-T", "cortex.ld", "cortex.c"] : []
    _ = try Self.call(
      [compiler, "-std=gnu99"] + flags + board + files.filter { !models.contains($0) } + objects + [
        "-o", program,
      ],
      in: folder)
    return try Self.call(emulator + [program] + arguments, in: folder)
  }

  /// The flags that matter to a file by itself.
  private var compileFlags: [String] {
    flags.filter { !$0.hasPrefix("-Wl") && !$0.hasPrefix("--oslib") && !$0.hasPrefix("--crt0") }
  }

  /// Runs a command.
  /// - Returns: what it prints to its standard output.
  static func call(_ command: [String], in folder: String) throws -> String {
    let process = Process()
    let ended = DispatchSemaphore(value: 0)
    // Files, not pipes: nothing here has to keep reading.
    let logs = ["out", "err"].map { "\(folder)/\(UUID().uuidString).\($0)" }
    for log in logs { _ = FileManager.default.createFile(atPath: log, contents: nil) }
    let streams = try logs.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (streams[0], streams[1])
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    for stream in streams { try stream.close() }
    ended.wait()
    let texts = try logs.map {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self)
    }
    try #require(
      process.terminationStatus == 0, "\(command.joined(separator: " ")): \(texts[1].suffix(2000))")
    return texts[0]
  }
}
