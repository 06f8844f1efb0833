// Refinement's description, and the round made of it again.

import BinaryNetworks
import BitKernels
package import CountingRounds

extension RefineRound: PortableImageRound {
  package static var name: RoundName { .refine }

  package func described() -> Tally {
    var tally = stack.settings
    start.describe(in: &tally)
    let s = settings
    let numbers: [String: Int] = [
      "phase": Int(phase.rawValue), "trainingImages": trainingImages,
      "learnsFilters": s.learnsFilters ? 1 : 0, "batch": s.batch, "passes": s.passes,
      "mergesPerPass": s.mergesPerPass, "shards": s.shards, "filterRate": s.filterRate,
      "nearness": s.nearness,
      "wishes": s.wishes, "momentumShift": s.momentumShift, "maskLevel": s.maskLevel,
      "grid": s.grid, "span": s.span, "counts": s.counts.fileCode, "headRate": s.headRate,
      "damping": s.damping,
      "boost": s.onTopOfEarlierScores ? 1 : 0, "classes": s.classes,
    ]
    for (name, value) in numbers { tally["refine." + name] = [Int64(value)] }
    tally["refine.onRates"] = s.onRates.map { Int64($0) }
    tally["refine.salt"] = [Int64(bitPattern: salt)]
    return tally
  }

  package init(described tally: Tally) throws(RoundError) {
    let read = Settings(tally)
    func number(_ name: String, _ range: ClosedRange<Int> = 0...Int(Int32.max)) throws(RoundError) -> Int {
      try read.number("refine." + name, in: range)
    }
    let stack = try read.stack()
    let classes = stack.network.classNames.count
    let step = try number("phase")
    guard let phase = Phase(rawValue: Int64(step)) else { throw RoundError("there is no phase \(step)") }
    let start = try read.bank(stack)
    let grid = try number("grid", 1...min(16, stack.input.height, stack.input.width))
    let settings = RefineSettings(
      learnsFilters: try number("learnsFilters", 0...1) == 1, batch: try number("batch", 16...1024),
      passes: try number("passes", phase == .learn ? 1...1000 : 0...1000),
      mergesPerPass: try number("mergesPerPass", 1...1000),
      shards: try number("shards", 1...65_536), filterRate: try number("filterRate", 0...1 << 20),
      nearness: try number("nearness", 0...1 << 16), wishes: try number("wishes", 1...1 << 16),
      momentumShift: try number("momentumShift", 0...16),
      maskLevel: try number("maskLevel", -1...1 << 20),
      onRates: try read.onRates(of: start),
      grid: grid, span: try number("span", 1...grid),
      counts: try read.choice("refine.counts", of: CountKind.self),
      headRate: try number("headRate", 0...1 << 18),
      damping: try number("damping", 1...1 << 24), onTopOfEarlierScores: try number("boost", 0...1) == 1,
      classes: try number("classes", classes...classes))
    self.init(
      stack: stack, settings: settings, start: start,
      phase: phase, trainingImages: try number("trainingImages"),
      salt: UInt64(bitPattern: try read.array("refine.salt", count: 1)[0]))
  }

  /// The covariance, and what the last round saw, are for the reduce alone; the inverse is symmetric.
  package func sent(state: Tally) -> Tally {
    half("inverse", of: Tally(state.arrays.filter { !["covariance", "seen", "correct"].contains($0.key) }))
  }
  package func received(state: Tally) -> Tally { whole("inverse", of: state) }

  /// Covariances are symmetric.
  package func sent(tally: Tally) -> Tally { half("covarianceSum", of: tally) }
  package func received(tally: Tally) -> Tally { whole("covarianceSum", of: tally) }

  /// The symmetric blocks of an array as their lower triangles, row after row.
  private func half(_ name: String, of tally: Tally) -> Tally {
    guard let values = tally.arrays[name], !values.isEmpty else { return tally }
    var tally = tally
    var triangles: [Int64] = []
    for (block, offset) in zip(blocks, CountBlocks.offsets(blocks)) {
      for row in 0..<block.count {
        let start = offset + row * block.count
        triangles += values[start...start + row]
      }
    }
    tally[name] = triangles
    return tally
  }

  /// Lower triangles made symmetric blocks again; an array of another length stays as it is.
  private func whole(_ name: String, of tally: Tally) -> Tally {
    let lengths = blocks.map(\.count)
    guard let values = tally.arrays[name], !values.isEmpty,
      values.count == lengths.reduce(0, { $0 + $1 * ($1 + 1) / 2 })
    else { return tally }
    var all = [Int64](repeating: 0, count: lengths.reduce(0) { $0 + $1 * $1 })
    var next = 0
    for (n, offset) in zip(lengths, CountBlocks.offsets(blocks)) {
      for i in 0..<n {
        for j in 0...i {
          all[offset + i * n + j] = values[next]
          all[offset + j * n + i] = values[next]
          next += 1
        }
      }
    }
    var tally = tally
    tally[name] = all
    return tally
  }
}

extension Settings {
  /// How often each counted feature of a bank shall be on.
  fileprivate func onRates(of bank: FilterBank) throws(RoundError) -> [Int] {
    let rates = try array("refine.onRates", count: bank.features.count)
    guard rates.allSatisfy({ (0...1_000_000).contains($0) }) else {
      throw RoundError("a round's description has 'refine.onRates' outside 0...1000000")
    }
    return rates.map { Int($0) }
  }
}
