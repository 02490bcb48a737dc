// The answer of a rehearsal: which records would end otherwise, and whose cards would change.
// Invariant: names files, lines, outcomes and reasons; nothing about a person.

import Record
import Run

struct RehearsalText {
  private let found: Rehearsal

  init(_ found: Rehearsal) { self.found = found }

  private var moved: [Rehearsal.Change] {
    found.changes.filter { $0.from != $0.to }.sorted {
      ($0.records, $1.from, $1.to) > ($1.records, $0.from, $0.to)
    }
  }
  private var same: [Rehearsal.Change] { found.changes.filter { $0.from == $0.to } }

  var text: String {
    let base = found.base
    var lines = [
      "A rerun of match for \(found.asOf), against run \(base.id) (\(base.state)) for \(base.asOf). Nothing was changed.",
      "Diễn tập đối chiếu, so với lượt chạy \(base.id). Chưa thay đổi gì.", "",
    ]
    if found.decisions.before != found.decisions.now {
      lines += [
        "Decisions in force: \(grouped(found.decisions.before)) then, \(grouped(found.decisions.now)) now.",
        "",
      ]
    }
    for key in found.unread {
      lines.append(
        "\(key) has changed in the pipeline file. A rerun of match doesn't read it: cardlink run does.")
    }
    if !found.unread.isEmpty { lines.append("") }
    let records = found.changes.reduce(0) { $0 + $1.records }
    let unmoved = same.reduce(0) { $0 + $1.records }
    lines.append("insurance · bảo hiểm".leftAligned(44) + grouped(records).rightAligned(14))
    lines.append("  as before · như trước".leftAligned(44) + grouped(unmoved).rightAligned(14))
    for change in moved {
      lines.append(
        "  \(change.from.name) → \(change.to.name)".leftAligned(44) + grouped(change.records).rightAligned(14)
      )
      lines += change.examples.map(line)
    }
    for change in same where change.otherReasons > 0 {
      lines.append(
        "  \(change.from.name), for other reasons".leftAligned(44)
          + grouped(change.otherReasons).rightAligned(14))
      lines += change.examples.map(line)
    }
    let cards = found.cards
    lines += [
      "",
      "persons with a card · người có thẻ".leftAligned(44) + grouped(cards.before).rightAligned(14) + " → "
        + grouped(cards.after),
    ]
    for (words, count) in [
      ("would gain one · được thêm", cards.total.gained), ("would lose it · mất", cards.total.lost),
      ("would have another · đổi thẻ", cards.total.changed),
    ] where count > 0 {
      lines.append("  \(words)".leftAligned(44) + grouped(count).rightAligned(14))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ example: Rehearsal.Example) -> String {
    let (was, now) = (example.was.text, example.now.text)
    return "      \(found.origin(example))  \(was.isEmpty ? "–" : was) → \(now.isEmpty ? "–" : now)"
  }

  /// A row for each outcome before and now.
  var table: Table {
    Table(
      columns: ["from", "to", "records", "other_reasons", "examples"],
      rows: (moved + same).map { change in
        [
          change.from.name, change.to.name, String(change.records), String(change.otherReasons),
          change.examples.map(found.origin).joined(separator: " "),
        ]
      }, numeric: ["records", "other_reasons"])
  }

  var json: String {
    let changes = (moved + same).map { change in
      let examples = change.examples.map { example in
        "{\"record\": \(Table.quoted(found.origin(example))), \"was\": \(Table.quoted(example.was.text)), "
          + "\"now\": \(Table.quoted(example.now.text))}"
      }
      return
        "    {\"from\": \"\(change.from.name)\", \"to\": \"\(change.to.name)\", \"records\": \(change.records), "
        + "\"other_reasons\": \(change.otherReasons), \"examples\": [\(examples.joined(separator: ", "))]}"
    }
    let cards = found.cards
    return """
      {
        "base_run": \(found.base.id), "base_state": "\(found.base.state)", "base_as_of": "\(found.base.asOf)",
        "as_of": "\(found.asOf)", "unread_keys": [\(found.unread.map(Table.quoted).joined(separator: ", "))],
        "decisions": {"before": \(found.decisions.before), "now": \(found.decisions.now)},
        "changes": [
      \(changes.joined(separator: ",\n"))
        ],
        "persons": {"before": \(cards.before), "after": \(cards.after), "gained": \(cards.total.gained), \
      "lost": \(cards.total.lost), "changed": \(cards.total.changed)}
      }
      """
  }
}
