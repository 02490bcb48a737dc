// The text of a rehearsal: which records would end otherwise, and whose cards would change.
// Invariant: names files, lines, outcomes and reasons; nothing about a person.

package import Desk
import Run
import Values

package struct RehearsalText {
  private let found: Rehearsal

  package init(_ found: Rehearsal) { self.found = found }

  private var moved: [Rehearsal.Change] {
    (found.changes ?? []).filter { $0.from != $0.to }.sorted {
      ($0.records, $1.from, $1.to) > ($1.records, $0.from, $0.to)
    }
  }
  private var same: [Rehearsal.Change] { (found.changes ?? []).filter { $0.from == $0.to } }
  /// Outcomes whose counts have changed.
  private func movedTotals(_ export: ExportKind) -> [Rehearsal.Total] {
    found.totals.filter { $0.export == export && $0.before != $0.now }
  }

  package var text: String {
    let base = found.base
    var lines = [
      "A rerun of \(found.stage.rawValue) for \(found.asOf), against run \(base.id) (\(base.state.rawValue)) for \(base.asOf). Nothing was changed.",
      "Diễn tập \(found.stage == .match ? "đối chiếu" : "đọc lại và đối chiếu"), so với lượt chạy \(base.id). Chưa thay đổi gì.",
      "",
    ]
    if found.stage == .extract {
      lines.append("The exports were read anew, into a folder that is gone again · đã đọc lại các tệp.")
    }
    if !found.extractKeys.isEmpty {
      lines.append(
        "Changed in the pipeline file since run \(base.id): \(found.extractKeys.joined(separator: ", ")).")
      if found.stage == .match {
        lines.append(
          "A rerun of match reads no export: nothing of that shows below. A rehearsal of extract shows it.")
      }
    }
    if lines.last != "" { lines.append("") }
    if found.decisions.before != found.decisions.now {
      lines += [
        "Decisions in force: \(FigureText.grouped(found.decisions.before)) then, \(FigureText.grouped(found.decisions.now)) now.",
        "",
      ]
    }
    lines += found.changes == nil ? unfollowed : followed
    let population = movedTotals(.population)
    if !population.isEmpty { lines += ["", "population · dân cư"] + population.map(line) }
    let cards = found.cards
    lines += ["", row("persons with a card · người có thẻ", cards.before, now: cards.after)]
    for (words, count) in [
      ("would gain one · được thêm", cards.total.gained), ("would lose it · mất", cards.total.lost),
      ("would have another · đổi thẻ", cards.total.changed),
      ("would be renumbered · đổi số thẻ", cards.total.renumbered),
    ] where count > 0 {
      lines.append(row("  " + words, count))
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ words: String, _ count: Int, now: Int? = nil) -> String {
    words.leftAligned(44) + FigureText.grouped(count).rightAligned(14)
      + (now.map { " → " + FigureText.grouped($0) } ?? "")
  }

  /// The insurance records, each followed from its old outcome to its new one.
  private var followed: [String] {
    let records = (moved + same).reduce(0) { $0 + $1.records }
    let unmoved = same.reduce(0) { $0 + $1.records }
    var lines = [
      row("insurance · bảo hiểm", records), row("  as before · như trước", unmoved),
    ]
    for change in moved {
      lines.append(row("  \(change.from.name) → \(change.to.name)", change.records))
      lines += change.examples.map(line)
    }
    for change in same where change.otherReasons > 0 {
      lines.append(row("  \(change.from.name), for other reasons", change.otherReasons))
      lines += change.examples.map(line)
    }
    return lines
  }

  /// The insurance records by outcome only.
  private var unfollowed: [String] {
    func sum(_ count: KeyPath<Rehearsal.Total, Int>) -> Int {
      found.totals.reduce(0) { $0 + ($1.export == .insurance ? $1[keyPath: count] : 0) }
    }
    return [
      "The exports are cut into records otherwise than before, so that none of them can be followed.",
      row("insurance · bảo hiểm", sum(\.before), now: sum(\.now)),
    ] + movedTotals(.insurance).map(line)
  }

  private func line(_ total: Rehearsal.Total) -> String {
    row("  " + total.outcome.name, total.before, now: total.now)
  }

  private func line(_ example: Rehearsal.Example) -> String {
    let (was, now) = (example.was.text, example.now.text)
    return "      \(found.origin(example))  \(was.isEmpty ? "–" : was) → \(now.isEmpty ? "–" : now)"
  }

  /// A row for each pair of old and new outcome.
  ///
  /// If records can't be followed, each outcome has its own rows with one side empty.
  package var table: Table {
    var rows: [[String?]] = (moved + same).map { change in
      [
        change.from.name, change.to.name, String(change.records), String(change.otherReasons),
        change.examples.map(found.origin).joined(separator: " "),
      ]
    }
    if found.changes == nil {
      for total in found.totals where total.export == .insurance {
        if total.before > 0 { rows.append([total.outcome.name, nil, String(total.before), nil, nil]) }
        if total.now > 0 { rows.append([nil, total.outcome.name, String(total.now), nil, nil]) }
      }
    }
    return Table(
      columns: ["from", "to", "records", "other_reasons", "examples"], rows: rows,
      numeric: ["records", "other_reasons"])
  }

  package var json: String {
    let changes = (moved + same).map { change in
      let examples = change.examples.map { example in
        "{\"record\": \(Table.quoted(found.origin(example))), \"was\": \(Table.quoted(example.was.text)), "
          + "\"now\": \(Table.quoted(example.now.text))}"
      }
      return
        "    {\"from\": \"\(change.from.name)\", \"to\": \"\(change.to.name)\", \"records\": \(change.records), "
        + "\"other_reasons\": \(change.otherReasons), \"examples\": [\(examples.joined(separator: ", "))]}"
    }
    let totals = found.totals.filter { $0.before > 0 || $0.now > 0 }.map { total in
      "    {\"export\": \"\(total.export.name)\", \"outcome\": \"\(total.outcome.name)\", \"before\": \(total.before), \"now\": \(total.now)}"
    }
    let keys = found.extractKeys.map(Table.quoted).joined(separator: ", ")
    let cards = found.cards
    return """
      {
        "stage": "\(found.stage.rawValue)", "followed": \(found.changes != nil),
        "base_run": \(found.base.id), "base_state": "\(found.base.state.rawValue)", "base_as_of": "\(found.base.asOf)",
        "as_of": "\(found.asOf)", "changed_keys": [\(keys)],
        "unread_keys": [\(found.stage == .match ? keys : "")],
        "decisions": {"before": \(found.decisions.before), "now": \(found.decisions.now)},
        "changes": [
      \(changes.joined(separator: ",\n"))
        ],
        "totals": [
      \(totals.joined(separator: ",\n"))
        ],
        "persons": {"before": \(cards.before), "after": \(cards.after), "gained": \(cards.total.gained), \
      "lost": \(cards.total.lost), "changed": \(cards.total.changed), "renumbered": \(cards.total.renumbered)}
      }
      """
  }
}
