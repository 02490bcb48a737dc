// Batches handed from the thread that reads them to a thread that writes them.
// Invariant: batches arrive in order, each once; when either side stops, the other one ends too, and the reader's
// stop is thrown rather than the writer's if both did.
// Load: a few batches of some thousand persons in flight, whose memory goes round.

import Dispatch
import Record
import Synchronization

/// The writing side's view of the batches.
final class BatchSource: Sendable {
  private struct State {
    var full: [PersonBatch] = []
    var spare: [PersonBatch] = []
    var ended = false
    var writerEnded = false
  }
  private let state = Mutex(State())
  /// Counts full batches, and the end.
  private let filled = DispatchSemaphore(value: 0)
  /// Counts batches that may be filled.
  private let free = DispatchSemaphore(value: 0)

  fileprivate init(inFlight: Int) {
    state.withLock { $0.spare = Array(repeating: PersonBatch(), count: inFlight) }
    for _ in 0..<inFlight { free.signal() }
  }

  /// The next batch; nil when there are none left.
  func next() -> PersonBatch? {
    filled.wait()
    return state.withLock { $0.full.isEmpty ? nil : $0.full.removeFirst() }
  }

  /// Gives a batch's memory back for the next one.
  func giveBack(_ batch: consuming PersonBatch) {
    state.withLock { [batch] in $0.spare.append(batch) }
    free.signal()
  }

  /// A batch to fill; nil if the writer has ended.
  fileprivate func spare() -> PersonBatch? {
    free.wait()
    return state.withLock { $0.writerEnded ? nil : $0.spare.popLast() ?? PersonBatch() }
  }

  fileprivate func put(_ batch: consuming PersonBatch) {
    state.withLock { [batch] in $0.full.append(batch) }
    filled.signal()
  }

  fileprivate func end() {
    state.withLock { $0.ended = true }
    filled.signal()
  }

  fileprivate func writerEnds() {
    state.withLock { $0.writerEnded = true }
    free.signal()
  }
}

/// Reads batches on this thread while another one writes them.
///
/// - Parameters:
///   - read: fills the batch; answers false when there are none left.
///   - write: takes batches until there are none left, and gives each one back.
/// - Returns: what `write` returned.
func handingOver<Result: Sendable>(
  from read: (inout PersonBatch) throws(Stop) -> Bool,
  to write: @escaping @Sendable (BatchSource) throws(Stop) -> Result
) throws(Stop) -> Result {
  let source = BatchSource(inFlight: 4)
  let outcome = Outcome<Result>()
  DispatchQueue(label: "cardlink.load").async {
    do throws(Stop) {
      outcome.set(.success(try write(source)))
    } catch {
      outcome.set(.failure(error))
    }
    source.writerEnds()
    outcome.done.signal()
  }
  var readerStop: Stop?
  do throws(Stop) {
    while var batch = source.spare() {
      guard try read(&batch) else { break }
      source.put(batch)
    }
  } catch {
    readerStop = error
  }
  source.end()
  outcome.done.wait()
  if let readerStop { throw readerStop }
  return try outcome.value()
}

/// How the writing ended.
private final class Outcome<Value: Sendable>: Sendable {
  let done = DispatchSemaphore(value: 0)
  private let result = Mutex<Result<Value, Stop>?>(nil)

  func set(_ value: Result<Value, Stop>) { result.withLock { $0 = value } }

  func value() throws(Stop) -> Value {
    guard let ended = result.withLock({ $0 }) else { preconditionFailure("asked before the end") }
    return try ended.get()
  }
}
