// Pages as a browser lays them out on a phone; only where Chromium is installed.

import Foundation
import ImageData
import Plumbing
import Testing
import _PageTestSupport
import _TestSupport

@testable import LayerwiseTraining
@testable import ModelEvaluation
@testable import ModelExplanations
@testable import TrainingReports

@Suite(.serialized) struct BrowserTests {
  private static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .first { FileKind(path: $0) == .file }

  /// Runs Chromium on a page; gives what it printed.
  private func browse(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.chromium))
    process.arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }

  private func pages() throws -> [String] {
    let names = ["a long class name of several words", "b", "c"]
    let model = try tinyModel(classNames: names)
    let images = try tinyImages(model, count: 40)
    let report = try TrainingReport(
      ReportInput(
        model: model, evaluation: try Evaluation(model, on: images, threads: 1), images: images,
        command: "tally train --data " + String(repeating: "long/", count: 30)))
    let explanation = try Explanation(
      ExplanationInput(
        model: model, pixels: images.pixels(of: 0), name: "image", examples: images))
    return [report.html(), explanation.html()]
  }

  /// The rows of a picture that are not of one colour.
  private func writtenRows(_ image: DecodedImage) -> [Int] {
    let (channels, width) = (image.shape.channels, image.shape.width)
    return (0..<image.shape.height).filter { row in
      let pixels = image.pixels[(row * width * channels)..<((row + 1) * width * channels)]
      return zip(pixels, pixels.dropFirst(channels)).contains { $0 != $1 }
    }
  }

  @Test func blankRowsAreTold() {
    let shape = ImageShape(width: 3, height: 2, channels: 3)
    let blank: [UInt8] = [1, 2, 3, 1, 2, 3, 1, 2, 3]
    let written: [UInt8] = [1, 2, 3, 1, 2, 3, 1, 2, 4]
    #expect(writtenRows(DecodedImage(shape: shape, pixels: blank + blank)) == [])
    #expect(writtenRows(DecodedImage(shape: shape, pixels: blank + written)) == [1])
  }

  @Test(.enabled(if: chromium != nil, "no Chromium here, so no page is laid out"))
  func pagesFitAPhoneAndAreNotBlank() throws {
    let folder = try TemporaryFolder()
    for (i, page) in try pages().enumerated() {
      try folder.write(Array(page.utf8), to: "page\(i).html")
      // The frame is as wide as a phone; a script in the page around it asks how wide the page wants to be.
      try folder.write(
        Array(
          """
          <!DOCTYPE html><iframe id="f" src="page\(i).html" style="width:390px;height:800px;border:0"></iframe>
          <pre id="r"></pre><script>onload = () => { const d = document.getElementById("f").contentDocument;
          document.getElementById("r").textContent = "width " + d.documentElement.scrollWidth + " height "
          + d.documentElement.scrollHeight + "."; };</script>
          """.utf8), to: "frame\(i).html")
      let dom = try browse([
        "--allow-file-access-from-files", "--dump-dom", "file://" + folder.path("frame\(i).html"),
      ])
      let found = try #require(dom.firstMatch(of: /width (\d+) height (\d+)\./), "\(dom)")
      #expect(Int(found.1) == 390)
      #expect(try #require(Int(found.2)) > 800)
      _ = try browse([
        "--window-size=390,1200", "--screenshot=" + folder.path("shot\(i).png"),
        "file://" + folder.path("page\(i).html"),
      ])
      let shot = try ImageFile.load(folder.path("shot\(i).png"))
      #expect(shot.shape.width == 390 && shot.shape.height == 1200)
      // The first screens are text and pictures from end to end.
      let rows = writtenRows(shot)
      #expect(rows.count > 300 && rows.contains { $0 > 1000 }, "\(rows.count) rows of 1200 are not blank")
    }
  }
}
