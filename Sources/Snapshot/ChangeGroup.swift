// What the changes of one identity do to its records in force, one delta after the other.
// Invariant: each change gets one outcome. Of one delta the last valid change counts; two that are equal in order and
// differ in content are quarantined, and what was before them stays.
// Load: the records of a few deltas with one identity, nearly always one or two.

import Values

/// The records of one identity: those of the base, then the changes by delta and place.
struct ChangeGroup {
  struct Entry {
    var place: UInt64
    var head: ChangeRecord
    /// Where its held bytes begin and end, and its staged bytes end.
    var held: Range<Int>
    var staged: Range<Int>
    /// Nil for a record of the base.
    var outcome: DeltaOutcome?

    var file: Int { Place(packed: place).file }
    var isPresent: Bool { head.kind == .present || head.kind == .presentQuarantined }
  }

  /// A record of a delta in quarantine, and the reasons to add to its own.
  struct Open {
    var entry: Int
    var reasons: Reasons
  }

  let export: ExportKind
  /// Whether the export says which of two changes is the later one; else their place does.
  let isOrdered: Bool
  private(set) var entries: [Entry] = []
  private(set) var bytes: [UInt8] = []

  // The result.
  /// The entries in force.
  private(set) var inForce: [Int] = []
  private(set) var open: [Open] = []
  /// Records of the base that were replaced or deleted together with another one of the same identity.
  private(set) var repeats = 0
  /// Whether a later change of the record in force is in quarantine.
  private(set) var isMarked = false

  init(_ export: ExportKind, isOrdered: Bool) { (self.export, self.isOrdered) = (export, isOrdered) }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  mutating func append(_ payload: RawSpan, place: UInt64) {
    let head = ChangeRecord(payload)
    let start = bytes.count
    unsafe payload.extracting(head.heldRange.lowerBound...).withUnsafeBytes {
      unsafe bytes.append(contentsOf: $0)
    }
    let middle = start + Int(head.heldByteCount)
    entries.append(Entry(place: place, head: head, held: start..<middle, staged: middle..<bytes.count))
  }

  /// Sorts the entries by identity, since two identities may share a key.
  mutating func sort() {
    guard entries.contains(where: { $0.head.identity != entries[0].head.identity }) else { return }
    entries.sort {
      $0.head.identity == $1.head.identity
        ? $0.place < $1.place : $0.head.identity.comes(before: $1.head.identity)
    }
  }

  /// The end of the entries with the identity of the first.
  func end(from first: Int) -> Int {
    entries[first...].firstIndex { $0.head.identity != entries[first].head.identity } ?? entries.count
  }

  // MARK: Applying

  /// Applies the changes of one identity.
  mutating func apply(_ range: Range<Int>) {
    inForce.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
    repeats = 0
    var i = range.lowerBound
    while i < range.upperBound, entries[i].isPresent {
      inForce.append(i)
      i += 1
    }
    while i < range.upperBound {
      let file = entries[i].file
      let end = entries[i..<range.upperBound].firstIndex { $0.file != file } ?? range.upperBound
      apply(delta: Array(i..<end))
      i = end
    }
    isMarked = !inForce.isEmpty && open.contains { entries[$0.entry].outcome == .quarantined }
    guard isMarked else { return }
    for k in open.indices where entries[open[k].entry].outcome == .quarantined {
      open[k].reasons.insert(.updateQuarantined)
    }
  }

  /// Applies the changes of one delta.
  private mutating func apply(delta changes: [Int]) {
    let ordered = changes.sorted(by: comes)
    var valid = ordered.filter { entries[$0].head.kind != .quarantined }
    var held = ordered.filter { entries[$0].head.kind == .quarantined }.map {
      Open(entry: $0, reasons: Reasons())
    }
    while isOrdered, let last = valid.last {
      let tied = valid.filter { entries[$0].head.order == entries[last].head.order }
      if tied.allSatisfy({ isSame($0, last) }) { break }
      held += tied.map { Open(entry: $0, reasons: Reasons(.orderConflict)) }
      valid.removeLast(tied.count)
    }
    for one in held { entries[one.entry].outcome = .quarantined }
    for one in valid { entries[one].outcome = .superseded }
    guard let last = valid.last else { return open += held }
    open = held.filter { comes(last, before: $0.entry) }
    if entries[last].head.kind == .delete { delete(last) } else { upsert(last) }
  }

  private mutating func upsert(_ change: Int) {
    if inForce.count == 1, isSame(inForce[0], change) {
      entries[change].outcome = .unchanged
      return
    }
    entries[change].outcome = inForce.isEmpty ? .inserted : .updated
    repeats += max(0, inForce.count - 1)
    inForce = [change]
  }

  private mutating func delete(_ change: Int) {
    guard !inForce.isEmpty else {
      entries[change].outcome = .deleteUnknown
      open.insert(Open(entry: change, reasons: Reasons(.deleteUnknown)), at: 0)
      return
    }
    entries[change].outcome = .deleted
    repeats += inForce.count - 1
    inForce = []
  }

  // MARK: Comparing

  private func comes(_ a: Int, before b: Int) -> Bool {
    let (x, y) = (entries[a], entries[b])
    return isOrdered && x.head.order != y.head.order ? x.head.order < y.head.order : x.place < y.place
  }

  /// Whether two changes leave the same record, wherever it came from.
  private func isSame(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (entries[a], entries[b])
    if x.head.kind == .delete || y.head.kind == .delete { return x.head.kind == y.head.kind }
    guard x.head.kind != .presentQuarantined, y.head.kind != .presentQuarantined, x.head.link == y.head.link
    else {
      return false
    }
    return content(x) == content(y) && flags(x) == flags(y)
  }

  /// The bytes of flags before the line in a staged record.
  private var flagByteCount: Int { export == .population ? 1 : 2 }

  private func flags(_ entry: Entry) -> ArraySlice<UInt8> { bytes[entry.staged].prefix(flagByteCount) }

  /// The staged record after its line.
  private func content(_ entry: Entry) -> ArraySlice<UInt8> {
    let rest = bytes[entry.staged].dropFirst(flagByteCount)
    return rest.drop { $0 >= 0x80 }.dropFirst()
  }
}
