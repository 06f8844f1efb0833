// Predictors of one model that are made when they are needed and kept for the next images.
// What a predictor does is in Predictor.swift.

import Synchronization

/// Predictors of one model, shared by any number of threads.
///
/// A predictor holds the memory of a forward pass. The pool makes one only when all of its predictors are at work, so it
/// never holds more than have been at work at the same time: one for one thread, whatever the number of images.
public final class PredictorPool: Sendable {
  /// The model whose predictors these are.
  public let model: Model
  /// Whether images that are sure early may be answered early.
  public let effort: Effort
  private let resting = Mutex<[Resting]>([])

  /// An empty pool.
  public init(_ model: Model, effort: Effort = .early) {
    self.model = model
    self.effort = effort
  }

  /// Calls `body` with a predictor that nobody else uses during the call.
  public func withPredictor<R, E: Error>(_ body: (ImagePredictor) throws(E) -> R) throws(E) -> R {
    let taken = resting.withLock { $0.popLast() } ?? Resting(ImagePredictor(model, effort: effort))
    defer { resting.withLock { $0.append(taken) } }
    return try body(taken.predictor)
  }

  /// How many predictors rest; when nothing runs, all that were ever made.
  package var restingCount: Int { resting.withLock { $0.count } }

  /// A predictor on its way between threads.
  private struct Resting: @unchecked Sendable {
    // SAFETY: whoever took it out of the pool is the only one that has it, until it is put back; the lock orders the two.
    let predictor: ImagePredictor
    init(_ predictor: ImagePredictor) { self.predictor = predictor }
  }
}
