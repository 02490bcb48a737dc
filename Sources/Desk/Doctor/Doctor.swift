// Checks whether the next run can succeed: the machine, the workspace, the exports and the last runs.
// Invariant: the checks change nothing and take no lock. Every check gives a result, even if another one
// fails. Results name files, sizes and times, and nothing from a record.
// Load: a look at each file of the workspace and of the exports, and one reading of the audit log; seconds.

import Files
import Foundation
import Glibc
package import Pipeline
import Run
package import Values
package import Workspace

/// The result of one check.
package struct Diagnosis: Hashable, Sendable, Encodable {
  package enum Verdict: String, Sendable, Encodable {
    case ok, warn, fail
  }

  /// The check's name, which never changes.
  package var check: String
  package var verdict: Verdict
  package var found: String
  /// What to do; empty if nothing.
  package var remedy: String
  /// The command that does it, or shows more.
  package var command: String?
  /// The exit code of doctor if this check fails.
  package var exit: Exit?

  static func ok(_ check: String, _ found: String) -> Diagnosis {
    Diagnosis(check: check, verdict: .ok, found: found, remedy: "")
  }
  static func warn(_ check: String, _ found: String, _ remedy: String, command: String? = nil) -> Diagnosis {
    Diagnosis(check: check, verdict: .warn, found: found, remedy: remedy, command: command)
  }
  static func fail(
    _ check: String, _ exit: Exit, _ found: String, _ remedy: String, command: String? = nil
  ) -> Diagnosis {
    Diagnosis(check: check, verdict: .fail, found: found, remedy: remedy, command: command, exit: exit)
  }

  private enum CodingKeys: String, CodingKey { case check, verdict, found, remedy, command, exitCode }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(check, forKey: .check)
    try values.encode(verdict, forKey: .verdict)
    try values.encode(found, forKey: .found)
    try values.encode(remedy, forKey: .remedy)
    try values.encode(command, forKey: .command)
    try values.encode(exit?.rawValue, forKey: .exitCode)
  }
}

/// Checks everything that a run needs.
package struct Doctor {
  let pipeline: Pipeline
  /// The pipeline as commands name it.
  let named: String
  let memoryBytes: Int
  /// The day from which ages are counted.
  package let today: CalendarDate
  let reader: WorkspaceReader
  package let runs: [RunRecord]
  /// Why the run records can't be read, if they can't.
  private let unreadable: Stop?

  package init(_ pipeline: Pipeline, named: String, memoryBytes: Int, today: CalendarDate = Clock.today()) {
    self.pipeline = pipeline
    self.named = named
    self.memoryBytes = memoryBytes
    self.today = today
    reader = WorkspaceReader(pipeline.workspace)
    do throws(Stop) {
      runs = try reader.runs()
      unreadable = nil
    } catch {
      runs = []
      unreadable = error
    }
  }

  var lastDone: RunRecord? { runs.last { $0.state == .done && $0.rollback == nil } }

  /// All checks, in the order in which a run needs what they check.
  package func examine() -> [Diagnosis] {
    var found = [Diagnosis.ok("pipeline", "\(pipeline.path) can be read; every key is known")]
    found += ExportKind.allCases.map(exports(_:))
    found.append(checked("workspace", workspace))
    // Skip the checks of a workspace that this user can't read.
    let mayLook = unsafe access(pipeline.workspace, R_OK | X_OK) == 0 || errno == ENOENT
    if mayLook { found += [checked("modes", modes), checked("lock", lock)] }
    found += [disk, memory, descriptors]
    found += libraries
    found += [clock, timeZone]
    if mayLook { found += [checked("store", store), checked("packages", packages)] }
    if let key = pipeline.publish.signingKey {
      found.append(checked("signing_key") { () throws(Stop) in try signingKey(key) })
    }
    if let terms = pipeline.attestations {
      found.append(checked("attestation_key") { () throws(Stop) in try attestationKey(terms) })
    }
    if pipeline.publish.encrypts { found.append(facilityKeys) }
    if pipeline.facilities != nil { found.append(checked("facilities", facilities)) }
    if pipeline.publish.selectsByProvince { found.append(provinces) }
    if let armedForces { found.append(armedForces) }
    if let path = pipeline.metrics {
      found.append(checked("metrics") { () throws(Stop) in try metrics(path) })
    }
    if mayLook {
      found += [checked("last_runs", lastRuns), auditLog, checked("leftovers", leftovers)]
    }
    return found
  }

  /// What a check finds; that it fails where what it looks at can't be read.
  private func checked(_ check: String, _ look: () throws(Stop) -> Diagnosis) -> Diagnosis {
    do throws(Stop) {
      return try look()
    } catch {
      return .fail(
        check, error.exit,
        "\(error.finding.origin): expected \(error.finding.expected), found \(error.finding.found)",
        error.finding.remedy)
    }
  }

  // MARK: The last runs

  private func lastRuns() throws(Stop) -> Diagnosis {
    if let unreadable {
      return .fail(
        "last_runs", .inputOutput, unreadable.finding.description.replacing("\n ", with: ""),
        "Mend or move that folder away.")
    }
    guard let last = runs.last else {
      return .warn("last_runs", "none yet", "Run the pipeline once.", command: "cardlink run \(named)")
    }
    let recent = runs.suffix(7)
    let done = recent.filter { $0.state == .done }
    let seconds = median(done.map(\.ownSeconds).filter { $0 > 0 })
    let usual = seconds.map { ", usually \(FigureText.duration($0))" } ?? ""
    let summary = "\(done.count) of the last \(recent.count) done\(usual)"
    switch try last.state(holder: reader.lockHolder()) {
    case .done:
      if let day = try pipeline.runInForce().flatMap({ id in runs.first { $0.id == id } })?.asOf {
        let age = Clock.days(from: day, to: today.text)
        if age > 2 {
          return .warn(
            "last_runs", "\(summary); what is in force is \(age) days old", "Does cron still start it?",
            command: "cardlink run \(named)")
        }
      }
      return .ok("last_runs", summary)
    case .running: return .ok("last_runs", "run \(last.id) is at work; \(summary)")
    case .held:
      return .warn(
        "last_runs", "run \(last.id) is held at a gate; \(summary)",
        "Look at it, then release it or run again.",
        command: "cardlink status \(named)")
    case .failed:
      return .warn(
        "last_runs", "run \(last.id) failed with exit code \(last.exitCode ?? 0); \(summary)",
        "Mend what it names, then run again.", command: "cardlink status \(named)")
    case .cutOff:
      return .warn(
        "last_runs", "run \(last.id) was cut off in stage \(last.nextStage.rawValue); \(summary)",
        "The next run goes on with it.", command: "cardlink run \(named)")
    }
  }

  private var auditLog: Diagnosis {
    do throws(Stop) {
      let reading = try Audit(pipeline.workspace).reading()
      if let broken = reading.broken {
        return .fail(
          "audit_log", .inputOutput, "line \(broken.fileLine): \(broken.why)",
          "Keep it as evidence and find out who changed it.", command: "cardlink audit verify \(named)")
      }
      return .ok("audit_log", "\(FigureText.grouped(reading.lines.count)) lines, intact")
    } catch {
      return .fail(
        "audit_log", .inputOutput, "it can't be read", "Give this user the right to read it.",
        command: "cardlink audit verify \(named)")
    }
  }

  // MARK: Texts

  static func size(_ bytes: Int) -> String { FigureText.bytes(bytes).english.replacing("\u{A0}", with: " ") }
}

extension [Diagnosis] {
  /// The exit code of doctor: that of the first check that fails.
  package var exit: Exit { first { $0.verdict == .fail }?.exit ?? .done }

  package var json: String { JSONFile.text(self) }
}
