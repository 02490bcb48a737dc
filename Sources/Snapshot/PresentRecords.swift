// Finds the records of the base that deltas may change, and sorts them by identity.
// Load: one pass over the staged records of the base and over its quarantine.

import Rules
import SortedRuns
import Threads
import Values

struct PresentRecords: Sendable {
  var request: SnapshotRequest
  var export: ExportKind
  var keys: ChangedKeys

  /// The records as ``ChangeRecord/Kind/present`` and ``ChangeRecord/Kind/presentQuarantined``.
  func found() throws(Stop) -> [SortedRun] {
    let snapshot = request.snapshot
    let runs = export == .population ? snapshot.population : snapshot.insurance
    let parts = try inOrder(request.ranges(of: runs), width: request.threads) { (range) throws(Stop) in
      var found = request.sorter("\(export.name)-present-\(range.part)")
      var merge = try Merge(runs, in: request.folder, from: range.start, to: range.end)
      try merge.forEach { key, place, payload throws(Stop) in
        guard
          let identity = RecordIdentity(staged: payload, key, export, request.identity[export] ?? []),
          keys.mayContain(identity.key)
        else { return }
        var change = ChangeRecord(.present, identity)
        change.link = key
        var bytes: [UInt8] = []
        change.append(to: &bytes, held: Span(), staged: Span<UInt8>(_bytes: payload))
        try found.append(key: identity.key, place: place, bytes.span)
      }
      return try found.finish()
    }
    return parts.flatMap(\.self) + (try quarantined())
  }

  private func quarantined() throws(Stop) -> [SortedRun] {
    let isDelta = request.snapshot.files(of: export).map { $0.holdsChanges == true }
    let groups = ObjectGroups()
    var found = request.sorter("\(export.name)-present-quarantined")
    var merge = try Merge(request.snapshot.quarantine, in: request.folder)
    try merge.forEach { key, place, payload throws(Stop) in
      guard (payload.integer(at: 0) as UInt8) == export.rawValue, !isDelta[Place(packed: place).file],
        let identity = identity(of: QuarantinedRecord(payload), groups), keys.mayContain(identity.key)
      else { return }
      var change = ChangeRecord(.presentQuarantined, identity)
      change.heldKey = key
      var bytes: [UInt8] = []
      change.append(to: &bytes, held: Span<UInt8>(_bytes: payload), staged: Span())
      try found.append(key: identity.key, place: place, bytes.span)
    }
    return try found.finish()
  }

  private func identity(of record: QuarantinedRecord, _ groups: ObjectGroups) -> RecordIdentity? {
    switch export {
    case .population:
      let number = Array(record.personalID.utf8)
      return IdentityRule.person(number.span).identity
    case .insurance:
      let (card, number) = (Array(record.cardNumber.utf8), Array(record.insuranceNumber.utf8))
      // Quarantine does not keep the date, so an identity with a date leads to no record in it.
      return IdentityRule.insured(
        card: card.span, number: number.span, validFrom: .none, request.identity[export] ?? [], groups
      ).identity
    }
  }
}

extension RecordIdentity {
  /// The identity of a staged record; nil if it has none.
  init?(staged payload: RawSpan, _ key: UInt64, _ export: ExportKind, _ fields: IdentityFields) {
    switch export {
    case .population:
      guard let id = LinkKey(packed: key).personalID else { return nil }
      self.init(id)
    case .insurance:
      let record = InsuranceRecord(payload)
      self.init(record.cardNumber, record.insuranceNumber, validFrom: record.validFrom, fields)
    }
  }
}
