// The figures of a run that the gates judge, all computed from counts in its record.
// Invariant: shares leave out the armed forces' cards without a personal ID number: they are known to be in
// neither register, and come and go in bulk.

package import Values
package import Workspace

/// Counts and shares of one run.
package struct Figures {
  let run: RunRecord
  /// Groups of cards that are sent without personal ID numbers: those of the reason `armed_forces`.
  package let armedForces: [ArmedForces.Group]

  /// Insurance records of the armed forces without a personal ID number.
  package var armedForcesWithoutNumber: Int {
    armedForces.reduce(0) { $0 + (run.matched.missingByGroup[$1.code] ?? 0) }
  }

  package func quarantineShare(_ export: ExportKind) -> Double {
    share(run.count(export, .quarantined), of: run.count(export))
  }

  /// Insurance records that the link rate counts.
  package var linkable: Int {
    run.count(.insurance) - run.count(.insurance, .notARecord) - armedForcesWithoutNumber
  }
  package var linkRate: Double { share(run.count(.insurance, .linked), of: linkable) }

  /// Fields that the pipeline file names, `insurance.facility_code`.
  var fields: [String] { run.extracted.blanks.keys.sorted() }

  /// The share of records without a value in a field; nil if the run did not read that field.
  func blankShare(_ field: String) -> Double? {
    guard let blanks = run.extracted.blanks[field] else { return nil }
    let export: ExportKind = field.hasPrefix("population.") ? .population : .insurance
    let left = field == "insurance.personal_id" ? armedForcesWithoutNumber : 0
    return share(max(0, blanks - left), of: run.count(export) - left)
  }

  /// The shares of the linked records whose card number ends in the person's own ID number, and whose insurance number is that
  /// number; empty for a run that did not count them.
  package var ownNumberShares: [(field: String, share: Double)] {
    guard let own = run.matched.ownNumbers else { return [] }
    return [
      ("insurance.card_number", share(own.cardNumbers, of: own.linked)),
      ("insurance.insurance_number", share(own.insuranceNumbers, of: own.linked)),
    ]
  }

  /// Linked insurance records by place of birth registration.
  func linked(in place: String) -> Int { run.matched.places[place]?[Outcome.linked.name] ?? 0 }
  var places: [String] { run.matched.places.keys.sorted() }

  private func share(_ count: Int, of total: Int) -> Double {
    total > 0 ? Double(count) / Double(total) : 0
  }

  /// - Parameter groups: those of the armed forces; by default those that the run knew.
  package init(run: RunRecord, _ groups: ArmedForces? = nil) {
    self.run = run
    armedForces = (groups ?? ArmedForces(adding: run.matched.armedForces ?? [])).withoutNumbers
  }
}

/// The median of some values; nil if there are none.
package func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
