// Builds the table of the numbers that the population export names besides a person's own: 9-digit numbers and earlier
// personal ID numbers, with the dates between which they were known.
// Invariant: rows ascend by kind, number and person, each once. A number that an export no longer names keeps its row, with
// the date on which it was first missing, until that date is older than the history is kept.
// Load: the numbers of 70 million persons, merged in order with those of the store before by several threads; some
// 30 bytes each. Nothing where the export has no such field.

import Files
internal import GRDB
import Synchronization
package import Values

/// The numbers of a load, in ranges that several threads read at once.
package struct NumberSource: Sendable {
  /// The business date, which does not go back.
  package var knownOn: CalendarDate
  /// The store in force, whose numbers stay known; nil if there is none.
  package var before: String?
  /// Numbers that have been missing since this day or longer are left out.
  package var droppedThrough: CalendarDate
  /// Ranges of ``LinkKey/packed``, ascending and without a gap.
  package var ranges: [Range<UInt64>]
  /// Passes on a range's numbers, ascending by ``LinkKey``, each with its person and the population file's index.
  package var read:
    @Sendable (Range<UInt64>, (LinkKey, PersonalID, Int) throws(Stop) -> Void) throws(Stop) -> Void

  package init(
    knownOn: CalendarDate, before: String?, droppedThrough: CalendarDate = .none, ranges: [Range<UInt64>],
    read:
      @escaping @Sendable (Range<UInt64>, (LinkKey, PersonalID, Int) throws(Stop) -> Void) throws(Stop) ->
      Void
  ) {
    (self.knownOn, self.before, self.droppedThrough) = (knownOn, before, droppedThrough)
    (self.ranges, self.read) = (ranges, read)
  }
}

/// The table being built.
struct EarlierNumbers: Sendable {
  let source: NumberSource
  /// The date from which the numbers are known that have no date of their own.
  let base: String
  private let names: FileNames
  /// The files' names in the store before, by their numbers.
  private let namesBefore: [Int64: String]
  /// Nil if that has no such table.
  private let before: StoredPages?

  init(_ source: NumberSource, populationFiles: [String]) throws(Stop) {
    self.source = source
    names = FileNames(populationFiles)
    let found = try source.before.flatMap { path throws(Stop) in try Self.before(path) }
    before = found?.pages
    base = found?.base ?? source.knownOn.text
    namesBefore = found?.names ?? [:]
  }

  /// The numbers of the store before; nil if it has none, or can't be read.
  private static func before(_ path: String) throws(Stop) -> (
    pages: StoredPages, base: String, names: [Int64: String]
  )? {
    guard try Store.runID(at: path) != nil else { return nil }
    do throws(Stop) {
      guard let pages = try StoredPages(path), pages.numberRoot != nil else { return nil }
      return try stopping(at: path) {
        try openStore(path, readonly: true).read { db in
          guard let base = try String.fetchOne(db, sql: "SELECT known_on FROM number_base") else {
            return nil
          }
          let names = try Row.fetchAll(db, sql: "SELECT source_id, name FROM number_source").map {
            ($0[0] as Int64, $0[1] as String)
          }
          return (pages, base, Dictionary(names, uniquingKeysWith: { $1 }))
        }
      }
    } catch  where error.isNoStore {
      return nil
    }
  }

  /// The files' names, complete when all ranges are built.
  var sourceNames: [String] { names.all }

  /// Builds the rows of one range.
  func build(_ range: Range<UInt64>, in file: PagedFile) throws(Stop) -> Leaves {
    var rows = try NumberRows(self, file, before, range)
    try source.read(range) { key, person, file throws(Stop) in try rows.take(key, person, file: file) }
    return try rows.finish()
  }

  /// The number of a file in this store, by its number in the store before.
  fileprivate func source(ofBefore id: Int64) -> Int64 { names.id(of: namesBefore[id] ?? "") }
}

/// The names of files, each with a number: first the population's, then those that only rows of before show.
private final class FileNames: Sendable {
  private let names: Mutex<[String]>

  init(_ names: [String]) { self.names = Mutex(names) }

  var all: [String] { names.withLock { $0 } }

  func id(of name: String) -> Int64 {
    names.withLock { names in
      if let known = names.firstIndex(of: name) { return Int64(known) }
      names.append(name)
      return Int64(names.count - 1)
    }
  }
}

/// The rows of one range: today's numbers merged with those of before.
private struct NumberRows: ~Copyable {
  private let table: EarlierNumbers
  private let today: Int64
  private let dropped: Int64
  private let isFirst: Bool
  private var leaves: LeafBuilder
  private var row = RowBytes()
  /// The rows of the store before; nil without one, or where it is damaged: its numbers count as new then.
  private var before: TreeRows<NumberKey>?
  /// The key after the range.
  private let end: LinkKey
  private var key = LinkKey.missing
  /// The first person of the current number, and the file that names it; further ones are rare.
  private var first: (id: PersonalID, file: Int)?
  private var others: [(id: PersonalID, file: Int)] = []
  private var source: (before: Int64, now: Int64)?

  init(
    _ table: EarlierNumbers, _ file: PagedFile, _ before: StoredPages?, _ range: Range<UInt64>
  ) throws(Stop) {
    self.table = table
    (today, dropped) = (Int64(table.source.knownOn.packed), Int64(table.source.droppedThrough.packed))
    isFirst = table.source.knownOn.text == table.base
    leaves = LeafBuilder(file)
    end = LinkKey(packed: range.upperBound)
    guard let before, let root = before.numberRoot else { return }
    do throws(Stop) {
      let start = NumberKey(number: LinkKey(packed: range.lowerBound), person: PersonalID(packed: 0))
      self.before = try TreeRows(before, rootPage: root, from: start)
    } catch  where error.isNoStore {}
    try advance()
  }

  mutating func take(_ key: LinkKey, _ person: PersonalID, file: Int) throws(Stop) {
    if key != self.key {
      try endNumber()
      self.key = key
    }
    // A population record that repeats another one names the same number again.
    guard let first else {
      self.first = (person, file)
      return
    }
    if (others.last ?? first).id != person { others.append((person, file)) }
  }

  consuming func finish() throws(Stop) -> Leaves {
    try endNumber()
    try keep(below: NumberKey(number: end, person: PersonalID(packed: 0)))
    return try leaves.finish()
  }

  /// Goes to the next row of the store before.
  private mutating func advance() throws(Stop) {
    do throws(Stop) { try before?.advance() } catch  where error.isNoStore { before = nil }
  }

  /// Writes the rows of the current number, and those of before up to its last person.
  private mutating func endNumber() throws(Stop) {
    guard let first else { return }
    self.first = nil
    if others.isEmpty { return try write(first) }
    others.append(first)
    others.sort { ($0.id, $0.file) < ($1.id, $1.file) }
    for i in others.indices where i == 0 || others[i].id != others[i - 1].id { try write(others[i]) }
    others.removeAll(keepingCapacity: true)
  }

  /// Writes a person of the current number, after the rows of before that precede it.
  private mutating func write(_ person: (id: PersonalID, file: Int)) throws(Stop) {
    let this = NumberKey(number: key, person: person.id)
    try keep(below: this)
    var from = isFirst ? nil : today
    if before?.key == this {
      from = before?.dates.from
      try advance()
    }
    try write(this, from: from, to: nil, source: Int64(person.file))
  }

  /// Keeps the rows of before with a key below this one.
  private mutating func keep(below end: NumberKey) throws(Stop) {
    while let was = before?.key, was < end {
      let (from, to, id) = before?.dates ?? (nil, nil, 0)
      let until = to ?? today
      if until > dropped {
        if source?.before != id { source = (id, table.source(ofBefore: id)) }
        try write(was, from: from, to: until, source: source?.now ?? 0)
      }
      try advance()
    }
  }

  private mutating func write(_ key: NumberKey, from: Int64?, to: Int64?, source: Int64) throws(Stop) {
    row.removeAll()
    if let number = key.number.legacyID {
      row.append(Int64(0))
      row.append(textOf: 9) {
        $0[0] = UInt8(truncatingIfNeeded: 48 + number.packed / 100_000_000)
        putDigits(UInt64(number.packed % 100_000_000), 8, $0 + 1)
      }
    } else if let number = key.number.personalID {
      row.append(Int64(1))
      row.append(number)
    }
    row.append(key.person)
    if let from { row.append(from) } else { row.appendNull() }
    if let to { row.append(to) } else { row.appendNull() }
    row.append(source)
    try leaves.append(row)
  }
}

/// The key of a row of `number_row`: kind, number and person.
private struct NumberKey: RowKey {
  var number: LinkKey
  var person: PersonalID

  static func < (a: Self, b: Self) -> Bool {
    a.number != b.number ? a.number < b.number : a.person < b.person
  }

  init(number: LinkKey, person: PersonalID) { (self.number, self.person) = (number, person) }

  @inline(__always)
  init?(ofRow row: UnsafeRawBufferPointer) {
    // Six types of a byte each; a kind of 0 or 1 is a type without a value.
    guard row.count > 7, row[0] == 7, row[3] == 13 + 2 * 12 else { return nil }
    let digits = row.bindMemory(to: UInt8.self)
    func text(_ start: Int, _ count: Int) -> UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(rebasing: digits[start..<start + count])
    }
    let count: Int
    switch (row[1], row[2]) {
    case (8, 13 + 2 * 9):
      count = 9
      guard row.count >= 28, let id = try? LegacyID(text(7, 9).span) else { return nil }
      number = .legacy(id)
    case (9, 13 + 2 * 12):
      count = 12
      guard row.count >= 31, let id = try? PersonalID(text(7, 12).span) else { return nil }
      number = .personal(id)
    default: return nil
    }
    guard let person = try? PersonalID(text(7 + count, 12).span),
      RowTail(row, typeAt: 4, valueAt: 7 + count + 12) != nil
    else { return nil }
    self.person = person
  }
}

extension TreeRows<NumberKey> {
  /// The last values of the current row: its dates, and the number of its file.
  fileprivate var dates: (from: Int64?, to: Int64?, source: Int64) {
    var start = 7 + (row[1] == 8 ? 9 : 12) + 12
    var values: InlineArray<3, Int64?> = [nil, nil, nil]
    for i in 0..<3 {
      let type = Int(row[4 + i])
      if type != 0 { values[i] = RowTail.integer(ofType: type, row, at: start) }
      start += RowTail.byteCount(ofType: type)
    }
    return (values[0], values[1], values[2] ?? 0)
  }
}
