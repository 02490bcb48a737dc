// Counts the records that are linked because an officer gave them to the person; cards held back are left out.
// Load: reads only the blocks of persons about whom there is a decision.

package import Rules
import SortedRuns
package import Values

extension MatchedSnapshot {
  /// Records linked by a decision.
  ///
  /// - Parameters:
  ///   - decisions: those that the match applied.
  ///   - folder: where the match wrote.
  package func linkedByDecision(_ decisions: Decisions, in folder: String) throws(Stop) -> Int {
    var judged = try Merge(judged, in: folder)
    var shared = try Merge(shared, in: folder)
    var count = 0
    for decision in decisions.byPerson where decision.isAccepted {
      let key = LinkKey.personal(decision.person).packed
      // After the person's first decision the merges are past the person.
      try judged.skip(to: key)
      try shared.skip(to: key)
      var isFirst = true
      while judged.hasRecord, judged.key == key {
        let place = judged.place
        let rule = try judged.withPayload { (payload) throws(Stop) in
          InsuranceRecord(isFirst ? payload.extracting(JudgedPerson(payload).card) : payload).rule
        }
        isFirst = false
        try judged.advance()
        if shared.hasRecord, shared.key == key, shared.place == place {
          try shared.advance()
        } else if rule == .decision {
          count += 1
        }
      }
    }
    return count
  }
}
