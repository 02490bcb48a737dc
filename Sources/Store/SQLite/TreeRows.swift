// Reads the rows of a store's large tables in order from the pages of its file, without SQLite.
// Invariant: rows are passed on as the pages hold them, each once, ascending by key, or reading stops: the
// form of each page and cell is checked. The file is one that SQLite has checked and no process writes to.
// Load: 90 million rows in one pass from front to back; half a mebibyte of leaves at a time, no copy of a row.
//
// A table WITHOUT ROWID is an index B-tree whose entries are the rows; an inner page holds the rows between its
// children. Source: https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.3.

import Files
internal import GRDB
import Values

/// The file of a store whose pages have the form that this program gives them.
final class StoredPages: Sendable {
  let path: String
  let personRoot: UInt32
  let otherCardRoot: UInt32
  /// Nil in stores of earlier programs, which have no such table.
  let numberRoot: UInt32?
  fileprivate let file: InputFile

  /// Nil if SQLite alone can read the file: with a journal to play back, or tables of another form.
  init?(_ path: String) throws(Stop) {
    for journal in ["-journal", "-wal"] where try Folder.exists(path + journal) { return nil }
    self.path = path
    // The root page of each table whose form is ours.
    let roots = try stopping(at: path) {
      try openStore(path, readonly: true).read { db in
        let rows = try Row.fetchAll(
          db, sql: "SELECT name, rootpage, sql FROM sqlite_schema WHERE type = 'table'")
        return rows.reduce(into: [String: UInt32]()) { roots, row in
          if Schema.tables.contains(row[2] as String) { roots[row[0]] = row[1] }
        }
      }
    }
    guard let person = roots["person"], let otherCard = roots["other_card"] else { return nil }
    (personRoot, otherCardRoot, numberRoot) = (person, otherCard, roots["number_row"])
    file = try InputFile(path)
    var head: [UInt8] = []
    guard file.byteCount >= 100 else { return nil }
    try file.read(at: 0, count: 100, into: &head)
    // The page size, no bytes reserved at a page's end, UTF-8.
    guard Int(head[16]) << 8 | Int(head[17]) == Schema.pageBytes, head[20] == 0,
      head[56..<60] == [0, 0, 0, 1]
    else { return nil }
  }
}

/// The key of a row, which its first values give.
protocol RowKey: Comparable {
  /// - Returns: nil for a row of another form.
  init?(ofRow row: UnsafeRawBufferPointer)
}

/// The rows of one table from a key on; the first is there after the first step.
struct TreeRows<Key: RowKey>: ~Copyable {
  /// An inner page on the way from the root to the leaf.
  private struct Level {
    let page: UnsafeMutablePointer<UInt8>
    var cellCount = 0
    /// The child that is read, by its number in the page.
    var child = 0
  }

  private let pages: StoredPages
  private let pageCount: Int
  private var levels: [Level] = []
  /// How many of them are in use.
  private var depth = 0
  /// How many inner pages there are above each leaf; negative until the first leaf is found.
  private var leafDepth = -1
  /// Leaves that follow each other in the file, read at once, and the number of the first.
  private let group: UnsafeMutablePointer<UInt8>
  private var groupFirst = 0
  private var groupCount = 0
  private var leaf: UnsafePointer<UInt8>
  private var leafCount = 0
  private var leafNext = 0
  /// A row that is too long for its page.
  private var long = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// The current row in SQLite's record format; valid until the next step.
  private(set) var row = UnsafeRawBufferPointer(start: nil, count: 0)
  /// The key of the current row; nil after the last.
  private(set) var key: Key?

  private static var pageBytes: Int { Schema.pageBytes }
  private static var groupPages: Int { 64 }
  private static var maximumPayload: Int { (pageBytes - 12) * 64 / 255 - 23 }

  /// - Parameter first: rows with a key below it are left out.
  init(_ pages: StoredPages, rootPage: UInt32, from first: Key) throws(Stop) {
    self.pages = pages
    pageCount = pages.file.byteCount / Self.pageBytes
    group = .allocate(capacity: Self.groupPages * Self.pageBytes)
    leaf = UnsafePointer(group)
    try descend(to: rootPage, from: first)
  }

  deinit {
    for level in levels { level.page.deallocate() }
    group.deallocate()
    long.deallocate()
  }

  /// Goes to the next row.
  mutating func advance() throws(Stop) {
    let last = key
    if leafNext < leafCount {
      try take(leafNext, of: leaf, headBytes: 8)
      leafNext += 1
    } else {
      try ascend()
    }
    if let last, let key, key < last { throw damaged }
  }

  /// Takes the row after the leaf from the page above, and goes to the next leaf.
  private mutating func ascend() throws(Stop) {
    while depth > 0 {
      let level = levels[depth - 1]
      if level.child < level.cellCount {
        try take(level.child, of: UnsafePointer(level.page), headBytes: 12)
        levels[depth - 1].child += 1
        return try descend(to: Self.child(levels[depth - 1]), from: nil)
      }
      depth -= 1
    }
    (row, key) = (UnsafeRawBufferPointer(start: nil, count: 0), nil)
  }

  /// Goes down to the first leaf under a page, or to the one in which a key's rows begin.
  private mutating func descend(to page: UInt32, from first: Key?) throws(Stop) {
    var number = page
    while true {
      let bytes = try fetch(number)
      let isLeaf = bytes[0] == 0x0a
      let count = Int(bytes[3]) << 8 | Int(bytes[4])
      guard isLeaf || bytes[0] == 0x02, (isLeaf ? 8 : 12) + 2 * count <= Self.pageBytes,
        leafDepth < 0 || isLeaf == (depth == leafDepth)
      else { throw damaged }
      if isLeaf {
        (leaf, leafCount, leafDepth) = (bytes, count, depth)
        leafNext = try firstCell(of: bytes, count, headBytes: 8, from: first)
        return
      }
      guard depth < 12, count > 0 else { throw damaged }
      if depth == levels.count { levels.append(Level(page: .allocate(capacity: Self.pageBytes))) }
      levels[depth].page.update(from: bytes, count: Self.pageBytes)
      levels[depth].cellCount = count
      levels[depth].child = try firstCell(
        of: UnsafePointer(levels[depth].page), count, headBytes: 12, from: first)
      number = Self.child(levels[depth])
      depth += 1
    }
  }

  /// The first cell of a page with a row of this or a greater key.
  private mutating func firstCell(
    of page: UnsafePointer<UInt8>, _ count: Int, headBytes: Int, from first: Key?
  ) throws(Stop) -> Int {
    guard let first else { return 0 }
    defer { key = nil }
    for i in 0..<count {
      try take(i, of: page, headBytes: headBytes)
      if let key, key >= first { return i }
    }
    return count
  }

  /// The number of the child that is read.
  private static func child(_ level: Level) -> UInt32 {
    guard level.child < level.cellCount else { return number(level.page + 8) }
    let pointer = level.page + 12 + 2 * level.child
    return number(level.page + min(Int(pointer[0]) << 8 | Int(pointer[1]), pageBytes - 4))
  }

  private static func number(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
    UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8 | UInt32(bytes[3])
  }

  /// Reads a page, and with a leaf those that follow it in the file and in the table.
  private mutating func fetch(_ page: UInt32) throws(Stop) -> UnsafePointer<UInt8> {
    let number = Int(page)
    guard number > 1, number <= pageCount else { throw damaged }
    if number < groupFirst || number >= groupFirst + groupCount {
      (groupFirst, groupCount) = (number, 1)
      if depth > 0, depth == leafDepth {
        var level = levels[depth - 1]
        while groupCount < Self.groupPages, level.child < level.cellCount {
          level.child += 1
          guard Int(Self.child(level)) == number + groupCount, number + groupCount <= pageCount else { break }
          groupCount += 1
        }
      }
      try pages.file.read(
        at: (number - 1) * Self.pageBytes,
        into: UnsafeMutableRawBufferPointer(start: group, count: groupCount * Self.pageBytes))
    }
    return UnsafePointer(group + (number - groupFirst) * Self.pageBytes)
  }

  /// Makes a cell the current row.
  @inline(__always)
  private mutating func take(_ i: Int, of page: UnsafePointer<UInt8>, headBytes: Int) throws(Stop) {
    let pointer = page + headBytes + 2 * i
    let start = (Int(pointer[0]) << 8 | Int(pointer[1])) + (headBytes == 12 ? 4 : 0)
    guard start + 4 <= Self.pageBytes else { throw damaged }
    let cell = page + start
    var count = Int(cell[0] & 0x7f)
    var sizeBytes = 1
    while cell[sizeBytes - 1] >= 0x80 {
      guard sizeBytes < 4 else { throw damaged }
      count = count << 7 | Int(cell[sizeBytes] & 0x7f)
      sizeBytes += 1
    }
    if count <= Self.maximumPayload {
      guard start + sizeBytes + count <= Self.pageBytes else { throw damaged }
      row = UnsafeRawBufferPointer(start: cell + sizeBytes, count: count)
    } else {
      try takeLong(count, UnsafeBufferPointer(start: cell, count: Self.pageBytes - start), sizeBytes)
    }
    guard let key = Key(ofRow: row) else { throw damaged }
    self.key = key
  }

  /// Puts together a row whose end is in a chain of overflow pages.
  @inline(never)
  private mutating func takeLong(_ count: Int, _ cell: UnsafeBufferPointer<UInt8>, _ sizeBytes: Int)
    throws(Stop)
  {
    let least = (Self.pageBytes - 12) * 32 / 255 - 23
    let middle = least + (count - least) % (Self.pageBytes - 4)
    let local = middle <= Self.maximumPayload ? middle : least
    guard sizeBytes + local + 4 <= cell.count, count <= pages.file.byteCount else { throw damaged }
    if long.count < count {
      long.deallocate()
      long = .allocate(byteCount: count, alignment: 16)
    }
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(cell)[sizeBytes...])
    long.copyBytes(from: bytes.prefix(local))
    var (done, next) = (local, bytes.loadUnaligned(fromByteOffset: local, as: UInt32.self))
    var page: [UInt8] = []
    while done < count {
      let number = Int(UInt32(bigEndian: next))
      guard number > 1, number <= pageCount else { throw damaged }
      try pages.file.read(at: (number - 1) * Self.pageBytes, count: Self.pageBytes, into: &page)
      let piece = page[4...].prefix(count - done)
      UnsafeMutableRawBufferPointer(rebasing: long[done...]).copyBytes(from: piece)
      done += piece.count
      next = page.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    }
    row = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(long)[..<count])
  }

  private var damaged: Stop { .notAStore(pages.path, found: "a page of another form") }
}

extension PersonalID: RowKey {
  /// The key comes first, as text of 12 digits.
  @inline(__always)
  init?(ofRow row: UnsafeRawBufferPointer) {
    guard row.count > 2, row[1] == 13 + 2 * 12, row[0] < 0x80, Int(row[0]) + 12 <= row.count else {
      return nil
    }
    let digits = UnsafeBufferPointer(rebasing: row.bindMemory(to: UInt8.self)[Int(row[0])...].prefix(12))
    guard let id = try? PersonalID(digits.span) else { return nil }
    self = id
  }
}
