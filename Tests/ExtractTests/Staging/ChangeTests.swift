// The records of a delta: what each does, to which identity, and when it is quarantined.

import Extract
import Rules
import SortedRuns
import Support
import Testing
import Values

@Suite("Records of a delta")
struct ChangeTests {
  struct Staged {
    var changes: [(head: ChangeRecord, held: QuarantinedRecord?, staged: [UInt8])] = []
    var held: [QuarantinedRecord] = []
    var part = StagedPart()
  }

  /// Stages records with their operation and their order.
  static func stage(
    _ export: ExportKind, _ records: [(operation: String, order: String, fields: [Field: String])],
    identity: IdentityFields = [.cardNumber, .insuranceNumber], isOrdered: Bool = true
  ) throws -> Staged {
    let fields = export == .population ? populationFields : insuranceFields
    var batch = RawBatch(slotCount: fields.count + 2)
    for (i, record) in records.enumerated() {
      batch.append(RawRecord(line: UInt32(i + 2), ordinal: UInt32(i * 3)))
      for (slot, field) in fields.enumerated() {
        if let value = record.fields[field] { batch.set(slot, Array(value.utf8).span) }
      }
      batch.set(fields.count, Array(record.operation.utf8).span)
      batch.set(fields.count + 1, Array(record.order.utf8).span)
    }
    let rules = rules(export) {
      $0.changes = ChangeRules(
        operationSlot: fields.count, operations: [(Array("S".utf8), .upsert), (Array("X".utf8), .delete)],
        orderSlot: isOrdered ? fields.count + 1 : nil, identity: identity)
    }
    let workshop = try Workshop()
    var stager = Stager(rules: rules, fileIndex: 1, folder: workshop.path, name: "d", bufferBytes: 1 << 20)
    try stager.stage(batch)
    var staged = Staged()
    staged.part = try stager.finish()
    #expect(staged.part.population.isEmpty && staged.part.insurance.isEmpty && staged.part.legacy.isEmpty)
    var merge = try Merge(staged.part.changes, in: workshop.path)
    var found: [(UInt64, ChangeRecord, QuarantinedRecord?, [UInt8])] = []
    while merge.hasRecord {
      let place = merge.place
      try merge.withPayload { payload throws(Stop) in
        let head = ChangeRecord(payload)
        let held = head.heldByteCount > 0 ? QuarantinedRecord(payload.extracting(head.heldRange)) : nil
        let rest = payload.extracting(head.heldRange.upperBound...)
        found.append((place, head, held, (0..<rest.byteCount).map { rest.integer(at: $0) }))
        #expect(merge.key == head.identity.key)
      }
      try merge.advance()
    }
    staged.changes = found.sorted { $0.0 < $1.0 }.map { ($0.1, $0.2, $0.3) }
    merge = try Merge(staged.part.quarantine, in: workshop.path)
    while merge.hasRecord {
      staged.held.append(try merge.withPayload { payload throws(Stop) in QuarantinedRecord(payload) })
      try merge.advance()
    }
    return staged
  }

  private static let identity: [Field: String] = [
    .insuranceNumber: "7912345678", .cardNumber: "DN4797912345678",
  ]

  @Test(
    "an upsert is staged as in a full export, a delete by its identity alone; both have the same identity")
  func operations() throws {
    let staged = try Self.stage(
      .insurance,
      [("S", "1", goodInsured), (" X ", "2", Self.identity), ("X", "2", [.cardNumber: "DN4 797 912345678"])])
    #expect(staged.changes.map(\.head.kind) == [.upsert, .delete, .delete])
    #expect(Set(staged.changes.map(\.head.identity)).count == 1)
    #expect(staged.changes.map(\.head.order) == [1, 2, 2])
    let full = try ExtractTests.stage(.insurance, [goodInsured])
    let bytes = staged.changes[0].staged
    let record = InsuranceRecord(bytes.span.bytes)
    #expect(record == full.insured[0].record && staged.changes[0].head.link == full.insured[0].key.packed)
    #expect(staged.changes[1].staged.isEmpty && staged.part.deleteCount == 2 && staged.part.recordCount == 3)
    // Blanks of deletes don't count.
    #expect(staged.part.blankCounts.isEmpty)
  }

  @Test("population changes lead to their personal ID number")
  func population() throws {
    let staged = try Self.stage(
      .population,
      [
        ("S", "1", goodPerson), ("X", "1", [.personalID: "079205000123"]), ("X", "1", [.personalID: "79205"]),
      ],
      identity: [.personalID])
    #expect(staged.changes.map(\.head.kind) == [.upsert, .delete])
    #expect(staged.changes[0].head.identity == staged.changes[1].head.identity)
    #expect(staged.held.map { $0.reasons.text } == ["personal_id_format"])
  }

  static let faulty:
    [(operation: String, order: String, change: [Field: String], reasons: String, isKnown: Bool)] = [
      ("Z", "1", [:], "operation_code", true), ("", "1", [:], "operation_code", true),
      ("S", "yesterday", [:], "order_format", true), ("X", "", [:], "order_format", true),
      ("S", "1", [.fullName: ""], "name_missing", true),
      ("Z", "x", [.fullName: ""], "operation_code,order_format", true),
      ("S", "1", [.cardNumber: "DN9797912345678"], "benefit_level", false),
      ("X", "1", [.cardNumber: "DN47979"], "card_number_format", false),
      ("X", "1", [.cardNumber: "", .insuranceNumber: ""], "identity_missing", false),
      (
        "S", "1", [.cardNumber: "", .insuranceNumber: ""], "identity_missing,insurance_number_missing", false
      ),
    ]

  @Test("a faulty change is quarantined with its identity, if it has one", arguments: faulty.indices)
  func faults(i: Int) throws {
    let one = Self.faulty[i]
    let staged = try Self.stage(
      .insurance, [(one.operation, one.order, goodInsured.merging(one.change) { $1 })])
    if one.isKnown {
      let change = try #require(staged.changes.first)
      #expect(change.head.kind == .quarantined && change.staged.isEmpty && staged.held.isEmpty)
      #expect(change.held?.reasons.text == one.reasons && change.held?.line == 2)
      #expect(staged.part.quarantinedCount == 0)
    } else {
      #expect(staged.changes.isEmpty && staged.held.map { $0.reasons.text } == [one.reasons])
      #expect(staged.part.quarantinedCount == 1)
    }
  }

  @Test("with valid_from in the identity, cards of two periods are two records")
  func periods() throws {
    var next = goodInsured
    (next[.validFrom], next[.validTo]) = ("01/01/2027", "31/12/2027")
    let fields: IdentityFields = [.cardNumber, .validFrom]
    let staged = try Self.stage(
      .insurance, [("S", "1", goodInsured), ("S", "1", next), ("X", "2", next), ("X", "2", Self.identity)],
      identity: fields)
    #expect(staged.changes.map(\.head.kind) == [.upsert, .upsert, .delete])
    #expect(staged.changes[0].head.identity != staged.changes[1].head.identity)
    #expect(staged.changes[1].head.identity == staged.changes[2].head.identity)
    #expect(staged.held.map { $0.reasons.text } == ["valid_from_missing"])
  }

  @Test("without order_by, no text is kept for upserts, which are never quarantined later")
  func unordered() throws {
    let staged = try Self.stage(.insurance, [("S", "any", goodInsured)], isOrdered: false)
    #expect(staged.changes.map(\.head.heldByteCount) == [0] && staged.changes[0].head.order == 0)
  }

  /// Ascending.
  static let orders = [
    "0", "00012", "123", "23/11/2026 08:29:59", "2026-11-23 08:30", "2026-11-23T01:30:00.5Z",
    "2026-11-23T08:30:01+07:00", "2026-11-24",
  ]
  @Test("orders compare as numbers or as points in time, not as text")
  func orderValues() {
    let read = Self.orders.map { OrderRule.read(Array($0.utf8).span) }
    #expect(read.allSatisfy { $0 != nil })
    #expect(zip(read, read.dropFirst()).allSatisfy { ($0 ?? 0) < ($1 ?? 0) })
    for wrong in [
      "", "-1", "1234567890123456789", "2026-13-01", "2026-11-31", "2026-11-23 24:00", "8h30", "23-11-2026",
    ] {
      #expect(OrderRule.read(Array(wrong.utf8).span) == nil, "\(wrong)")
    }
  }
}
