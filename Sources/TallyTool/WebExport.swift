// `tally export --format web`: a model as a page that classifies pictures in a browser.

import ArgumentParser
import BinaryNetworks
import LayerwiseTraining
import Plumbing
import TrainingPlans
import WebExport

extension ExportCommand {
  /// Writes the page.
  func writePage() throws {
    guard let out else { return }
    let model = try model.read().model
    switch FileKind(path: out) {
    case .missing: break
    case .file where !force:
      throw UserError(
        description: "\(out) is there already; replace it with --force, or choose another name")
    case .folder:
      throw UserError(description: "\(out) is a folder; name a file for the page, as in \(out)/page.html")
    case .file, .other: break
    }
    var facts = WebFacts(plan: PlanHead(model.plan).name)
    if let last = TrainingSummary(json: model.summary)?.layers.last {
      facts.accuracy = WebFacts.Accuracy(
        share: last.accuracy, images: last.images, part: last.isValidation ? "validation" : "training")
    }
    let page: WebPage
    do { page = try WebPage(model, facts: facts) } catch let error as WebExportError {
      throw UserError(description: "\(self.model.path): \(error)")
    }
    let bytes = Array(page.html.utf8)
    try AtomicFile.write(bytes, to: out)
    try say("\(out): \(bytes.count) bytes; open it in a browser")
  }
}
