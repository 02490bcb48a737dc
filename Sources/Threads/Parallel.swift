// Applies work to several items in parallel and returns the results in order.
// Invariant: the result doesn't depend on the width; the error thrown is the first one in the items' order.

import Dispatch
import Synchronization
package import Values

/// Applies `work` to each item on at most `width` threads; results keep the items' order.
///
/// `work` may block: the threads are Dispatch's, not the cooperative pool's.
/// - Throws: the first error in the items' order; items not yet begun are then skipped.
package func inOrder<Item: Sendable, Done: Sendable>(
  _ items: [Item], width: Int, _ work: @escaping @Sendable (Item) throws(Stop) -> Done
) throws(Stop) -> [Done] {
  let results = Mutex<[Result<Done, Stop>?]>(Array(repeating: nil, count: items.count))
  let next = Atomic<Int>(0)
  let failed = Atomic<Bool>(false)
  DispatchQueue.concurrentPerform(iterations: max(1, min(width, items.count))) { _ in
    while !failed.load(ordering: .relaxed) {
      let i = next.add(1, ordering: .relaxed).oldValue
      guard i < items.count else { return }
      do throws(Stop) {
        let done = try work(items[i])
        results.withLock { $0[i] = .success(done) }
      } catch {
        results.withLock { $0[i] = .failure(error) }
        failed.store(true, ordering: .relaxed)
      }
    }
  }
  let all = results.withLock { $0 }
  for case .failure(let stop)? in all { throw stop }
  return all.compactMap { if case .success(let done)? = $0 { done } else { nil } }
}
