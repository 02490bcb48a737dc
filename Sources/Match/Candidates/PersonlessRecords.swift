// Records whose personal ID field leads to nobody: given to the person whom an officer named, else a finding, and a
// question to the population who may be meant.
// Invariant: each record taken either goes on under a person's key, or ends here and is counted; a suggestion never
// links anything.
// Load: a few per cent of the insurance export on a good night, all of it on the worst; what is asked is sorted on
// disk.
//
//   sought, repaired   insurance number u64, card number u64 u64, InsuranceFields, bare name
//   routed             an InsuranceRecord with rule `decision`; its raw field is LinkKey u64, then the export's

import Names
import SortedRuns
import Values

/// Folds names of records into what decisions and candidates compare.
struct FieldDigester: Sendable {
  private let folder = NameFolder()
  private var exact: [UInt8] = []
  /// The bare form of the last name given to ``candidateKey(ofClean:_:_:)``.
  private(set) var bare: [UInt8] = []

  mutating func nameDigest(ofClean name: Span<UInt8>) -> UInt64 {
    exact.removeAll(keepingCapacity: true)
    Self.fold(name, into: &exact, folder)
    return Values.nameDigest(ofExact: exact.span)
  }

  private static func fold(_ name: Span<UInt8>, into exact: inout [UInt8], _ folder: NameFolder) {
    folder.exact(ofClean: name, into: &exact)
  }

  mutating func insuranceFields(of record: InsuranceRecord, _ name: Span<UInt8>, held: LinkKey)
    -> InsuranceFields
  {
    InsuranceFields(
      name: nameDigest(ofClean: name), birthDate: record.birthDate, sex: record.sex, held: held)
  }

  /// The key under which a record and the persons whom it may mean are brought together; nil where the date is not
  /// full or the sex not known.
  mutating func candidateKey(ofClean name: Span<UInt8>, _ birthDate: CalendarDate, _ sex: Sex) -> UInt64? {
    guard !birthDate.isNone, birthDate.day > 0, sex != .unknown else { return nil }
    foldBare(name)
    return digest64(bare.span.bytes, seed: UInt64(birthDate.packed) << 2 | UInt64(sex.rawValue)) >> 1
  }

  /// A key that records with one ``candidateKey(ofClean:_:_:)`` share, made of the words' first letters without folding
  /// the name; nil where there is no such key.
  ///
  /// - Parameter name: clean or bare, which gives the same.
  mutating func roughKey(ofClean name: Span<UInt8>, _ birthDate: CalendarDate, _ sex: Sex) -> UInt64? {
    guard !birthDate.isNone, birthDate.day > 0, sex != .unknown else { return nil }
    var key = UInt64(birthDate.packed) << 2 | UInt64(sex.rawValue)
    let raw = name.bytes
    if raw.byteCount > 0 { add(initialAt: 0, of: name, to: &key) }
    var i = 0
    while i < raw.byteCount {
      // A bit at the top of each byte that is a space; of the last, shorter word each byte by itself.
      var spaces: UInt64
      if i + 8 <= raw.byteCount {
        let word: UInt64 = raw.integer(at: i) ^ 0x2020_2020_2020_2020
        spaces =
          ~((word & 0x7F7F_7F7F_7F7F_7F7F &+ 0x7F7F_7F7F_7F7F_7F7F) | word) & 0x8080_8080_8080_8080
      } else {
        spaces = 0
        for k in 0..<raw.byteCount - i where name[i + k] == 0x20 { spaces |= 0x80 << UInt64(8 * k) }
      }
      while spaces != 0 {
        let next = i + spaces.trailingZeroBitCount >> 3 + 1
        if next < raw.byteCount { add(initialAt: next, of: name, to: &key) }
        spaces &= spaces - 1
      }
      i += 8
    }
    return key
  }

  /// Adds the first letter of a word, as the bare form has it.
  @inline(__always)
  private mutating func add(initialAt i: Int, of name: Span<UInt8>, to key: inout UInt64) {
    var letter = name[i]
    if letter >= 0x80 {
      letter = initial(at: i, of: name)
    } else if letter >= 0x61, letter <= 0x7A {
      letter -= 0x20
    }
    key = (key ^ UInt64(letter)) &* 0x9E37_79B9_7F4A_7C15
  }

  /// The first byte of a word's bare form; a space if there is none.
  @inline(never)
  private mutating func initial(at start: Int, of name: Span<UInt8>) -> UInt8 {
    var end = start
    while end < name.count, name[end] != 0x20 { end += 1 }
    foldBare(name.extracting(start..<end))
    return bare.first ?? 0x20
  }

  /// Makes the bare form of a clean name.
  mutating func foldBare(_ name: Span<UInt8>) {
    bare.removeAll(keepingCapacity: true)
    Self.foldBare(name, into: &bare, folder)
  }

  private static func foldBare(_ name: Span<UInt8>, into bare: inout [UInt8], _ folder: NameFolder) {
    folder.bare(ofClean: name, into: &bare)
  }
}

/// What is asked about records without a person, and where those went that an officer gave to someone.
struct PersonlessRuns: Sendable {
  /// By personal ID number; read beside the insurance export.
  var routed: [SortedRun] = []
  /// By ``FieldDigester/candidateKey(ofClean:_:_:)``.
  var sought: [SortedRun] = []
  /// By the personal ID number that the record's becomes with its zeros put back.
  var repaired: [SortedRun] = []

  mutating func add(_ other: PersonlessRuns) {
    routed += other.routed
    sought += other.sought
    repaired += other.repaired
  }
}

/// Takes records that lead to nobody.
struct PersonlessRecords: ~Copyable {
  private let decisions: Decisions
  private var digester = FieldDigester()
  private var routed: Sorter
  private var sought: Sorter
  private var repaired: Sorter
  private var bytes: [UInt8] = []

  /// - Parameter name: no other taker in the folder has it.
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

  /// Ends a record, or sends it on to the person whom an officer named.
  ///
  /// - Parameters:
  ///   - payload: what the record was read from.
  ///   - held: what its personal ID field holds.
  ///   - reasons: why it leads to nobody.
  ///   - raw: the personal ID field as the export has it, where the key doesn't hold the number.
  ///   - routing: what to do with a record that an officer gave to someone.
  mutating func take(
    _ record: InsuranceRecord, _ payload: RawSpan, held: LinkKey, place: UInt64, _ reasons: Reasons,
    raw: Range<Int>, routing: Routing, _ findings: inout FindingSorter, _ tally: inout Tally
  ) throws(Stop) {
    let failure = unsafe payload.extracting(record.nameRange(in: payload)).withUnsafeBytes { bytes -> Stop? in
      let name = unsafe bytes.bindMemory(to: UInt8.self).span
      do throws(Stop) {
        let fields = digester.insuranceFields(of: record, name, held: held)
        var verdict = Verdict(outcome: PersonRules.outcome(ofHeld: held), words: reasons)
        // Asked for even if the record goes on: it may come back when the join is under way.
        if routing == .now { try seekRepaired(record, fields, name, place, payload.extracting(raw), reasons) }
        if routing != .none, !decisions.isEmpty {
          let route = decisions.route(record, fields)
          if let person = route.person {
            if routing == .now || routing == .only {
              try send(record, payload, name, held, place, reasons, raw, to: person)
            }
            return nil
          }
          verdict.words.formUnion(route.reopened)
        }
        if routing == .only { return nil }
        let key = held.isInvalid ? LinkKey.invalid.packed : held.packed
        tally.add(.insurance, file: Place(packed: place).file, verdict.outcome, verdict.words)
        tally.add(placeOf: key, verdict.outcome)
        if verdict.outcome == .idMissing { tally.add(groupOf: record.cardNumber) }
        try findings.append(
          .insurance, record, key, place: place, verdict,
          judged: JudgedFields(fields, nil), raw: payload.extracting(raw))
        try seek(record, fields, name, place)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// What becomes of a record that an officer gave to someone.
  enum Routing {
    /// It is sent to the person.
    case now
    /// It was sent before the join.
    case before
    /// Only such records are wanted here; all others end elsewhere.
    case only
    /// It comes back from the person: the decision can't be applied.
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

  /// Asks the population who may be meant.
  private mutating func seek(
    _ record: InsuranceRecord, _ fields: InsuranceFields, _ name: Span<UInt8>, _ place: UInt64
  ) throws(Stop) {
    guard let key = digester.candidateKey(ofClean: name, record.birthDate, record.sex) else { return }
    ask(record, fields)
    try sought.append(key: key, place: place, bytes)
  }

  /// Asks for the number with its zeros put back, if zeros were lost.
  private mutating func seekRepaired(
    _ record: InsuranceRecord, _ fields: InsuranceFields, _ name: Span<UInt8>, _ place: UInt64,
    _ raw: RawSpan,
    _ reasons: Reasons
  ) throws(Stop) {
    guard reasons.contains(.leadingZeroLost), let padded = Self.withZeros(raw) else { return }
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

  /// The personal ID number whose zeros a spreadsheet dropped; nil for any other shape.
  static func withZeros(_ raw: RawSpan) -> PersonalID? {
    guard raw.byteCount == 10 || raw.byteCount == 11 else { return nil }
    let digits = Span<UInt8>(_bytes: raw)
    return (try? readDigits(digits, count: digits.count)).map { PersonalID(packed: $0) }
  }

  consuming func finish() throws(Stop) -> PersonlessRuns {
    PersonlessRuns(routed: try routed.finish(), sought: try sought.finish(), repaired: try repaired.finish())
  }
}

/// A record about which the population is asked.
struct SoughtRecord {
  /// Of the record only its numbers.
  var numbers = InsuranceRecord()
  var fields: InsuranceFields
  static let headByteCount = 24 + InsuranceFields.byteCount

  init(_ payload: RawSpan) {
    numbers.insuranceNumber = InsuranceNumber(packed: payload.integer(at: 0))
    numbers.cardNumber = CardNumber(
      head: payload.integer(at: 8), tail: InsuranceNumber(packed: payload.integer(at: 16)))
    fields = InsuranceFields(payload.extracting(24...))
  }
}
