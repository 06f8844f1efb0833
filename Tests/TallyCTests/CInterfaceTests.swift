// The C functions as Swift sees them: pointers that are null, lengths that lie, messages that do not fit.
// The C program that uses the header is in Tests/CInterface.

import BinaryNetworks
import CTally
import ImageData
import Plumbing
import Testing
import TrainingPlans

@testable import LayerwiseTraining
@testable import TallyC

@Suite struct CInterfaceTests {
  /// A call's status and message, with room for `capacity` bytes.
  private func outcome(
    capacity: Int = 1000, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int32
  ) throws -> (status: Int32, message: String) {
    // One byte more, to see that nothing is written behind the room.
    var room = [CChar](repeating: 77, count: capacity + 1)
    // SAFETY: the pointer lives for the call and has `capacity` bytes.
    let status = unsafe room.withUnsafeMutableBufferPointer { unsafe call($0.baseAddress, capacity) }
    #expect(room[capacity] == 77)
    let bytes = room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    #expect(bytes.count < max(1, capacity))
    return (status, try #require(String(validating: bytes, as: UTF8.self)))
  }

  /// The status of opening a path that does not exist, in a room of `capacity` bytes.
  private func open(_ path: String, capacity: Int) throws -> (status: Int32, message: String) {
    // SAFETY: all pointers live for the call.
    try unsafe outcome(capacity: capacity) { message, capacity in
      var model: OpaquePointer? = nil
      return unsafe tally_model_open(path, &model, message, capacity)
    }
  }

  @Test("a message that is too long ends with a whole character", arguments: [1, 2, 3, 4, 5, 6, 9, 14])
  func messagesAreCut(capacity: Int) throws {
    let path = "/né数🙂e\u{301}/none"
    let (status, message) = try open(path, capacity: capacity)
    #expect(status == Int32(TALLY_MISSING))
    let whole = try open(path, capacity: 1000).message
    #expect(whole.hasPrefix(path))
    #expect(whole.utf8.count >= capacity)
    #expect(whole.hasPrefix(message))
    let next = whole.dropFirst(message.count).prefix(1)
    #expect(message.utf8.count + next.utf8.count >= capacity)
  }

  @Test("null pointers are refused by name")
  func nullPointers() throws {
    // SAFETY: only null pointers are given, besides the message's room, which lives for the call.
    let opened = try unsafe outcome { message, capacity in
      unsafe tally_model_open("x", nil, message, capacity)
    }
    #expect(opened.status == Int32(TALLY_INVALID))
    #expect(opened.message == "model is a null pointer")
    // SAFETY: as above; the path is a literal.
    let written = try unsafe outcome { message, capacity in
      unsafe tally_model_write(nil, "x", message, capacity)
    }
    #expect(written.message == "model is a null pointer")
    // SAFETY: as above; the model's place lives for the call.
    let decoded = try unsafe outcome { message, capacity in
      var model: OpaquePointer? = nil
      return unsafe tally_model_decode(nil, 5, &model, message, capacity)
    }
    #expect(decoded.message == "bytes is a null pointer")
  }

  @Test(
    "sizes outside the limits are refused before anything is read",
    arguments: [
      (-1, 8, 8, 1), (Int.max, 8, 8, 1), (4, 0, 8, 1), (4, 8, -8, 1), (4, 8, 8, Int.min),
      (4, 65_536, 8, 1), (4, 65_535, 65_535, 4096),
    ])
  func sizes(count: Int, height: Int, width: Int, channels: Int) throws {
    // SAFETY: no pointers but the model's and the message's are given, which live for the call.
    let trained = try unsafe outcome { message, capacity in
      var model: OpaquePointer? = nil
      return unsafe tally_train(
        nil, count, height, width, channels, nil, nil, 2, nil, nil, 0, 1, 0, 1, 1 << 30, nil, nil, &model,
        message, capacity)
    }
    #expect(trained.status == Int32(TALLY_INVALID))
    #expect(trained.message.contains("allowed"))
  }

  @Test("a model keeps its predictors between calls: one for one image at a time on eight threads")
  func predictorsAreKept() throws {
    let labels = (0..<20).map { UInt16($0 % 2) }
    let images = try LabelledImages(
      shape: .init(width: 6, height: 6, channels: 1),
      pixels: labels.flatMap { label in (0..<36).map { UInt8($0 % 6 < 3 ? 200 * label : 90) } },
      labels: labels, classNames: ["a", "b"])
    let plan = #"{"name": "small", "layers": [{"filters": 4, "learner": "cluster", "head": {"grid": 1}}]}"#
    let bytes = try TrainingRequest(
      images: images, plan: plan, settings: [], seed: 1, validationShare: 0, threads: 1, memoryLimit: 1 << 30
    ).run { _ in false }.encoded()
    // SAFETY: all pointers live for their calls, with their true lengths; the model is freed once, at the end.
    var model: OpaquePointer? = nil
    #expect(unsafe tally_model_decode(bytes, bytes.count, &model, nil, 0) == Int32(TALLY_DONE))
    defer { unsafe tally_model_free(model) }
    let pool = try unsafe predictors(of: model)
    #expect(pool.restingCount == 0)
    for image in 0..<20 {
      var scores: [Int64] = [0, 0]
      let status = unsafe tally_predict(
        model, images.pixels(of: image), 1, 6, 6, 1, 8, &scores, 2, nil, 0)
      #expect(status == Int32(TALLY_DONE))
      #expect(pool.restingCount == 1)
    }
  }

  @Test("plans come by name, as text or from a file")
  func plans() throws {
    func request(_ plan: String, _ settings: [String] = []) throws -> TrainingRequest {
      TrainingRequest(
        images: try .init(
          shape: .init(width: 1, height: 1, channels: 1), pixels: [], labels: [], classNames: ["a"]),
        plan: plan, settings: settings, seed: 1, validationShare: 0, threads: 1, memoryLimit: 0)
    }
    #expect(try request("quick").resolvedPlan().name == "quick")
    let text = "\n {\"name\": \"mine\", \"layers\": [{\"filters\": 5}]}"
    #expect(try request(text, ["layers.0.filters=6"]).resolvedPlan().layers[0].filters == 6)
    for (plan, status) in [("quik", Status.invalid), ("{", .invalid), ("", .invalid), ("./none", .missing)] {
      let error = #expect(throws: (any Error).self) { try request(plan).resolvedPlan() }
      #expect(try Failure(#require(error)).status == status, "\(plan)")
    }
  }
}
