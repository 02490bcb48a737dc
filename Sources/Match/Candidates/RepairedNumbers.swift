// Looks up records whose personal ID number lost its leading zeros under the number with its zeros restored.
// Invariant: one hit for each record whose restored number exists, unless an officer rejected the person. The hit says
// whether the person also has the record's name, birth date and sex, so that no candidate is counted twice.
// Load: a few records in a thousand, merged beside the join of both exports; every person costs one comparison.
//
//   repaired hit   by export, then place: whether the person is found by name too u8, Candidate

import Rules
import SortedRuns
import Values

struct RepairedNumbers: ~Copyable {
  private struct Asked {
    var place: UInt64
    var record: SoughtRecord
    var name: [UInt8]
    var candidate: Candidate?
    var isNamed = false
  }

  private let decisions: Decisions
  private var records: Merge
  private var hits: Sorter
  private var asked: [Asked] = []
  private var digester = FieldDigester()
  private var bytes: [UInt8] = []

  init(_ request: MatchRequest, _ repaired: [SortedRun], part: Int, from start: UInt64, to end: UInt64)
    throws(Stop)
  {
    decisions = request.decisions
    records = try Merge(repaired, in: request.folder, from: start, to: end)
    hits = Sorter(
      folder: request.folder, name: "repaired-hits-\(part)", bufferBytes: request.sorterBytes, synced: false)
  }

  /// Begins a person.
  /// - Returns: whether any record asks for this number.
  @inline(__always)
  mutating func begin(_ key: UInt64) throws(Stop) -> Bool {
    if records.key > key { return false }
    return try collect(key)
  }

  private mutating func collect(_ key: UInt64) throws(Stop) -> Bool {
    try records.skip(to: key)
    asked.removeAll(keepingCapacity: true)
    while records.key == key {
      let place = records.place
      asked.append(
        try records.withPayload { (payload) throws(Stop) in
          Asked(
            place: place, record: SoughtRecord(payload),
            name: unsafe payload.extracting(SoughtRecord.headByteCount...).withUnsafeBytes {
              unsafe Array($0)
            })
        })
      try records.advance()
    }
    return !asked.isEmpty
  }

  /// Adds one of the population's records of the number.
  mutating func add(_ record: PopulationRecord, name: Span<UInt8>, _ id: PersonalID) {
    let fields = digester.populationFields(of: record, name)
    let key = digester.candidateKey(ofClean: name, record.birthDate, record.sex)
    for i in asked.indices {
      if asked[i].candidate == nil { asked[i].candidate = Candidate(person: id, fields: fields) }
      if key != nil, asked[i].record.fields.birthDate == record.birthDate,
        asked[i].record.fields.sex == record.sex, asked[i].name == digester.bare
      {
        asked[i].isNamed = true
      }
    }
  }

  /// Ends a person for whom ``begin(_:)`` returned true.
  mutating func end() throws(Stop) {
    for ask in asked {
      guard let candidate = ask.candidate,
        !decisions.isRejected(
          ask.record.numbers, JudgedFields(ask.record.fields, candidate.fields), candidate.person)
      else { continue }
      bytes.removeAll(keepingCapacity: true)
      bytes.append(ask.isNamed ? 1 : 0)
      candidate.append(to: &bytes)
      try hits.append(key: UInt64(ExportKind.insurance.rawValue), place: ask.place, bytes)
    }
    asked.removeAll(keepingCapacity: true)
  }

  consuming func finish() throws(Stop) -> [SortedRun] { try hits.finish() }
}
