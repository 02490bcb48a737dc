// Reads the results of the match in order: persons with their linked cards, and findings.
// Invariant: persons ascend by personal ID number, each with at least one card, of which exactly one serves.
// Persons kept in grace are among them, with their earlier card. Findings come by export, then file, then
// place.
// Load: one pass over some gigabytes, ahead of the one writer of the store; a batch's buffers are reused.

import Rules
import SortedRuns
package import Values

/// Reads persons in batches.
package final class MatchedPersons {
  private var reading: PersonReading

  /// - Parameters:
  ///   - folder: where the match stage wrote.
  ///   - asOf: the business date, which decides the serving card.
  ///   - personsPerBatch: the most persons in a batch; all cards of a person are in one batch.
  ///   - keys: which persons, by their keys; all of them by default.
  package init(
    _ matched: MatchedSnapshot, in folder: String, asOf: CalendarDate, personsPerBatch: Int = 1024,
    keys: Range<UInt64> = 0..<UInt64.max
  ) throws(Stop) {
    guard matched.judgedFormat == MatchedSnapshot.currentJudgedFormat else {
      throw Stop(
        .inputOutput, at: folder, expected: "a match result of this version of cardlink",
        found: "one of another version", remedy: "Match again: cardlink rerun match PIPELINE")
    }
    reading = PersonReading(
      judged: try Merge(matched.judged, in: folder, from: keys.lowerBound, to: keys.upperBound),
      shared: try Merge(matched.shared, in: folder, from: keys.lowerBound, to: keys.upperBound),
      kept: try Merge(matched.kept ?? [], in: folder, from: keys.lowerBound, to: keys.upperBound), asOf: asOf,
      personsPerBatch: max(1, personsPerBatch))
  }

  /// Cuts the persons into about equal ranges of keys, in ascending order and without a gap.
  package static func ranges(
    of matched: MatchedSnapshot, in folder: String, parts: Int
  ) throws(Stop) -> [Range<UInt64>] {
    let cuts = [0] + (try splitKeys(of: matched.judged, in: folder, parts: parts)) + [UInt64.max]
    return cuts.indices.dropLast().map { cuts[$0]..<cuts[$0 + 1] }
  }

  /// Replaces the content of `batch` with the next persons.
  /// - Returns: false when there are no more persons; the batch is then empty.
  package func nextBatch(into batch: inout PersonBatch) throws(Stop) -> Bool {
    try reading.nextBatch(into: &batch)
  }
}

/// The reading position; noncopyable, so that exclusive access is checked once per batch.
private struct PersonReading: ~Copyable {
  var judged: Merge
  var shared: Merge
  var kept: Merge
  let asOf: CalendarDate
  let personsPerBatch: Int

  /// See ``MatchedPersons/nextBatch(into:)``.
  mutating func nextBatch(into batch: inout PersonBatch) throws(Stop) -> Bool {
    batch.removeAll()
    while batch.persons.count < personsPerBatch, judged.hasRecord || kept.hasRecord {
      // A kept person may also have judged records, all held back, which yield no row.
      if kept.key < judged.key { try nextKept(into: &batch) } else { try nextPerson(into: &batch) }
    }
    return !batch.persons.isEmpty
  }

  /// Reads one person who is kept in grace.
  private mutating func nextKept(into batch: inout PersonBatch) throws(Stop) {
    let id = LinkKey(packed: kept.key).personalID ?? PersonalID(packed: 0)
    try kept.withPayload { (payload) throws(Stop) in KeptRecord.read(payload, id, into: &batch) }
    try kept.advance()
  }

  /// Reads one person, who is left out if all cards are held back.
  private mutating func nextPerson(into batch: inout PersonBatch) throws(Stop) {
    let key = judged.key
    let id = LinkKey(packed: key).personalID ?? PersonalID(packed: 0)
    let nameStart = batch.bytes.count
    let cardStart = batch.cards.count
    var linked = LinkedCards()
    var head: JudgedPerson?
    while judged.key == key {
      let place = judged.place
      let isShared = shared.key == key && shared.place == place
      try judged.withPayload { (payload) throws(Stop) in
        var card = payload
        if head == nil {
          let person = JudgedPerson(payload)
          unsafe payload.extracting(person.name).withUnsafeBytes {
            unsafe batch.bytes.append(contentsOf: $0)
          }
          card = payload.extracting(person.card)
          head = person
        }
        guard !isShared else { return }
        let row = CardRow(InsuranceRecord(card), id, place: place)
        linked.add(row.insuranceNumber)
        batch.cards.append(row)
      }
      if isShared { try shared.advance() }
      try judged.advance()
    }
    guard let head else { return }
    guard linked.count > 0 else {
      batch.bytes.removeLast(batch.bytes.count - nameStart)
      return
    }
    let cards = cardStart..<batch.cards.count
    let serving = cardStart + servingCard(among: batch.cards.span.extracting(cards), on: asOf)
    batch.cards[serving].isServing = true
    if linked.haveSeveralNumbers { for i in cards { batch.cards[i].notes.insert(.severalInsuranceNumbers) } }
    batch.persons.append(
      PersonRow(
        personalID: id, birthDate: head.birthDate, sex: head.sex, nameRange: nameStart..<batch.bytes.count,
        cards: cards))
  }
}

/// Reads findings one by one.
package final class MatchedFindings {
  private var merge: Merge
  private var candidates: Merge

  package init(_ matched: MatchedSnapshot, in folder: String) throws(Stop) {
    merge = try Merge(matched.findings, in: folder)
    candidates = try Merge(matched.candidates, in: folder)
  }

  /// The next finding; nil at the end.
  package func next() throws(Stop) -> FindingRow? {
    guard merge.hasRecord else { return nil }
    let (key, place) = (merge.key, merge.place)
    var row = try merge.withPayload { (payload) throws(Stop) in FindingRow(payload, key: key, place: place) }
    try merge.advance()
    switch row.outcome {
    case .idMissing, .idInvalid, .personUnknown: try addCandidates(to: &row, key, place)
    default: break
    }
    return row
  }

  /// Passes over the next finding.
  ///
  /// - Returns: false at the end.
  package func skip() throws(Stop) -> Bool {
    guard merge.hasRecord else { return false }
    try merge.advance()
    return true
  }

  private func addCandidates(to row: inout FindingRow, _ key: UInt64, _ place: UInt64) throws(Stop) {
    row.candidates = 0
    while candidates.hasRecord, candidates.key < key || candidates.key == key && candidates.place < place {
      try candidates.advance()
    }
    guard candidates.key == key, candidates.place == place else { return }
    try candidates.withPayload { (payload) throws(Stop) in
      let count = Int(payload.integer(at: 0) as UInt32)
      row.candidates = count
      guard count == 1 else { return }
      let only = Candidate(payload.extracting(4...))
      row.candidatePersonalID = only.person.text
      row.judged?.population = only.fields
    }
  }
}
