// The staged form of an invented series, as extract leaves it, and the records of a snapshot as the tests compare them.

import Rules
import SortedRuns
import Support
import Testing
import Values

extension SampleChange {
  /// The insurance number and the card of an identity; every second one has no card.
  static func numbers(_ identity: Int) -> (number: InsuranceNumber, card: CardNumber) {
    let number = InsuranceNumber(packed: 1 << 42 | UInt64(100_000_000 + identity))
    return (number, identity % 2 == 0 ? .none : CardNumber(head: 0x4744_3430_31, tail: number))
  }

  func identityRecord(_ export: ExportKind) -> RecordIdentity? {
    let (number, card) = Self.numbers(identity)
    return export == .population
      ? RecordIdentity(PersonalID(packed: content.person))
      : RecordIdentity(card, number, validFrom: .none, [.cardNumber, .insuranceNumber])
  }

  var link: LinkKey { .personal(PersonalID(packed: content.person)) }

  func staged(_ export: ExportKind) -> [UInt8] {
    var bytes: [UInt8] = []
    let name = Array(content.name.utf8)
    if export == .population {
      var record = PopulationRecord()
      (record.line, record.legacy) = (line, LegacyID(packed: content.legacy))
      record.birthDate = CalendarDate(packed: 1980_01_01)
      record.append(to: &bytes, name: name.span)
    } else {
      var record = InsuranceRecord()
      record.line = line
      (record.insuranceNumber, record.cardNumber) = Self.numbers(identity)
      record.birthDate = CalendarDate(packed: 1980_01_01)
      record.validFrom = CalendarDate(packed: 2026_01_01)
      // Its legacy number stands for a field that a change may alter.
      record.facility = ShortCode(packed: UInt64(content.legacy) << 24 | 5)
      record.append(to: &bytes, name: name.span, rawID: Span())
    }
    return bytes
  }

  /// As quarantine keeps it.
  func held(_ export: ExportKind) -> [UInt8] {
    var record = QuarantinedRecord(
      export: export, line: line, reasons: kind == .quarantined ? Reasons(.nameMissing) : Reasons())
    let (number, card) = Self.numbers(identity)
    if export == .population {
      record.personalID = PersonalID(packed: content.person).text
    } else {
      (record.insuranceNumber, record.cardNumber) = (number.text, card.text)
    }
    var bytes: [UInt8] = []
    record.append(to: &bytes, original: Array("original \(line)".utf8).span)
    return bytes
  }
}

/// A snapshot of invented series in a folder.
struct StagedSeries {
  var snapshot = StagedSnapshot()
  let folder: String

  /// - Parameter bufferBytes: small, so that there are many runs.
  init(_ samples: [SeriesSample], in folder: String, bufferBytes: Int) throws {
    self.folder = folder
    var legacy = Sorter(folder: folder, name: "legacy", bufferBytes: bufferBytes)
    var quarantine = Sorter(folder: folder, name: "quarantine", bufferBytes: bufferBytes)
    for sample in samples {
      let export = sample.export
      var records = Sorter(folder: folder, name: export.name, bufferBytes: bufferBytes)
      var changes = Sorter(folder: folder, name: "changes-\(export.name)", bufferBytes: bufferBytes)
      for (i, delivery) in sample.deliveries.enumerated() {
        for change in delivery {
          let place = change.place.packed
          if i > 0 {
            try Self.append(change, export, to: &changes)
          } else if change.kind == .quarantined {
            let key = export == .population ? change.link : .missing
            try quarantine.append(key: key.packed, place: place, change.held(export))
          } else {
            try records.append(key: change.link.packed, place: place, change.staged(export))
            if export == .population, change.content.legacy > 0 {
              var id: [UInt8] = []
              id.append(integer: change.content.person)
              let key = LinkKey.legacy(LegacyID(packed: change.content.legacy))
              try legacy.append(key: key.packed, place: place, id)
            }
          }
        }
        var file = StagedFile(
          export: export, name: "\(export.name)-\(i)", recordCount: delivery.count,
          quarantinedCount: i > 0 ? 0 : delivery.count { $0.kind == .quarantined }, byteCount: 1)
        (file.sequence, file.holdsChanges) = (10 + i, i > 0)
        snapshot.files.append(file)
      }
      let runs = try records.finish()
      if export == .population { snapshot.population = runs } else { snapshot.insurance = runs }
      snapshot.changes = (snapshot.changes ?? [:]).merging([export: try changes.finish()]) { $1 }
    }
    snapshot.legacy = try legacy.finish()
    snapshot.quarantine = try quarantine.finish()
    snapshot.blanks = ["insurance.card_number": 0, "population.legacy_id": 0]
    for sample in samples {
      let field = sample.export == .population ? "population.legacy_id" : "insurance.card_number"
      snapshot.blanks?[field] = sample.deliveries[0].count { Self.isBlank($0, sample.export) }
    }
  }

  /// Whether a record in force has no value in the field that the tests count.
  static func isBlank(_ change: SampleChange, _ export: ExportKind) -> Bool {
    change.kind == .upsert && (export == .population ? change.content.legacy == 0 : change.identity % 2 == 0)
  }

  private static func append(
    _ change: SampleChange, _ export: ExportKind, to sorter: inout Sorter
  ) throws {
    guard let identity = change.identityRecord(export) else { return }
    let kind: ChangeRecord.Kind =
      switch change.kind {
      case .upsert: .upsert
      case .delete: .delete
      case .quarantined: .quarantined
      }
    var head = ChangeRecord(kind, identity)
    head.order = change.order
    head.link = change.link.packed
    head.heldKey = export == .population ? change.link.packed : LinkKey.missing.packed
    var bytes: [UInt8] = []
    let staged = change.kind == .upsert ? change.staged(export) : []
    head.append(to: &bytes, held: change.held(export).span, staged: staged.span)
    try sorter.append(key: identity.key, place: change.place.packed, bytes)
  }
}

extension StagedSnapshot {
  /// The records in force of one export.
  func records(_ export: ExportKind, in folder: String) throws -> [SampleRecord] {
    var found: [SampleRecord] = []
    var merge = try Merge(export == .population ? population : insurance, in: folder)
    while merge.hasRecord {
      let (key, place) = (LinkKey(packed: merge.key), Place(packed: merge.place))
      found.append(
        try merge.withPayload { payload throws(Stop) in
          let person = key.personalID?.packed ?? 0
          if export == .population {
            let record = PopulationRecord(payload)
            let name = payload.text(PopulationRecord.nameRange(in: payload))
            return SampleRecord(
              identity: Int(person) - 1_080_000_001, place: place, line: record.line,
              content: SampleContent(person: person, name: name, legacy: record.legacy.packed),
              reasons: Reasons())
          }
          let record = InsuranceRecord(payload)
          let name = payload.text(record.nameRange(in: payload))
          return SampleRecord(
            identity: Int(record.insuranceNumber.digits) - 100_000_000, place: place, line: record.line,
            content: SampleContent(
              person: person, name: name, legacy: UInt32(truncatingIfNeeded: record.facility.packed >> 24)),
            reasons: record.words)
        })
      try merge.advance()
    }
    return found
  }

  /// The records of one export in quarantine.
  func quarantined(_ export: ExportKind, in folder: String) throws -> [SampleRecord] {
    var found: [SampleRecord] = []
    var merge = try Merge(quarantine, in: folder)
    while merge.hasRecord {
      let place = Place(packed: merge.place)
      let record = try merge.withPayload { payload throws(Stop) in QuarantinedRecord(payload) }
      if record.export == export {
        let identity =
          export == .population
          ? (Int(record.personalID) ?? 0) - 1_080_000_001 : (Int(record.insuranceNumber) ?? 0) - 100_000_000
        #expect(record.original == Array("original \(record.line)".utf8))
        found.append(
          SampleRecord(
            identity: identity, place: place, line: record.line, content: nil, reasons: record.reasons))
      }
      try merge.advance()
    }
    return found
  }

  /// The 9-digit numbers with the persons and places that hold them.
  func legacyNumbers(in folder: String) throws -> [[UInt64]] {
    var found: [[UInt64]] = []
    var merge = try Merge(legacy, in: folder)
    while merge.hasRecord {
      let (key, place) = (merge.key, merge.place)
      found.append(
        try merge.withPayload { payload throws(Stop) in [key, place, payload.integer(at: 0) as UInt64] })
      try merge.advance()
    }
    return found
  }
}
