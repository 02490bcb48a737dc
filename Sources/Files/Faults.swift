// A place where tests make the disk fail.
// Invariant: outside a test no fault is planned, and passing costs one relaxed load. Whatever this module does to a disk
// passes here, each operation once; so do the steps of SQLite and libpq, which write below it. A plan concerns one
// folder, so that tests which run beside each other don't meet each other's faults.

import Glibc
import Synchronization
package import Values

/// The operations of the file layer, counted so that a test can let the n-th one fail.
package enum Faults {
  /// What may fail.
  package enum Operation: String, Sendable, CaseIterable {
    /// A file, a folder or a link is made, or a file opened to be written.
    case create
    /// Bytes go into a file of our own.
    case write
    /// A step of another library that writes: SQLite, libpq.
    case database
    case sync, close, rename
    /// A file or an empty folder goes; what isn't there is not counted.
    case remove

    fileprivate var needsRoom: Bool { self == .create || self == .write || self == .database }
  }

  /// How a disk fails.
  package enum Kind: String, Sendable, CaseIterable {
    /// The n-th operation fails and all after it: a disk that was torn out. Nothing can be cleared up.
    case gone
    /// The n-th operation that needs room fails and all such after it, a write when half of its bytes are written.
    /// Operations that need none are not counted, and work.
    case full
    /// The n-th operation fails, a write when half of its bytes are written, and no other.
    case once
  }

  /// What a test has planned for the paths that begin with `prefix`.
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
      if kind == .full, !operation.needsRoom { return false }
      count += 1
      return failing > 0 && (kind == .once ? count == failing : count >= failing)
    }
  }

  private static let armed = Atomic<Int>(0)
  private static let plans = Mutex<[Plan]>([])

  /// Lets the n-th operation from now on fail.
  ///
  /// - Parameter folder: only operations on paths that begin so are counted and fail.
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
  /// - Returns: how many operations of each kind were asked for since it began.
  @discardableResult
  package static func end(under folder: String) -> [Operation: Int] {
    plans.withLock { plans in
      let passed = plans.first { $0.prefix == folder }?.passed ?? [:]
      plans.removeAll { $0.prefix == folder }
      armed.store(plans.count, ordering: .sequentiallyConsistent)
      return passed
    }
  }

  /// Whether any test has planned something.
  static var arePlanned: Bool { armed.load(ordering: .relaxed) > 0 }

  /// For each operation, before it is done.
  package static func pass(_ operation: Operation, _ path: String) throws(Stop) {
    if let failure = failure(of: operation, path) { throw failure }
  }

  /// - Returns: with what the operation is to fail; nil if it is to be done.
  static func failure(of operation: Operation, _ path: String) -> Stop? {
    guard arePlanned, let kind = kind(of: operation, path) else { return nil }
    return operation == .create ? .cannotCreate(path, kind.code) : .writeFailed(path, kind.code)
  }

  /// - Returns: how a write is to fail, and how many of its bytes are written before; nil if it is to be done.
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
  fileprivate var code: Int32 { self == .gone ? EIO : ENOSPC }
}

extension [Faults.Operation: Int] {
  /// Operations that a plan of this kind counts.
  package func count(_ kind: Faults.Kind) -> Int {
    reduce(0) { $0 + (kind != .full || $1.key.needsRoom ? $1.value : 0) }
  }
}
