// Sends records that break a rule to quarantine, as they are in the export.
// Load: a few per cent of the records.

import Rules
import SortedRuns
import Values

extension Stager {
  /// Sends a record to quarantine with all of its faults.
  mutating func hold(
    _ raw: RawRecord, _ part: Int, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges,
    _ faults: RecordFaults
  ) throws(Stop) {
    if leavesOut(raw, whole, ranges, faults) { return }
    quarantinedCount += 1
    let record = quarantined(raw, text, ranges, faults)
    payload.removeAll(keepingCapacity: true)
    record.append(to: &payload, original: whole.extracting(raw.textRange))
    let id = text.extracting(ranges[.personalID])
    try Self.append(payload, PersonalIDRule.key(holding: id), place(of: raw, part), to: &quarantine)
  }

  /// Whether a faulty record is a line that is no record, and is only counted.
  mutating func leavesOut(
    _ raw: RawRecord, _ whole: Span<UInt8>, _ ranges: FieldRanges, _ faults: RecordFaults
  ) -> Bool {
    guard !footers.isEmpty, footers.contains(where: { $0.matches(whole.extracting(raw.textRange)) }) else {
      return false
    }
    notRecordCount += 1
    lastNotRecord = raw.line
    if raw.fault == .none { count(blanks: plan.plainFields & ~ranges.filled | faults.blankCodes, -1) }
    return true
  }

  /// A faulty record as quarantine keeps it, without its text; counts its faults.
  mutating func quarantined(
    _ raw: RawRecord, _ text: Span<UInt8>, _ ranges: FieldRanges, _ faults: RecordFaults
  ) -> QuarantinedRecord {
    count(faults.reasons)
    var record = QuarantinedRecord(export: export, line: raw.line, reasons: faults.reasons)
    record.personalID = string(text.extracting(ranges[.personalID]))
    record.insuranceNumber = string(text.extracting(ranges[.insuranceNumber]))
    record.cardNumber = string(text.extracting(ranges[.cardNumber]))
    let code = text.extracting(faults.unlistedCode)
    if faults.reasons.contains(.statusCode) {
      record.detail = StatusRule.detail(code)
    } else if faults.reasons.contains(.sexCode) {
      record.detail = SexRule.detail(code)
    }
    record.byteOffset = raw.byteOffset
    return record
  }
}

/// A value as text, for people.
func string(_ bytes: Span<UInt8>) -> String {
  unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
}
