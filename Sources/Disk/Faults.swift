// A place where tests make the disk fail.
// Invariant: outside a test no fault is planned, and passing costs one relaxed load.

import Synchronization
package import Record

/// The operations of the file layer, counted so that a test can let the n-th one fail.
package enum Faults {
  package enum Operation: Sendable { case create, write, sync, rename }

  private static let armed = Atomic<Bool>(false)
  private static let remaining = Atomic<Int>(0)
  private static let passed = Atomic<Int>(0)

  private static let folder = Mutex<String>("")

  /// Lets the n-th operation from now on fail as a full disk does, and all after it; 0 only counts.
  ///
  /// - Parameter folder: only what lies below it fails and counts, so that tests in other folders go on meanwhile.
  package static func fail(at n: Int, under folder: String = "") {
    self.folder.withLock { $0 = folder }
    remaining.store(n, ordering: .sequentiallyConsistent)
    passed.store(0, ordering: .sequentiallyConsistent)
    armed.store(true, ordering: .sequentiallyConsistent)
  }

  /// Ends the failing.
  /// - Returns: how many operations were asked for since ``fail(at:)``.
  @discardableResult
  package static func end() -> Int {
    armed.store(false, ordering: .sequentiallyConsistent)
    return passed.load(ordering: .sequentiallyConsistent)
  }

  static func pass(_ operation: Operation, _ path: String) throws(Stop) {
    guard armed.load(ordering: .relaxed), folder.withLock({ path.hasPrefix($0) }) else { return }
    let n = passed.add(1, ordering: .sequentiallyConsistent).newValue
    let limit = remaining.load(ordering: .sequentiallyConsistent)
    guard limit > 0, n >= limit else { return }
    throw operation == .create ? .cannotCreate(path, 28) : .writeFailed(path, 28)
  }

  /// For writers below this layer, such as SQLite, to take part in the count.
  package static func passWrite(_ path: String) throws(Stop) { try pass(.write, path) }
}
