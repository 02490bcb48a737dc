// Writes what the changes of one identity leave: records in force, records in quarantine, and what they replace.
// Load: one call for each changed identity.

import Rules
import SortedRuns
import Values

struct ChangeWriter: ~Copyable {
  private let export: ExportKind
  private var result = ChangeResult()
  private var records: Sorter
  private var legacy: Sorter
  private var held: Sorter
  private var replaced: Sorter
  private var replacedLegacy: Sorter
  private var replacedHeld: Sorter

  init(_ request: SnapshotRequest, _ export: ExportKind, part: Int) {
    self.export = export
    let name = "\(export.name)-\(part)"
    records = request.sorter("changed-\(name)")
    legacy = request.sorter("changed-legacy-\(name)")
    held = request.sorter("changed-quarantine-\(name)")
    replaced = request.sorter("replaced-\(name)")
    replacedLegacy = request.sorter("replaced-legacy-\(name)")
    replacedHeld = request.sorter("replaced-quarantine-\(name)")
  }

  mutating func write(_ group: borrowing ChangeGroup, _ range: Range<Int>) throws(Stop) {
    result.repeats += group.repeats
    for i in range {
      let entry = group.entries[i]
      let isInForce = group.inForce.contains(i)
      if let outcome = entry.outcome {
        result.count(entry.file) { $0.outcomes[Int(outcome.rawValue)] += 1 }
        if isInForce { try add(group, entry) }
      } else if !isInForce {
        try remove(group, entry)
      } else if group.isMarked {
        try mark(group, entry)
      }
    }
    for open in group.open {
      let entry = group.entries[open.entry]
      result.count(entry.file) { $0.open += 1 }
      try hold(Array(group.bytes[entry.held]), open.reasons, entry.head.heldKey, entry.place)
    }
  }

  consuming func finish() throws(Stop) -> ChangeResult {
    result.records = try records.finish()
    result.legacy = try legacy.finish()
    result.held = try held.finish()
    result.replaced = try replaced.finish()
    result.replacedLegacy = try replacedLegacy.finish()
    result.replacedHeld = try replacedHeld.finish()
    return result
  }

  // MARK: Records of deltas

  private mutating func add(_ group: borrowing ChangeGroup, _ entry: ChangeGroup.Entry) throws(Stop) {
    result.count(entry.file) { $0.added += 1 }
    let bytes = Array(group.bytes[entry.staged])
    count(blanks: blanks(bytes, entry.head.link), 1)
    try write(group.isMarked ? marked(bytes) : bytes, entry)
    guard let id = LinkKey(packed: entry.head.link).personalID else { return }
    let numbers = otherNumbers(bytes)
    guard !numbers.isEmpty else { return }
    let status = unsafe PopulationRecord(bytes.span.bytes).status
    for number in numbers {
      var payload: [UInt8] = []
      payload.append(integer: NumberHolder(id, status).packed)
      try legacy.append(key: number.packed, place: entry.place, payload.span)
    }
  }

  private mutating func write(_ bytes: [UInt8], _ entry: ChangeGroup.Entry) throws(Stop) {
    try records.append(key: entry.head.link, place: entry.place, bytes.span)
  }

  /// Sends a record to quarantine with more reasons.
  private mutating func hold(
    _ bytes: [UInt8], _ reasons: Reasons, _ key: UInt64, _ place: UInt64
  ) throws(Stop) {
    var record = unsafe QuarantinedRecord(bytes.span.bytes)
    record.reasons.formUnion(reasons)
    var payload: [UInt8] = []
    record.append(to: &payload, original: record.original.span)
    try held.append(key: key, place: place, payload.span)
  }

  // MARK: Records of the base

  private mutating func remove(_ group: borrowing ChangeGroup, _ entry: ChangeGroup.Entry) throws(Stop) {
    if entry.head.kind == .presentQuarantined {
      result.count(entry.file) { $0.removedHeld += 1 }
      return try replacedHeld.append(key: entry.head.heldKey, place: entry.place, [export.rawValue])
    }
    result.count(entry.file) { $0.removed += 1 }
    let bytes = Array(group.bytes[entry.staged])
    count(blanks: blanks(bytes, entry.head.link), -1)
    try replaced.append(key: entry.head.link, place: entry.place, [export.rawValue])
    for number in otherNumbers(bytes) {
      try replacedLegacy.append(key: number.packed, place: entry.place, [export.rawValue])
    }
  }

  /// Marks a record of the base that a quarantined update would have changed.
  private mutating func mark(_ group: borrowing ChangeGroup, _ entry: ChangeGroup.Entry) throws(Stop) {
    if entry.head.kind == .presentQuarantined {
      try replacedHeld.append(key: entry.head.heldKey, place: entry.place, [export.rawValue])
      try hold(
        Array(group.bytes[entry.held]), Reasons(.updateQuarantined), entry.head.heldKey, entry.place)
    } else if export == .insurance {
      try replaced.append(key: entry.head.link, place: entry.place, [export.rawValue])
      try write(marked(Array(group.bytes[entry.staged])), entry)
    }
  }

  /// An insurance record with the note on the quarantined update; a population record has no notes.
  private func marked(_ bytes: [UInt8]) -> [UInt8] {
    guard export == .insurance else { return bytes }
    let raw = unsafe bytes.span.bytes
    var record = InsuranceRecord(raw)
    let (name, rawID) = (record.nameRange(in: raw), record.rawIDRange(in: raw))
    record.words.insert(.updateQuarantined)
    var marked: [UInt8] = []
    record.append(to: &marked, name: bytes.span.extracting(name), rawID: bytes.span.extracting(rawID))
    return marked
  }

  private func otherNumbers(_ bytes: [UInt8]) -> [LinkKey] {
    guard export == .population else { return [] }
    return unsafe PopulationRecord(bytes.span.bytes).otherNumbers
  }

  // MARK: Blanks

  private mutating func count(blanks: [Field], _ step: Int) {
    for field in blanks { result.blanks[field, default: 0] += step }
  }

  /// The fields that had no value, as far as the staged record tells.
  private func blanks(_ bytes: [UInt8], _ link: UInt64) -> [Field] {
    var blank: [Field: Bool]
    switch export {
    case .population:
      let record = unsafe PopulationRecord(bytes.span.bytes)
      blank = [
        .legacyID: record.legacy.packed == 0, .previousID: record.previous.packed == 0,
        .sex: record.sex == .unknown,
      ]
    case .insurance:
      let record = unsafe InsuranceRecord(bytes.span.bytes)
      blank = [
        .cardNumber: record.cardNumber.isNone, .sex: record.sex == .unknown, .validTo: record.validTo.isNone,
        .personalID: link == LinkKey.missing.packed || record.words.contains(.idFromInsuranceNumber),
        .facilityCode: record.facility.isNone && !record.words.contains(.facilityFormat),
        .areaCode: record.area.isNone && !record.words.contains(.areaCode),
        .fiveYearsFrom: record.fiveYearsFrom.isNone && !record.words.contains(.fiveYearsFormat),
      ]
    }
    return blank.filter(\.value).map(\.key)
  }
}
