// Runs work on a thread of its own and returns its result later.
// Invariant: the result, or the error, is set once and never changes.

import Dispatch
import Synchronization
package import Values

/// Work that has begun on another thread.
package final class Background<Done: Sendable>: Sendable {
  private let result = Mutex<Result<Done, Stop>?>(nil)
  private let finished = DispatchSemaphore(value: 0)

  /// Starts the work.
  package init(_ work: @escaping @Sendable () throws(Stop) -> Done) {
    DispatchQueue(label: "cardlink.background").async { [self] in
      do throws(Stop) {
        let done = try work()
        result.withLock { $0 = .success(done) }
      } catch {
        result.withLock { $0 = .failure(error) }
      }
      finished.signal()
    }
  }

  /// Waits for the result.
  package func value() throws(Stop) -> Done {
    finished.wait()
    defer { finished.signal() }
    guard let result = result.withLock({ $0 }) else {
      throw Stop(
        .internalError, at: "cardlink", expected: "an answer", found: "none", remedy: "Report this.")
    }
    return try result.get()
  }
}
