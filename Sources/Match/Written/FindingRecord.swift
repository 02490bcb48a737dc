// The written form of a finding: what a data officer will read, still as numbers.
// Invariant: sorted by export, then place; text is made only when a finding is read.
// Load: a few per cent of the records on a good night, all of them on the worst.
//
//   quarantined   outcome u8, then the QuarantinedRecord as it was staged
//   else          outcome u8, line u32, reasons u64 u64, LinkKey u64, insurance number u64, card number u64 u64,
//                 then the personal ID field as the export has it, where the key doesn't hold the number

import Record
import Sorted

/// Takes findings in any order and leaves sorted runs.
struct FindingSorter: ~Copyable {
  private var sorter: Sorter
  private var bytes: [UInt8] = []

  init(folder: String, name: String, bufferBytes: Int) {
    sorter = Sorter(folder: folder, name: name, bufferBytes: bufferBytes)
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

  /// A record that didn't link; `raw` is its payload where the field behind the name is wanted.
  mutating func append(
    _ export: ExportKind, _ record: InsuranceRecord, _ key: UInt64, place: UInt64, _ verdict: Verdict
  ) throws(Stop) {
    fill(record, key, verdict)
    try sorter.append(key: UInt64(export.rawValue), place: place, bytes)
  }

  /// An insurance record whose key says that there is no usable number.
  mutating func append(
    unusable record: InsuranceRecord, _ payload: RawSpan, _ key: UInt64, place: UInt64, _ outcome: Outcome
  ) throws(Stop) {
    fill(record, key, Verdict(outcome: outcome, words: record.words))
    for i in record.rawIDRange(in: payload) { bytes.append(payload.integer(at: i)) }
    try sorter.append(key: UInt64(ExportKind.insurance.rawValue), place: place, bytes)
  }

  private mutating func fill(_ record: InsuranceRecord, _ key: UInt64, _ verdict: Verdict) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(verdict.outcome.rawValue)
    bytes.append(integer: record.line)
    bytes.append(integer: verdict.words.low)
    bytes.append(integer: verdict.words.high)
    bytes.append(integer: key)
    bytes.append(integer: record.insuranceNumber.packed)
    bytes.append(integer: record.cardNumber.head)
    bytes.append(integer: record.cardNumber.tail.packed)
  }

  consuming func finish() throws(Stop) -> [SortedRun] { try sorter.finish() }
}

extension FindingRow {
  /// Reads what a ``FindingSorter`` wrote.
  init(_ payload: RawSpan, key: UInt64, place: UInt64) {
    let export = ExportKind(rawValue: UInt8(truncatingIfNeeded: key)) ?? .insurance
    let fileIndex = Place(packed: place).file
    let outcome = Outcome(rawValue: payload.integer(at: 0)) ?? .quarantined
    if outcome == .quarantined {
      let record = QuarantinedRecord(payload.extracting(1...))
      self.init(
        export: export, outcome: outcome, reasons: record.reasonsText, personalID: record.personalID,
        insuranceNumber: record.insuranceNumber, cardNumber: record.cardNumber, fileIndex: fileIndex,
        line: record.line)
      return
    }
    let linkKey = LinkKey(packed: payload.integer(at: 21))
    let number = InsuranceNumber(packed: payload.integer(at: 29))
    let card = CardNumber(
      head: payload.integer(at: 37), tail: InsuranceNumber(packed: payload.integer(at: 45)))
    self.init(
      export: export, outcome: outcome,
      reasons: Reasons(low: payload.integer(at: 5), high: payload.integer(at: 13)).text,
      personalID: linkKey.personalID?.text ?? linkKey.legacyID?.text ?? payload.text(53..<payload.byteCount),
      insuranceNumber: number.isNone ? "" : number.text, cardNumber: card.text, fileIndex: fileIndex,
      line: payload.integer(at: 1))
  }
}
