// The folder in which a pipeline keeps its data between runs.
// Invariant: one run at a time holds the lock, which ends with its process. The folder of a stage's result
// gets its final name when it is complete. A run number is never used twice.
//
//   workspace/lock
//   workspace/runs/0007/run.json            the run's record
//   workspace/runs/0007/report.html         the run's report, for people
//   workspace/runs/0007/extract/…           staged records (snapshot.json, sorted runs)
//   workspace/runs/0007/match/…             judged records (matched.json, sorted runs)
//   workspace/card-attributes.sqlite        the store in force
//   workspace/stores/0006.sqlite            stores of earlier runs
//   workspace/history/0001-0006.sqlite      the states of persons that these runs ended
//   workspace/audit.log                     who did what
//   workspace/decisions.log                 the officers' decisions
//   workspace/erased.json                   who was erased, by pseudonyms
//   workspace/packages/current/…            the packages for the facilities

import Files
import Glibc
import Synchronization
package import Values

/// The workspace of one pipeline, held by this process.
package final class Workspace: Sendable {
  package let path: String
  private let lock: LockFile

  /// Creates the folder if it does not exist, and takes the lock.
  ///
  /// - Throws: ``Stop`` with ``Exit/runInProgress`` if another process holds it.
  package init(_ path: String) throws(Stop) {
    self.path = path
    try Folder.create(path)
    try Folder.create(path + "/runs")
    let lockPath = path + "/lock"
    guard let lock = try LockFile(holding: lockPath) else {
      let holder = (try? Folder.read(lockPath)) ?? ""
      throw Stop(
        .runInProgress, at: lockPath, expected: "a workspace that no run holds",
        found: holder.isEmpty ? "another run" : holder.replacing("\n", with: ""),
        remedy: "Wait until it has finished, then try again.", next: "cardlink status PIPELINE")
    }
    self.lock = lock
    try lock.say("process \(getpid()) since \(Clock.now())\n")
    try Scratch.removeLeftovers(in: path)
  }

  /// Replaces a run's record.
  ///
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` also if the workspace was removed meanwhile, because the lock then keeps
  ///   no other run out.
  package func save(_ run: RunRecord) throws(Stop) {
    guard try lock.isInPlace() else {
      throw Stop(
        .inputOutput, at: path, expected: "the workspace that this run holds", found: "another one or none",
        remedy: "Someone removed it while the run worked. Find out who, then run again.")
    }
    try JSONFile.write(run, to: WorkspaceReader(path).folder(of: run.id) + "/run.json")
  }

  /// A new run with the next number.
  package func newRun(_ run: RunRecord) throws(Stop) -> RunRecord {
    var run = run
    let last = try WorkspaceReader(path).runNumbers().last ?? 0
    run.id = last + 1
    try Folder.create(WorkspaceReader(path).folder(of: run.id))
    try save(run)
    return run
  }
}

/// Reads a workspace without holding it.
package struct WorkspaceReader: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package func folder(of run: Int) -> String { path + "/runs/" + padded(UInt64(run), to: 4) }

  /// The path of a run's report.
  package func reportPath(of run: Int) -> String { folder(of: run) + "/report.html" }

  /// The numbers of all runs, ascending.
  package func runNumbers() throws(Stop) -> [Int] {
    try Folder.names(in: path + "/runs").compactMap { Int($0) }.sorted()
  }

  /// All runs whose record can be read, ascending.
  ///
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if this user may not read the folder.
  package func runs() throws(Stop) -> [RunRecord] {
    var runs: [RunRecord] = []
    for number in try runNumbers() {
      if let run = try Self.decoded.run(at: folder(of: number) + "/run.json") { runs.append(run) }
    }
    return runs
  }

  private static let decoded = DecodedRuns()

  /// The folder of a stage's result.
  package func folder(of stage: RunRecord.FinishedStage) -> String {
    folder(of: stage.run) + "/" + stage.stage.rawValue
  }
}

/// The records of runs as they were last decoded, because a night reads all records a dozen times.
private final class DecodedRuns: Sendable {
  private let byPath = Mutex<[String: (text: String, run: RunRecord)]>([:])
  /// A server that shows many workspaces keeps no more than these.
  private static let most = 2000

  /// - Returns: nil if there is no such file.
  func run(at path: String) throws(Stop) -> RunRecord? {
    guard let text = try Folder.read(path) else { return nil }
    let known = byPath.withLock { $0[path] }
    if let known, known.text.utf8.elementsEqual(text.utf8) { return known.run }
    let run = try JSONFile.decode(RunRecord.self, text, from: path)
    byPath.withLock {
      if $0.count >= Self.most { $0.removeAll() }
      $0[path] = (text, run)
    }
    return run
  }
}
