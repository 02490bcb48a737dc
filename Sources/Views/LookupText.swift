// The answer to lookup: the persons' serving cards, and which number was asked.
// Invariant: the columns that say which number it was come last, and only if it is not the personal ID number of a person with
// a card.

package import Store
package import Values

package struct LookupText {
  private let found: [CardAttribute]
  private let known: [KnownNumber]
  private let showsGrace: Bool

  /// - Parameters:
  ///   - known: which numbers it is that was asked; none for a personal ID number that a card is linked to.
  ///   - isGraceKnown: whether the pipeline keeps persons in grace.
  package init(_ found: [CardAttribute], _ known: [KnownNumber], isGraceKnown: Bool) {
    (self.found, self.known) = (found, known)
    showsGrace = isGraceKnown || found.contains { $0.graceUntil != nil }
  }

  package var table: Table {
    var columns = Self.columns
    var rows = found.map(Self.row)
    if showsGrace {
      columns.append("grace_until")
      for i in rows.indices { rows[i].append(found[i].graceUntil) }
    }
    if !known.isEmpty {
      columns += ["asked_kind", "asked_known_from", "asked_known_to", "asked_successor"]
      for i in rows.indices {
        let which = known.first { $0.personalID == found[i].personalID }
        rows[i] += [which?.kind.rawValue, which?.knownFrom, which?.knownTo, which?.successor]
      }
    }
    return Table(columns: columns, rows: rows, numeric: ["source_line", "run_id"])
  }

  package var text: String {
    let table = table
    let which = known.map { "\($0.words.vietnamese)\n\($0.words.english)" }
    let cards = table.rows.map { row in
      zip(table.columns, row).filter { !$0.0.hasPrefix("asked_") }
        .map { column, value in column.leftAligned(18) + (value ?? "–") }.joined(separator: "\n")
    }
    return (which + cards).joined(separator: "\n\n")
  }

  /// What was found in place of a card; without a number, because the message may be kept in a log.
  package var nothing: String {
    let kinds = Set(known.map(\.kind)).sorted { $0.rawValue < $1.rawValue }.map(\.text.english)
    return known.isEmpty
      ? "none" : "none today; it is the \(kinds.joined(separator: ", ")) of a person without a card"
  }

  private static let columns = [
    "personal_id", "full_name", "birth_date", "sex", "insurance_number", "card_number", "facility_code",
    "valid_from", "valid_to", "five_years_from", "area_code", "rule", "notes", "source_file", "source_line",
    "run_id",
  ]

  private static func row(_ person: CardAttribute) -> [String?] {
    let card = person.card
    return [
      person.personalID, person.fullName, person.birthDate, person.sex, card.insuranceNumber, card.cardNumber,
      card.facilityCode, card.validFrom, card.validTo, card.fiveYearsFrom, card.areaCode, card.rule,
      card.notes, card.sourceFile, String(card.sourceLine), String(card.runID),
    ]
  }
}
