// Answers that are stopped: by a disk that fails at every operation and in every way, and by kill -9. Either the whole
// package is there, counted and in the audit log, or none; the next answer removes what was left.

import Files
import Foundation
import Glibc
import Package
import Publish
import Seal
import Support
import Testing
import Values

@testable import Desk
@testable import Pipeline
@testable import Workspace

/// A consumer that got one package today and is to get another.
private final class SecondAnswer {
  let workshop: Workshop
  let pipeline: Pipeline
  let isEncrypted: Bool
  let requests: Int
  private(set) var operations: [Faults.Operation: Int] = [:]
  private var path: String { workshop.path + "/requests.csv" }
  private var out: String { workshop.path + "/out" }
  private var suffix: String { isEncrypted ? EncryptedPackage.suffix : "" }

  init(isEncrypted: Bool, requests: Int = 12) throws {
    (self.isEncrypted, self.requests) = (isEncrypted, requests)
    workshop = try Workshop(inMemory: true)
    var generator = SeededGenerator(71)
    let register = SmallRegister(&generator)
    _ = try register.run(in: workshop.path + "/a")
    try SigningKey().write(to: workshop.path + "/keys/publish.key")
    try DecryptionKey().write(to: workshop.path + "/keys/bank.key")
    let file = workshop.path + "/a/pipeline.yaml"
    let text =
      try String(contentsOfFile: file, encoding: .utf8) + """

        publish:
          signing_key: ../keys/publish.key
          consumers:
            - consumer: bank-a
              purpose: { vi: Xác minh, en: Verify }
              basis: Circular
              until: 2027-11-30
              identifier: number
              release: [{ attribute: full_name, as: agrees }, { attribute: birth_date, as: year }]
              retention_days: 30
              limits: { per_day: \(2 * requests) }
              \(isEncrypted ? "encrypt_to: ../keys/bank.key.pub" : "")
              requests:
                format: csv
                fields: { personal_id: So, full_name: Ten, birth_date: Ngay, sex: Gioi, reference: Ma }
                values: { sex: { "1": male, "2": female } }
                dates: [yyyy-MM-dd]

        """
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    pipeline = try Pipeline(file: file)
    try AnswerTests.write(
      (0..<requests).map { i in
        let person = register.persons[i % register.persons.count]
        return AnswerTests.Request(
          id: person.id, name: person.name, birthDate: person.birthDate, isFemale: person.isFemale,
          reference: "r\(i)", consent: "")
      }, to: path)
    _ = try desk.approve("bank-a", on: AnswerTests.day)
    try answer()
    try FileManager.default.createDirectory(
      atPath: workshop.path + "/saved", withIntermediateDirectories: true)
    for name in ["a/var", "out"] {
      try FileManager.default.copyItem(
        atPath: workshop.path + "/" + name, toPath: workshop.path + "/saved/" + name.replacing("/", with: "-")
      )
    }
  }

  /// Counts the operations of the second answer.
  func count() throws {
    Faults.count(under: workshop.path)
    try answer()
    operations = Faults.end(under: workshop.path)
    try begin()
  }

  private var desk: Desk { Desk(pipeline, for: .user()) }

  func answer() throws {
    let report = try desk.answer(
      AnswerRequest(
        consumer: "bank-a", requests: path, folder: out, day: AnswerTests.day, threads: 1,
        memoryBytes: 16 << 20))
    #expect(report.requests == requests)
  }

  var command: [String] {
    ["answer", "bank-a", pipeline.path, "--requests", path, "--to", out, "--on", AnswerTests.day.text]
  }

  /// Resets everything to the end of the first answer.
  func begin() throws {
    for name in ["a/var", "out"] {
      try FileManager.default.removeItem(atPath: workshop.path + "/" + name)
      try FileManager.default.copyItem(
        atPath: workshop.path + "/saved/" + name.replacing("/", with: "-"), toPath: workshop.path + "/" + name
      )
    }
  }

  /// The packages that are there, and what is no package.
  func sent() throws -> (packages: [String], remains: [String]) {
    let names = try Folder.names(in: out)
    let packages = names.filter { !$0.hasSuffix(".partial") }
    return (packages, names.filter { $0.hasSuffix(".partial") })
  }

  /// How the packages, the book and the audit log contradict each other.
  func faults(isHealed: Bool) throws -> [String] {
    var faults: [String] = []
    let packages = try sent().packages
    if packages != (1...max(packages.count, 1)).map({ "bank-a-000\($0)\(suffix)" }) {
      faults.append("\(packages)")
    }
    var digests: [String] = []
    for name in packages {
      let check = try verifyPackage(
        out + "/" + name, key: workshop.path + "/keys/publish.key.pub", after: nil, state: nil,
        identity: isEncrypted ? workshop.path + "/keys/bank.key" : nil, on: AnswerTests.day)
      faults += check.faults.map { "\(name): \($0)" }
      if !isEncrypted {
        let tags = try Folder.read(out + "/" + name + "/" + BagName.tagManifest)
        digests.append(Digest.text(of: tags ?? ""))
      }
    }
    let book = try PolicyBook(of: "bank-a", in: pipeline.workspace)
    if book.requests != packages.count * requests || book.today?.requests != book.requests {
      faults.append("\(packages.count) packages, \(book.requests) requests")
    }
    if book.last?.edition != packages.count { faults.append("edition \(book.last?.edition ?? 0)") }
    let asked = try Folder.names(in: PolicyBook.folder(of: "bank-a", in: pipeline.workspace))
    if !asked.contains(book.today?.folder ?? "") { faults.append("\(asked)") }
    let reading = try Audit(pipeline.workspace).reading()
    if let broken = reading.broken { faults.append("audit log: \(broken)") }
    // An answer that is given again has the digest that was withdrawn.
    var told: [String] = []
    for line in reading.lines {
      guard let digest = line.detail?["package"] else { continue }
      switch line.event {
      case AuditEvent.answered.rawValue: told.append(digest)
      case AuditEvent.answerWithdrawn.rawValue: told.removeAll { $0 == digest }
      default: continue
      }
    }
    // The line of an answer that was stopped is taken back by the next command.
    if isHealed ? told.count != packages.count : told.count < packages.count {
      faults.append("\(told.count) answers in the audit log")
    }
    if !isEncrypted, !Set(digests).isSubset(of: told) { faults.append("another package was audited") }
    guard isHealed else { return faults }
    if asked.filter({ $0 != "lock" }) != [book.today?.folder ?? "", "book.json"] {
      faults.append("\(asked)")
    }
    faults += try Folder.names(in: pipeline.workspace).filter { $0.hasPrefix("scratch-") }
    faults += try sent().remains
    return faults
  }
}

@Suite("Answers that are stopped")
struct AnswerFaultTests {
  @Test(
    "whichever operation fails, the answer is there whole or not at all, and the next one removes what was left",
    arguments: Faults.Kind.allCases, [true, false])
  func everyOperation(kind: Faults.Kind, isEncrypted: Bool) throws {
    let second = try SecondAnswer(isEncrypted: isEncrypted)
    try second.count()
    let count = second.operations.count(kind)
    #expect(count > 20)
    for n in 1...count {
      try second.begin()
      Faults.fail(at: n, under: second.workshop.path, as: kind)
      let found = Result { try second.answer() }
      let met = Faults.end(under: second.workshop.path).count(kind)
      #expect(met >= n, "\(kind) \(n)")
      let (packages, remains) = try second.sent()
      switch found {
      case .success: #expect(packages.count == 2, "\(kind) \(n)")
      case .failure(let error):
        let stop = error as? Stop
        #expect(
          [.inputOutput, .cannotCreate, .exportMissing].contains { $0 == stop?.exit },
          "\(kind) \(n): \(error)"
        )
        // A name that is there but not synced is the only failure of an answer that has left.
        #expect(
          packages.count == 1 || stop?.finding.remedy.hasPrefix("The answers are whole") == true,
          "\(kind) \(n): \(error)")
      }
      // Only a disk that takes nothing any more keeps the command from removing it itself.
      #expect(remains.isEmpty || kind == .gone || kind == .full, "\(kind) \(n): \(remains)")
      #expect(try second.faults(isHealed: false) == [], "\(kind) \(n)")
      if packages.count == 1 {
        try second.answer()
        #expect(try second.sent().packages.count == 2, "\(kind) \(n)")
      } else {
        // More than the limit of the day, which is refused; the remains go all the same.
        #expect(throws: Stop.self, "\(kind) \(n)") { try second.answer() }
      }
      #expect(try second.faults(isHealed: true) == [], "\(kind) \(n)")
    }
  }

  @Test("an answer that is killed at any moment is there whole or not at all", arguments: CrashTests.seeds)
  func killed(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let second = try SecondAnswer(isEncrypted: seed % 2 == 0, requests: 2_000)
    let start = ContinuousClock.now
    #expect(try Cardlink.run(second.command).exit == 0)
    let whole = ContinuousClock.now - start
    var share = Double.random(in: 0.2...1, using: &random)
    repeat {
      try second.begin()
      if try CrashTests.kill(after: whole * share, second.command) { break }
      share *= 0.9
    } while share > 0.01
    #expect(try second.faults(isHealed: false) == [], "killed after \(share) of \(whole)")
    if try second.sent().packages.count == 1 {
      let again = try Cardlink.run(second.command)
      #expect(again.exit == 0, "\(again.errors)")
    } else {
      #expect(try Cardlink.run(second.command).exit == 65)
    }
    #expect(try second.sent().packages.count == 2)
    #expect(try second.faults(isHealed: true) == [], "killed after \(share) of \(whole)")
  }
}
