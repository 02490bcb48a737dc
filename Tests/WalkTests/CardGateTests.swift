// Card checks for programs while a run puts another store in force.

import CardCheck
import Foundation
import GRDB
import Support
import Testing
import Values

@testable import Desk
@testable import Pipeline
@testable import Run

@Suite("Card checks for programs")
struct CardGateTests {
  /// A person's question, and one about a number that is found through the cards.
  private static func questions(_ store: String) throws -> [GateQuestion] {
    let row = try #require(
      try DatabaseQueue(path: store).read { db in
        try Row.fetchOne(
          db, sql: "SELECT personal_id, card_number, full_name, birth_date FROM card_attribute")
      })
    return try (0..<2).map { column in
      let fields = ["maThe": row[column] as String, "hoTen": row[2], "ngaySinh": row[3]]
      var request = GatewayRequest()
      let body = Array(try JSONEncoder().encode(fields))
      let isRead = request.read(body.span)
      #expect(isRead)
      return GateQuestion(client: "clinic", request)
    }
  }

  @Test("while a run marks itself as done in the next store, the store before answers")
  func marking() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(60, seed: 3, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let store = pipeline.storePath(in: pipeline.workspace)
    let gate = CardGate(store: Desk(pipeline, for: Actor(name: "serve", door: .serve)), on: WalkTests.asOf)
    _ = try gate.refresh()
    var worker = GateWorker(gate)
    let asked = try Self.questions(store)
    let before = try worker.answer(asked)
    #expect(before.codes.count == 2 && !before.codes.contains("050"), "\(before.codes)")

    var configuration = Configuration()
    configuration.readonly = true
    let held = try DatabaseQueue(path: store, configuration: configuration)
    let count = try held.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM run") }
    #expect(count == 1)

    // As a load replaces the store, and its run writes into the new one.
    try FileManager.default.copyItem(atPath: store, toPath: store + ".copy")
    try FileManager.default.moveItem(atPath: store, toPath: workshop.path + "/before.sqlite")
    try FileManager.default.moveItem(atPath: store + ".copy", toPath: store)
    configuration.readonly = false
    configuration.allowsUnsafeTransactions = true
    let next = try DatabaseQueue(path: store, configuration: configuration)
    try next.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE; UPDATE run_row SET state = 'done!'") }
    // In the middle of the commit: the journal is on disk with its first bytes, the store is not written yet.
    let journal = try FileHandle(forUpdating: URL(filePath: store + "-journal"))
    try journal.write(contentsOf: Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]))
    try journal.close()
    #expect(throws: DatabaseError.self) {
      _ = try held.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM run") }
    }
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.3)
      try? next.inDatabase { try $0.execute(sql: "ROLLBACK") }
      done.signal()
    }
    let during = try worker.answer(asked)
    done.wait()
    let after = try worker.answer(asked)
    #expect(during.bytes == before.bytes && after.bytes == before.bytes)
  }
}
