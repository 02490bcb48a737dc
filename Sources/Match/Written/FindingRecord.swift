// The written form of a finding: what a data officer will read, still as numbers.
// Invariant: sorted by export, then place; text is made only when a finding is read.
// Load: a few per cent of the records on a good night, all of them on the worst.
//
//   quarantined   outcome u8, then the QuarantinedRecord as it was staged
//   else          outcome u8, line u32, reasons u64 u64, LinkKey u64, insurance number u64, card number u64 u64,
//                 what was judged: sides known u8, then InsuranceFields, then PopulationFields; then the personal ID
//                 field as the export has it, where the key doesn't hold the number

import SortedRuns
import Values

/// Takes findings in any order and leaves sorted runs.
struct FindingSorter: ~Copyable {
  private var sorter: Sorter
  private var bytes: [UInt8] = []

  init(folder: String, name: String, bufferBytes: Int) {
    // Who asked for the findings syncs them, all parts' together.
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
    var rawStart = 54
    var judged: JudgedFields?
    let sides: UInt8 = payload.integer(at: 53)
    if sides > 0 {
      judged = JudgedFields(InsuranceFields(payload.extracting(rawStart...)), nil)
      rawStart += InsuranceFields.byteCount
    }
    if sides > 1 {
      judged?.population = PopulationFields(payload.extracting(rawStart...))
      rawStart += PopulationFields.byteCount
    }
    self.init(
      export: export, outcome: outcome,
      reasons: Reasons(low: payload.integer(at: 5), high: payload.integer(at: 13)).text,
      personalID: linkKey.personalID?.text ?? linkKey.legacyID?.text
        ?? payload.text(rawStart..<payload.byteCount),
      insuranceNumber: number.isNone ? "" : number.text, cardNumber: card.text, fileIndex: fileIndex,
      line: payload.integer(at: 1), judged: judged)
  }
}
