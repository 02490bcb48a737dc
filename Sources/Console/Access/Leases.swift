// Which officer works on which record: two never get the same one.
// Invariant: a lease ends with a decision, a skip, a sign-out or its time, ten minutes after the record was last shown.
// Load: as many as there are officers.

import Synchronization

final class Leases: Sendable {
  private struct Lease {
    var session: String
    var until: ContinuousClock.Instant
  }
  private let leases = Mutex<[String: Lease]>([:])
  static let length = Duration.seconds(600)

  private static func key(_ pipeline: String, _ run: Int, _ row: Int64) -> String {
    "\(pipeline)/\(run)/\(row)"
  }

  /// Whether another session works on a record.
  func isTaken(_ row: Int64, run: Int, of pipeline: String, by session: String) -> Bool {
    leases.withLock { leases in
      guard let lease = leases[Self.key(pipeline, run, row)] else { return false }
      return lease.session != session && lease.until > .now
    }
  }

  /// Takes a record, or takes it for longer.
  /// - Returns: whether the session has it.
  func take(_ row: Int64, run: Int, of pipeline: String, by session: String) -> Bool {
    leases.withLock { leases in
      let key = Self.key(pipeline, run, row)
      if let lease = leases[key], lease.session != session, lease.until > .now { return false }
      leases[key] = Lease(session: session, until: .now + Self.length)
      return true
    }
  }

  func end(_ row: Int64, run: Int, of pipeline: String) {
    leases.withLock { $0[Self.key(pipeline, run, row)] = nil }
  }

  func endAll(of session: String) {
    leases.withLock { $0 = $0.filter { $1.session != session } }
  }
}
