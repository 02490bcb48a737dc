// Pages built without SQLite, then read and checked by SQLite itself. Small pages make trees of many levels,
// separator rows and overflowing rows out of a few thousand rows. The leaves are built in arbitrary ranges,
// the last one first, so that page numbers are in another order than the rows.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Store

@Suite("A table built page by page")
struct TreeTests {
  /// - Parameters:
  ///   - cuts: where a range of leaves ends and the next one begins, ascending; equal ones make an empty range.
  ///   - behind: pages that the file has when the first one is appended; those in between are unused.
  static func build(
    _ rows: [[Cell]], cuts: [Int] = [], pageBytes: Int, behind pages: Int = 0, at path: String
  ) throws {
    let queue = try DatabaseQueue(path: path)
    let root = try queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA page_size = \(pageBytes); PRAGMA journal_mode = OFF")
      try db.execute(
        sql:
          "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, a INTEGER, b TEXT, c INTEGER) WITHOUT ROWID; CREATE TABLE u (x)"
      )
      return try UInt32.fetchOne(db, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 't'") ?? 0
    }
    try queue.close()
    if pages > 0 { #expect(truncate(path, off_t(pages * pageBytes)) == 0) }
    let file = try PagedFile(sqlite: path, pageBytes: pageBytes)
    var bytes = RowBytes()
    let ends = [0] + cuts + [rows.count]
    var ranges: [Leaves] = []
    for range in ends.indices.dropLast().reversed() {
      var leaves = LeafBuilder(file)
      for row in rows[ends[range]..<ends[range + 1]] {
        bytes.removeAll()
        for cell in row {
          switch cell {
          case .null: bytes.appendNull()
          case .integer(let number): bytes.append(Int64(number))
          case .text(let text): Array(text.utf8).withUnsafeBufferPointer { bytes.append(text: $0) }
          }
        }
        try leaves.append(bytes)
      }
      ranges.append(try leaves.finish())
    }
    var tree = TreeBuilder(file, rootPage: root)
    for leaves in ranges.reversed() { try tree.append(leaves) }
    try tree.finish()
    try putPageCount(file)
    try file.close()
  }

  static func row(_ i: Int, _ random: inout SeededGenerator, longest: Int) -> [Cell] {
    let edges = [
      0, 1, -1, 2, 127, 128, -128, -129, 32_767, 32_768, -32_769, 8_388_607, 8_388_608, -8_388_609,
    ]
    let wide = [2_147_483_647, 2_147_483_648, 140_737_488_355_327, 140_737_488_355_328, Int.max, Int.min]
    let length =
      random.chance(90) ? Int.random(in: 0...60, using: &random) : Int.random(in: 0...longest, using: &random)
    let letters = ["A", "Ă", "Ế", " ", "'"]
    return [
      .text(String(format: "%09d", i)), .integer((edges + wide).any(&random)),
      Cell(orNull: String((0..<length).map { _ in Character(letters.any(&random)) })),
      random.chance(20) ? .null : .integer(Int.random(in: -70_000...70_000, using: &random)),
    ]
  }

  @Test("SQLite finds nothing wrong with it and reads back every row", arguments: UInt64(0)..<60)
  func rows(seed: UInt64) throws {
    let workshop = try Workshop()
    var random = SeededGenerator(seed)
    let count = [0, 1, 2, 3, 5, 17, 100, 700, 5000, Int.random(in: 0...9000, using: &random)][Int(seed % 10)]
    let longest = [60, 200, 2000, 70_000][Int(seed / 10 % 4)]
    var rows: [[Cell]] = []
    var id = 0
    for _ in 0..<(longest == 70_000 ? min(count, 300) : count) {
      id += Int.random(in: 1...3, using: &random)
      rows.append(Self.row(id, &random, longest: longest))
    }
    let path = workshop.path + "/tree.sqlite"
    let cuts = (0..<Int.random(in: 0...5, using: &random)).map { _ in
      Int.random(in: 0...rows.count, using: &random)
    }
    try Self.build(rows, cuts: cuts.sorted(), pageBytes: [512, 1024, 8192][Int(seed % 3)], at: path)
    let seen = try Seen(path)
    #expect(try seen.rows("PRAGMA integrity_check") == [[.text("ok")]])
    #expect(try seen.rows("SELECT id, a, b, c FROM t ORDER BY id") == rows)
    for row in rows.prefix(40) + rows.suffix(3) {
      #expect(
        try seen.rows("SELECT id, a, b, c FROM t WHERE id = ?", ["\(row[0])".trimmingCharacters(in: ["'"])])
          == [row])
    }
  }

  @Test("ranges of a few rows each, wherever they are cut", arguments: 0..<40)
  func shortRanges(count: Int) throws {
    let workshop = try Workshop()
    var random = SeededGenerator(UInt64(count))
    let rows = (0..<40).map { Self.row($0, &random, longest: count % 2 == 0 ? 60 : 300) }
    // Ranges of one row to several leaves, and empty ones between them.
    let cuts = stride(from: count % 7, to: 40, by: 1 + count / 4).map { $0 } + [40, 40]
    let path = workshop.path + "/tree.sqlite"
    try Self.build(rows, cuts: cuts, pageBytes: 512, at: path)
    let seen = try Seen(path)
    #expect(try seen.rows("PRAGMA integrity_check") == [[.text("ok")]])
    #expect(try seen.rows("SELECT id, a, b, c FROM t ORDER BY id") == rows)
  }

  @Test("a row of any length about the limits of overflow", arguments: [512, 1024])
  func overflow(pageBytes: Int) throws {
    let workshop = try Workshop()
    // A row's payload is its text and 16 to 18 bytes more: all lengths from a quarter of a page to more than
    // two pages.
    let rows = (pageBytes / 8..<pageBytes * 5 / 2).map {
      [Cell.text(String(format: "%09d", $0)), .null, .text(String(repeating: "N", count: $0)), .null]
    }
    let path = workshop.path + "/tree.sqlite"
    try Self.build(rows, pageBytes: pageBytes, at: path)
    let seen = try Seen(path)
    #expect(try seen.rows("PRAGMA integrity_check") == [[.text("ok")]])
    #expect(try seen.rows("SELECT id, a, b, c FROM t ORDER BY id") == rows)
  }

  @Test("the page that SQLite locks on, at a gibibyte, stays empty")
  func lockingPage() throws {
    let workshop = try Workshop()
    var random = SeededGenerator(30)
    let (pageBytes, locking) = (8192, 131_073)
    let rows = (0..<2000).map { Self.row($0, &random, longest: 9000) }
    let path = workshop.path + "/tree.sqlite"
    try Self.build(rows, cuts: [700, 1500], pageBytes: pageBytes, behind: locking - 5, at: path)
    let seen = try Seen(path)
    #expect(try seen.rows("SELECT id, a, b, c FROM t ORDER BY id") == rows)
    let count = try seen.rows("PRAGMA page_count")
    #expect(count.first?.first != .integer(locking - 5))
    // SQLite reports only the unused pages before ours, and never the one that it locks on.
    var unowned = Set<String>()
    for message in try seen.rows("PRAGMA integrity_check(1000000)") {
      for line in "\(message[0])".split(separator: "\n") {
        unowned.insert(line.trimmingCharacters(in: ["'"]))
      }
    }
    let number = /Page (\d+) is never used/.ignoresCase()
    let pages = unowned.compactMap { $0.firstMatch(of: number).flatMap { Int($0.1) } }
    #expect(unowned.filter { $0.firstMatch(of: number) == nil && !$0.hasPrefix("***") } == [])
    #expect(pages.count == locking - 5 - 3)
    #expect(pages.allSatisfy { $0 <= locking - 5 })
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    try file.seek(toOffset: 1 << 30)
    #expect(try file.read(upToCount: pageBytes) == Data(count: pageBytes))
  }

  @Test("SQLite goes on writing where we ended", arguments: [0, 1, 40, 5000])
  func writable(count: Int) throws {
    let workshop = try Workshop()
    var random = SeededGenerator(UInt64(count))
    let rows = (0..<count).map { Self.row($0 * 2, &random, longest: 300) }
    let path = workshop.path + "/tree.sqlite"
    try Self.build(rows, pageBytes: 512, at: path)
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      for i in 0..<500 {
        try db.execute(
          sql: "INSERT INTO t VALUES (?, 1, ?, 2)",
          arguments: [String(format: "%09d", i * 20 + 1), String(repeating: "X", count: i)])
      }
      try db.execute(sql: "DELETE FROM t WHERE a > 100")
    }
    try queue.close()
    let seen = try Seen(path)
    #expect(try seen.rows("PRAGMA integrity_check") == [[.text("ok")]])
    let kept = rows.filter { if case .integer(let a) = $0[1] { a <= 100 } else { true } }.count
    #expect(try seen.rows("SELECT count(*) FROM t") == [[.integer(kept + 500)]])
  }

  @Test("a page holds nothing of the page before it")
  func noRemains() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/tree.sqlite"
    // Full pages first, then a few short rows, whose pages must have empty free space.
    let long = (0..<4000).map {
      [Cell.text(String(format: "%09d", $0)), .null, .text("SECRET-\($0)"), .null]
    }
    try Self.build(long, pageBytes: 512, at: path)
    let bytes = try Data(contentsOf: URL(filePath: path))
    let text = String(decoding: bytes, as: UTF8.self)
    for i in stride(from: 0, to: 4000, by: 97) {
      #expect(text.components(separatedBy: "SECRET-\(i)").count - 1 >= 1)
    }
    // The file contains every row exactly once.
    #expect(text.components(separatedBy: "SECRET-").count - 1 == 4000)
  }
}
