// Batches: the same answers as one question at a time, in the order of the lines, however the input is
// chunked.

import Files
import Foundation
import Glibc
import Support
import Synchronization
import Testing
import Values
@testable import CardCheck

@Suite("Batches")
struct BatchTests {
  static func answers(_ path: String, atOnce: Int, buffer: Int = 256 << 10) throws -> (String, BatchReport) {
    var lines = try LineReader(path, bufferBytes: buffer)
    var checker = CardChecker(MemoryCards(Town.people, Town.standing), on: Town.day)
    var all: [UInt8] = []
    let report = try checkBatch(
      &lines, with: &checker, on: Town.day, form: .jsonLines, questionsAtOnce: atOnce
    ) { bytes throws(Stop) in
      for i in bytes.indices { all.append(bytes[i]) }
    }
    return (String(decoding: all, as: UTF8.self), report)
  }

  @Test("a batch answers every line as if it were asked alone, in order", arguments: UInt64(0)..<40)
  func sameAsSingle(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let pool =
      CodeTests.cases.map(\.0) + QuestionTests.chips.map(\.0) + QuestionTests.insurances.map(\.0)
      + QuestionTests.typed.map(\.0) + QuestionTests.requests.map(\.0)
    let lines = (0..<Int.random(in: 0...200, using: &random)).map { _ in
      pool[Int.random(in: 0..<pool.count, using: &random)].filter { !$0.isNewline }
    }
    var expected = ""
    for (i, line) in lines.enumerated() {
      var checker = CardChecker(MemoryCards(Town.people, Town.standing), on: Town.day)
      var reader = QuestionReader()
      var batch = QuestionBatch()
      reader.read(Array(line.utf8).span, number: i + 1, into: &batch)
      var writer = AnswerWriter(.jsonLines, Town.standing, on: Town.day)
      try checker.check(&batch) { (answer, people) throws(Stop) in writer.append(answer, people) }
      expected += String(decoding: writer.bytes, as: UTF8.self)
    }
    let ending = Bool.random(using: &random) ? "\n" : "\r\n"
    let text = lines.map { $0 + ending }.joined()
    let workshop = try Workshop()
    let path = try workshop.file(Array(text.utf8))
    for (atOnce, buffer) in [(1, 256 << 10), (7, 1024), (1000, 2048)] {
      let (answers, report) = try Self.answers(path, atOnce: atOnce, buffer: buffer)
      #expect(answers == expected)
      #expect(report.questions == lines.count)
      #expect(report.codes.values.reduce(0, +) == lines.count)
    }
  }

  @Test("what a scanner types is answered before the next line comes")
  func lineByLine() throws {
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    let answered = DispatchSemaphore(value: 0)
    let waited = Mutex<[Bool]>([])
    let thread = Thread {
      for line in ["079090000123,Nguyễn Văn Hòa,1990\n", "079090000999,A,1990\n", "\n"] {
        let bytes = Array(line.utf8)
        _ = unsafe write(writing, bytes, bytes.count)
        let isInTime = answered.wait(timeout: .now() + 20) == .success
        waited.withLock { $0.append(isInTime) }
      }
      close(writing)
    }
    thread.start()
    var lines = try LineReader("/dev/fd/\(reading)")
    var checker = CardChecker(MemoryCards(Town.people, Town.standing), on: Town.day)
    var flushes = 0
    let report = try checkBatch(&lines, with: &checker, on: Town.day, form: .jsonLines, questionsAtOnce: 1000)
    {
      bytes throws(Stop) in
      flushes += 1
      answered.signal()
    }
    close(reading)
    #expect(report.questions == 3 && flushes == 3)
    #expect(waited.withLock { $0 }.allSatisfy { $0 })
  }

  @Test("lines don't depend on the buffer", arguments: UInt64(0)..<200)
  func lines(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ -> UInt8 in
      [0x0A, 0x0D, 0x61, 0x62, 0x00][Int.random(in: 0..<5, using: &random)]
    }
    var expected: [[UInt8]] = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      line.last == 0x0D ? Array(line.dropLast()) : Array(line)
    }
    if bytes.isEmpty || bytes.last == 0x0A { expected.removeLast() }
    let longest = expected.map(\.count).max() ?? 0
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    var reader = try LineReader(path, bufferBytes: longest + Int.random(in: 3...64, using: &random))
    var found: [[UInt8]] = []
    while let range = try reader.next() {
      let isTooLong = reader.isTooLong
      #expect(!isTooLong)
      found.append(Array(reader.buffer[range]))
    }
    #expect(found == expected)
  }

  @Test("a line that is too long is one line with one answer")
  func longLine() throws {
    let long = String(repeating: "x", count: 300_000)
    let good = "079090000123,Nguyễn Văn Hòa,01/02/1990"
    let workshop = try Workshop()
    let path = try workshop.file(Array("\(good)\n\(long)\n\(good)\n\(long)".utf8))
    let (answers, report) = try Self.answers(path, atOnce: 100)
    let codes = answers.split(separator: "\n").map { String($0.prefix(26)) }
    #expect(
      codes == [
        "{\"dong\":1,\"maKetQua\":\"000\"", "{\"dong\":2,\"maKetQua\":\"205\"",
        "{\"dong\":3,\"maKetQua\":\"000\"",
        "{\"dong\":4,\"maKetQua\":\"205\"",
      ])
    #expect(answers.contains("Tham số sai định dạng: dòng 2: dòng quá dài."))
    #expect(report.codes == [.right: 2, .wrongFormat: 2])
  }
}
