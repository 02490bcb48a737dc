// Hands batches from the thread that fills them to the thread that uses them.
// Invariant: batches arrive in order, each once. When one side stops, the other stops too; the call returns
// or throws only after both have stopped.
// Load: four batches of some thousand rows in flight, whose memory is reused.

import Dispatch
import Synchronization
package import Values

/// Fills batches on this thread while `work` takes them on another.
///
/// - Parameters:
///   - empty: an empty batch.
///   - next: fills the batch; returns false when there are none left.
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

/// The batches in flight between two threads.
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
    // Signalled here, because a semaphore traps if it is freed while below its initial value.
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

  /// Stops both sides.
  fileprivate func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
    waiting.signal()
  }
}
