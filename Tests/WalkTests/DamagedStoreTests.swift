// A store in force that the disk has damaged: the next night replaces it, whichever table is damaged.

import Foundation
import GRDB
import Support
import Testing
import Values

@testable import Pipeline
@testable import Run

@Suite("A damaged store in force")
struct DamagedStoreTests {
  @Test("whichever table is damaged, the next night leaves the store that it should")
  func tables() throws {
    let workshop = try Workshop(inMemory: true)
    let pipeline = try WalkTests.invented(60, seed: 8, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let path = pipeline.storePath(in: pipeline.workspace)
    let saved = workshop.path + "/saved"
    try FileManager.default.copyItem(atPath: pipeline.workspace, toPath: saved)
    let (pageBytes, tables) = try DatabaseQueue(path: path).read { db in
      (
        try #require(try Int.fetchOne(db, sql: "PRAGMA page_size")),
        try Row.fetchAll(db, sql: "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0").map {
          (name: $0[0] as String, page: $0[1] as Int)
        }
      )
    }
    let tomorrow = WalkTests.asOf.adding(days: 1)
    _ = try WalkTests.walk(pipeline, asOf: tomorrow)
    let expected = try WalkTests.rows(pipeline)
    #expect(tables.count > 12)
    for table in tables {
      try FileManager.default.removeItem(atPath: pipeline.workspace)
      try FileManager.default.copyItem(atPath: saved, toPath: pipeline.workspace)
      let file = try FileHandle(forUpdating: URL(filePath: path))
      try file.seek(toOffset: UInt64((table.page - 1) * pageBytes))
      try file.write(contentsOf: Data(repeating: 0xff, count: 64))
      try file.close()
      let run = try WalkTests.walk(pipeline, asOf: tomorrow)
      #expect(run.state == .done, "\(table.name)")
      #expect(try WalkTests.rows(pipeline) == expected, "\(table.name)")
    }
  }
}
