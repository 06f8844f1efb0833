// `tally kernels` and `tally plans`: what is there to choose from.

import ArgumentParser
import BinaryNetworks
import BitKernels
import Foundation
import TrainingPlans

/// Lists the kernel implementations.
struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "List the SIMD kernels of this build and which are active.",
    discussion: "TALLY_FORCE_KERNELS=NAME selects one. All give the same results, bit for bit.")

  @Flag(name: .long, help: "Print one JSON array.")
  var json = false

  private struct Row: Encodable {
    let name: String
    let needs: String
    let available: Bool
    let active: Bool
  }

  func run() throws {
    try checkKernels()
    let rows = Kernels.implementations.map {
      Row(name: $0.name, needs: $0.needs, available: $0.isAvailable, active: $0.isActive)
    }
    if json {
      try say(jsonText(rows))
      return
    }
    for row in rows {
      let name = row.name + String(repeating: " ", count: max(0, 8 - row.name.count))
      let state = row.active ? "active     " : row.available ? "available  " : "unavailable"
      try say("\(name)\(state)  needs \(row.needs)")
    }
  }
}

/// Lists the named plans, or prints one.
struct PlansCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plans", abstract: "List the named plans, or print one as a plan file.",
    discussion: "tally plans quick > my-plan.json writes a plan file that you can edit and train with.")

  @Argument(help: "The plan to print: a name or a file.", completion: .file(), transform: namedPath)
  var plan: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a setting of the plan; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  func validate() throws {
    if plan == nil, !settings.isEmpty { throw ValidationError("--set needs a plan to change.") }
  }

  func run() throws {
    if let plan {
      try say(loadPlan(plan).setting(settings).json())
      return
    }
    for name in TrainingPlan.names {
      let plan = try TrainingPlan.named(name)
      let margin = String(repeating: " ", count: 10)
      try say(name + String(repeating: " ", count: max(1, 10 - name.count)) + plan.summary)
      for (what, side, channels) in [("28×28 grey", 28, 1), ("32×32 colour", 32, 3)] {
        let work = try plan.work(width: side, height: side, channels: channels, classes: 10)
        try say(
          "\(margin)\(what): \(thousands(work.words)) words, \(thousands(work.multiplyAdds)) multiply-adds an image; "
            + "\(thousands(work.layers.reduce(0) { $0 + $1.bytes })) bytes")
      }
      if plan.exit.mirror {
        try say("\(margin)images that are not sure are looked at twice, for twice the work")
      }
      for line in PlanFigures.lines(name) { try say(margin + line) }
    }
    try say("  " + PlanFigures.machine)
  }

  /// A number in thousands or millions, as one reads it.
  private func thousands(_ number: Int) -> String {
    number < 1_000_000
      ? "\((number + 500) / 1_000) k" : "\(number / 1_000_000).\(number / 100_000 % 10) M"
  }
}
