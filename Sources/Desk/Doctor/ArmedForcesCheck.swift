// Checks the groups that the pipeline file adds to those of the armed forces: gates leave out their records without a
// number, so a wrong group hides missing numbers.

import Pipeline
import Values
import Workspace

extension Doctor {
  /// Nil if the pipeline file adds none.
  var armedForces: Diagnosis? {
    let codes = pipeline.insurance.armedForces
    guard let note = ArmedForces.note(adding: codes) else { return nil }
    // A run before the group was added counted the same records.
    let unseen =
      lastDone.map { run in codes.filter { run.matched.missingByGroup[$0, default: 0] == 0 } } ?? []
    guard let last = lastDone, !unseen.isEmpty else { return .ok("armed_forces", note.english) }
    return .warn(
      "armed_forces",
      "\(note.english); run \(last.id) has no such record of \(unseen.joined(separator: ", "))",
      "Check the letters, or take the group out of exports.insurance.armed_forces.",
      command: "cardlink findings \(named) --outcome id_missing")
  }
}
