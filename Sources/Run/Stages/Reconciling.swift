// Compares a full export that begins a new series with what the series before it has come to.
// Invariant: the comparison changes no record, and leaves no file; a gate judges it before the full export comes in force.
// If the records before can't be read, the run goes on without it, and says so.
// Load: once for each full export of a series.

import Files
import Pipeline
import Snapshot
import SortedRuns
import Values
import Workspace

extension Night {
  /// The comparisons by export; none for an export that goes on with its series, or whose series had no delta.
  ///
  /// - Parameters:
  ///   - read: what was read of the exports, before deltas are applied.
  ///   - folder: where its runs are.
  func reconciled(_ read: StagedSnapshot, in folder: String) throws(Stop) -> [ExportKind: Reconciliation] {
    var all: [ExportKind: Reconciliation] = [:]
    guard let before = try pipeline.recordInForce(among: reader.runs()) else { return all }
    for spec in [pipeline.population, pipeline.insurance] where spec.delta.isOn {
      let base = run.exports.first { $0.export == spec.kind && $0.holdsChanges == false }?.sequence ?? 0
      guard let old = before.extracted.series?.first(where: { $0.export == spec.kind }),
        let last = old.deltas.last?.sequence, base > old.baseSequence
      else { continue }
      let work = folder + "/reconciling"
      do throws(Stop) {
        try Folder.create(work)
        let request = SnapshotRequest(
          snapshot: read, folder: work, identity: [spec.kind: spec.identityFields], ordered: [],
          threads: options.threads, memoryBytes: options.memoryBytes)
        var result = try reconcile(spec.kind, staged(of: before), with: (read, folder), request)
        (result.base, result.last, result.run) = (old.baseSequence, last, before.id)
        all[spec.kind] = result
      } catch {
        progress.note(
          "The full export numbered \(base) of \(spec.kind.name) is not compared with the series before it. \(error.finding.description)"
        )
      }
      try Folder.remove(work)
    }
    return all
  }

  private func staged(of run: RunRecord) throws(Stop) -> (StagedSnapshot, folder: String) {
    guard let extracted = run.finished(.extract) else { throw .defect("a series without its extract stage") }
    let folder = reader.folder(of: extracted)
    guard let staged = try JSONFile.read(StagedSnapshot.self, from: folder + "/result.json") else {
      throw Stop(
        .inputOutput, at: "run \(run.id)", expected: "its staged records", found: "none",
        remedy: "How many are kept says keep.staged in the pipeline file.")
    }
    return (staged, folder)
  }
}
