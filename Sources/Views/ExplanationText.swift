// The text of `explain`: both sides as staged, each rule's verdict, and what would have to change.
// Invariant: shows everything that the system holds on the number, with file and line.

package import Desk
import Rules
import Run
import Store
import Values

/// One person's explanation, for people and for programs.
package struct ExplanationText {
  private let found: Explanation
  private let paint: Paint

  package init(_ found: Explanation, paint: Paint = Paint(isOn: false)) {
    (self.found, self.paint) = (found, paint)
  }

  package var text: String {
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
    if let today = found.today {
      lines.append(
        "  an earlier number of \(today.text), to whom its records lead · số đã cấp trước của \(today.text); các bản ghi thuộc về người này"
      )
    }
    lines += ["", "Insurance · bảo hiểm"]
    if found.judgements.isEmpty { lines.append("  no record · không có bản ghi") }
    for judgement in found.judgements {
      lines += self.lines(of: judgement)
      let origin = found.origin(.insurance, judgement.record.place, line: judgement.record.record.line)
      lines += found.personless.filter { $0.origin == origin }.map { "      " + candidates(of: $0) }
    }
    if !found.otherClaims.isEmpty {
      lines += ["", "Also claim the insurance number · Cũng khai mã số BHXH này"]
    }
    for record in found.otherClaims {
      lines.append(
        "  \(record.origin)  insurance number \(record.insuranceNumber ?? "none"), personal ID number "
          + (record.personalID ?? "none"))
    }
    if !found.suggested.isEmpty {
      lines += [
        "",
        "May be this person's, by name, birth date and sex or a repaired number · Có thể là của người này",
      ]
    }
    for record in found.suggested {
      lines.append(
        "  \(record.origin)  \(record.outcome), insurance number \(record.insuranceNumber ?? "none"), "
          + "\(record.cardNumber.map { "card \($0)" } ?? "no card number")")
    }
    if !found.decisions.isEmpty { lines += ["", "Officers' decisions · Quyết định của cán bộ"] }
    for state in found.decisions { lines += self.lines(of: state) }
    if !found.quarantined.isEmpty { lines += ["", "In quarantine · cách ly"] }
    for held in found.quarantined {
      let record = held.record
      lines.append("  \(found.origin(record.export, held.place, line: record.line))  \(record.reasonsText)")
      lines += meanings(of: record.reasons.words)
    }
    if let kept = found.kept, let until = kept.graceUntil {
      let card = kept.card
      lines += [
        "", "Kept in grace · giữ tạm",
        "  until \(until): card \(card.cardNumber ?? "without a number"), insurance number \(card.insuranceNumber ?? "–"), "
          + "facility \(card.facilityCode ?? "none"), valid \(card.validFrom ?? "–") to \(card.validTo ?? "open end")",
        "  as run \(card.runID) linked it: \(card.sourceFile):\(card.sourceLine)",
      ]
      lines += meanings(of: [Reason.keptInGrace.word])
    }
    return lines.joined(separator: "\n")
  }

  private func lines(of state: DecisionState) -> [String] {
    let decision = state.entry.decision
    let words = state.changed.text
    let standing =
      [state.state.rawValue, state.effect?.rawValue, words.isEmpty ? nil : words].compactMap(\.self)
      .joined(separator: " ")
    var lines = [
      "  \(decision.number) \(decision.isAccepted ? "accept" : "reject")  insurance number "
        + "\(decision.insuranceNumber.text), \(decision.cardNumber.isNone ? "no card number" : "card \(decision.cardNumber.text)")",
      "    \(state.taken.at) by \(state.taken.by): \(state.entry.because.isEmpty ? "–" : state.entry.because)",
      "    → \(standing)",
    ]
    if decision.person != found.id { lines.insert("    about \(decision.person.text)", at: 1) }
    if let revoked = state.revoked {
      lines.append("    revoked \(revoked.at) by \(revoked.by): \(revoked.because ?? "–")")
    }
    return lines + meanings(of: state.changed.words)
  }

  private func lines(of judgement: Judgement) -> [String] {
    let record = judgement.record.record
    var lines = recordLines(
      judgement.record, origin: found.origin(.insurance, judgement.record.place, line: record.line))
    for verdict in judgement.verdicts {
      let mark = verdict.passed.map { $0 ? "✓" : "✗" } ?? "·"
      var line = "    \(mark) \(verdict.rule)".leftAligned(26) + verdict.detail
      if verdict.passed == false, !verdict.population.isEmpty, !verdict.insurance.isEmpty {
        line += "   population: \(verdict.population)   insurance: \(verdict.insurance)"
      }
      let colour: Paint.Colour? = verdict.passed.map { $0 ? .good : .bad }
      lines.append(paint(line.withoutTrailingSpaces, colour))
    }
    let words = judgement.words.text
    lines.append(
      paint(
        "    → \(judgement.outcome.name) · \(judgement.outcome.vietnamese)",
        judgement.outcome == .linked ? .good : .bad) + (words.isEmpty ? "" : "  \(words)"))
    lines += meanings(of: judgement.words.words)
    return lines
  }

  static let columns = ["record", "outcome", "rule", "passed", "detail", "population", "insurance"]

  /// A row for each rule and record.
  package var table: Table {
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
    for record in found.otherClaims {
      rows.append([
        record.origin, record.outcome, "other_claim", nil, "", record.personalID, record.insuranceNumber,
      ])
    }
    for record in found.personless + found.suggested {
      rows.append([
        record.origin, record.outcome, "candidates", nil, String(record.candidates), record.only,
        record.personalID,
      ])
    }
    for state in found.decisions {
      let decision = state.entry.decision
      rows.append([
        "decision \(decision.number)", state.state.rawValue, "decision",
        state.state == .inForce ? (decision.isAccepted ? "yes" : "no") : nil,
        [state.effect?.rawValue, state.changed.text].compactMap(\.self).filter { !$0.isEmpty }.joined(
          separator: ","),
        decision.person.text, decision.insuranceNumber.text,
      ])
    }
    for held in found.quarantined {
      rows.append([
        found.origin(held.record.export, held.place, line: held.record.line), Outcome.quarantined.name,
        "readable", "no",
        held.record.reasonsText, "", "",
      ])
    }
    if let kept = found.kept {
      rows.append([
        "\(kept.card.sourceFile):\(kept.card.sourceLine)", Reason.keptInGrace.word, "grace", "yes",
        "run \(kept.card.runID) linked it; until \(kept.graceUntil ?? "")", "", "",
      ])
    }
    return Table(columns: Self.columns, rows: rows)
  }
}

// MARK: Records by their names

/// The explanation of records that were named by a number or a place.
package struct RecordExplanationText {
  private let found: RecordExplanation
  private let paint: Paint

  package init(_ found: RecordExplanation, paint: Paint = Paint(isOn: false)) {
    (self.found, self.paint) = (found, paint)
  }

  package var text: String {
    var parts = found.numbers.map { "\($0.words.vietnamese)\n\($0.words.english)" }
    parts += found.persons.map { ExplanationText($0, paint: paint).text }
    if found.personsLeftOut > 0 {
      parts.append("and \(found.personsLeftOut) more persons · và \(found.personsLeftOut) người nữa")
    }
    if !found.others.isEmpty {
      parts.append(
        (["In run \(found.run.id), leads to no person · không dẫn tới người nào"]
          + found.others.flatMap(lines)).joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  private func lines(of other: RecordExplanation.Other) -> [String] {
    var lines = other.record.map { recordLines($0, origin: other.origin) } ?? ["  " + other.origin]
    guard let finding = other.finding else { return lines }
    let outcome = Outcome(name: finding.outcome)
    let words = finding.reasons ?? ""
    lines.append(
      paint("    → \(finding.outcome) · \(outcome?.vietnamese ?? "")", .bad)
        + (words.isEmpty ? "" : "  \(words)"))
    lines += meanings(of: words.split(separator: ",").map(String.init))
    if finding.candidates != nil { lines.append("      " + candidates(of: Suggestion(finding))) }
    return lines
  }

  package var table: Table {
    var table = Table(columns: ExplanationText.columns, rows: [])
    table.rows = found.numbers.map { number in
      let time = number.knownTo.isEmpty ? "" : " until \(number.knownTo)"
      return [
        number.learnedFrom, nil, "number", nil, "\(number.kind.rawValue) since \(number.knownFrom)\(time)",
        number.personalID, number.number,
      ]
    }
    for person in found.persons { table.rows += ExplanationText(person).table.rows }
    table.rows += found.others.map { other in
      [
        other.origin, other.finding?.outcome, "person", "no", other.finding?.reasons,
        other.finding?.candidatePersonalID, other.finding?.personalID,
      ]
    }
    return table
  }
}

/// A record as it is staged, in two lines.
private func recordLines(_ found: FoundInsurance, origin: String) -> [String] {
  let record = found.record
  let validTo = record.validTo.isNone ? "open end" : record.validTo.text
  let card = record.cardNumber.isNone ? "no card number" : "card \(record.cardNumber.text)"
  return [
    "  \(origin)  \(found.name), born \(record.birthDate.text), \(record.sex.name)",
    "    \(card), insurance number \(record.insuranceNumber.text), facility "
      + "\(record.facility.isNone ? "none" : record.facility.text), valid \(record.validFrom.text) to \(validTo)",
  ]
}

private func candidates(of record: Suggestion) -> String {
  switch record.candidates {
  case 0: "no person has its name, birth date and sex · không có người trùng họ tên, ngày sinh, giới tính"
  case 1: "may be \(record.only ?? "?"), the only one · có thể là người này, duy nhất"
  case let count: "may be one of \(count) persons · có thể là một trong \(count) người"
  }
}

private func meanings(of words: [String]) -> [String] {
  words.flatMap { word in
    Reason(shown: word).map { reason in
      [
        "      \(word): \(reason.meaning.english) · \(reason.meaning.vietnamese)",
        "        What to do: \(reason.remedy.english)", "        Cần làm: \(reason.remedy.vietnamese)",
      ]
    } ?? []
  }
}
