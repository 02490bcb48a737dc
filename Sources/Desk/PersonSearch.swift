// The persons of the population with a name and a birth date.
// Load: two passes over the staged population; the name is compared for those with the birth date alone.

import Match
import Names
package import Values

/// A person whom a search found.
package struct FoundByName: Sendable {
  package var id: PersonalID
  package var name: String
  package var birthDate: String
}

extension Desk {
  /// Searches the last run's population.
  ///
  /// Names are compared without marks and letter case, so that a name typed without tones is found.
  /// - Returns: at most so many, ascending, and how many there are.
  package func persons(
    named name: String, bornOn date: CalendarDate, atMost most: Int = 20
  ) throws(Stop) -> (persons: [FoundByName], count: Int) {
    let last = try lastStaged()
    try audit(.lookedUp, run: last.run.id, detail: ["by": "name and birth date"])
    let lookup = lookup(in: last)
    let folder = NameFolder()
    let wanted = folder.forms(of: name).bare
    let ids = try lookup.persons { record, _ in record.birthDate == date }
    let found = try lookup.population(of: Set(ids)).compactMap { id, records in
      records.first { $0.record.birthDate == date && folder.forms(of: $0.name).bare == wanted }.map {
        FoundByName(id: id, name: $0.name, birthDate: $0.record.birthDate.text)
      }
    }.sorted { $0.id < $1.id }
    let shown = Array(found.prefix(most))
    if !shown.isEmpty {
      try audit(
        .lookedUp, shown.map { (person: $0.id, detail: ["by": "name and birth date"]) }, run: last.run.id)
    }
    return (shown, found.count)
  }
}
