// Batches handed from the thread that fills them to another one that works on them.
// Invariant: batches arrive in order, each once; when one side stops the other one ends too, and nothing is returned or
// thrown before both have.
// Load: four batches of some thousand rows in flight, whose memory goes back and forth.

import Dispatch
import Synchronization
package import Values

/// Fills batches on this thread while `work` takes them on another.
///
/// - Parameters:
///   - empty: a batch with nothing in it.
///   - next: fills the batch; answers false when there are none left.
///   - work: takes batches until there are none left.
/// - Throws: what `next` throws, else what `work` throws.
/// - Returns: what `work` returned.
package func handingOver<Batch: Sendable, Done: Sendable>(
  _ empty: Batch, from next: (inout Batch) throws(Stop) -> Bool,
  to work: @escaping @Sendable (BatchQueue<Batch>) throws(Stop) -> Done
) throws(Stop) -> Done {
  let queue = BatchQueue(empty)
  let working = Background { () throws(Stop) -> Done in
    defer { queue.close() }
    return try work(queue)
  }
  do throws(Stop) {
    var batch = empty
    while try next(&batch), queue.put(&batch) {}
  } catch {
    queue.close()
    _ = try? working.value()
    throw error
  }
  queue.end()
  return try working.value()
}

/// Batches on their way from one thread to another.
package final class BatchQueue<Batch: Sendable>: Sendable {
  private struct State {
    var filled: [Batch] = []
    var empty: [Batch] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  private let empty: Batch
  private let room = DispatchSemaphore(value: 0)
  private let waiting = DispatchSemaphore(value: 0)

  fileprivate init(_ empty: Batch) {
    self.empty = empty
    // Not as the initial value, below which a semaphore must not be when it is freed.
    for _ in 0..<4 { room.signal() }
  }

  /// Exchanges a full batch for one to fill; false if the other side has ended.
  fileprivate func put(_ batch: inout Batch) -> Bool {
    room.wait()
    let isTaken = state.withLock { state in
      guard !state.isClosed else { return false }
      state.filled.append(batch)
      batch = state.empty.popLast() ?? empty
      return true
    }
    waiting.signal()
    return isTaken
  }

  /// Takes the next batch, and the one before back; false when there is none left.
  package func take(_ batch: inout Batch) -> Bool {
    waiting.wait()
    let isThere = state.withLock { state in
      guard !state.filled.isEmpty, !state.isClosed else { return false }
      state.empty.append(batch)
      batch = state.filled.removeFirst()
      return true
    }
    room.signal()
    return isThere
  }

  /// No batch follows.
  fileprivate func end() { waiting.signal() }

  /// Neither side goes on.
  fileprivate func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
    waiting.signal()
  }
}
