import BitKernels
import Foundation
import Testing

@Suite struct KernelSelectionTests {
  @Test func scalarIsFirstAndRunsEverywhere() {
    #expect(Kernels.implementations.first?.name == "scalar")
    #expect(Kernels.implementations.first?.isAvailable == true)
    #expect(Set(Kernels.implementations.map(\.name)).count == Kernels.implementations.count)
  }

  @Test func exactlyOneIsActiveAndItCanRun() {
    #expect(Kernels.implementations.filter(\.isActive).map(\.name) == [Kernels.active.name])
    #expect(Kernels.active.isAvailable)
  }

  @Test func theBestIsChosenUnlessTold() throws {
    let best = try #require(runnableKernels.last)
    #expect(try Kernels.select(named: nil).name == best.name)
    #expect(try Kernels.select(named: "").name == best.name)
    for implementation in runnableKernels {
      #expect(try Kernels.select(named: implementation.name).name == implementation.name)
    }
  }

  @Test func anUnknownNameIsAnErrorThatListsTheKnown() throws {
    let error = try #require(throws: KernelError.self) { try Kernels.select(named: "sse9") }
    #expect(error.code == .unknownImplementation)
    for implementation in Kernels.implementations { #expect(error.message.contains(implementation.name)) }
    #expect(error.message.contains("TALLY_FORCE_KERNELS=sse9"))
  }

  @Test(arguments: Kernels.implementations.filter { !$0.isAvailable })
  func anUnsupportedNameIsAnErrorThatSaysWhatIsMissing(implementation: KernelImplementation) throws {
    let error = try #require(throws: KernelError.self) { try Kernels.select(named: implementation.name) }
    #expect(error.code == .unsupportedImplementation)
    #expect(error.message.contains(implementation.needs))
  }

  @Test(arguments: runnableKernels.map(\.name)) func aForcedNameIsActive(name: String) async {
    await #expect(processExitsWith: .success) { [name] in
      forceKernels(name)
      try Kernels.validateSelection()
      guard Kernels.active.name == name else { exit(1) }
    }
  }

  @Test func aBadNameInTheEnvironmentThrows() async {
    await #expect(processExitsWith: .success) {
      forceKernels("sse9")
      do throws(KernelError) {
        try Kernels.validateSelection()
        exit(1)
      } catch {
        guard error.code == .unknownImplementation else { exit(2) }
      }
    }
  }

  @Test func usingKernelsUnderABadNameStopsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      forceKernels("sse9")
      let words: [UInt64] = [1]
      var counts = [UInt32](repeating: 0, count: 64)
      var span = counts.mutableSpan
      Kernels.positionalPopcount(words.span, count: 1, rowStride: 1, words: 1, into: &span)
    }
  }
}
