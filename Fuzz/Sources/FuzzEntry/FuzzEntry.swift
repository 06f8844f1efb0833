// Where libFuzzer enters: one binary for all targets, TALLY_FUZZ_TARGET names one. scripts/fuzz builds and runs it.

import FuzzTargets
import Plumbing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A variable of the environment.
private func variable(_ name: String) -> String? {
  // SAFETY: getenv's string is copied at once; nothing here changes the environment.
  unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// The target, found once.
private let target: FuzzTarget = {
  let name = variable("TALLY_FUZZ_TARGET") ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    print(
      "TALLY_FUZZ_TARGET is \"\(name)\"; it is one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))"
    )
    exit(2)
  }
  return target
}()

/// Whether to print what a reader says of an input.
private let isTalking = variable("TALLY_FUZZ_TALK") != nil

/// Called once by libFuzzer. With TALLY_FUZZ_SEEDS it writes the seeds and words of all targets there, and ends.
@c(LLVMFuzzerInitialize)
public func fuzzInitialize(
  _ count: UnsafeMutablePointer<Int32>?,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> Int32 {
  guard let folder = variable("TALLY_FUZZ_SEEDS") else {
    _ = target
    return 0
  }
  do {
    for target in FuzzTarget.allCases {
      let place = "\(folder)/\(target.rawValue)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      for (number, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(place)/seed-\(number)"))
      }
      let words = target.words.map { word in
        "\""
          + word.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count == 1 ? "0" : "") + digits
          }.joined() + "\"\n"
      }
      try Data(words.joined().utf8).write(to: URL(fileURLWithPath: "\(place).dict"))
      print(target.rawValue)
    }
  } catch {
    print("the seeds cannot be written: \(error)")
    exit(1)
  }
  exit(0)
}

/// Called by libFuzzer with every input.
@c(LLVMFuzzerTestOneInput)
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  // SAFETY: libFuzzer's bytes live for the call.
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
  guard isTalking else {
    target.run(bytes)
    return 0
  }
  do {
    try target.read(bytes)
    print("read")
  } catch { print("refused: \(error)") }
  return 0
}
