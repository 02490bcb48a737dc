// Fault injection: lets tests make the disk fail.
// Invariant: outside a test no fault is planned, and a check costs one relaxed load. Each disk operation of
// this module passes here once, readings too, as do the reading of exports and the steps of SQLite and libpq, which
// write on their own. A plan concerns one folder, so that parallel tests don't cause each other's faults.

import Glibc
import Synchronization
package import Values

/// The operations of the file layer, counted so that a test can let the n-th one fail.
package enum Faults {
  /// The operations that can fail.
  package enum Operation: String, Sendable, CaseIterable {
    /// Creating a file, a folder or a link, or opening a file to write.
    case create
    /// Writing to a file.
    case write
    /// A step of another library that writes: SQLite, libpq.
    case database
    case sync, close, rename
    /// Removing a file or an empty folder; not counted if it doesn't exist.
    case remove
    /// Bytes, a folder's names, a link or attributes are read.
    case read

    fileprivate func isCounted(_ kind: Kind) -> Bool {
      switch kind {
      case .unread: self == .read
      case .full: self == .create || self == .write || self == .database
      case .gone, .once: self != .read
      }
    }
  }

  /// How a disk fails.
  package enum Kind: String, Sendable, CaseIterable {
    /// The n-th operation and all after it fail, as if the disk were removed.
    ///
    /// No cleanup is possible.
    case gone
    /// The n-th operation that needs space and all such after it fail, a write after half of its bytes.
    ///
    /// Other operations are not counted, and work.
    case full
    /// Only the n-th operation fails, a write after half of its bytes.
    case once
    /// Only the n-th reading fails, as with a bad sector or a share that hangs up.
    case unread
  }

  /// A test's plan for the paths that begin with `prefix`.
  private struct Plan {
    var prefix: String
    var failing: Int
    var kind: Kind
    var passed: [Operation: Int] = [:]
    var count = 0

    /// Counts the operation.
    /// - Returns: whether it fails.
    mutating func meets(_ operation: Operation) -> Bool {
      passed[operation, default: 0] += 1
      guard operation.isCounted(kind) else { return false }
      count += 1
      return failing > 0 && (kind == .once || kind == .unread ? count == failing : count >= failing)
    }
  }

  private static let armed = Atomic<Int>(0)
  private static let plans = Mutex<[Plan]>([])

  /// Makes the n-th operation from now on fail.
  ///
  /// - Parameter folder: only operations on paths that begin with it are counted and fail.
  package static func fail(at n: Int, under folder: String, as kind: Kind) {
    plan(Plan(prefix: folder, failing: n, kind: kind))
  }

  /// Counts the operations from now on; none fails.
  package static func count(under folder: String) { plan(Plan(prefix: folder, failing: 0, kind: .once)) }

  private static func plan(_ plan: Plan) {
    plans.withLock { plans in
      plans.removeAll { $0.prefix == plan.prefix }
      plans.append(plan)
      armed.store(plans.count, ordering: .sequentiallyConsistent)
    }
  }

  /// Ends the failing or counting.
  /// - Returns: how many operations of each kind were requested since it began.
  @discardableResult
  package static func end(under folder: String) -> [Operation: Int] {
    plans.withLock { plans in
      let passed = plans.first { $0.prefix == folder }?.passed ?? [:]
      plans.removeAll { $0.prefix == folder }
      armed.store(plans.count, ordering: .sequentiallyConsistent)
      return passed
    }
  }

  /// Whether any test has a plan.
  static var arePlanned: Bool { armed.load(ordering: .relaxed) > 0 }

  /// Call this before each operation.
  package static func pass(_ operation: Operation, _ path: String) throws(Stop) {
    if let failure = failure(of: operation, path) { throw failure }
  }

  /// - Returns: the failure that the operation must report; nil to perform it.
  static func failure(of operation: Operation, _ path: String) -> Stop? {
    guard arePlanned, let kind = kind(of: operation, path) else { return nil }
    switch operation {
    case .create: return .cannotCreate(path, kind.code)
    case .read: return .readFailed(path, kind.code)
    default: return .writeFailed(path, kind.code)
    }
  }

  /// - Returns: the failure that a write must report, and how many of its bytes to write before; nil to
  ///   perform it.
  static func failureOfWrite(_ byteCount: Int, _ path: String) -> (written: Int, stop: Stop)? {
    guard arePlanned, let kind = kind(of: .write, path) else { return nil }
    return (kind == .gone ? 0 : byteCount / 2, .writeFailed(path, kind.code))
  }

  /// Counts the operation in each plan that it concerns.
  private static func kind(of operation: Operation, _ path: String) -> Kind? {
    plans.withLock { plans in
      var failing: Kind?
      for i in plans.indices where path.hasPrefix(plans[i].prefix) && plans[i].meets(operation) {
        failing = plans[i].kind
      }
      return failing
    }
  }
}

extension Faults.Kind {
  fileprivate var code: Int32 { self == .gone || self == .unread ? EIO : ENOSPC }
}

extension [Faults.Operation: Int] {
  /// Operations that a plan of this kind counts.
  package func count(_ kind: Faults.Kind) -> Int {
    reduce(0) { $0 + ($1.key.isCounted(kind) ? $1.value : 0) }
  }
}
