// Attestations for a wallet provider's requests: whole runs over random registers, beside a slow, obvious answer.

import Attest
import Files
import Foundation
import Package
import Publish
import Support
import Testing
import Values

import struct Pipeline.Release

@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Workspace

@Suite("Attestations for wallets")
struct AttestingTests {
  static let now = Clock.seconds("2026-11-29T10:00:00+07:00") ?? 0
  static let issuer = "https://attest.example.vn"
  static let keys = (0..<3).map { _ in AttestationKey(.p256) }

  struct Request {
    var id: String
    var key = ""
    var proof = ""
    var reference: String
    /// What becomes of it if the person has a card.
    var code: String
  }

  static func policy(_ release: [ReleasedAttribute] = [.fullName, .facilityCode, .areaCode]) -> ConsumerPolicy
  {
    var policy = AnswerTests.policy(release.map { Release($0, .exact) })
    (policy.name, policy.attests, policy.identifier) = ("wallet-a", true, .number)
    policy.requests.fields = [:]
    policy.requests.fieldOrder = [:]
    for (i, field) in ["personal_id", "reference", "holder_jwk", "proof"].enumerated() {
      policy.requests.fields[field] = .column(["So", "Ma", "Khoa", "BangChung"][i])
      policy.requests.fieldOrder[field] = i
    }
    return policy
  }

  static func prepared(_ pipeline: Pipeline, _ policy: ConsumerPolicy, places: Int = 1024) throws -> Pipeline
  {
    var pipeline = pipeline
    var terms = AttestationTerms()
    (terms.key, terms.issuer, terms.places) = (pipeline.workspace + "/../attest.key", issuer, places)
    if !FileManager.default.fileExists(atPath: terms.key) { try AttestationKey(.p256).write(to: terms.key) }
    (pipeline.attestations, pipeline.consumers) = (terms, [policy])
    return pipeline
  }

  static func proof(_ key: AttestationKey, audience: String = issuer, at time: Int = now - 60) throws
    -> String
  {
    try CompactJWS.signed(
      header: #"{"alg":"ES256","typ":"\#(KeyProof.type)","jwk":\#(key.jwk.json)}"#,
      payload: #"{"aud":"\#(audience)","iat":\#(time)}"#, by: key)
  }

  /// A request with its key and proof, in each state.
  static func request(_ id: String, _ kind: Int, _ i: Int) throws -> Request {
    let key = keys[i % keys.count]
    var request = Request(
      id: id, key: key.jwk.json, proof: try proof(key), reference: "r,\(i)", code: "issued")
    switch kind {
    case 1: (request.key, request.proof, request.code) = ("", "", "issued_to_bearer")
    case 2:
      (request.proof, request.code) = (try proof(key, audience: "https://other.example"), "proof_refused")
    case 3: (request.proof, request.code) = (try proof(keys[(i + 1) % keys.count]), "proof_refused")
    case 4: (request.proof, request.code) = (try proof(key, at: now - 4 * 86_400), "proof_refused")
    case 5: (request.key, request.code) = ("{}", "key_malformed")
    case 6: (request.key, request.code) = ("", "key_malformed")
    case 7: (request.proof, request.code) = ("", "proof_refused")
    case 8: (request.reference, request.code) = ("", "malformed")
    default: break
    }
    return request
  }

  static func write(_ requests: [Request], to path: String) throws {
    let lines = requests.map { csvLine([$0.id, $0.reference, $0.key, $0.proof]) }
    try (["So,Ma,Khoa,BangChung"] + lines).joined(separator: "\n").appending("\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  static func attest(_ pipeline: Pipeline, _ requests: String, at now: Int = now) throws -> (
    report: AttestReport, lines: [[String]]
  ) {
    let desk = Desk(pipeline, for: .user())
    _ = try desk.approve("wallet-a", on: AnswerTests.day)
    let report = try desk.attest(
      AttestRequest(
        consumer: "wallet-a", requests: requests, folder: pipeline.workspace + "/../out",
        day: AnswerTests.day,
        now: now))
    return (report, try lines(report.path))
  }

  static func lines(_ path: String) throws -> [[String]] {
    let text = try String(contentsOfFile: path + "/data/answers.csv", encoding: .utf8)
    return text.split(separator: "\n").dropFirst().map { line in
      line.replacing(#/"[^"]*"/#, with: "quoted").split(separator: ",", omittingEmptySubsequences: false)
        .map(String.init)
    }
  }

  static func expectation(_ pipeline: Pipeline, revoked: [Int] = []) throws -> AttestationExpectation {
    let key = try AttestationKey(file: try #require(pipeline.attestations).key)
    var expected = AttestationExpectation(keys: [key.jwk], now: now + 60)
    var bits = StatusBits(places: pipeline.attestations?.places ?? 0)
    for place in revoked { bits[place] = StatusBits.invalid }
    expected.lists = [
      try StatusListToken.signed(
        bits, uri: issuer + "/status/2026-11", issuedAt: now, expires: now + 86_400, timeToLive: 3600, by: key
      )
    ]
    return expected
  }

  @Test("each request gets what the slow answer gives, and no more than the policy", arguments: UInt64(0)..<8)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let workshop = try Workshop()
    let register = SmallRegister(&generator)
    var policy = Self.policy(
      ReleasedAttribute.allCases.filter {
        $0.forms.contains(.exact) && Bool.random(using: &generator)
      } + [.fullName].filter { _ in seed == 0 })
    if seed % 3 == 1 { policy.persons = [.facility("01*")] }
    if seed % 3 == 2 { policy.identifier = .none }
    policy.perPersonPerDay = 3
    policy.release = Array(Set(policy.release)).sorted()
    let pipeline = try Self.prepared(try register.run(in: workshop.path + "/a"), policy)
    let requests = try (0..<120).map { i in
      let person = register.persons.any(&generator)
      let id = [person.id, person.id, person.id, "001090099999", "123"].any(&generator)
      return try Self.request(id, Int.random(in: 0...12, using: &generator), i)
    }
    let path = workshop.path + "/in.csv"
    try Self.write(requests, to: path)
    let (report, lines) = try Self.attest(pipeline, path)
    #expect(lines.count == requests.count && report.requests == requests.count)
    let expected = try Self.expectation(pipeline)
    var (asked, places) = ([String: Int](), [Int]())
    for (i, request) in requests.enumerated() {
      let line = lines[i]
      let person = register.persons.first { $0.id == request.id }
      let hasCard =
        person.map {
          $0.isActive && $0.hasCard && $0.validTo >= "2026-11-29"
            && (policy.persons.isEmpty || $0.facility.hasPrefix("01"))
        } ?? false
      var code = request.code
      if request.id.count != 12 { code = "malformed" }
      let isAsked = code != "malformed"
      if isAsked, asked[request.id, default: 0] >= 3 { code = "limit_reached" }
      if code.hasPrefix("issued") {
        asked[request.id, default: 0] += 1
        if !hasCard { code = "not_confirmed" }
      }
      #expect(line[2] == code, "request \(i)")
      guard code.hasPrefix("issued"), line.count == 5 else {
        #expect(line.dropFirst(3).joined().isEmpty)
        continue
      }
      let answer = AttestationCheck.answer(to: line[3], expected)
      #expect(answer.fault == nil && answer.isBearer == (code == "issued_to_bearer"))
      #expect(
        answer.claims["exp"]?.integer == Self.now + (answer.isBearer ? 1 : 30) * 86_400)
      let own = Set(policy.release.map(\.attribute.rawValue))
        .union(policy.identifier == .number ? ["personal_id"] : [])
      let said = Set(answer.claims.keys).subtracting([
        "iss", "vct", "iat", "nbf", "exp", "cnf", "bearer", "status", "as_of", "card_valid_from",
        "card_valid_to",
      ])
      #expect(said.isSubset(of: own))
      if own.contains("full_name") { #expect(answer.claims["full_name"]?.text == person?.name) }
      if own.contains("facility_code") { #expect(answer.claims["facility_code"]?.text == person?.facility) }
      if own.contains("personal_id") { #expect(answer.claims["personal_id"]?.text == request.id) }
      #expect(answer.claims["card_valid_to"]?.text == person?.validTo)
      if let place = answer.claims["status"]?["status_list"]?["idx"]?.integer {
        places.append(place)
        #expect(
          try AttestationCheck.answer(to: line[3], Self.expectation(pipeline, revoked: [place])).fault
            == .revoked)
      }
    }
    #expect(Set(places).count == places.count && places.count == report.counts[.issued] ?? 0)
    // The book has them all, and a person's pseudonym is in no log.
    let book = try PlaceBook(in: pipeline.workspace)
    #expect(Set(book.lists.flatMap(\.entries).compactMap(\.place)) == Set(places))
    let log = try String(contentsOfFile: pipeline.workspace + "/audit.log", encoding: .utf8)
    #expect(log.contains("\"attested\"") && !log.contains("00109000"))
  }

  @Test("places are never given twice, and a list that is three quarters full is followed by another")
  func places() throws {
    let workshop = try Workshop()
    var generator = SeededGenerator(1)
    let id = try PersonalID(Array("001090000123".utf8).span)
    var all: [String: Set<Int>] = [:]
    for round in 0..<8 {
      let lock = try PlaceBook.lock(in: workshop.path)
      var book = try PlaceBook(in: workshop.path)
      for _ in 0..<Int.random(in: 1..<400, using: &generator) {
        let given = book.take(in: "2026-11", capacity: 1024, for: id, expires: 100 + round, card: "c")
        #expect(all[given.list, default: []].insert(given.place).inserted && (0..<1024).contains(given.place))
      }
      // Every third command fails before it writes: nothing of it was signed, so its places are free.
      if round % 3 == 2 {
        all = Dictionary(
          uniqueKeysWithValues: try PlaceBook(in: workshop.path).lists.map {
            ($0.name, Set($0.entries.compactMap(\.place)))
          })
        continue
      }
      try book.write(consumer: "w", day: "2026-11-29", month: "2026-11", capacity: 1024, requests: 1)
      withExtendedLifetime(lock) {}
    }
    let book = try PlaceBook(in: workshop.path)
    for list in book.lists {
      #expect(Set(list.entries.compactMap(\.place)) == all[list.name] && list.entries.count <= 768)
    }
    #expect(book.lists.count >= 2)
    #expect(book.ended(before: 108, month: "2026-12").count == book.lists.count)
    #expect(book.ended(before: 100, month: "2026-12").isEmpty)
    #expect(book.ended(before: 108, month: "2026-11").isEmpty)
  }

  @Test("an erased person leaves the book, and the places stay taken and revoked")
  func erasing() throws {
    let workshop = try Workshop()
    let (id, other) = (
      try PersonalID(Array("001090000123".utf8).span), try PersonalID(Array("001090000456".utf8).span)
    )
    var book = try PlaceBook(in: workshop.path)
    let given = book.take(in: "2026-11", capacity: 1024, for: id, expires: 100, card: "c")
    let kept = book.take(in: "2026-11", capacity: 1024, for: other, expires: 100, card: "d")
    try book.write(consumer: "w", day: "2026-11-29", month: "2026-11", capacity: 1024, requests: 2)
    #expect(try book.erase(id) == 1)
    #expect(try book.erase(id) == 0)
    let after = try PlaceBook(in: workshop.path)
    #expect(after.lists == book.lists && !after.holds(id) && after.holds(other))
    #expect(after.lists.first?.revoked == [given.place])
    #expect(Set(after.lists[0].entries.compactMap(\.place)) == [given.place, kept.place])
  }

  @Test("what the policy does not allow is refused before anything is written")
  func refusals() throws {
    let workshop = try Workshop()
    var generator = SeededGenerator(7)
    let register = SmallRegister(&generator)
    let run = try register.run(in: workshop.path + "/a")
    let path = workshop.path + "/in.csv"
    try Self.write([try Self.request(register.persons[0].id, 0, 0)], to: path)
    func exit(_ pipeline: Pipeline, approve: Bool = true, on day: CalendarDate = AnswerTests.day) throws
      -> Exit?
    {
      let desk = Desk(pipeline, for: .user())
      if approve { _ = try desk.approve("wallet-a", on: AnswerTests.day) }
      do throws(Stop) {
        _ = try desk.attest(
          AttestRequest(
            consumer: "wallet-a", requests: path, folder: workshop.path + "/out", day: day, now: Self.now))
        return nil
      } catch { return error.exit }
    }
    var policy = Self.policy()
    var pipeline = try Self.prepared(run, policy)
    #expect(try exit(pipeline, approve: false) == .dataRefused)
    #expect(try exit(pipeline, on: CalendarDate(iso: "2027-12-01") ?? .none) == .dataRefused)
    policy.perDay = 1
    pipeline = try Self.prepared(run, policy)
    #expect(try exit(pipeline) == nil)
    #expect(try exit(pipeline) == .dataRefused)
    // More than was approved.
    pipeline.consumers[0].release = [Release(.birthDate, .exact), Release(.fullName, .exact)]
    pipeline.consumers[0].perDay = nil
    #expect(try exit(pipeline, approve: false) == .dataRefused)
    // A wallet provider gets no answers, and another consumer no attestations.
    #expect(throws: Stop.self) {
      try Desk(pipeline, for: .user()).answer(
        AnswerRequest(
          consumer: "wallet-a", requests: path, day: AnswerTests.day, threads: 1, memoryBytes: 64 << 20))
    }
    pipeline.consumers[0].attests = false
    #expect(try exit(pipeline, approve: false) == .usage)
  }
}
