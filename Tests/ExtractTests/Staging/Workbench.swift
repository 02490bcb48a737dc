// A stager in an empty folder of its own, and its results read back.

import Extract
import Rules
import SortedRuns
import Support
import Values

/// A population record as it was staged.
struct StagedPerson: Hashable {
  var id: String
  var name: String
  var record: PopulationRecord
  var place: Place
}

/// An insurance record as it was staged.
struct StagedInsured: Hashable {
  var key: LinkKey
  var name: String
  var rawID: String
  var record: InsuranceRecord
  var place: Place
}

struct Staged {
  var part = StagedPart()
  var persons: [StagedPerson] = []
  var insured: [StagedInsured] = []
  var held: [(key: LinkKey, record: QuarantinedRecord, place: Place)] = []
  var legacy: [(number: String, id: UInt64)] = []
}

let businessDate = CalendarDate(packed: 2026_11_23)
func patterns(_ texts: String...) -> [DatePattern] { texts.compactMap { DatePattern($0) } }

let populationFields: [Field] = [.personalID, .legacyID, .fullName, .birthDate, .sex, .status]
let insuranceFields: [Field] = [
  .insuranceNumber, .cardNumber, .personalID, .fullName, .birthDate, .sex, .facilityCode, .validFrom,
  .validTo,
  .fiveYearsFrom, .areaCode,
]

let goodPerson: [Field: String] = [
  .personalID: "079205000123", .fullName: "TRẦN VĂN BẮC", .birthDate: "02/03/2005", .sex: "Nam", .status: "1",
]
let goodInsured: [Field: String] = [
  .insuranceNumber: "7912345678", .cardNumber: "DN4797912345678", .personalID: "079205000123",
  .fullName: "TRẦN VĂN BẮC", .birthDate: "02/03/2005", .sex: "Nam", .facilityCode: "79024",
  .validFrom: "01/01/2026",
  .validTo: "31/12/2026", .fiveYearsFrom: "01/07/2024", .areaCode: "K1",
]

func rules(_ export: ExportKind, change: (inout ExportRules) -> Void = { _ in }) -> ExportRules {
  let fields = export == .population ? populationFields : insuranceFields
  var rules = ExportRules(
    export: export,
    fields: Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1, .slot($0)) }),
    sexCodes: [(Array("Nam".utf8), .male), (Array("Nữ".utf8), .female)],
    statusCodes: [(Array("1".utf8), .active), (Array("2".utf8), .dead)],
    datePatterns: patterns("dd/MM/yyyy", "yyyy"), asOf: businessDate)
  change(&rules)
  return rules
}

/// Stages records given by field; a field that is nil or missing is absent.
func stage(
  _ export: ExportKind, _ records: [[Field: String]], fault: RawFault = .none, rules given: ExportRules? = nil
) throws -> Staged {
  let fields = export == .population ? populationFields : insuranceFields
  var batch = RawBatch(slotCount: fields.count)
  for (i, record) in records.enumerated() {
    batch.append(RawRecord(line: UInt32(i + 2), ordinal: UInt32(i), fault: fault))
    for (slot, field) in fields.enumerated() {
      if let value = record[field] { batch.set(slot, Array(value.utf8).span) }
    }
  }
  return try stage(batch, rules: given ?? rules(export))
}

func stage(_ batch: RawBatch, rules: ExportRules) throws -> Staged {
  let workshop = try Workshop()
  let folder = workshop.path
  var stager = Stager(rules: rules, fileIndex: 3, folder: folder, name: "part", bufferBytes: 1 << 20)
  try stager.stage(batch)
  var staged = Staged()
  staged.part = try stager.finish()
  var merge = try Merge(staged.part.population, in: folder)
  while merge.hasRecord {
    let key = LinkKey(packed: merge.key)
    let place = Place(packed: merge.place)
    try merge.withPayload { bytes in
      let name = bytes.text(PopulationRecord.nameRange(in: bytes))
      staged.persons.append(
        StagedPerson(
          id: key.personalID?.text ?? "", name: name, record: PopulationRecord(bytes), place: place))
    }
    try merge.advance()
  }
  merge = try Merge(staged.part.insurance, in: folder)
  while merge.hasRecord {
    let key = LinkKey(packed: merge.key)
    let place = Place(packed: merge.place)
    try merge.withPayload { bytes in
      let record = InsuranceRecord(bytes)
      staged.insured.append(
        StagedInsured(
          key: key, name: bytes.text(record.nameRange(in: bytes)),
          rawID: bytes.text(record.rawIDRange(in: bytes)),
          record: record, place: place))
    }
    try merge.advance()
  }
  merge = try Merge(staged.part.quarantine, in: folder)
  while merge.hasRecord {
    let key = LinkKey(packed: merge.key)
    let place = Place(packed: merge.place)
    try merge.withPayload { staged.held.append((key, QuarantinedRecord($0), place)) }
    try merge.advance()
  }
  merge = try Merge(staged.part.legacy, in: folder)
  while merge.hasRecord {
    let number = LinkKey(packed: merge.key).legacyID?.text ?? ""
    try merge.withPayload { staged.legacy.append((number, $0.integer(at: 0))) }
    try merge.advance()
  }
  return staged
}

/// How one record ended: its words, and `quarantined`, `missing`, `invalid`, `legacy` or `personal`.
func end(_ export: ExportKind, _ record: [Field: String], rules: ExportRules? = nil) throws -> String {
  let staged = try stage(export, [record], rules: rules)
  if let held = staged.held.first { return "quarantined " + held.record.reasonsText }
  if !staged.persons.isEmpty { return "registered" }
  guard let insured = staged.insured.first else { return "nowhere" }
  let kind =
    insured.key.personalID != nil
    ? "personal" : insured.key.legacyID != nil ? "legacy" : insured.key == .missing ? "missing" : "invalid"
  return insured.record.words.isEmpty ? kind : kind + " " + insured.record.words.text
}

extension [Field: String] {
  func with(_ field: Field, _ value: String?) -> Self {
    var changed = self
    changed[field] = value
    return changed
  }
}
