// Writes raw records to disk as the rules judge them: as typed records, or to quarantine.
// Invariant: every record is written once: to the population run, to the insurance run, or to quarantine with
// all of its faults.
// Load: each worker thread has a stager, which takes a file's records in batches; a record without faults
// costs no allocation and no retain.

import Names
import Rules
import SortedRuns
package import Values

/// Takes the batches of one file.
package struct Stager: ~Copyable {
  let export: ExportKind
  private enum Kind { case population, insurance, changes }
  private let kind: Kind
  private let fileIndex: Int
  let plan: FieldPlan
  let empty: EmptyValues
  var rules: RecordRules
  private let folder = NameFolder()
  private let separator: UInt8
  private let splitFields: [Int]
  private let memory: StagerMemory
  /// Population or insurance records, depending on the export, or changes.
  var records: Sorter
  private var legacy: Sorter
  var quarantine: Sorter
  package private(set) var recordCount = 0
  var quarantinedCount = 0
  let changeRules: ChangeRules?
  /// What the current batch's records do; only of a delta.
  var marks = ChangeMarks()
  var deleteCount = 0
  var (upsertCount, allDeleteCount) = (0, 0)
  let footers: [LinePattern]
  var notRecordCount = 0
  /// The line of the last line that is no record.
  var lastNotRecord: UInt32 = 0
  private var reasonCounts = InlineArray<128, Int>(repeating: 0)
  private var blankCounts = InlineArray<15, Int>(repeating: 0)

  // Reused from record to record.
  private var joined: [UInt8] = []
  /// The current record's values without invisible characters, if it had any.
  private var seen: [UInt8] = []
  /// Whether a value of the current record contains white space outside ASCII, or an ignorable character.
  private var hasUnseen = false
  /// Whether the current record's name is known to be in clean form.
  var nameIsClean = false
  var payload: [UInt8] = []

  /// - Parameters:
  ///   - fileIndex: the file's index among the export's files sorted by name.
  ///   - folder: where the runs are written; it exists.
  ///   - name: the prefix of the runs' names; no other stager in the folder may have it.
  ///   - bufferBytes: memory for records before they are sorted and written.
  ///   - lent: memory that no other stager uses until this one has finished.
  package init(
    rules: ExportRules, fileIndex: Int, folder: String, name: String, bufferBytes: Int,
    memory lent: StagerMemory = StagerMemory()
  ) {
    memory = lent
    export = rules.export
    self.fileIndex = fileIndex
    plan = FieldPlan(rules.fields)
    empty = EmptyValues(rules.emptyValues)
    self.rules = RecordRules(
      empty: empty, patterns: rules.datePatterns, sexes: rules.sexList,
      statuses: rules.fields[.status] == nil ? nil : rules.statusList, residences: rules.residenceList,
      uppercasesNames: rules.uppercaseNames, convertsNames: rules.convertsNames, asOf: rules.asOf,
      armedForces: rules.armedForces, erased: rules.erased)
    separator = rules.split?.separator ?? 0
    footers = rules.footers
    changeRules = rules.changes
    kind = rules.changes != nil ? .changes : rules.export == .population ? .population : .insurance
    splitFields = rules.split?.fields.map(\.index) ?? []
    let tenth = bufferBytes / 10
    records = Sorter(
      folder: folder, name: "\(name)-\(export.name)", bufferBytes: tenth * 7, synced: false,
      memory: SorterMemory(taking: &lent.records))
    legacy = Sorter(
      folder: folder, name: "\(name)-legacy", bufferBytes: tenth * 2, synced: false,
      memory: SorterMemory(taking: &lent.legacy))
    quarantine = Sorter(
      folder: folder, name: "\(name)-quarantine", bufferBytes: tenth, synced: false,
      memory: SorterMemory(taking: &lent.quarantine))
    joined.reserveCapacity(4096)
    payload.reserveCapacity(1024)
  }

  /// Stages all records of a batch.
  package mutating func stage(_ batch: borrowing RawBatch) throws(Stop) {
    if let changeRules { marks.read(batch, changeRules, empty) }
    guard plan.isFlat else { return try stageOthers(batch) }
    let bytes = batch.bytes
    for i in 0..<batch.count {
      let ranges = values(i, of: batch, bytes.span)
      try stage(i, of: batch, bytes.span, bytes.span, ranges)
    }
  }

  /// Stages all records of a batch some of whose fields have several slots.
  @inline(never)
  private mutating func stageOthers(_ batch: borrowing RawBatch) throws(Stop) {
    let bytes = batch.bytes
    for i in 0..<batch.count {
      var ranges = FieldRanges()
      if plan.joins {
        join(batch, i, bytes.span, &ranges)
        // Moved out and back, so that the record can be read while the stager changes.
        var text: [UInt8] = []
        swap(&text, &joined)
        try stage(i, of: batch, bytes.span, text.span, ranges)
        swap(&text, &joined)
      } else {
        for k in plan.mapped.indices {
          let field = plan.mapped[k]
          ranges[at: field.field] = plan.range(
            field.node, i, of: batch, bytes.span, empty, keepEmpty: field.isCoded)
        }
        try stage(i, of: batch, bytes.span, bytes.span, ranges)
      }
    }
  }

  /// Checks the text of a record, removes invisible characters from its values, and stages it.
  @inline(__always)
  private mutating func stage(
    _ i: Int, of batch: borrowing RawBatch, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    var raw = batch.record(i)
    (nameIsClean, hasUnseen) = (false, false)
    if raw.uncheckedSlots != 0 { check(&raw, i, of: batch, whole, text.extracting(ranges[.fullName])) }
    if hasUnseen { try stageSeen(raw, whole, text, ranges) } else { try stage(raw, whole, text, ranges) }
  }

  @inline(never)
  private mutating func stageSeen(
    _ raw: RawRecord, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    var ranges = ranges
    seen.removeAll(keepingCapacity: true)
    for k in plan.mapped.indices {
      let field = plan.mapped[k]
      let value = text.extracting(ranges[at: field.field])
      let start = seen.count
      if field.field == Field.fullName.index {
        // The name folder removes them, after it has searched the name for traces of another encoding.
        unsafe value.withUnsafeBufferPointer { unsafe seen.append(contentsOf: $0) }
      } else {
        appendVisible(value, to: &seen)
      }
      let shown = trimmed(seen.span, start..<seen.count)
      let isNone = !field.isCoded && empty.contains(seen.span.extracting(shown))
      ranges[at: field.field] = isNone ? 0..<0 : shown
    }
    // Moved out and back, so that the record can be read while the stager changes.
    var shown: [UInt8] = []
    swap(&shown, &seen)
    try stage(raw, whole, shown.span, ranges)
    swap(&shown, &seen)
  }

  // Not inlined, so that the loop keeps its own values in registers.
  /// Finds the values of a record if each field is one slot.
  @inline(never)
  private func values(_ record: Int, of batch: borrowing RawBatch, _ bytes: Span<UInt8>) -> FieldRanges {
    var ranges = FieldRanges()
    let first = record &* batch.slotCount
    let (fields, longestEmpty) = (plan.mapped, empty.longest)
    for k in fields.indices {
      let field = fields[k]
      let packed = batch.ends[first &+ field.slot]
      let (start, end) = (
        Int(truncatingIfNeeded: packed & 0xFFFF_FFFF), Int(truncatingIfNeeded: packed &>> 32)
      )
      guard start < end else { continue }
      if end &- start > longestEmpty || field.isCoded, !mayBeTrimmed(bytes, start, end) {
        ranges.set(at: field.field, packed)
        continue
      }
      let value = trimmed(bytes, start..<end)
      if field.isCoded || !empty.contains(bytes.extracting(value)) { ranges[at: field.field] = value }
    }
    return ranges
  }

  /// Marks the record if a value with bytes outside ASCII is not UTF-8, and notes whether one has invisible characters.
  ///
  /// A name in clean form is UTF-8, so nearly all records are checked only once.
  @inline(__always)
  private mutating func check(
    _ raw: inout RawRecord, _ record: Int, of batch: borrowing RawBatch, _ bytes: Span<UInt8>,
    _ name: Span<UInt8>
  ) {
    var unchecked = raw.uncheckedSlots
    if unchecked & plan.nameSlot != 0, folder.isCleanAlready(name) {
      nameIsClean = true
      unchecked &= ~plan.nameSlot
    }
    if unchecked != 0 { checkValues(unchecked, &raw, record, of: batch, bytes) }
  }

  @inline(never)
  private mutating func checkValues(
    _ unchecked: UInt64, _ raw: inout RawRecord, _ record: Int, of batch: borrowing RawBatch,
    _ bytes: Span<UInt8>
  ) {
    for slot in unchecked.trailingZeroBitCount..<batch.slotCount
    where unchecked >> UInt64(min(slot, 63)) & 1 != 0 {
      guard let value = batch.range(record, slot) else { continue }
      if let position = malformedPosition(bytes.extracting(value)) {
        raw.fault = .encoding
        raw.faultDetail = UInt32(truncatingIfNeeded: position)
        return
      }
      if hasInvisible(bytes.extracting(value)) { hasUnseen = true }
    }
  }

  /// Records whose text is not in the expected encoding.
  package var misreadCount: Int {
    reasonCounts[Int(Reason.encoding.rawValue)] + reasonCounts[Int(Reason.nameMojibake.rawValue)]
  }

  /// Writes the remaining records.
  /// - Returns: the runs, which may not be on disk yet, and the counts.
  package consuming func finish() throws(Stop) -> StagedPart {
    var part = StagedPart()
    part.recordCount = recordCount
    part.quarantinedCount = quarantinedCount
    part.notRecordCount = notRecordCount
    part.deleteCount = deleteCount
    (part.upsertCount, part.allDeleteCount) = (upsertCount, allDeleteCount)
    for reason in Reason.allCases where reasonCounts[Int(reason.rawValue)] > 0 {
      part.reasonCounts[reason] = reasonCounts[Int(reason.rawValue)]
    }
    for field in Field.allCases where blankCounts[field.index] > 0 {
      part.blankCounts[field] = blankCounts[field.index]
    }
    let runs = try records.finish(returning: &memory.records)
    switch kind {
    case .population: part.population = runs
    case .insurance: part.insurance = runs
    case .changes: part.changes = runs
    }
    part.legacy = try legacy.finish(returning: &memory.legacy)
    part.quarantine = try quarantine.finish(returning: &memory.quarantine)
    return part
  }

  /// Puts all values of a record in ``joined``.
  private mutating func join(
    _ batch: borrowing RawBatch, _ record: Int, _ bytes: Span<UInt8>, _ ranges: inout FieldRanges
  ) {
    joined.removeAll(keepingCapacity: true)
    for k in plan.mapped.indices {
      let field = plan.mapped[k]
      let start = joined.count
      _ = plan.append(
        field.node, record, of: batch, bytes, empty, keepEmpty: field.isCoded, to: &joined)
      ranges[at: field.field] = start..<joined.count
    }
  }

  // MARK: One raw record

  /// - Parameters:
  ///   - whole: the batch's text, which has the record as it is in the export.
  ///   - text: the text that has its values.
  private mutating func stage(
    _ raw: RawRecord, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    if raw.fault != .none, let reason = ReadingRule.reason(for: raw.fault) {
      recordCount += 1
      return try hold(raw, 0, whole, text, ranges, RecordFaults(reason))
    }
    guard !splitFields.isEmpty else { return try stage(raw, 0, whole, text, ranges) }
    guard let count = SplitRule.positionCount(text, ranges, splitFields, separator, empty) else {
      recordCount += 1
      return try hold(raw, 0, whole, text, ranges, RecordFaults(.listLength))
    }
    var lists = ranges
    for part in 0..<count {
      var one = ranges
      var hasValue = false
      for k in splitFields.indices {
        let field = splitFields[k]
        let value = SplitRule.next(text, &lists[at: field], separator)
        let isNone = empty.contains(text.extracting(value))
        one[at: field] = isNone ? 0..<0 : value
        hasValue = hasValue || !isNone
      }
      if hasValue || count == 1 { try stage(raw, part, whole, text, one) }
    }
  }

  private mutating func stage(
    _ raw: RawRecord, _ part: Int, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    recordCount += 1
    count(blanks: plan.plainFields & ~ranges.filled)
    switch kind {
    case .population: try stagePerson(raw, part, whole, text, ranges)
    case .insurance: try stageInsured(raw, part, whole, text, ranges)
    case .changes: try stageChange(raw, whole, text, ranges)
    }
  }

  private mutating func stagePerson(
    _ raw: RawRecord, _ part: Int, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    let verdict = rules.judge(person: text, ranges, line: raw.line, nameIsClean: nameIsClean)
    count(blanks: verdict.faults.blankCodes)
    guard verdict.faults.reasons.isEmpty, let id = verdict.id else {
      return try hold(raw, part, whole, text, ranges, verdict.faults)
    }
    let place = place(of: raw, part)
    let own = text.extracting(ranges[.fullName])
    var bytes = try records.begin(
      key: LinkKey.personal(id).packed, place: place,
      room: PopulationRecord.room(nameByteCount: rules.nameIsClean ? own.count : rules.name.count))
    if rules.nameIsClean {
      unsafe verdict.record.write(to: &bytes, name: own.bytes)
    } else {
      unsafe verdict.record.write(to: &bytes, name: rules.name.span.bytes)
    }
    records.end(bytes)
    let (number, previous) = (verdict.record.legacy, verdict.record.previous)
    let holder = NumberHolder(id, verdict.record.status)
    if number.packed != 0 { try append(.legacy(number), of: holder, place) }
    if previous.packed != 0 { try append(.personal(previous), of: holder, place) }
  }

  /// Writes down a number that a person has besides the personal ID number.
  private mutating func append(_ number: LinkKey, of holder: NumberHolder, _ place: UInt64) throws(Stop) {
    var entry = try legacy.begin(key: number.packed, place: place, room: 8)
    entry.append(holder.packed, byteCount: 8)
    legacy.end(entry)
  }

  private mutating func stageInsured(
    _ raw: RawRecord, _ part: Int, _ whole: Span<UInt8>, _ text: Span<UInt8>, _ ranges: FieldRanges
  ) throws(Stop) {
    var verdict = rules.judge(insured: text, ranges, line: raw.line, nameIsClean: nameIsClean)
    count(blanks: verdict.faults.blankCodes)
    guard verdict.faults.reasons.isEmpty else {
      return try hold(raw, part, whole, text, ranges, verdict.faults)
    }
    if !verdict.record.words.isEmpty { count(verdict.record.words) }
    let personal = text.extracting(ranges[.personalID])
    let kept = verdict.key >= LinkKey.firstLegacy ? 0 : min(personal.count, 255)
    verdict.record.rawIDByteCount = UInt8(kept)
    let own = text.extracting(ranges[.fullName])
    var bytes = try records.begin(
      key: verdict.key.packed, place: place(of: raw, part),
      room: InsuranceRecord.room(
        nameByteCount: rules.nameIsClean ? own.count : rules.name.count, rawIDByteCount: kept))
    let rawID = unsafe personal.extracting(0..<kept).bytes
    if rules.nameIsClean {
      unsafe verdict.record.write(to: &bytes, name: own.bytes, rawID: rawID)
    } else {
      unsafe verdict.record.write(to: &bytes, name: rules.name.span.bytes, rawID: rawID)
    }
    records.end(bytes)
  }

  func place(of raw: RawRecord, _ part: Int) -> UInt64 {
    Place(file: fileIndex, ordinal: Int(raw.ordinal), part: part).packed
  }

  /// Writes one change of a delta.
  mutating func append(change bytes: [UInt8], key: UInt64, place: UInt64) throws(Stop) {
    try Self.append(bytes, LinkKey(packed: key), place, to: &records)
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  static func append(
    _ payload: borrowing [UInt8], _ key: LinkKey, _ place: UInt64, to sorter: inout Sorter
  ) throws(Stop) {
    try sorter.append(key: key.packed, place: place, payload.span)
  }

  mutating func count(blanks: UInt64, _ step: Int = 1) {
    var blanks = blanks
    while blanks != 0 {
      blankCounts[blanks.trailingZeroBitCount] += step
      blanks &= blanks &- 1
    }
  }

  mutating func count(_ reasons: Reasons) {
    var (low, high) = (reasons.low, reasons.high)
    while low != 0 {
      reasonCounts[low.trailingZeroBitCount] += 1
      low &= low - 1
    }
    while high != 0 {
      reasonCounts[64 + high.trailingZeroBitCount] += 1
      high &= high - 1
    }
  }
}
