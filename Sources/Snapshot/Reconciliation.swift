// Compares the records in force of a series with the full export that closes it.
// Invariant: records of one identity and equal content meet in pairs; each other record is missing, added or changed.
// Load: both staged exports once, sorted by identity in temporary runs: once for each full export, some hundred million
// records.

import Files
import Rules
package import SortedRuns
import Threads
package import Values

/// Compares the staged records of one export.
///
/// - Parameters:
///   - before: the records that base and deltas have come to.
///   - now: those of the full export.
///   - request: its folder takes the temporary runs.
package func reconcile(
  _ export: ExportKind, _ before: (snapshot: StagedSnapshot, folder: String),
  with now: (snapshot: StagedSnapshot, folder: String), _ request: SnapshotRequest
) throws(Stop) -> Reconciliation {
  let comparison = ExportComparison(request: request, export: export)
  let runs = try comparison.sorted(before, side: 0) + comparison.sorted(now, side: 1)
  let parts = try inOrder(request.ranges(of: runs), width: request.threads) { (range) throws(Stop) in
    try comparison.compare(runs, range.start, range.end)
  }
  for run in runs { try Folder.remove(request.folder + "/" + run.name) }
  return parts.reduce(into: Reconciliation()) { $0.add($1) }
}

private struct ExportComparison: Sendable {
  /// A record in a group of one key.
  private struct Entry {
    var side: UInt8
    var identity: RecordIdentity
    /// Its link key and its staged record in the bytes of the group.
    var range: Range<Int>
  }

  var request: SnapshotRequest
  var export: ExportKind

  /// The records by identity, without the line that each was read from.
  func sorted(_ staged: (snapshot: StagedSnapshot, folder: String), side: UInt8) throws(Stop) -> [SortedRun] {
    let runs = export == .population ? staged.snapshot.population : staged.snapshot.insurance
    let cuts = try splitKeys(of: runs, in: staged.folder, parts: 4 * request.threads)
    let bounds = [0] + cuts + [.max]
    return try inOrder(Array(0...cuts.count), width: request.threads) { part throws(Stop) in
      var sorter = request.sorter("reconcile-\(export.name)-\(side)-\(part)")
      var merge = try Merge(runs, in: staged.folder, from: bounds[part], to: bounds[part + 1])
      var bytes: [UInt8] = []
      try merge.forEach { key, place, payload throws(Stop) in
        guard
          let identity = RecordIdentity(staged: payload, key, export, request.identity[export] ?? [])
        else { return }
        bytes.removeAll(keepingCapacity: true)
        bytes.append(side)
        bytes.append(integer: key)
        appendContent(of: payload, to: &bytes)
        try sorter.append(key: identity.key, place: place, bytes.span)
      }
      return try sorter.finish()
    }.flatMap(\.self)
  }

  /// Appends a staged record whose line is 0.
  private func appendContent(of payload: RawSpan, to bytes: inout [UInt8]) {
    let flagByteCount = export == .population ? 1 : 2
    var end = flagByteCount
    while (payload.integer(at: end) as UInt8) >= 0x80 { end += 1 }
    unsafe payload.withUnsafeBytes {
      unsafe bytes.append(contentsOf: $0[..<flagByteCount])
      bytes.append(0)
      unsafe bytes.append(contentsOf: $0[(end + 1)...])
    }
  }

  /// Compares one range of keys.
  func compare(_ runs: [SortedRun], _ start: UInt64, _ end: UInt64) throws(Stop) -> Reconciliation {
    var result = Reconciliation()
    var merge = try Merge(runs, in: request.folder, from: start, to: end)
    var (entries, bytes): ([Entry], [UInt8]) = ([], [])
    while merge.hasRecord {
      let key = merge.key
      entries.removeAll(keepingCapacity: true)
      bytes.removeAll(keepingCapacity: true)
      while merge.key == key {
        try merge.withPayload { payload throws(Stop) in
          let from = bytes.count
          unsafe payload.extracting(1...).withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
          let identity = RecordIdentity(
            staged: payload.extracting(9...), payload.integer(at: 1), export, request.identity[export] ?? [])
          guard let identity else { return }
          entries.append(
            Entry(side: payload.integer(at: 0), identity: identity, range: from..<bytes.count))
        }
        try merge.advance()
      }
      compare(entries, bytes, &result)
    }
    return result
  }

  /// Compares the records of one key, nearly always one of each side.
  private func compare(_ entries: [Entry], _ bytes: [UInt8], _ result: inout Reconciliation) {
    result.records += entries.count { $0.side == 0 }
    if entries.count == 2, entries[0].side != entries[1].side,
      bytes[entries[0].range] == bytes[entries[1].range]
    {
      return
    }
    var before = entries.filter { $0.side == 0 }
    var now = entries.filter { $0.side == 1 }
    // Pairs of one identity: first those equal in all fields, whatever their notes, such as that of a quarantined update.
    for onlyEqual in [true, false] {
      for i in before.indices.reversed() {
        let other = now.firstIndex {
          $0.identity == before[i].identity && (!onlyEqual || differing(before[i], $0, bytes).isEmpty)
        }
        guard let other else { continue }
        let fields = differing(before.remove(at: i), now.remove(at: other), bytes)
        result.changed += fields.isEmpty ? 0 : 1
        for field in fields { result.fields[field.rawValue, default: 0] += 1 }
      }
    }
    result.missing += before.count
    result.added += now.count
  }

  /// The fields in which two records differ.
  private func differing(_ a: Entry, _ b: Entry, _ bytes: [UInt8]) -> [Field] {
    let (x, y) = unsafe (bytes.span.bytes.extracting(a.range), bytes.span.bytes.extracting(b.range))
    let (p, q) = (x.extracting(8...), y.extracting(8...))
    var differs: [Field: Bool] = [:]
    func name(_ range: Range<Int>, _ entry: Entry) -> ArraySlice<UInt8> {
      bytes[(entry.range.lowerBound + 8 + range.lowerBound)..<(entry.range.lowerBound + 8 + range.upperBound)]
    }
    switch export {
    case .population:
      let (r, s) = (PopulationRecord(p), PopulationRecord(q))
      differs = [
        .fullName: name(PopulationRecord.nameRange(in: p), a) != name(PopulationRecord.nameRange(in: q), b),
        .birthDate: r.birthDate != s.birthDate, .sex: r.sex != s.sex, .status: r.status != s.status,
        .legacyID: r.legacy != s.legacy,
      ]
    case .insurance:
      let (r, s) = (InsuranceRecord(p), InsuranceRecord(q))
      differs = [
        .personalID: bytes[a.range].prefix(8) != bytes[b.range].prefix(8)
          || name(r.rawIDRange(in: p), a) != name(s.rawIDRange(in: q), b),
        .fullName: name(r.nameRange(in: p), a) != name(s.nameRange(in: q), b),
        .birthDate: r.birthDate != s.birthDate, .sex: r.sex != s.sex, .facilityCode: r.facility != s.facility,
        .insuranceNumber: r.insuranceNumber != s.insuranceNumber, .cardNumber: r.cardNumber != s.cardNumber,
        .validFrom: r.validFrom != s.validFrom, .validTo: r.validTo != s.validTo,
        .fiveYearsFrom: r.fiveYearsFrom != s.fiveYearsFrom, .areaCode: r.area != s.area,
      ]
    }
    return differs.filter(\.value).map(\.key)
  }
}
