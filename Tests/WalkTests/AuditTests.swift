// The audit log: intact, incomplete, forged.

import Foundation
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("The audit log")
struct AuditTests {
  private func log(_ events: Int, in workshop: Workshop) throws -> Audit {
    let audit = Audit(workshop.path)
    for i in 0..<events { try audit.append(.lookedUp, run: i, because: "line \(i) · lý do \"\\") }
    return audit
  }
  private func lines(_ audit: Audit) throws -> [String] {
    try String(contentsOfFile: audit.path, encoding: .utf8).split(separator: "\n").map(String.init)
  }
  private func write(_ lines: [String], _ audit: Audit, end: String = "\n") throws {
    try (lines.joined(separator: "\n") + end).write(toFile: audit.path, atomically: true, encoding: .utf8)
  }

  @Test("a log that nobody touched is intact, and for its owner alone")
  func intact() throws {
    let workshop = try Workshop()
    let audit = try log(5, in: workshop)
    let reading = try audit.reading()
    #expect(reading.broken == nil)
    #expect(reading.lines.map(\.number) == [1, 2, 3, 4, 5])
    #expect(reading.lines[3].because == "line 3 · lý do \"\\")
    #expect(reading.lines[3].userID == Int(getuid()))
    #expect(reading.has(head: reading.head))
    let mode = try FileManager.default.attributesOfItem(atPath: audit.path)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)
  }

  @Test("the log that a facility's server keeps in a folder is verified and shown by the command")
  func ofFolder() throws {
    let workshop = try Workshop()
    let folder = workshop.path + "/log"
    let audit = Audit(folder)
    let id = try PersonalID("001090000101".utf8.span)
    try audit.append(
      .cardChecked,
      [(by: "his", person: id, detail: ["code": "000"]), (by: "his", person: nil, detail: ["code": "050"])],
      door: "serve")
    let verified = try Cardlink.run(["audit", "verify", folder])
    let head = try audit.reading().head
    #expect(verified.exit == 0 && verified.output.contains("audit.log: 2 lines, intact."))
    #expect(verified.output.contains("head \(head)"))
    #expect(try Cardlink.run(["audit", "verify", folder, "--head", head]).exit == 0)
    let other = try Cardlink.run(["audit", "verify", folder + "/", "--head", String(head.reversed())])
    #expect(other.exit == 65 && other.errors.contains("cut off or written anew"))
    let shown = try Cardlink.run([
      "audit", "show", folder, "--person", "001090000101", "--output", "csv",
    ])
    let lines = shown.output.split(separator: "\n")
    #expect(shown.exit == 0 && lines.count == 2 && lines[1].contains("card_checked"))
    #expect(lines[1].contains("code=000") && !shown.output.contains("001090000101"))
    var altered = try self.lines(audit)
    altered[0] = altered[0].replacing("\"000\"", with: "\"050\"")
    try write(altered, audit)
    let broken = try Cardlink.run(["audit", "verify", folder])
    #expect(broken.exit == 65 && broken.errors.hasPrefix("\(folder)/audit.log:1:"))
    #expect(broken.errors.contains("Try next: cardlink audit show \(folder)"))
    let none = try Cardlink.run(["audit", "show", workshop.path])
    #expect(none.exit == 66 && none.errors.contains("one without audit.log"))
  }

  @Test("a line that is changed, taken out, put in or moved shows", arguments: 0..<6)
  func forged(at i: Int) throws {
    let workshop = try Workshop()
    let audit = try log(6, in: workshop)
    let lines = try lines(audit)
    var changed = lines
    changed[i] = changed[i].replacing("line \(i)", with: "line 9")
    try write(changed, audit)
    #expect(try audit.reading().broken?.fileLine == i + 1)
    if i < 5 {
      // A removed end is noticed only by comparing with the head.
      var short = lines
      short.remove(at: i)
      try write(short, audit)
      #expect(try audit.reading().broken?.fileLine == i + 1)
      var moved = lines
      moved.swapAt(i, i + 1)
      try write(moved, audit)
      #expect(try audit.reading().broken?.fileLine == i + 1)
    }
    var doubled = lines
    doubled.insert(lines[i], at: i)
    try write(doubled, audit)
    #expect(try audit.reading().broken?.fileLine == i + 2)
    var junk = lines
    junk.insert("junk", at: i)
    try write(junk, audit)
    #expect(try audit.reading().broken?.fileLine == i + 1)
  }

  @Test("an end that was cut off is seen by who kept the head")
  func cutOff() throws {
    let workshop = try Workshop()
    let audit = try log(4, in: workshop)
    let head = try audit.reading().head
    try write(Array(try lines(audit).dropLast()), audit)
    #expect(try audit.reading().broken == nil)
    #expect(try !audit.reading().has(head: head))
  }

  @Test(
    "a line that a crash tore off is mended by the next, wherever it was torn", arguments: [1, 7, 80, 150])
  func torn(bytes: Int) throws {
    let workshop = try Workshop()
    let audit = try log(3, in: workshop)
    let whole = try lines(audit)
    try write(whole + [String(whole[2].prefix(bytes))], audit, end: "")
    #expect(try audit.reading().hasTornEnd)
    #expect(try audit.reading().broken == nil)
    try audit.append(.explained)
    try audit.append(.explained)
    let reading = try audit.reading()
    #expect(reading.broken == nil)
    #expect(reading.mended == 1)
    #expect(reading.lines.map(\.event).suffix(3) == ["mended", "explained", "explained"])
    // The digest protects an incomplete line like any other.
    try write(try lines(audit).map { $0 == String(whole[2].prefix(bytes)) ? "x" : $0 }, audit)
    #expect(try audit.reading().broken?.fileLine == 4)
  }

  @Test("wherever a crash cuts off what is appended, what mends it included, the log goes on and is whole")
  func tornAgain() throws {
    let workshop = try Workshop()
    let audit = try log(2, in: workshop)
    let whole = try Data(contentsOf: URL(filePath: audit.path))
    try audit.append(.released, run: 7, because: "vì số liệu đúng")
    let added = try Data(contentsOf: URL(filePath: audit.path))
    for first in whole.count...added.count {
      // A second crash while the next command mends the log, and a third.
      var cut = added.prefix(first)
      for second in [nil, 0, 1, 2, 9, 200, 260] as [Int?] {
        if let second {
          let start = cut.count
          try cut.write(to: URL(filePath: audit.path))
          try audit.append(.explained, because: "lý do")
          cut = try Data(contentsOf: URL(filePath: audit.path)).prefix(start + second)
        }
        try cut.write(to: URL(filePath: audit.path))
        #expect(try audit.reading().broken == nil, "\(first) \(second ?? -1)")
        try audit.append(.explained)
        let reading = try audit.reading()
        #expect(reading.broken == nil && !reading.hasTornEnd, "\(first) \(second ?? -1)")
        #expect(reading.lines.last?.event == "explained")
      }
    }
    // The first line itself is incomplete.
    for cut in 1..<40 {
      try whole.prefix(cut).write(to: URL(filePath: audit.path))
      try audit.append(.explained)
      let mended = try Data(contentsOf: URL(filePath: audit.path))
      try mended.prefix(cut + 30).write(to: URL(filePath: audit.path))
      try audit.append(.explained)
      #expect(try audit.reading().broken == nil, "\(cut)")
      #expect(try audit.reading().lines.map(\.event) == ["mended", "explained"])
    }
    // Bytes that can't begin a line don't come from a crash.
    try (whole + Data("junk\n".utf8)).write(to: URL(filePath: audit.path))
    #expect(try audit.reading().broken?.fileLine == 3)
  }

  @Test("many writers at once leave one chain")
  func writers() throws {
    let workshop = try Workshop()
    let path = workshop.path
    DispatchQueue.concurrentPerform(iterations: 8) { i in
      for _ in 0..<10 { try? Audit(path).append(.lookedUp, run: i) }
    }
    let reading = try Audit(path).reading()
    #expect(reading.broken == nil)
    #expect(reading.lines.count == 80)
  }

  @Test("a person is found by who has the number, and the number stands nowhere")
  func pseudonyms() throws {
    let workshop = try Workshop()
    let audit = Audit(workshop.path)
    let number = try PersonalID("001090000123".utf8.span)
    try audit.append(.lookedUp, person: number)
    try audit.append(.lookedUp, person: try PersonalID("001090000124".utf8.span))
    let persons = try audit.reading().lines.map(\.person)
    #expect(persons[0] == (try audit.pseudonym(of: number)))
    #expect(persons[0] != persons[1])
    #expect(!(try String(contentsOfFile: audit.path, encoding: .utf8).contains("001090000123")))
  }
}
