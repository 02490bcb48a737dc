// Which officer works on which record: two never get the same one, at whichever console of the pipeline.
// Invariant: a lease ends with a decision, a skip, a sign-out or its time, ten minutes after the record was last shown. They are
// in one file of the workspace, which is locked while it is changed; a console that is killed leaves leases that end.
// Load: as many as there are officers.

import Files
import Foundation
import Values

struct Leases: Sendable {
  private struct Lease: Codable {
    var run: Int
    var row: Int64
    /// Of the session, a digest.
    var session: String
    /// Seconds since 1970.
    var until: Double
  }

  static let length = 600.0
  private let path: String

  /// - Parameter workspace: whose records are leased.
  init(_ workspace: String) { path = workspace + "/leases.json" }

  private func read() throws(Stop) -> [Lease] {
    guard let bytes = try Folder.readBytes(path) else { return [] }
    // A file of another form holds no lease.
    let all = (try? JSONDecoder().decode([Lease].self, from: Data(bytes))) ?? []
    let now = Date().timeIntervalSince1970
    // Nor does one of a clock that was set back.
    return all.filter { $0.until > now && $0.until <= now + Self.length }
  }

  /// Changes the leases while no other console does.
  private func change<Result>(_ body: (inout [Lease]) -> Result) throws(Stop) -> Result {
    var lock = try LockFile(holding: path + ".lock")
    let end = ContinuousClock.now + .seconds(5)
    while lock == nil, ContinuousClock.now < end {
      Thread.sleep(forTimeInterval: 0.002)
      lock = try LockFile(holding: path + ".lock")
    }
    guard lock != nil else {
      throw Stop(
        .runInProgress, at: path, expected: "the list of leases free for a moment", found: "in use for 5 s",
        remedy: "Nothing was recorded. Try again. Chưa ghi gì; hãy thử lại.")
    }
    defer { withExtendedLifetime(lock) {} }
    let before = try read()
    var leases = before
    let result = body(&leases)
    let text = String(decoding: (try? JSONEncoder().encode(leases)) ?? Data("[]".utf8), as: UTF8.self)
    try Folder.writeWhole(text, to: path)
    return result
  }

  /// The records of a run that other sessions work on.
  func taken(run: Int, besides session: String) throws(Stop) -> Set<Int64> {
    Set(try read().filter { $0.run == run && $0.session != session }.map(\.row))
  }

  /// Takes a record, or takes it for longer.
  /// - Returns: whether the session has it.
  func take(_ row: Int64, run: Int, by session: String) throws(Stop) -> Bool {
    try change { leases in
      let isIt: (Lease) -> Bool = { $0.run == run && $0.row == row }
      if leases.contains(where: { isIt($0) && $0.session != session }) { return false }
      leases.removeAll(where: isIt)
      leases.append(
        Lease(run: run, row: row, session: session, until: Date().timeIntervalSince1970 + Self.length))
      return true
    }
  }

  func end(_ row: Int64, run: Int) throws(Stop) {
    try change { $0.removeAll { $0.run == run && $0.row == row } }
  }

  func endAll(of session: String) throws(Stop) {
    try change { $0.removeAll { $0.session == session } }
  }
}
