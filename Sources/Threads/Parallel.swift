// Work on both cores, answers in order.
// Invariant: the answer doesn't depend on the width; the first error by the items' order is the one thrown.
// Load: a handful of items per stage, each worth seconds.

import Dispatch
import Synchronization
package import Values

/// Applies `work` to each item on at most `width` threads; results keep the items' order.
///
/// Blocking calls are welcome in `work`: the threads are Dispatch's, not the cooperative pool's.
/// - Throws: the first error by the items' order; items not yet begun are then left out.
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
