// Heads whose cells overlap in model files, and what they ask of memory and of sums.

import BinaryNetworks
import BitKernels
import ImageEncoding
import Plumbing
import Testing
import _NetworkTestSupport
import _TestSupport

@Suite struct CellFileTests {
  /// One filter of one bit a position on a map of a size.
  private func model(side: Int = 6, grid: Int, span: Int, counts: CountKind = .plain) throws -> Model {
    let encoder = try ImageEncoder(
      spec: EncoderSpec(signals: [SignalSpec(source: .mean, window: 0, levels: 1)], pyramid: false),
      shape: ImageShape(width: side, height: side, channels: 1), pyramidLevels: 1, thresholds: [[[99]]])
    var bank = FilterBank(window: 1, input: encoder.layout(level: 0), count: 1)
    bank.features = [FilterFeature([counts == .plain ? 0 : .max])]
    let cells = (grid - span + 1) * (grid - span + 1)
    let head = LinearHead(
      grid: grid, span: span, counts: counts, classes: 2, weights: (0..<2 * cells).map { Int16($0) - 7 },
      bias: [1, 2], scale: 4)
    return Model(
      network: Network(
        encoder: encoder, layers: [NetworkLayer(bank: bank, reduction: .none, head: head)],
        classNames: ["a", "b"]),
      plan: "{}", seed: 1, dataDigest: 2, summary: "{}")
  }

  private func refusal(_ file: ModelFileBytes) -> String? {
    do throws(ModelFileError) {
      _ = try Model(encoded: file.file, path: "m.tally")
      return nil
    } catch { return error.message }
  }

  /// Where the head begins: after window, filters, features, flags, reduction, groups, threshold and the filter's byte.
  private let headAt = 1 + 2 + 1 + 1 + 1 + 1 + 4 + 2 + 1

  @Test func onlyCellsThatOverlapAreWritten() throws {
    let plain = ModelFileBytes(try model(grid: 5, span: 1).encoded())
    #expect(plain.version == 1 && Array(plain["LAYR"][headAt..<headAt + 4]) == [1, 5, 0, 0])
    for (grid, span) in [(5, 2), (5, 5), (6, 3)] {
      let made = try model(grid: grid, span: span)
      let file = ModelFileBytes(made.encoded())
      #expect(file.version == 5)
      #expect(Array(file["LAYR"][headAt..<headAt + 5]) == [2, UInt8(grid), 0, UInt8(span), 0])
      #expect(try Model(encoded: file.file, path: nil) == made)
      var older = file
      older.version = 4
      #expect(refusal(older)?.contains("needs version 5") == true)
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>) func randomNetworksComeBack(seed: UInt64) throws {
    let network = try OverlappingCellsTests.network(seed: seed, span: 3)
    let made = Model(network: network, plan: "{}", seed: seed, dataDigest: 2, summary: "{}")
    #expect(try Model(encoded: made.encoded(), path: nil) == made)
  }

  @Test(
    arguments: [
      (0, [3], "the head flag is 3, but it is 0 to 2"), (1, [7], "the head's grid is 7"),
      (1, [1], "the head's grid is 1, but it is 2 to 6"), (3, [1], "the head's span is 1, but it is 2 to 5"),
      (3, [6], "the head's span is 6, but it is 2 to 5"), (3, [4], "bytes"),
    ] as [(Int, [UInt8], String)])
  func whatCannotBeIsRefused(offset: Int, value: [UInt8], message: String) throws {
    var file = ModelFileBytes(try model(grid: 5, span: 2).encoded())
    #expect(refusal(file) == nil)
    file["LAYR"].replaceSubrange(headAt + offset..<headAt + offset + value.count, with: value)
    let found = refusal(file)
    #expect(found?.contains(message) == true, "\(found ?? "accepted")")
  }

  /// A map of one position has no cells that overlap.
  @Test func aMapOfOnePositionHasNone() throws {
    var file = ModelFileBytes(try model(side: 1, grid: 1, span: 1).encoded())
    file["LAYR"][headAt] = 2
    #expect(refusal(file)?.contains("cells that overlap") == true)
  }

  /// Cells of 128 × 128 positions stay inside 32 bits, one of 256 × 256 does not.
  @Test func sumsOfLargeCellsAreBounded() throws {
    #expect(try model(side: 256, grid: 2, span: 1, counts: .soft).network.problem == nil)
    let problem = try model(side: 256, grid: 2, span: 2, counts: .soft).network.problem
    #expect(problem?.contains("beyond 32 bits") == true, "\(problem ?? "none")")
  }

  /// Sums of 6 × 6 squares, and of a row of them.
  @Test func squaresTakeMemory() throws {
    let (plain, wide) = (try model(grid: 4, span: 1).network, try model(grid: 6, span: 3).network)
    #expect(wide.bytesPerPass - plain.bytesPerPass == 4 * (36 + 6))
  }
}
