// The slow, obvious matcher: dictionaries and texts, one rule after the other as the contract has them.
// Invariant: shares no rule with the Match module, only the values it reads.

import Foundation
import Record

struct Oracle {
  private let sample: StagedSample
  private let folder = NameFolder()
  private var persons: [String: [SamplePerson]] = [:]
  private(set) var text = MatchedText()

  private struct Candidate {
    var insured: SampleInsured
    var person: String
    var notes: Set<String>
    var rule: LinkRule
  }

  init(_ sample: StagedSample) {
    self.sample = sample
    for person in sample.persons.sorted(by: { $0.place < $1.place }) {
      persons[person.id.text, default: []].append(person)
    }
    var findings: [(export: ExportKind, place: Place, row: FindingRow)] = []

    func find(
      _ export: ExportKind, _ place: Place, _ line: UInt32, _ outcome: Outcome, _ reasons: String, id: String,
      _ number: String, _ card: String
    ) {
      let row = FindingRow(
        export: export, outcome: outcome, reasons: reasons, personalID: id, insuranceNumber: number,
        cardNumber: card, fileIndex: place.file, line: line)
      findings.append((export, place, row))
    }
    func count(_ export: ExportKind, _ place: Place, _ outcome: Outcome, _ words: [String]) {
      text.counts["\(export.name) \(place.file) \(outcome.name)", default: 0] += 1
      for word in words { text.reasons["\(export.name) \(outcome.name)/\(word)", default: 0] += 1 }
    }
    func end(_ insured: SampleInsured, _ outcome: Outcome, _ reasons: [String], id: String) {
      find(
        .insurance, insured.place, insured.record.line, outcome, reasons.sorted().joined(separator: ","),
        id: id,
        insured.record.insuranceNumber.text, insured.record.cardNumber.text)
      count(.insurance, insured.place, outcome, reasons)
    }

    for held in sample.quarantined {
      let record = held.record
      find(
        record.export, held.place, record.line, .quarantined, record.reasonsText, id: record.personalID,
        record.insuranceNumber, record.cardNumber)
      count(record.export, held.place, .quarantined, record.reasons.words)
    }

    // The population by itself.
    var disagreements: [String: Set<String>] = [:]
    for (id, records) in persons {
      var different: Set<String> = []
      if Set(records.map { exact($0.name) }).count > 1 { different.insert("name") }
      if Set(records.map(\.record.birthDate.text)).count > 1 { different.insert("birth_date") }
      if Set(records.map(\.record.sex.name)).count > 1 { different.insert("sex") }
      if Set(records.map(\.record.status.name)).count > 1 { different.insert("status") }
      disagreements[id] = different
      for (i, person) in records.enumerated() {
        if different.isEmpty {
          count(.population, person.place, i == 0 ? .registered : .repeated, [])
        } else {
          find(
            .population, person.place, person.record.line, .personDuplicated,
            different.sorted().joined(separator: ","), id: id, "", "")
          count(.population, person.place, .personDuplicated, Array(different))
        }
      }
    }

    // Each insurance record by itself.
    var candidates: [Candidate] = []
    for insured in sample.insured {
      var rule = LinkRule.personalID
      let id: String
      switch insured.field {
      case .missing:
        end(insured, .idMissing, insured.record.words.words, id: "")
        continue
      case .invalid(let raw):
        end(insured, .idInvalid, insured.record.words.words, id: raw)
        continue
      case .legacy(let legacy):
        let holders = Set(sample.persons.filter { $0.record.legacy == legacy }.map(\.id.text))
        guard holders.count == 1, let holder = holders.first else {
          end(
            insured, .personUnknown, [holders.isEmpty ? "legacy_unknown" : "legacy_ambiguous"],
            id: legacy.text)
          continue
        }
        id = holder
        rule = .legacyID
      case .personal(let number): id = number.text
      }
      let prefix = Int(id.prefix(3)) ?? 0
      let isKnown = PersonalID(packed: UInt64(prefix) * 1_000_000_000).hasKnownPrefix
      guard let records = persons[id] else {
        var reasons: [String] = []
        if !isKnown { reasons.append("id_prefix_unknown") }
        if id.hasPrefix("1000") { reasons.append("test_number") }
        end(insured, .personUnknown, reasons, id: id)
        continue
      }
      if let different = disagreements[id], !different.isEmpty {
        end(insured, .personDuplicated, Array(different), id: id)
        continue
      }
      let person = records[0]
      if person.record.status != .active {
        let reason = person.record.status == .unknown ? "status_unknown" : person.record.status.name
        end(insured, .personInactive, [reason], id: id)
        continue
      }
      var reasons: Set<String> = []
      var notes = Set(insured.record.words.words)
      compareNames(person.name, insured.name, &reasons, &notes)
      compareDates(person.record.birthDate.text, insured.record.birthDate.text, &reasons, &notes)
      let sexes = Set([person.record.sex.name, insured.record.sex.name]).subtracting(["unknown"])
      if sexes.count == 2 { reasons.insert("sex") }
      if !reasons.isEmpty {
        end(insured, .disputed, Array(reasons), id: id)
        continue
      }
      let digits = id.compactMap(\.wholeNumberValue)
      let sexOfID = digits[3] % 2 == 0 ? "male" : "female"
      if person.record.sex != .unknown, person.record.sex.name != sexOfID { notes.insert("id_sex_digit") }
      let year = 1900 + digits[3] / 2 * 100 + digits[4] * 10 + digits[5]
      if person.record.birthDate.text.prefix(4) != "\(year)" { notes.insert("id_birth_year_digits") }
      if !isKnown { notes.insert("id_prefix_unknown") }
      candidates.append(Candidate(insured: insured, person: id, notes: notes, rule: rule))
    }

    // The records against each other.
    var claims: [String: Set<String>] = [:]
    for candidate in candidates {
      claims[candidate.insured.record.insuranceNumber.text, default: []].insert(candidate.person)
    }
    var linked: [String: [Candidate]] = [:]
    for candidate in candidates.sorted(by: { $0.insured.place < $1.insured.place }) {
      if let persons = claims[candidate.insured.record.insuranceNumber.text], persons.count > 1 {
        end(candidate.insured, .numberShared, ["insurance_number"], id: candidate.person)
      } else {
        linked[candidate.person, default: []].append(candidate)
      }
    }
    for (id, cards) in linked.sorted(by: { $0.key < $1.key }) {
      guard let person = persons[id]?.first else { continue }
      let numbers = Set(cards.map(\.insured.record.insuranceNumber.text))
      let serving = cards.sorted { serves($0.insured, before: $1.insured) }[0].insured
      for card in cards {
        let notes = numbers.count > 1 ? card.notes.union(["several_insurance_numbers"]) : card.notes
        let record = card.insured.record
        var row = CardRow()
        row.insuranceNumber = record.insuranceNumber
        row.cardNumber = record.cardNumber
        row.facility = record.facility
        row.area = record.area
        row.validFrom = record.validFrom
        row.validTo = record.validTo
        row.fiveYearsFrom = record.fiveYearsFrom
        row.rule = card.rule
        row.line = record.line
        text.cards.append(
          MatchedText.line(
            row, person.id, folder.forms(of: person.name).clean, person.record.birthDate, person.record.sex,
            notes.sorted(), file: card.insured.place.file, serves: card.insured == serving))
        count(.insurance, card.insured.place, .linked, Array(notes))
      }
    }
    text.findings = findings.sorted {
      ($0.export.rawValue, $0.place) < ($1.export.rawValue, $1.place)
    }.map(\.row)
  }

  private func exact(_ name: String) -> String { folder.forms(of: name).exact }

  private func compareNames(
    _ a: String, _ b: String, _ reasons: inout Set<String>, _ notes: inout Set<String>
  ) {
    let (x, y) = (folder.forms(of: a), folder.forms(of: b))
    if x.exact == y.exact { return }
    if x.bare == y.bare {
      notes.insert("name_spelling")
      return
    }
    reasons.insert("name")
    if x.bare.replacing("Y", with: "I") == y.bare.replacing("Y", with: "I") { reasons.insert("i_y_spelling") }
    let words = [x.bare.split(separator: " "), y.bare.split(separator: " ")].sorted { $0.count < $1.count }
    if words[0].sorted() == words[1].sorted() { reasons.insert("same_words") }
    let (short, long) = (words[0], words[1])
    guard long.count >= 3, short.count >= 2 else { return }
    // Every way to drop some of the words between the first and the last.
    for kept in 0..<(1 << (long.count - 2)) - 1 {
      let places: [Int] = (0..<long.count - 2).filter { (kept >> $0) & 1 == 1 }
      let middle: [Substring] = places.map { long[$0 + 1] }
      let rest: [Substring] = [long[0]] + middle + [long[long.count - 1]]
      if rest == short { reasons.insert("middle_name_dropped") }
    }
  }

  private func compareDates(
    _ a: String, _ b: String, _ reasons: inout Set<String>, _ notes: inout Set<String>
  ) {
    let (short, long) = a.count < b.count ? (a, b) : (b, a)
    if short == long { return }
    if long.hasPrefix(short) {
      notes.insert("birth_date_precision")
      return
    }
    reasons.insert("birth_date")
    guard short.count == 10 else { return }
    let (x, y) = (a.split(separator: "-"), b.split(separator: "-"))
    if x[0] == y[0], x[1] == y[2], x[2] == y[1] { reasons.insert("day_month_swapped") }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    func date(_ parts: [Substring]) -> Date? {
      calendar.date(from: DateComponents(year: Int(parts[0]), month: Int(parts[1]), day: Int(parts[2])))
    }
    guard let from = date(x), let to = date(y) else { return }
    let days = abs(calendar.dateComponents([.day], from: from, to: to).day ?? 0)
    if days >= 20, days <= 50 { reasons.insert("lunar_birthday") }
  }

  /// The contract's §4 by text.
  private func serves(_ a: SampleInsured, before b: SampleInsured) -> Bool {
    func first(_ date: CalendarDate) -> String {
      date.text + ["-01-01", "", "", "-01", "", "", ""][date.text.count - 4]
    }
    func last(_ date: CalendarDate) -> String {
      date.isNone ? "9999-12-31" : date.text + ["-12-31", "", "", "-31", "", "", ""][date.text.count - 4]
    }
    func rank(_ card: SampleInsured) -> [String] {
      let record = card.record
      let today = StagedSample.asOf.text
      let isValid = first(record.validFrom) <= today && today <= last(record.validTo)
      return [
        isValid ? "1" : "0", last(record.validTo), first(record.validFrom), record.cardNumber.text,
        record.insuranceNumber.text,
      ]
    }
    let (x, y) = (rank(a), rank(b))
    for (p, q) in zip(x, y) where p != q { return p > q }
    return a.place < b.place
  }
}
