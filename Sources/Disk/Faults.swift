// A place where tests make the disk fail.
// Invariant: outside a test no fault is planned, and passing costs one relaxed load. A plan concerns one folder, so
// that tests which run beside each other don't meet each other's faults.

import Synchronization
package import Record

/// The operations of the file layer, counted so that a test can let the n-th one fail.
package enum Faults {
  package enum Operation: Sendable { case create, write, sync, rename }

  /// What a test has planned for the paths that begin with `prefix`.
  private struct Plan {
    var prefix: String
    var failing: Int
    var passed = 0
  }

  private static let armed = Atomic<Int>(0)
  private static let plans = Mutex<[Plan]>([])

  /// Lets the n-th operation from now on fail as a full disk does, and all after it; 0 only counts.
  ///
  /// - Parameter folder: only operations on paths that begin so are counted and fail.
  package static func fail(at n: Int, under folder: String = "") {
    plans.withLock { plans in
      plans.removeAll { $0.prefix == folder }
      plans.append(Plan(prefix: folder, failing: n))
      armed.store(plans.count, ordering: .sequentiallyConsistent)
    }
  }

  /// Ends the failing.
  /// - Returns: how many operations were asked for since ``fail(at:under:)``.
  @discardableResult
  package static func end(under folder: String = "") -> Int {
    plans.withLock { plans in
      let passed = plans.first { $0.prefix == folder }?.passed ?? 0
      plans.removeAll { $0.prefix == folder }
      armed.store(plans.count, ordering: .sequentiallyConsistent)
      return passed
    }
  }

  static func pass(_ operation: Operation, _ path: String) throws(Stop) {
    guard armed.load(ordering: .relaxed) > 0 else { return }
    let fails = plans.withLock { plans in
      var fails = false
      for i in plans.indices where path.hasPrefix(plans[i].prefix) {
        plans[i].passed += 1
        if plans[i].failing > 0, plans[i].passed >= plans[i].failing { fails = true }
      }
      return fails
    }
    guard fails else { return }
    throw operation == .create ? .cannotCreate(path, 28) : .writeFailed(path, 28)
  }

  /// For writers below this layer, such as SQLite, to take part in the count.
  package static func passWrite(_ path: String) throws(Stop) { try pass(.write, path) }
}
