// Ctrl-C and termination: the first asks training to stop after its round, the second ends the process.

import Dispatch
import Foundation
import Synchronization

/// Notices SIGINT and SIGTERM.
final class Interruption: @unchecked Sendable {
  // SAFETY: the flag is atomic; the sources are set up in init and only kept alive afterwards.
  private let asked = Atomic<Bool>(false)
  private let sources: [any DispatchSourceSignal]

  /// Whether a stop was asked for.
  var isRequested: Bool { asked.load(ordering: .relaxed) }

  /// Starts to listen.
  init() {
    let queue = DispatchQueue(label: "tally.interruption")
    sources = [SIGINT, SIGTERM].map { number in
      _ = signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: queue)
    }
    for source in sources {
      source.setEventHandler { [weak self] in
        guard let self else { return }
        if asked.exchange(true, ordering: .relaxed) { _exit(130) }
        put("\nstopping after this round; press Ctrl-C again to stop at once\n", on: STDERR_FILENO)
      }
      source.resume()
    }
  }
}
