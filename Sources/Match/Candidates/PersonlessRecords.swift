// Takes records whose personal ID field leads to no person: sends them to the person whom an officer named, or writes a
// finding and asks the population for candidates.
// Invariant: each record taken either continues under a person's key or ends here and is counted; a candidate never
// links a record.
// Load: a few per cent of the insurance export on a good night, all of it on the worst.
//
//   sought, repaired   insurance number u64, card number u64 u64, InsuranceFields, bare name
//   routed             an InsuranceRecord with rule `decision`; its raw field is LinkKey u64, then the export's

import Names
import Rules
import SortedRuns
import Values

/// Records without a person: those that an officer gave to a person, and those that need candidates.
struct PersonlessRuns: Sendable {
  /// By personal ID number; joined together with the insurance export.
  var routed: [SortedRun] = []
  /// By ``FieldDigester/candidateKey(ofClean:_:_:)``.
  var sought: [SortedRun] = []
  /// By the record's number with its zeros restored.
  var repaired: [SortedRun] = []

  mutating func add(_ other: PersonlessRuns) {
    routed += other.routed
    sought += other.sought
    repaired += other.repaired
  }
}

/// Takes records that lead to no person.
struct PersonlessRecords: ~Copyable {
  private let decisions: Decisions
  private var digester = FieldDigester()
  private var routed: Sorter
  private var sought: Sorter
  private var repaired: Sorter
  private var bytes: [UInt8] = []

  /// - Parameter name: unique in the folder.
  init(_ request: MatchRequest, name: String) {
    decisions = request.decisions
    func sorter(_ kind: String) -> Sorter {
      Sorter(
        folder: request.folder, name: "\(kind)-\(name)", bufferBytes: request.sorterBytes, synced: false)
    }
    routed = sorter("routed")
    sought = sorter("sought")
    repaired = sorter("repaired")
  }

  /// Ends a record, or sends it to the person whom an officer named.
  ///
  /// - Parameters:
  ///   - payload: the bytes that the record was read from.
  ///   - held: the content of its personal ID field.
  ///   - reasons: why it leads to no person.
  ///   - raw: the personal ID field as in the export, if the key doesn't hold the number.
  ///   - routing: what to do with a record that an officer gave to a person.
  mutating func take(
    _ record: InsuranceRecord, _ payload: RawSpan, held: LinkKey, place: UInt64, _ reasons: Reasons,
    raw: Range<Int>, routing: Routing, _ findings: inout FindingSorter, _ tally: inout Tally
  ) throws(Stop) {
    let name = Span<UInt8>(_bytes: payload.extracting(record.nameRange(in: payload)))
    let fields = digester.insuranceFields(of: record, name, held: held)
    var verdict = Verdict(outcome: PersonRules.outcome(ofHeld: held), words: reasons)
    // Done even if the record is sent on: the join may reject it later.
    if routing == .now { try seekRepaired(record, fields, name, place, payload.extracting(raw), reasons) }
    if routing != .none, !decisions.isEmpty {
      let route = decisions.route(RecordNumbers(record), fields)
      if let person = route.person {
        if routing == .now || routing == .only {
          try send(record, payload, name, held, place, reasons, raw, to: person)
        }
        return
      }
      verdict.words.formUnion(route.reopened)
    }
    if routing == .only { return }
    let key = held.isInvalid ? LinkKey.invalid.packed : held.packed
    tally.add(.insurance, file: Place(packed: place).file, verdict.outcome, verdict.words)
    tally.add(placeOf: key, verdict.outcome)
    if verdict.outcome == .idMissing { tally.add(groupOf: record.cardNumber) }
    try findings.append(
      .insurance, record, key, place: place, verdict, judged: JudgedFields(fields, nil),
      raw: payload.extracting(raw))
    try seek(record, fields, name, place)
  }

  /// What happens to a record that an officer gave to a person.
  enum Routing {
    /// It is sent to the person.
    case now
    /// It was sent before the join.
    case before
    /// It is sent to the person; all other records are ignored, because they end elsewhere.
    case only
    /// It came back from the person, because the decision can't be applied.
    case none
  }

  private mutating func send(
    _ record: InsuranceRecord, _ payload: RawSpan, _ name: Span<UInt8>, _ held: LinkKey, _ place: UInt64,
    _ reasons: Reasons, _ raw: Range<Int>, to person: PersonalID
  ) throws(Stop) {
    var record = record
    record.rule = .decision
    record.words.formUnion(reasons)
    var rawID: [UInt8] = []
    rawID.append(integer: held.packed)
    for i in raw.prefix(247) { rawID.append(payload.integer(at: i)) }
    record.rawIDByteCount = UInt8(rawID.count)
    bytes.removeAll(keepingCapacity: true)
    record.append(to: &bytes, name: name, rawID: rawID.span)
    try routed.append(key: LinkKey.personal(person).packed, place: place, bytes)
  }

  /// Asks for candidates in the population.
  private mutating func seek(
    _ record: InsuranceRecord, _ fields: InsuranceFields, _ name: Span<UInt8>, _ place: UInt64
  ) throws(Stop) {
    guard let key = digester.candidateKey(ofClean: name, record.birthDate, record.sex) else { return }
    ask(record, fields)
    try sought.append(key: key, place: place, bytes)
  }

  /// Asks for the number with its zeros restored, if it lost zeros.
  private mutating func seekRepaired(
    _ record: InsuranceRecord, _ fields: InsuranceFields, _ name: Span<UInt8>, _ place: UInt64,
    _ raw: RawSpan,
    _ reasons: Reasons
  ) throws(Stop) {
    guard reasons.contains(.leadingZeroLost), let padded = PersonalID(withoutZeros: raw) else { return }
    digester.foldBare(name)
    ask(record, fields)
    try repaired.append(key: LinkKey.personal(padded).packed, place: place, bytes)
  }

  private mutating func ask(_ record: InsuranceRecord, _ fields: InsuranceFields) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(integer: record.insuranceNumber.packed)
    bytes.append(integer: record.cardNumber.head)
    bytes.append(integer: record.cardNumber.tail.packed)
    fields.append(to: &bytes)
    bytes.append(contentsOf: digester.bare)
  }

  consuming func finish() throws(Stop) -> PersonlessRuns {
    PersonlessRuns(routed: try routed.finish(), sought: try sought.finish(), repaired: try repaired.finish())
  }
}

/// A record that needs candidates.
struct SoughtRecord {
  var numbers: RecordNumbers
  var fields: InsuranceFields
  static let headByteCount = 24 + InsuranceFields.byteCount

  init(_ payload: RawSpan) {
    numbers = RecordNumbers(
      InsuranceNumber(packed: payload.integer(at: 0)),
      CardNumber(head: payload.integer(at: 8), tail: InsuranceNumber(packed: payload.integer(at: 16))))
    fields = InsuranceFields(payload.extracting(24...))
  }
}
