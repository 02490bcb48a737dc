// The timeline of one person: each state that a store in force has shown, and what changed.
// Invariant: shows every state of the history; the table has the columns of the view `card_attribute_history`.

package import Store
package import Values

/// One person's timeline, for people and for programs.
package struct HistoryText {
  private let states: [PersonState]
  private let from: HistoryPoint

  /// - Parameter from: where the history begins.
  package init(_ states: [PersonState], from: HistoryPoint) { (self.states, self.from) = (states, from) }

  package var text: String {
    let date = FigureText.date(from.knownOn)
    var lines = [
      "What was known since \(date.english), when the history begins with run \(from.run)",
      "Dữ liệu đã biết từ ngày \(date.vietnamese), khi lịch sử bắt đầu (lượt chạy \(from.run))",
    ]
    for (i, state) in states.enumerated() {
      lines += ["", title(of: state)]
      let before = i == 0 ? nil : states[i - 1]
      if state.isRenumbered(since: before) {
        lines.append("  renumbered: the same card with the person's own ID number")
        lines.append("  đổi sang số định danh: vẫn thẻ đó, chỉ đổi số")
      }
      lines += changes(from: before, to: state).map { "  " + $0 }
    }
    return lines.joined(separator: "\n")
  }

  private func title(of state: PersonState) -> String {
    let point = state.opened
    var title = "\(point.knownOn)  run \(point.run)"
    if point.run != point.storeRun {
      title += " brought back the store of run \(point.storeRun) · đưa kho của lượt \(point.storeRun) trở lại"
    }
    if state.isFirst { return title + ", or earlier · hoặc trước đó" }
    return title + (state.openedIn.map { "  \($0.file):\($0.line)" } ?? "")
  }

  /// The values that changed; all of them after a state without a card.
  private func changes(from before: PersonState?, to state: PersonState) -> [String] {
    guard let attribute = state.attribute else {
      return [before?.attribute == nil ? "no card · không có thẻ" : "no card any more · không còn thẻ"]
    }
    let now = Self.values(attribute)
    guard let was = before?.attribute.map(Self.values) else {
      return zip(Self.columns, now).compactMap { column, value in value.map { column.leftAligned(18) + $0 } }
        + others(state)
    }
    var lines: [String] = []
    for (column, values) in zip(Self.columns, zip(was, now)) where values.0 != values.1 {
      lines.append(column.leftAligned(18) + "\(values.0 ?? "–") → \(values.1 ?? "–")")
    }
    return lines.isEmpty ? ["other cards · thẻ khác"] + others(state) : lines
  }

  private func others(_ state: PersonState) -> [String] {
    state.cards.filter { $0 != state.attribute?.card }.map { card in
      "other card".leftAligned(18)
        + "\(card.cardNumber ?? card.insuranceNumber ?? "–"), \(card.facilityCode ?? "–"), \(card.validFrom ?? "–") – \(card.validTo ?? "–")"
    }
  }

  private static let columns = [
    "full_name", "birth_date", "sex", "insurance_number", "card_number", "facility_code", "valid_from",
    "valid_to", "five_years_from", "area_code", "rule", "notes", "grace_until",
  ]

  private static func values(_ person: CardAttribute) -> [String?] {
    let card = person.card
    return [
      person.fullName, person.birthDate, person.sex, card.insuranceNumber, card.cardNumber,
      card.facilityCode, card.validFrom, card.validTo, card.fiveYearsFrom, card.areaCode, card.rule,
      card.notes,
      person.graceUntil,
    ]
  }

  /// A row for each state; one without a card has empty values.
  package var table: Table {
    var table = Table(
      columns: ["known_from", "known_to", "opened_by", "closed_by"], rows: [],
      numeric: ["opened_by", "closed_by", "cards", "source_line", "run_id", "renumbered"])
    table.columns += Self.columns
    table.columns += ["cards", "source_file", "source_line", "run_id", "renumbered"]
    for (i, state) in states.enumerated() {
      let card = state.attribute?.card
      let line = state.openedIn?.line ?? card?.sourceLine
      var row: [String?] = [state.opened.knownOn, state.closed?.knownOn ?? "", String(state.opened.run)]
      row.append(state.closed.map { String($0.run) })
      row += state.attribute.map(Self.values) ?? Self.columns.map { _ in nil }
      row += [String(state.cards.count), state.openedIn?.file ?? card?.sourceFile]
      row += [line.map { String($0) }, card.map { String($0.runID) }]
      row.append(state.isRenumbered(since: i == 0 ? nil : states[i - 1]) ? "1" : "0")
      table.rows.append(row)
    }
    return table
  }
}

/// The numbers that a person has or had.
package enum NumbersTable {
  package static func table(_ numbers: [KnownNumber]) -> Table {
    Table(
      columns: ["kind", "number", "personal_id", "known_from", "known_to", "successor", "learned_from"],
      rows: numbers.map {
        [$0.kind.rawValue, $0.number, $0.personalID, $0.knownFrom, $0.knownTo, $0.successor, $0.learnedFrom]
      })
  }
}
