// Stages the records of a delta: each as a change of the record with its identity.
// Invariant: every record is written once: as a change, or to quarantine if it names no identity. A delete is judged by
// its identity alone.
// Load: the records of a delta.

import Names
import Rules
import SortedRuns
import Values

extension Stager {
  mutating func stageChange(
    _ raw: RawRecord, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    guard let changeRules else { return }
    let mark = marks.mark(of: raw)
    let reading = rules.identity(of: text, ranges, export, changeRules.identity)
    var faults = RecordFaults()
    switch mark.kind {
    case .upsert: upsertCount += 1
    case .delete: allDeleteCount += 1
    default: break
    }
    if mark.kind == nil { faults.reasons.insert(.operationCode) }
    if mark.order == nil { faults.reasons.insert(.orderFormat) }
    var staged: [UInt8] = []
    var link = LinkKey.missing
    if mark.kind != .upsert {
      // A delete has no other fields, so they are not judged, and their blanks do not count.
      count(blanks: plan.plainFields & ~ranges.filled, -1)
    } else {
      let verdict = upsert(raw, text, ranges, into: &staged)
      faults.reasons.formUnion(verdict.faults.reasons)
      (faults.unlistedCode, faults.blankCodes) = (verdict.faults.unlistedCode, verdict.faults.blankCodes)
      link = verdict.link
      count(blanks: faults.blankCodes)
    }
    if reading.identity == nil, mark.kind != nil { faults.reasons.formUnion(reading.faults) }
    guard let identity = reading.identity else { return try hold(raw, 0, whole, text, ranges, faults) }
    if !faults.reasons.isEmpty, leavesOut(raw, whole, ranges, faults) { return }

    var change = ChangeRecord(faults.reasons.isEmpty ? mark.kind ?? .quarantined : .quarantined, identity)
    change.order = mark.order ?? .max
    change.link = link.packed
    change.heldKey = PersonalIDRule.key(holding: text.extracting(ranges[.personalID])).packed
    if change.kind == .delete { deleteCount += 1 }
    var held: [UInt8] = []
    // An upsert is quarantined later only if another one has the same order.
    if change.kind != .upsert || changeRules.orderSlot != nil {
      quarantined(raw, text, ranges, faults).append(to: &held, original: whole.extracting(raw.textRange))
    }
    if change.kind != .upsert { staged.removeAll() }
    var bytes: [UInt8] = []
    change.append(to: &bytes, held: held.span, staged: staged.span)
    try append(change: bytes, key: identity.key, place: place(of: raw, 0))
  }

  /// Judges an upsert, and writes its record if it has no fault.
  private mutating func upsert(
    _ raw: RawRecord, _ text: Span<UInt8>, _ ranges: FieldRanges, into staged: inout [UInt8]
  ) -> (link: LinkKey, faults: RecordFaults) {
    let own = text.extracting(ranges[.fullName])
    switch export {
    case .population:
      let verdict = rules.judge(person: text, ranges, line: raw.line, nameIsClean: nameIsClean)
      guard verdict.faults.reasons.isEmpty, let id = verdict.id else { return (.missing, verdict.faults) }
      if rules.nameIsClean {
        verdict.record.append(to: &staged, name: own)
      } else {
        verdict.record.append(to: &staged, name: rules.name.span)
      }
      return (.personal(id), verdict.faults)
    case .insurance:
      var verdict = rules.judge(insured: text, ranges, line: raw.line, nameIsClean: nameIsClean)
      guard verdict.faults.reasons.isEmpty else { return (.missing, verdict.faults) }
      count(verdict.record.words)
      let personal = text.extracting(ranges[.personalID])
      let kept = verdict.key >= LinkKey.firstLegacy ? 0 : min(personal.count, 255)
      verdict.record.rawIDByteCount = UInt8(kept)
      let rawID = personal.extracting(0..<kept)
      if rules.nameIsClean {
        verdict.record.append(to: &staged, name: own, rawID: rawID)
      } else {
        verdict.record.append(to: &staged, name: rules.name.span, rawID: rawID)
      }
      return (verdict.key, verdict.faults)
    }
  }
}
