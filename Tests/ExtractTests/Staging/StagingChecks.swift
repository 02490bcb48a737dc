// Properties of staging that must hold for a file of any bytes, for the fuzz target (scripts/fuzz) and for
// the tests that read its finds.
// Invariant: no trap; every record from the extractor is staged or in quarantine, once, and the counts agree;
// the runs are read back whole and in order; a record in quarantine has its original; all of this is the same
// whatever the chunks and the sorters' memory.
// Load: some hundred inputs a second.

import Extract
import Glibc
import Names
import Rules
import SortedRuns
import Values

/// A property that did not hold.
struct Unbalanced: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Checks what is staged of an input in the form of ``checkAll(_:in:)``: its first byte chooses the format,
/// the encoding, the export and how its fields are read, the second the chunks, the rest is a file.
///
/// - Parameter folder: for a file and a folder of staged runs.
/// - Throws: ``Unbalanced`` with the property that doesn't hold.
func checkStaging(_ input: [UInt8], in folder: String) throws {
  guard input.count > 2 else { return }
  let bytes = Array(input[2...])
  let choice = StagingChoice(input[0])
  let path = "\(folder)/staging-\(getpid())"
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  guard descriptor >= 0, unsafe write(descriptor, bytes, bytes.count) == bytes.count else {
    throw Unbalanced("no file to write")
  }
  close(descriptor)
  defer { unlink(path) }
  let isPlain =
    (choice.encoding ?? .utf8) == .utf8 && !bytes.starts(with: [0x1F, 0x8B])
    && (choice.encoding != nil || !bytes.starts(with: [0xFF, 0xFE]) && !bytes.starts(with: [0xFE, 0xFF]))
    && !choice.mayDeclareEncoding(bytes)
  let runs = path + "-runs"
  mkdir(runs, 0o700)
  defer { rmdir(runs) }
  let whole = try walk(path, choice, runs, chunkBytes: 256 << 10, bufferBytes: 1 << 20)
  try whole?.check(choice, text: isPlain ? bytes : nil)
  let cut = try walk(path, choice, runs, chunkBytes: 1 + Int(input[1] % 61), bufferBytes: 1)
  try cut?.check(choice, text: isPlain ? bytes : nil)
  // The line and byte of a fault may differ, because libxml2 reports it otherwise if it gets less at once.
  guard whole?.undamaged == cut?.undamaged else { throw Unbalanced("other records in small chunks") }
}

/// The choices in an input's first byte.
private struct StagingChoice {
  let isXML: Bool
  let encoding: TextEncoding?
  let export: ExportKind
  let joins: Bool
  let takesAny: Bool
  let splits: Bool

  init(_ byte: UInt8) {
    let encodings: [TextEncoding?] = [nil, .utf8, .utf16, .windows1258, .tcvn3, .vni, .vps, .viscii]
    isXML = byte & 1 == 1
    encoding = encodings[Int(byte >> 1) % 8]
    export = byte & 0x10 == 0 ? .population : .insurance
    joins = byte & 0x20 != 0
    takesAny = byte & 0x40 != 0
    splits = byte & 0x80 != 0
  }

  /// In the order of the slots; a CSV file has letters for columns, an XML file these paths.
  private static let person: [(field: Field, path: String)] = [
    (.personalID, "Ma"), (.fullName, "Ten/Ho"), (.legacyID, "@so"), (.birthDate, "Ng"), (.sex, "Gt"),
    (.status, "Tt"),
  ]
  private static let insured: [(field: Field, path: String)] = [
    (.personalID, "Ma"), (.fullName, "Ten/Ho"), (.insuranceNumber, "@so"), (.birthDate, "Ng"), (.sex, "Gt"),
    (.cardNumber, "Th"), (.facilityCode, "Kb"), (.validFrom, "Tu"), (.validTo, "Den"),
    (.fiveYearsFrom, "Nam"),
    (.areaCode, "Kv"),
  ]
  private var fields: [(field: Field, path: String)] { export == .population ? Self.person : Self.insured }

  var columns: [String] {
    isXML ? fields.map(\.path) : fields.indices.map { String(UnicodeScalar(UInt8(ascii: "A") + UInt8($0))) }
  }
  var format: ExportFormat {
    ExportFormat(
      kind: isXML ? .xml(record: "The") : .csv(delimiter: 44), encoding: encoding, columns: columns)
  }

  /// The export's rules for a file in this encoding.
  func rules(_ encoding: TextEncoding) -> ExportRules {
    var sources: [Field: FieldSource] = [:]
    for (slot, field) in fields.enumerated() { sources[field.field] = .slot(slot) }
    if joins { sources[.fullName] = .joined([.slot(1), .slot(4)]) }
    if takesAny { sources[.birthDate] = .any([.slot(3), .slot(2)]) }
    var rules = ExportRules(
      export: export, fields: sources,
      sexCodes: [(Array("Nam".utf8), .male), (Array("Nữ".utf8), .female)],
      statusCodes: [(Array("1".utf8), .active), (Array("2".utf8), .dead)],
      datePatterns: ["dd/MM/yyyy", "yyyyMMdd", "yyyy", "excel"].compactMap { DatePattern($0) },
      split: splits && export == .insurance
        ? (UInt8(ascii: ";"), [.cardNumber, .facilityCode, .validFrom, .validTo]) : nil,
      uppercaseNames: encoding == .tcvn3, asOf: CalendarDate(packed: 2026_11_23))
    rules.convertsNames = encoding != .utf8 && encoding != .utf16
    return rules
  }

  /// Whether the beginning of an XML file may name an encoding.
  func mayDeclareEncoding(_ bytes: [UInt8]) -> Bool {
    isXML && encoding == nil && bytes.prefix(256).contains(UInt8(ascii: "?"))
  }
}

/// A record from the extractor.
private struct Handed {
  var record: RawRecord
  var original: [UInt8]
}

/// A record as it was read back from a run.
private struct Kept: Equatable {
  var key: UInt64
  var place: UInt64
  var payload: [UInt8]
}

/// The result of passing a file through extractor and stager.
private struct Walked {
  var handed: [UInt32: Handed] = [:]
  var part = StagedPart()
  var population: [Kept] = []
  var legacy: [Kept] = []
  var insurance: [Kept] = []
  var quarantine: [Kept] = []

  /// All records but the one for the rest of a damaged file.
  var undamaged: [[Kept]] {
    [population, legacy, insurance, quarantine].map { kept in
      kept.filter { handed[ordinal($0)]?.record.fault != .damaged }
    }
  }
}

private let fileIndex = 3
private func ordinal(_ kept: Kept) -> UInt32 { UInt32(truncatingIfNeeded: kept.place >> 8) }

/// Extracts and stages a file as a run does with `on_damage: keep`, and reads back what was staged.
///
/// - Returns: nil for a file that is refused before its first record.
private func walk(
  _ path: String, _ choice: StagingChoice, _ folder: String, chunkBytes: Int, bufferBytes: Int
) throws -> Walked? {
  let file = ExportFile(path: path, name: "fuzz")
  guard let extractor = try? Extractor(file, format: choice.format, chunkBytes: chunkBytes) else {
    return nil
  }
  var stager = Stager(
    rules: choice.rules(extractor.encoding), fileIndex: fileIndex, folder: folder, name: "fuzz",
    bufferBytes: bufferBytes)
  var walked = Walked()
  var batch = RawBatch(slotCount: choice.columns.count)
  var repeated: UInt32?
  func note(_ batch: RawBatch) {
    for i in 0..<batch.count {
      let record = batch.record(i)
      let start = Int(record.textStart)
      let original = Array(batch.bytes[start..<start + Int(record.textByteCount)])
      let handed = Handed(record: record, original: original)
      if walked.handed.updateValue(handed, forKey: record.ordinal) != nil { repeated = record.ordinal }
    }
  }
  do throws(Stop) {
    while try extractor.nextBatch(into: &batch) {
      try stager.stage(batch)
      note(batch)
    }
  } catch {
    guard error.exit == .dataRefused else { throw error }
    if let rest = extractor.damage {
      batch.removeAll()
      batch.append(rest)
      try stager.stage(batch)
      note(batch)
    }
  }
  if let repeated { throw Unbalanced("the ordinal \(repeated) twice") }
  walked.part = try stager.finish()
  let part = walked.part
  defer {
    for run in part.population + part.legacy + part.insurance + part.quarantine {
      unlink(folder + "/" + run.name)
    }
  }
  walked.population = try read(part.population, in: folder)
  walked.legacy = try read(part.legacy, in: folder)
  walked.insurance = try read(part.insurance, in: folder)
  walked.quarantine = try read(part.quarantine, in: folder)
  return walked
}

/// Reads runs one by one and merged, and compares.
private func read(_ runs: [SortedRun], in folder: String) throws -> [Kept] {
  var one: [Kept] = []
  for run in runs {
    var reader = try Merge([run], in: folder)
    let first = one.count
    while reader.hasRecord {
      var kept = Kept(key: reader.key, place: reader.place, payload: [])
      try reader.withPayload { bytes in
        unsafe bytes.withUnsafeBytes { unsafe kept.payload.append(contentsOf: $0) }
      }
      if one.count > first, let last = one.last, (last.key, last.place) > (kept.key, kept.place) {
        throw Unbalanced("\(run.name) does not ascend")
      }
      one.append(kept)
      try reader.advance()
    }
    var info = stat()
    guard one.count - first == run.recordCount, one.count > first, one[first].key == run.firstKey,
      one.last?.key == run.lastKey, unsafe stat(folder + "/" + run.name, &info) == 0,
      Int(info.st_size) == run.byteCount
    else { throw Unbalanced("\(run) with \(one.count - first) records") }
  }
  var all: [Kept] = []
  var merge = try Merge(runs, in: folder)
  while merge.hasRecord {
    var kept = Kept(key: merge.key, place: merge.place, payload: [])
    try merge.withPayload { bytes in
      unsafe bytes.withUnsafeBytes { unsafe kept.payload.append(contentsOf: $0) }
    }
    all.append(kept)
    try merge.advance()
  }
  guard all == one.sorted(by: { ($0.key, $0.place) < ($1.key, $1.place) }) else {
    throw Unbalanced("a merge of other records than the runs have")
  }
  return all
}

// MARK: The ledger

extension Walked {
  /// - Parameter text: the file, if it contains the originals unchanged.
  func check(_ choice: StagingChoice, text: [UInt8]?) throws {
    let records = population + insurance + quarantine
    guard part.quarantinedCount == quarantine.count, part.recordCount == records.count,
      choice.export == .population ? insurance.isEmpty : population.isEmpty && legacy.isEmpty
    else {
      throw Unbalanced(
        "\(part.recordCount) records: \(population.count), \(insurance.count), \(quarantine.count) held")
    }
    guard Set(records.map(\.place)).count == records.count else {
      throw Unbalanced("one place for two records")
    }
    guard records.allSatisfy({ Int($0.place >> 48) == fileIndex && $0.place >> 40 & 0xFF == 0 }) else {
      throw Unbalanced("a place in another file")
    }
    // Lists of cards make several records of one, never none.
    guard Set(records.map(ordinal)) == Set(handed.keys), choice.splits || records.count == handed.count else {
      throw Unbalanced("\(handed.count) records handed on, \(records.count) staged")
    }
    var words: [Reason: Int] = [:]
    func count(_ reasons: Reasons) {
      for reason in Reason.allCases where reasons.contains(reason) { words[reason, default: 0] += 1 }
    }
    for kept in population { try checkPerson(kept, choice) }
    for kept in insurance { count(try checkInsured(kept, choice)) }
    for kept in quarantine { count(try checkHeld(kept, choice, text)) }
    guard words == part.reasonCounts else { throw Unbalanced("\(part.reasonCounts) instead of \(words)") }
    let numbers = try population.compactMap { kept in try record(kept).legacy.packed == 0 ? nil : kept.place }
    guard numbers.sorted() == legacy.map(\.place).sorted() else { throw Unbalanced("other old numbers") }
  }

  private func record(_ kept: Kept) throws -> PopulationRecord { PopulationRecord(kept.payload.span.bytes) }

  private func line(_ kept: Kept) -> UInt32? { handed[ordinal(kept)]?.record.line }

  private func checkPerson(_ kept: Kept, _ choice: StagingChoice) throws {
    let bytes = kept.payload.span.bytes
    let record = PopulationRecord(bytes)
    guard record.line == line(kept), LinkKey(packed: kept.key).personalID != nil, record.birthDate != .none
    else {
      throw Unbalanced("a person without number, date or line")
    }
    try checkName(bytes.text(PopulationRecord.nameRange(in: bytes)), kept)
  }

  private func checkInsured(_ kept: Kept, _ choice: StagingChoice) throws -> Reasons {
    let bytes = kept.payload.span.bytes
    let record = InsuranceRecord(bytes)
    guard record.line == line(kept), !record.insuranceNumber.isNone, record.birthDate != .none else {
      throw Unbalanced("an insured without number, date or line")
    }
    try checkName(bytes.text(record.nameRange(in: bytes)), kept)
    return record.words
  }

  /// A staged name is in clean form: cleaning it again changes nothing.
  private func checkName(_ name: String, _ kept: Kept) throws {
    var again: [UInt8] = []
    let fault = NameFolder().slowlyClean(Array(name.utf8).span, into: &again)
    guard fault == nil, again == Array(name.utf8), !name.unicodeScalars.contains("\u{FFFD}") else {
      throw Unbalanced("a name that is not clean, of record \(ordinal(kept)): \(String(describing: fault))")
    }
  }

  private func checkHeld(_ kept: Kept, _ choice: StagingChoice, _ text: [UInt8]?) throws -> Reasons {
    let record = QuarantinedRecord(kept.payload.span.bytes)
    guard let raw = handed[ordinal(kept)], record.line == raw.record.line, record.export == choice.export,
      !record.reasons.isEmpty, record.byteOffset == raw.record.byteOffset
    else { throw Unbalanced("a held record without reason or line") }
    guard record.original == Array(raw.original.prefix(QuarantinedRecord.longestOriginal)) else {
      throw Unbalanced("a held record with another original")
    }
    if let text, !record.original.isEmpty {
      let start = Int(record.byteOffset)
      guard start + record.original.count <= text.count,
        Array(text[start..<start + record.original.count]) == record.original
      else { throw Unbalanced("an original that does not stand at byte \(start)") }
    }
    return record.reasons
  }
}
