// The slow, simple matcher: dictionaries and texts, one rule after the other in the contract's order.
// Invariant: it shares no rule and no name folding with the product, only the values it reads.

import Foundation
import Support
import Values

struct Oracle {
  private let sample: StagedSample
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
      _ number: String, _ card: String, judged: JudgedFields? = nil,
      candidates: (count: Int, only: SamplePerson?)? = nil
    ) {
      let row = FindingRow(
        export: export, outcome: outcome, reasons: reasons, personalID: id, insuranceNumber: number,
        cardNumber: card, fileIndex: place.file, line: line, judged: judged, candidates: candidates?.count,
        candidatePersonalID: candidates?.only?.id.text ?? "")
      findings.append((export, place, row))
    }
    func count(_ export: ExportKind, _ place: Place, _ outcome: Outcome, _ words: [String]) {
      text.counts["\(export.name) \(place.file) \(outcome.name)", default: 0] += 1
      for word in words { text.reasons["\(export.name) \(outcome.name)/\(word)", default: 0] += 1 }
    }
    func end(
      _ insured: SampleInsured, _ outcome: Outcome, _ reasons: [String], id: String,
      judged: JudgedFields? = nil, candidates: (count: Int, only: SamplePerson?)? = nil
    ) {
      find(
        .insurance, insured.place, insured.record.line, outcome, reasons.sorted().joined(separator: ","),
        id: id,
        insured.record.insuranceNumber.isNone ? "" : insured.record.insuranceNumber.text,
        insured.record.cardNumber.text, judged: judged, candidates: candidates)
      count(.insurance, insured.place, outcome, reasons)
    }

    for held in sample.quarantined {
      let record = held.record
      find(
        record.export, held.place, record.line, .quarantined, record.reasonsText, id: record.personalID,
        record.insuranceNumber, record.cardNumber)
      count(record.export, held.place, .quarantined, record.reasons.words)
    }

    // The population's records alone.
    var disagreements: [String: Set<String>] = [:]
    for (id, records) in persons {
      var different: Set<String> = []
      if Set(records.map { SlowName.exact($0.name) }).count > 1 { different.insert("name") }
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

    /// Where a 12-digit number leads; nil if two persons name it as their earlier one, or if there is no end.
    func today(_ number: String) -> String? {
      var at = number
      for _ in 0...8 {
        if persons[at, default: []].contains(where: { $0.record.status != .numberCancelled }) { return at }
        guard let next = holders({ $0.previous.packed != 0 && $0.previous.text == at }).first else {
          return at
        }
        guard holders({ $0.previous.packed != 0 && $0.previous.text == at }).count == 1 else { return nil }
        at = next
      }
      return nil
    }

    /// Whether a number is somebody's other than this person's.
    func isAnothers(_ number: String, than id: String) -> Bool {
      if let now = today(number), now != number { return now != id }
      return persons[number] != nil
    }

    /// The persons whose records name a number; those with a cancelled number count if there are no others.
    func holders(_ names: (PopulationRecord) -> Bool) -> Set<String> {
      let all = sample.persons.filter { names($0.record) }
      let present = all.filter { $0.record.status != .numberCancelled }
      return Set((present.isEmpty ? all : present).map(\.id.text))
    }

    /// Decisions on a record, in the order in which they were made.
    func decisions(on insured: SampleInsured) -> [Decision] {
      sample.decisions.filter {
        $0.insuranceNumber.text == insured.record.insuranceNumber.text
          && $0.cardNumber.text == insured.record.cardNumber.text
      }.sorted { $0.number < $1.number }
    }

    /// Ends a record that leads to no person, with its candidates.
    func endWithoutPerson(_ insured: SampleInsured, _ outcome: Outcome, _ reasons: Set<String>) {
      let rejected = decisions(on: insured).filter { !$0.isAccepted && $0.insurance == insured.judged }
      func isRejected(_ person: SamplePerson) -> Bool {
        rejected.contains { $0.person == person.id && $0.population == person.judged }
      }
      func isNamesake(_ person: SamplePerson) -> Bool {
        let record = insured.record
        return record.birthDate.text.count == 10 && record.sex != .unknown && person.record.sex == record.sex
          && person.record.birthDate == record.birthDate
          && SlowName.bare(person.name) == SlowName.bare(insured.name)
      }
      var found: [SamplePerson] = []
      for (_, records) in persons {
        if let first = records.first(where: isNamesake) { found.append(first) }
      }
      if found.count <= 16 { found.removeAll(where: isRejected) }
      if reasons.contains("leading_zero_lost") {
        let padded = String(repeating: "0", count: 12 - insured.field.text.count) + insured.field.text
        if let records = persons[padded], !isRejected(records[0]), !records.contains(where: isNamesake) {
          found.append(records[0])
        }
      }
      let only = found.count == 1 ? found[0] : nil
      end(
        insured, outcome, Array(reasons), id: insured.field.text,
        judged: JudgedFields(insured.judged, only?.judged), candidates: (found.count, only))
    }

    // Each insurance record alone.
    var candidates: [Candidate] = []

    /// Sends a record that leads to no person to the one whom an officer named, if possible.
    func endUnlessGiven(_ insured: SampleInsured, _ outcome: Outcome, _ reasons: [String]) {
      let accepted = decisions(on: insured).filter(\.isAccepted)
      let given = accepted.last {
        $0.insurance == insured.judged && $0.insurance.held.personalID != $0.person
      }
      var reasons = Set(reasons)
      guard let given else {
        if let other = accepted.last(where: { $0.insurance != insured.judged }) {
          reasons.formUnion(changes(other, insured, nil, comparingHeld: true))
        }
        return endWithoutPerson(insured, outcome, reasons)
      }
      let id = given.person.text
      guard let records = persons[id], disagreements[id]?.isEmpty == true, records[0].record.status == .active
      else {
        reasons.insert("decision_not_applied")
        if let records = persons[id], disagreements[id]?.isEmpty == true {
          reasons.insert(inactiveReason(records[0]))
        }
        return endWithoutPerson(insured, outcome, reasons)
      }
      let person = records[0]
      let onPair = decisions(on: insured).filter { $0.person == given.person }
      let now = JudgedFields(insured.judged, person.judged)
      guard onPair.last(where: { $0.judged == now })?.isAccepted == true else {
        if onPair.contains(where: { $0.judged == now }) {
          reasons.insert("decision_rejected")
        } else if let last = onPair.last {
          reasons.formUnion(changes(last, insured, person, comparingHeld: true))
        }
        return endWithoutPerson(insured, outcome, reasons)
      }
      var differences: Set<String> = []
      var notes = Set(insured.record.words.words).union(reasons)
      compare(person, insured, &differences, &notes)
      candidates.append(
        Candidate(insured: insured, person: id, notes: notes.union(differences), rule: .decision))
    }

    for insured in sample.insured {
      var rule = LinkRule.personalID
      let id: String
      // The officer has to know where the number comes from.
      let origin = insured.record.words.words.filter { $0 == "id_from_insurance_number" }
      switch insured.field {
      case .missing:
        endUnlessGiven(insured, .idMissing, insured.record.words.words)
        continue
      case .invalid:
        endUnlessGiven(insured, .idInvalid, insured.record.words.words)
        continue
      case .legacy(let legacy):
        let holders = holders { $0.legacy == legacy }
        guard holders.count == 1, let holder = holders.first else {
          endUnlessGiven(insured, .personUnknown, [holders.isEmpty ? "legacy_unknown" : "legacy_ambiguous"])
          continue
        }
        id = today(holder) ?? holder
        rule = .legacyID
      case .personal(let number):
        guard let now = today(number.text) else {
          endUnlessGiven(insured, .personUnknown, ["previous_ambiguous"] + origin)
          continue
        }
        id = now
        if id != number.text { rule = .previousID }
      }
      guard let records = persons[id] else {
        var reasons = origin
        if !isKnownPrefix(id) { reasons.append("id_prefix_unknown") }
        if id.hasPrefix("1000") { reasons.append("test_number") }
        endUnlessGiven(insured, .personUnknown, reasons)
        continue
      }
      if let different = disagreements[id], !different.isEmpty {
        end(insured, .personDuplicated, Array(different.union(origin)), id: id)
        continue
      }
      let person = records[0]
      if person.record.status != .active {
        end(insured, .personInactive, [inactiveReason(person)] + origin, id: id)
        continue
      }
      var reasons: Set<String> = []
      var notes = Set(insured.record.words.words)
      if rule == .previousID {
        notes.remove("insurance_number_not_id")
        if insured.onCard.text.count == 12 { notes.remove("card_tail_differs") }
      }
      compare(person, insured, &reasons, &notes)
      let numbers = [insured.record.insuranceNumber.text, insured.onCard.text]
      let areOthers = numbers.map { $0.count == 12 && $0 != id && Set($0).count > 1 }
      let namesRegistered = zip(numbers, areOthers).contains { $1 && isAnothers($0, than: id) }
      if rule != .personalID {
        if areOthers[0] { notes.insert("insurance_number_not_id") }
        if areOthers[1] { notes.insert("card_tail_differs") }
      }
      var fields = insured.judged
      fields.held = LinkKey.personal(person.id)
      let now = JudgedFields(fields, person.judged)
      let onPair = decisions(on: insured).filter { $0.person == person.id }
      let decision = onPair.last {
        $0.population == now.population && $0.insurance.name == fields.name
          && $0.insurance.birthDate == fields.birthDate && $0.insurance.sex == fields.sex
      }
      if let decision, decision.isAccepted, !reasons.isEmpty || areOthers.contains(true) {
        candidates.append(
          Candidate(insured: insured, person: id, notes: notes.union(reasons), rule: .decision))
        continue
      }
      if namesRegistered { reasons.insert("insurance_number_not_id") }
      if let decision, !decision.isAccepted { reasons.insert("decision_rejected") }
      if decision == nil, !reasons.isEmpty, let last = onPair.last {
        reasons.formUnion(changes(last, insured, person, comparingHeld: false))
      }
      if !reasons.isEmpty {
        end(insured, .disputed, Array(reasons.union(origin)), id: id, judged: now)
        continue
      }
      candidates.append(Candidate(insured: insured, person: id, notes: notes, rule: rule))
    }

    // The records compared with each other.
    var claims: [String: Set<String>] = [:]
    // A record without a number claims none.
    for candidate in candidates where !candidate.insured.record.insuranceNumber.isNone {
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
      let numbers = Set(cards.map(\.insured.record.insuranceNumber).filter { !$0.isNone }.map(\.text))
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
            row, person.id, SlowName.clean(person.name), person.record.birthDate, person.record.sex,
            notes.sorted(), file: card.insured.place.file, serves: card.insured == serving))
        count(.insurance, card.insured.place, .linked, Array(notes))
      }
    }
    text.findings = findings.sorted {
      ($0.export.rawValue, $0.place) < ($1.export.rawValue, $1.place)
    }.map(\.row)
  }

  private func isKnownPrefix(_ id: String) -> Bool {
    PersonalID(packed: UInt64(Int(id.prefix(3)) ?? 0) * 1_000_000_000).hasKnownPrefix
  }

  private func inactiveReason(_ person: SamplePerson) -> String {
    person.record.status == .unknown ? "status_unknown" : person.record.status.name
  }

  /// The differences between a person and a record, and the tolerated ones.
  private func compare(
    _ person: SamplePerson, _ insured: SampleInsured, _ reasons: inout Set<String>, _ notes: inout Set<String>
  ) {
    compareNames(person.name, insured.name, &reasons, &notes)
    compareDates(person.record.birthDate.text, insured.record.birthDate.text, &reasons, &notes)
    let sexes = Set([person.record.sex.name, insured.record.sex.name]).subtracting(["unknown"])
    if sexes.count == 2 { reasons.insert("sex") }
    let id = person.id.text
    let digits = id.compactMap(\.wholeNumberValue)
    let sexOfID = digits[3] % 2 == 0 ? "male" : "female"
    if person.record.sex != .unknown, person.record.sex.name != sexOfID { notes.insert("id_sex_digit") }
    let year = 1900 + digits[3] / 2 * 100 + digits[4] * 10 + digits[5]
    if person.record.birthDate.text.prefix(4) != "\(year)" { notes.insert("id_birth_year_digits") }
    if !isKnownPrefix(id) { notes.insert("id_prefix_unknown") }
  }

  /// The changes since a decision.
  private func changes(
    _ decision: Decision, _ insured: SampleInsured, _ person: SamplePerson?, comparingHeld: Bool
  ) -> Set<String> {
    var words: Set<String> = []
    let now = insured.judged
    if decision.insurance.name != now.name { words.insert("reopened_insurance_name") }
    if decision.insurance.birthDate != now.birthDate { words.insert("reopened_insurance_birth_date") }
    if decision.insurance.sex != now.sex { words.insert("reopened_insurance_sex") }
    if comparingHeld, decision.insurance.held != now.held { words.insert("reopened_insurance_personal_id") }
    guard let person = person?.judged else { return words }
    if decision.population.name != person.name { words.insert("reopened_population_name") }
    if decision.population.birthDate != person.birthDate { words.insert("reopened_population_birth_date") }
    if decision.population.sex != person.sex { words.insert("reopened_population_sex") }
    if decision.population.status != person.status { words.insert("reopened_population_status") }
    return words
  }

  private func compareNames(
    _ a: String, _ b: String, _ reasons: inout Set<String>, _ notes: inout Set<String>
  ) {
    if SlowName.exact(a) == SlowName.exact(b) { return }
    let (x, y) = (SlowName.bare(a), SlowName.bare(b))
    if x == y {
      notes.insert("name_spelling")
      return
    }
    reasons.insert("name")
    if x.replacing("Y", with: "I") == y.replacing("Y", with: "I") { reasons.insert("i_y_spelling") }
    let words = [x.split(separator: " "), y.split(separator: " ")].sorted { $0.count < $1.count }
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

  /// The contract's §4 on texts.
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
