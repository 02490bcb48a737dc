// The records that did not link, one by one; for a work list with what both sides say of the person.
// Load: some million records. A work list reads the staged records of both exports once for every hundred thousand lines.

import Match
import Rules
package import Store
package import Values

/// Records that did not link, read one by one.
package struct Findings {
  /// The run that they are of.
  package let from: AskedRun
  let desk: Desk
  let outcome: Outcome?
  /// The staged records of the run that the store is of; nil if they are not there any more.
  let staged: (lookup: StagedLookup, insuranceFiles: [String])?

  /// Name, birth date and sex of a person in one register.
  package struct Side: Hashable, Sendable {
    package var name: String
    package var birthDate: String
    package var sex: String
  }

  /// How many there are.
  package func count() throws(Stop) -> Int {
    if case .store(let path) = from.source { return try desk.store(at: path).findingCount(outcome: outcome) }
    var count = 0
    try forEach { _ in count += 1 }
    return count
  }

  /// Passes on the records in the order of the store, at most `limit`.
  package func forEach(limit: Int? = nil, _ body: (StoredFinding) throws(Stop) -> Void) throws(Stop) {
    switch from.source {
    case .store(let path): try desk.store(at: path).findings(outcome: outcome, limit: limit, body)
    case .matched(let last):
      let findings = try desk.findings(of: last)
      var left = limit ?? Int.max
      while left > 0, let row = try findings.next() {
        guard outcome == nil || row.outcome == outcome else { continue }
        try body(last.stored(row))
        left -= 1
      }
    }
  }

  /// Passes on the same records with both sides, where they are known.
  package func forEach(
    limit: Int? = nil,
    withSides body: (StoredFinding, _ population: Side?, _ insurance: Side?) throws(Stop) -> Void
  ) throws(Stop) {
    var waiting: [StoredFinding] = []
    func handOn() throws(Stop) {
      let sides = try Sides(of: waiting, in: staged)
      for finding in waiting { try body(finding, sides.population(finding), sides.insurance(finding)) }
      waiting.removeAll(keepingCapacity: true)
    }
    try forEach(limit: limit) { (finding) throws(Stop) in
      waiting.append(finding)
      if waiting.count == 100_000 { try handOn() }
    }
    try handOn()
  }
}

/// What both sides say of the persons of some findings.
private struct Sides {
  private var persons: [String: FoundPerson] = [:]
  private var records: [Origin: [FoundInsurance]] = [:]

  init(
    of findings: [StoredFinding], in staged: (lookup: StagedLookup, insuranceFiles: [String])?
  ) throws(Stop) {
    guard let staged, !findings.isEmpty else { return }
    var ids: [String: PersonalID] = [:]
    for text in Set(findings.compactMap(Self.person)) {
      if let id = try? PersonalID(text.utf8.span) {
        ids[text] = id
      } else if let legacy = try? LegacyID(text.utf8.span) {
        let holders = try staged.lookup.holders(of: legacy)
        if holders.count == 1 { ids[text] = holders[0] }
      }
    }
    let found = try staged.lookup.population(of: Set(ids.values))
    for (text, id) in ids { persons[text] = found[id]?.first }
    let wanted = Set(findings.map { Origin(file: $0.sourceFile, line: $0.sourceLine) })
    let lines = Set(findings.map { UInt32(truncatingIfNeeded: $0.sourceLine) })
    func origin(_ record: InsuranceRecord, _ place: Place) -> Origin {
      let files = staged.insuranceFiles
      return Origin(file: place.file < files.count ? files[place.file] : "", line: Int(record.line))
    }
    let sought = try staged.lookup.insurance { record, place in
      lines.contains(record.line) && wanted.contains(origin(record, place))
    }
    for record in sought { records[origin(record.record, record.place), default: []].append(record) }
  }

  /// The number of the person whom a record may be about.
  private static func person(_ finding: StoredFinding) -> String? {
    finding.outcome == Outcome.disputed.name ? finding.personalID : finding.candidatePersonalID
  }

  func population(_ finding: StoredFinding) -> Findings.Side? {
    Self.person(finding).flatMap { persons[$0] }.map {
      Findings.Side(name: $0.name, birthDate: $0.record.birthDate.text, sex: $0.record.sex.name)
    }
  }

  func insurance(_ finding: StoredFinding) -> Findings.Side? {
    let found = records[Origin(file: finding.sourceFile, line: finding.sourceLine)] ?? []
    // A record that lists several cards has several of these.
    let own = found.first { found in
      let card = found.record.cardNumber
      return (finding.cardNumber ?? "") == (card.isNone ? "" : card.text)
    }
    return (own ?? found.first).map {
      Findings.Side(name: $0.name, birthDate: $0.record.birthDate.text, sex: $0.record.sex.name)
    }
  }
}
