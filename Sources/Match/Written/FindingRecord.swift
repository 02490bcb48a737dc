// The written form of a finding, and its only reader.
// Invariant: sorted by export, then place. Text is made only when a data officer reads a finding.
// Load: a few per cent of the records on a good night, all of them on the worst.
//
//   quarantined   outcome u8, then the QuarantinedRecord as it was staged
//   else          outcome u8, line u32, reasons u64 u64, LinkKey u64, insurance number u64, card number u64 u64,
//                 sides judged u8, InsuranceFields if at least 1, PopulationFields if 2; then the personal ID field as
//                 the export has it, where the key doesn't hold the number

import Rules
import SortedRuns
import Values

/// Takes findings in any order and writes sorted runs.
struct FindingSorter: ~Copyable {
  private var sorter: Sorter
  private var bytes: [UInt8] = []

  init(folder: String, name: String, bufferBytes: Int) {
    // The match syncs the findings of all parts together.
    sorter = Sorter(folder: folder, name: name, bufferBytes: bufferBytes, synced: false)
  }

  mutating func append(quarantined payload: RawSpan, _ export: ExportKind, place: UInt64) throws(Stop) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(Outcome.quarantined.rawValue)
    for i in 0..<payload.byteCount { bytes.append(payload.integer(at: i)) }
    try sorter.append(key: UInt64(export.rawValue), place: place, bytes)
  }

  /// A population record that disagrees with another of its number.
  mutating func append(duplicated id: PersonalID, line: UInt32, place: UInt64, _ reasons: Reasons)
    throws(Stop)
  {
    var record = InsuranceRecord()
    record.line = line
    try append(
      .population, record, LinkKey.personal(id).packed, place: place,
      Verdict(outcome: .personDuplicated, words: reasons))
  }

  /// A record that didn't link.
  ///
  /// - Parameters:
  ///   - judged: what an officer judges, where the record can be decided on.
  ///   - raw: the personal ID field as the export has it, where the key doesn't hold the number.
  mutating func append(
    _ export: ExportKind, _ record: InsuranceRecord, _ key: UInt64, place: UInt64, _ verdict: Verdict,
    judged: JudgedFields? = nil, raw: RawSpan = RawSpan()
  ) throws(Stop) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(verdict.outcome.rawValue)
    bytes.append(integer: record.line)
    bytes.append(integer: verdict.words.low)
    bytes.append(integer: verdict.words.high)
    bytes.append(integer: key)
    bytes.append(integer: record.insuranceNumber.packed)
    bytes.append(integer: record.cardNumber.head)
    bytes.append(integer: record.cardNumber.tail.packed)
    bytes.append(judged == nil ? 0 : judged?.population == nil ? 1 : 2)
    judged?.insurance.append(to: &bytes)
    judged?.population?.append(to: &bytes)
    for i in 0..<raw.byteCount { bytes.append(raw.integer(at: i)) }
    try sorter.append(key: UInt64(export.rawValue), place: place, bytes)
  }

  consuming func finish() throws(Stop) -> [SortedRun] { try sorter.finish() }
}

/// A finding as a ``FindingSorter`` wrote it.
enum WrittenFinding {
  case quarantined(QuarantinedRecord)
  case notLinked(NotLinked)

  /// A record that was staged and didn't link.
  struct NotLinked {
    var outcome: Outcome
    var line: UInt32
    var reasons: Reasons
    var key: LinkKey
    var insuranceNumber: InsuranceNumber
    var cardNumber: CardNumber
    var judged: JudgedFields?
    /// The personal ID field as the export has it, where the key doesn't hold the number.
    var rawID: Range<Int>
  }

  init(_ payload: RawSpan) {
    let head = FindingHead(payload)
    guard head.outcome != .quarantined else {
      self = .quarantined(QuarantinedRecord(payload.extracting(1...)))
      return
    }
    let card = CardNumber(
      head: payload.integer(at: 37), tail: InsuranceNumber(packed: payload.integer(at: 45)))
    var at = 54
    var judged: JudgedFields?
    let sides: UInt8 = payload.integer(at: 53)
    if sides > 0 {
      judged = JudgedFields(InsuranceFields(payload.extracting(at...)), nil)
      at += InsuranceFields.byteCount
    }
    if sides > 1 {
      judged?.population = PopulationFields(payload.extracting(at...))
      at += PopulationFields.byteCount
    }
    self = .notLinked(
      NotLinked(
        outcome: head.outcome, line: head.line, reasons: head.reasons,
        key: LinkKey(packed: payload.integer(at: 21)),
        insuranceNumber: InsuranceNumber(packed: payload.integer(at: 29)), cardNumber: card, judged: judged,
        rawID: at..<payload.byteCount))
  }
}

/// Outcome, reasons and line of a finding.
struct FindingHead: Hashable {
  var outcome = Outcome.linked
  var reasons = Reasons()
  var line: UInt32 = 0

  /// A linked record, which has no finding.
  init() {}

  init(_ payload: RawSpan) {
    outcome = Outcome(rawValue: payload.integer(at: 0)) ?? .quarantined
    // A quarantined record has its export before the line.
    let at = outcome == .quarantined ? 2 : 1
    line = payload.integer(at: at)
    reasons = Reasons(low: payload.integer(at: at + 4), high: payload.integer(at: at + 12))
  }
}

extension FindingRow {
  init(_ payload: RawSpan, key: UInt64, place: UInt64) {
    let export = ExportKind(rawValue: UInt8(truncatingIfNeeded: key)) ?? .insurance
    let fileIndex = Place(packed: place).file
    switch WrittenFinding(payload) {
    case .quarantined(let record):
      self.init(
        export: export, outcome: .quarantined, reasons: record.reasonsText, personalID: record.personalID,
        insuranceNumber: record.insuranceNumber, cardNumber: record.cardNumber, fileIndex: fileIndex,
        line: record.line)
    case .notLinked(let record):
      let number = record.insuranceNumber
      self.init(
        export: export, outcome: record.outcome, reasons: record.reasons.text,
        personalID: record.key.personalID?.text ?? record.key.legacyID?.text ?? payload.text(record.rawID),
        insuranceNumber: number.isNone ? "" : number.text, cardNumber: record.cardNumber.text,
        fileIndex: fileIndex, line: record.line, judged: record.judged)
    }
  }
}
