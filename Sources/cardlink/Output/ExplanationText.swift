// The answer of `explain`: both sides as they stand, each rule's verdict, and what would have to change.
// Invariant: everything the system holds on the number is shown, with its file and line.

import Record
import Run

/// One person's explanation, for people and for programs.
struct ExplanationText {
  private let found: Explanation

  init(_ found: Explanation) { self.found = found }

  var text: String {
    var lines = [
      "\(found.id.text) in run \(found.run.id), business date \(found.run.asOf)", "", "Population · dân cư",
    ]
    if found.population.isEmpty { lines.append("  no record · không có bản ghi") }
    for person in found.population {
      let record = person.record
      let legacy = record.legacy.packed == 0 ? "" : ", held \(record.legacy.text) before"
      lines.append(
        "  \(found.origin(.population, person.place, line: record.line))  \(person.name), born \(record.birthDate.text), "
          + "\(record.sex.name), \(record.status.name)\(legacy)")
    }
    lines += ["", "Insurance · bảo hiểm"]
    if found.judgements.isEmpty { lines.append("  no record · không có bản ghi") }
    for judgement in found.judgements { lines += self.lines(of: judgement) }
    if !found.quarantined.isEmpty { lines += ["", "In quarantine · cách ly"] }
    for held in found.quarantined {
      let record = held.record
      lines.append("  \(found.origin(record.export, held.place, line: record.line))  \(record.reasonsText)")
      lines += meanings(of: record.reasons.words)
    }
    return lines.joined(separator: "\n")
  }

  private func lines(of judgement: Judgement) -> [String] {
    let record = judgement.record.record
    let validTo = record.validTo.isNone ? "open end" : record.validTo.text
    let card = record.cardNumber.isNone ? "no card number" : "card \(record.cardNumber.text)"
    var lines = [
      "  \(found.origin(.insurance, judgement.record.place, line: record.line))  \(judgement.record.name), born "
        + "\(record.birthDate.text), \(record.sex.name)",
      "    \(card), insurance number \(record.insuranceNumber.text), facility "
        + "\(record.facility.isNone ? "none" : record.facility.text), valid \(record.validFrom.text) to \(validTo)",
    ]
    for verdict in judgement.verdicts {
      let mark = verdict.passed.map { $0 ? "✓" : "✗" } ?? "·"
      var line = "    \(mark) \(verdict.rule)".leftAligned(26) + verdict.detail
      if verdict.passed == false, !verdict.population.isEmpty, !verdict.insurance.isEmpty {
        line += "   population: \(verdict.population)   insurance: \(verdict.insurance)"
      }
      lines.append(line.withoutTrailingSpaces)
    }
    let words = judgement.words.text
    lines.append(
      "    → \(judgement.outcome.name) · \(judgement.outcome.vietnamese)"
        + (words.isEmpty ? "" : "  \(words)"))
    lines += meanings(of: judgement.words.words)
    return lines
  }

  private func meanings(of words: [String]) -> [String] {
    words.flatMap { word in
      explanation(ofWord: word).map { meaning in
        [
          "      \(word): \(meaning.english) · \(meaning.vietnamese)",
          "        What to do: \(meaning.remedy)",
        ] + (vietnameseRemedy(ofWord: word).map { ["        Cần làm: \($0)"] } ?? [])
      } ?? []
    }
  }

  /// A row for each rule and record.
  var table: Table {
    var rows: [[String?]] = []
    for judgement in found.judgements {
      let origin = found.origin(.insurance, judgement.record.place, line: judgement.record.record.line)
      for verdict in judgement.verdicts {
        rows.append([
          origin, judgement.outcome.name, verdict.rule, verdict.passed.map { $0 ? "yes" : "no" },
          verdict.detail,
          verdict.population, verdict.insurance,
        ])
      }
    }
    for held in found.quarantined {
      rows.append([
        found.origin(held.record.export, held.place, line: held.record.line), Outcome.quarantined.name,
        "readable", "no",
        held.record.reasonsText, "", "",
      ])
    }
    return Table(
      columns: ["record", "outcome", "rule", "passed", "detail", "population", "insurance"], rows: rows)
  }
}
