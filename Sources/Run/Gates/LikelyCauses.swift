// What most likely made the figures of a held run differ, from its figures and those of the last run that was done.
// Invariant: reads run records only. A cause that explains others comes first: files before records, records before fields.

import Values
import Workspace

extension RunRecord {
  /// The likely causes of a hold, the likeliest first; at most two.
  ///
  /// - Parameter earlier: all other runs, ascending.
  func likelyCauses(of failed: [GateVerdict], among earlier: [RunRecord]) -> [LikelyCause] {
    let undone = Set(earlier.compactMap(\.rollback?.from))
    let before = earlier.last { $0.state == .done && $0.rollback == nil && !undone.contains($0.id) }
    var causes: [LikelyCause] = []
    let gates = Set(failed.map(\.gate))
    for verdict in failed {
      switch (verdict.gate, verdict.figure, verdict.limit) {
      case (.rolledBack, .resultOf(let run), _): causes.append(.rolledBack(run: run))
      case (.checksums, .otherDigest, _): causes.append(.otherFile(verdict.subject))
      case (.checksums, .noFile, _): causes.append(.missingFile(verdict.subject))
      case (.checksums, .noManifest, _): causes.append(.noManifest(verdict.subject))
      case (.olderExports, _, .dateNotBefore(_, let run)), (.olderExports, _, .filesNotOlder(_, let run)):
        causes.append(.olderExport(verdict.subject, run: run))
      default: break
      }
    }
    for export in ExportKind.allCases
    where failed.contains(where: { $0.gate == .records && $0.subject == export.name }) {
      causes += size(of: export, before)
    }
    if gates.contains(.linkRate),
      failed.contains(where: { if case .linkedAtMost = $0.limit { true } else { false } })
    {
      causes.append(.allLinked)
    }
    for verdict in failed where verdict.gate == .blank { causes.append(.blankField(verdict.subject)) }
    if !gates.isDisjoint(with: [.quarantine, .linkRate]) { causes += risen(since: before, gates) }
    if let before, let verdict = failed.first(where: { $0.gate == .renumbered }),
      case .share(let share) = verdict.figure, case .between(_, _, _, let usual) = verdict.limit,
      case .share(let then) = usual.median
    {
      causes.append(.renumbered(share: share, before: then, since: before.id))
    }
    if causes.isEmpty, gates.contains(.province), let before {
      let places = Set(failed.filter { $0.gate == .province }.map(\.placeOfToday))
      causes.append(.places(places.count, since: before.id))
    }
    // Last, for one of the two may be delivered once a week.
    if let before {
      for export in ExportKind.allCases where hasSameFiles(as: before, export) {
        causes.append(.sameExport(export, run: before.id))
      }
    }
    var kept: [LikelyCause] = []
    for cause in causes where kept.count < 2 && !kept.contains(cause) { kept.append(cause) }
    return kept
  }

  private func hasSameFiles(as other: RunRecord, _ export: ExportKind) -> Bool {
    func digests(_ run: RunRecord) -> [String?] {
      run.exports.filter { $0.export == export }.map(\.digest).sorted { $0 ?? "" < $1 ?? "" }
    }
    let own = digests(self)
    return !own.isEmpty && !own.contains(nil) && own == digests(other)
  }

  private func size(of export: ExportKind, _ before: RunRecord?) -> [LikelyCause] {
    guard count(export) > 0 else { return [.emptyExport(export)] }
    guard let before else { return [] }
    func files(_ run: RunRecord) -> (count: Int, bytes: Int) {
      let files = run.exports.filter { $0.export == export }
      return (files.count, files.reduce(0) { $0 + $1.byteCount })
    }
    let (now, then) = (files(self), files(before))
    let records = Double(count(export)) / Double(max(1, before.count(export)))
    if records > 1 { return [.largerExport(export, share: records, run: before.id)] }
    return [
      .smallerExport(
        export, files: now.count, filesBefore: then.count,
        share: Double(now.bytes) / Double(max(1, then.bytes)), run: before.id)
    ]
  }

  /// The reason or outcome whose records have become more by most.
  private func risen(since before: RunRecord?, _ gates: Set<Gate>) -> [LikelyCause] {
    var all: [(cause: LikelyCause, more: Int)] = []
    func add(_ counts: [String: Int], _ earlier: [String: Int]?, _ export: ExportKind) {
      for (name, records) in counts {
        let parts = name.split(separator: "/")
        guard parts.count == 2, let outcome = Outcome(name: String(parts[0])),
          let reason = Reason(shown: String(parts[1])), outcome != .linked, outcome != .registered,
          outcome != .repeated, gates.contains(.linkRate) || outcome == .quarantined
        else { continue }
        let then = before == nil ? nil : earlier?[name] ?? 0
        all.append((.reason(reason, outcome, export, records: records, before: then), records - (then ?? 0)))
      }
    }
    add(matched.reasons, before?.matched.reasons, .insurance)
    add(matched.populationReasons, before?.matched.populationReasons, .population)
    for outcome in Outcome.ofInsurance where outcome != .linked && gates.contains(.linkRate) {
      let records = matched.withoutReason[outcome.name] ?? 0
      let then = before.map { $0.matched.withoutReason[outcome.name] ?? 0 }
      all.append((.outcome(outcome, records: records, before: then), records - (then ?? 0)))
    }
    return all.max { ($0.more, $1.cause.text.english) < ($1.more, $0.cause.text.english) }
      .flatMap { $0.more > 0 ? [$0.cause] : nil } ?? []
  }
}
