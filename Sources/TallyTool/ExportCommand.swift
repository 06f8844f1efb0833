// `tally export`: a model as a program for where Tally is not.

import ArgumentParser
import BinaryNetworks
import DeviceExport
import Plumbing

/// What a model can be written as.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  /// A C program with what build systems want beside it.
  case c
  /// An ONNX graph.
  case onnx
  /// A page that classifies pictures in a browser.
  case web
}

/// Writes a model as a program.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a model as a program in C, an ONNX graph, or a page for browsers.",
    discussion: """
      --format c: the folder gets NAME.h and NAME.c (C99, integers only, no allocation), a self-test, a README, and the files that \
      CMake, Arduino, PlatformIO and Zephyr look for.

      --format onnx: a file for ONNX Runtime and others; it takes the Python package (pip install './python[onnx]' in a clone of Tally).

      --format web: one HTML file that classifies pictures and the camera's view in the browser. It needs no network, and pictures stay \
      where they are.

      All of them give the scores of tally predict, bit for bit.

        tally export run/ --out classifier --name classifier --report
        tally export run/ --format onnx --out model.onnx
        tally export run/ --format web --out page.html
      """)

  @OptionGroup var model: ModelArgument

  @Option(name: .long, help: "What to write.")
  var format = ExportFormat.c

  @Option(
    name: .long, help: ArgumentHelp("The folder to write; with onnx and web the file.", valueName: "path"),
    completion: .file(),
    transform: namedPath)
  var out: String?

  @Option(name: .long, help: "What functions, macros and files are called: letters, digits, underscores.")
  var name = ExportName.standard.text

  @Flag(name: .long, help: "Replace what has these names already.")
  var force = false

  @Flag(
    name: .long,
    help: "Print bytes by part and work; instructions, too, where arm-none-eabi-gcc and qemu-system-arm are.")
  var report = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Refuse a model whose tables take more, as in 98304, 100k or 96KiB.", valueName: "bytes"))
  var maxFlash: ByteCount?

  @Option(name: .long, help: ArgumentHelp("Refuse a model whose arena takes more.", valueName: "bytes"))
  var maxRam: ByteCount?

  @Flag(name: .long, help: "Print the report as one JSON object.")
  var json = false

  @OptionGroup var onnx: OnnxOptions

  func validate() throws {
    try checkOptions()
    if ExportName(name) == nil {
      throw ValidationError(
        "--name \(name) cannot begin C identifiers; take a letter, then up to 47 letters, digits and underscores."
      )
    }
    if out == nil && !report && !json {
      throw ValidationError("--out names the folder to write; --report alone writes none.")
    }
  }

  /// Refuses options that the format has no use for.
  private func checkOptions() throws {
    let ofC = [
      ("--name", name != ExportName.standard.text), ("--report", report), ("--json", json),
      ("--max-flash", maxFlash != nil), ("--max-ram", maxRam != nil),
    ]
    if format != .c, let option = ofC.first(where: \.1) {
      throw ValidationError("\(option.0) is for --format c; leave it out with --format \(format.rawValue).")
    }
    if format != .onnx, onnx.python != nil { throw ValidationError("--python is for --format onnx.") }
    if format != .c, out == nil { throw ValidationError("--out names the file to write.") }
  }

  func run() throws {
    try checkKernels()
    if format == .onnx { return try exportOnnx() }
    if format == .web { return try writePage() }
    let model = try model.read().model
    let package = DevicePackage(model, name: ExportName(name) ?? .standard, version: toolVersion)
    try checkSizes(package.program.sizes)
    if let out { try write(package, to: out) }
    guard report || json else { return }
    let report = DeviceReport(package)
    try say(json ? jsonText(report) : report.text())
  }

  private func checkSizes(_ sizes: DeviceSizes) throws {
    func check(_ what: String, _ bytes: Int, _ most: Int?, _ parts: [DeviceSizes.Part], _ advice: String)
      throws
    {
      guard let most, bytes > most, let part = parts.max(by: { $0.bytes < $1.bytes }) else { return }
      throw UserError(
        description:
          "\(model.path) takes \(bytes) bytes of \(what), \(bytes - most) more than allowed; most of it, "
          + "\(part.bytes), is for \(part.name); \(advice)")
    }
    try check(
      "flash", sizes.tableBytes, maxFlash?.bytes, sizes.tables,
      "train with fewer filters, a smaller head.grid or fewer head.weightBits (4)")
    try check(
      "RAM", sizes.arenaBytes, maxRam?.bytes, sizes.arena, "train with smaller images or fewer bits a pixel")
  }

  private func write(_ package: DevicePackage, to folder: String) throws {
    if !force, let file = package.files.first(where: { FileKind(path: "\(folder)/\($0.path)") != .missing }) {
      throw UserError(
        description:
          "\(folder)/\(file.path) is there already; replace it with --force, or choose another folder")
    }
    try FilledFolder.write(package.files.map { ($0.path, Array($0.text.utf8)) }, to: folder)
    // Standard output is the report's where a program reads it.
    if json { return }
    let sizes = package.program.sizes
    try say(
      "\(folder)/\(name).h, \(name).c and \(package.files.count - 2) files around them: \(sizes.tableBytes) bytes of tables, "
        + "\(sizes.arenaBytes) bytes of RAM")
  }
}
