// explain, asked about a record by its insurance number, its card number or its place in an export: the persons whom
// such records lead to, and the records that lead to no person.
// Load: one pass over the staged records of an export, and one over the findings.

import Files
package import Rules
import SortedRuns
package import Store
package import Values
package import Workspace

/// What names a record.
package enum RecordName: Hashable, Sendable {
  case insuranceNumber(InsuranceNumber)
  case cardNumber(CardNumber)
  case legacyID(LegacyID)
  case place(file: String, line: Int)
}

/// What the system holds on the records of one name.
package struct RecordExplanation: Sendable {
  package var run: RunRecord
  /// The persons whom the records lead to, ascending.
  package var persons: [Explanation]
  /// How many more there are.
  package var personsLeftOut = 0
  /// Records that lead to no person.
  package var others: [Other]
  /// Which number it is, by the history of numbers; none of a line of a file.
  package var numbers: [KnownNumber] = []
  /// Whether the name is a line of a delta, which may leave no record in force.
  package var isOfDelta = false

  package struct Other: Sendable {
    /// `file:line`.
    package var origin: String
    /// As it is staged; nil for one that waits in quarantine.
    package var record: FoundInsurance?
    /// How it ended; nil if the store in force is of another run.
    package var finding: StoredFinding?
  }
}

extension Desk {
  /// At most so many persons are explained at once.
  private static let mostPersons = 20

  /// Explains the records of a name.
  ///
  /// - Parameter number: the run that is asked; nil for the last one that was done.
  package func explain(_ name: RecordName, run number: Int? = nil) throws(Stop) -> RecordExplanation {
    let last = try lastStaged(number)
    try audit(.explained, run: number, detail: ["record": name.kind])
    let lookup = lookup(in: last)
    let files = last.staged.files(of: .insurance).map(\.name)
    var persons: Set<PersonalID> = []
    var others: [RecordExplanation.Other] = []
    let findings =
      try name.stored.flatMap { name throws(Stop) in
        try store(ofRun: number)?.findings(of: name)
      } ?? []
    if case .legacyID(let legacy) = name { persons.formUnion(try lookup.holders(of: legacy)) }
    let numbers = try known(name)
    persons.formUnion(numbers.compactMap { try? PersonalID($0.personalID.utf8.span) })
    for found in try lookup.insurance(where: { record, place in name.isName(of: record, place, in: files) }) {
      var led: [PersonalID] = []
      if let id = found.key.personalID { led = [try lookup.fate(of: id).person ?? id] }
      if let legacy = found.key.legacyID { led = try lookup.holders(of: legacy) }
      persons.formUnion(led)
      guard led.isEmpty else { continue }
      let file = found.place.file < files.count ? files[found.place.file] : "?"
      let line = Int(found.record.line)
      let finding = findings.first {
        $0.export == ExportKind.insurance.name && $0.sourceFile == file && $0.sourceLine == line
      }
      others.append(RecordExplanation.Other(origin: "\(file):\(line)", record: found, finding: finding))
    }
    if case .place(let file, let line) = name {
      let names = last.staged.files(of: .population).map(\.name)
      persons.formUnion(
        try lookup.persons { record, place in
          Int(record.line) == line && place.file < names.count && names[place.file] == file
        })
    }
    for finding in findings where finding.outcome == Outcome.quarantined.name {
      others.append(
        RecordExplanation.Other(
          origin: "\(finding.sourceFile):\(finding.sourceLine)", record: nil, finding: finding))
    }
    var explained: [Explanation] = []
    for person in persons.sorted().prefix(Self.mostPersons) {
      explained.append(try explain(person, run: number))
    }
    var explanation = RecordExplanation(
      run: last.run, persons: explained, personsLeftOut: persons.count - explained.count, others: others,
      numbers: numbers)
    if case .place(let file, _) = name {
      explanation.isOfDelta = last.staged.files.contains { $0.name == file && $0.holdsChanges == true }
    }
    return explanation
  }

  /// The persons who have or had a number; none if there is no store yet.
  private func known(_ name: RecordName) throws(Stop) -> [KnownNumber] {
    guard let number = name.number, try storeIfAny() != nil else { return [] }
    return try past().holders(of: [number])
  }

  /// The person whose number it was before, for a personal ID number that no record holds.
  package func explain(earlier id: PersonalID, run number: Int? = nil) throws(Stop) -> RecordExplanation? {
    guard try storeIfAny() != nil else { return nil }
    let numbers = try past().holders(ofEarlier: [id.text])
    guard !numbers.isEmpty else { return nil }
    var persons: [Explanation] = []
    for known in numbers {
      if let person = try? PersonalID(known.personalID.utf8.span) {
        persons.append(try explain(person, run: number))
      }
    }
    return RecordExplanation(run: try lastStaged(number).run, persons: persons, others: [], numbers: numbers)
  }

  /// The records of other persons that claim an insurance number which records of this person claim.
  func otherClaims(
    on judgements: [Judgement], of id: PersonalID, in store: Store?
  ) throws(Stop) -> [Suggestion] {
    let shared = judgements.filter { $0.outcome == .numberShared }
    guard let store, !shared.isEmpty else { return [] }
    let claims = try store.findings(
      insuranceNumbers: Set(shared.map(\.record.record.insuranceNumber.text)).sorted())
    let others = claims.filter { $0.outcome == Outcome.numberShared.name && $0.personalID != id.text }
    let persons = Set(others.compactMap { try? PersonalID(($0.personalID ?? "").utf8.span) }).sorted()
    if !persons.isEmpty {
      try audit(.explained, persons.map { (person: $0, detail: ["as": "other_claim"]) })
    }
    return others.map(Suggestion.init)
  }
}

extension RecordName {
  /// The kind of name, for the audit log, which must not contain the number.
  fileprivate var kind: String {
    switch self {
    case .insuranceNumber: "by insurance number"
    case .cardNumber: "by card number"
    case .legacyID: "by 9-digit number"
    case .place(let file, let line): "\(file):\(line)"
    }
  }

  /// Nil for a place.
  fileprivate var number: String? {
    switch self {
    case .insuranceNumber(let number): number.text
    case .cardNumber(let number): number.text
    case .legacyID(let number): number.text
    case .place: nil
    }
  }

  /// Nil if findings are not asked by it.
  fileprivate var stored: StoredRecordName? {
    switch self {
    case .insuranceNumber(let number): .insuranceNumber(number.text)
    case .cardNumber(let number): .cardNumber(number.text)
    case .legacyID: nil
    case .place(let file, let line): .place(file: file, line: line)
    }
  }

  fileprivate func isName(of record: InsuranceRecord, _ place: Place, in files: [String]) -> Bool {
    switch self {
    case .insuranceNumber(let number): record.insuranceNumber == number || record.cardNumber.tail == number
    case .cardNumber(let number): record.cardNumber == number
    case .legacyID: false
    case .place(let file, let line):
      Int(record.line) == line && place.file < files.count && files[place.file] == file
    }
  }
}
