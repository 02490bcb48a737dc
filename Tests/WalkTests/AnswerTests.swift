// Answers to consumers' requests: whole runs over random populations and policies, beside a slow, obvious answer.

import Files
import Foundation
import Package
import Publish
import Seal
import Support
import Testing
import Values

import struct Pipeline.Release

@testable import Desk
@testable import Pipeline
@testable import Workspace

/// A small register whose persons and cards a test can change.
struct SmallRegister {
  struct Person {
    var id: String
    var name: String
    var birthDate: String
    var isFemale: Bool
    var isActive = true
    var hasCard: Bool
    var facility: String
    var validTo: String
    var area: String
  }
  var persons: [Person] = []

  static let names = ["NGUYỄN VĂN AN", "TRẦN THỊ BÌNH", "LÊ HÒA", "PHẠM THÚY NGA"]
  static let dates = ["1990-03-05", "2008-11-29", "2008-12-01", "1975-01-31"]
  static let facilities = ["01001", "01028", "79501"]

  init(_ generator: inout SeededGenerator) {
    for i in 0..<40 {
      persons.append(
        Person(
          id: "0010900\(10_000 + i * 7)", name: Self.names.randomElement(using: &generator) ?? "",
          birthDate: Self.dates.randomElement(using: &generator) ?? "", isFemale: .random(using: &generator),
          isActive: Int.random(in: 0..<5, using: &generator) > 0,
          hasCard: Int.random(in: 0..<4, using: &generator) > 0,
          facility: Self.facilities.randomElement(using: &generator) ?? "",
          validTo: ["2026-12-31", "2026-06-30"].randomElement(using: &generator) ?? "",
          area: ["", "K1"].randomElement(using: &generator) ?? ""))
    }
  }

  /// Writes the exports, and runs the pipeline.
  func run(in folder: String) throws -> Pipeline {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func write(_ name: String, _ lines: [String]) throws {
      try (lines.joined(separator: "\n") + "\n").write(
        toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
    try write(
      "p.csv",
      ["A,B,C,D,E"]
        + persons.map {
          "\($0.id),\($0.name),\($0.birthDate),\($0.isFemale ? "2" : "1"),\($0.isActive ? "1" : "2")"
        })
    try write(
      "i.csv",
      ["N,A,B,C,D,F,V,W,K"]
        + persons.filter(\.hasCard).map {
          "\($0.id),\($0.id),\($0.name),\($0.birthDate),\($0.isFemale ? "2" : "1"),\($0.facility),2026-01-01,\($0.validTo),\($0.area)"
        })
    try """
    name: answers
    workspace: var
    exports:
      population:
        format: csv
        files: [p.csv]
        fields: { personal_id: A, full_name: B, birth_date: C, sex: D, status: E }
        values: { sex: { "1": male, "2": female }, status: { "1": active, "2": dead } }
        dates: [yyyy-MM-dd]
      insurance:
        format: csv
        files: [i.csv]
        fields:
          { insurance_number: N, personal_id: A, full_name: B, birth_date: C, sex: D, facility_code: F, valid_from: V, valid_to: W, area_code: K }
        values: { sex: { "1": male, "2": female } }
        dates: [yyyy-MM-dd]
    store: { sqlite: s.sqlite }
    """.write(toFile: folder + "/pipeline.yaml", atomically: true, encoding: .utf8)
    let pipeline = try Pipeline(file: folder + "/pipeline.yaml")
    _ = try WalkTests.walk(pipeline)
    return pipeline
  }
}

@Suite("Answers to consumers")
struct AnswerTests {
  static let day = CalendarDate(iso: "2026-11-29") ?? .none

  /// One request, as the consumer writes it.
  struct Request {
    var id: String
    var name: String
    var birthDate: String
    var isFemale: Bool
    var reference: String
    var consent: String
  }

  static func policy(_ release: [Release]) -> ConsumerPolicy {
    var policy = ConsumerPolicy()
    (policy.name, policy.purpose, policy.purposeVietnamese) = ("bank-a", "Verify", "Xác minh")
    (policy.basis, policy.until, policy.retentionDays) = (
      "Circular", CalendarDate(iso: "2027-11-30") ?? .none, 30
    )
    policy.release = release.sorted()
    for (i, field) in ["personal_id", "full_name", "birth_date", "sex", "reference", "consent"].enumerated() {
      policy.requests.fields[field] = .column(["So", "Ten", "Ngay", "Gioi", "Ma", "ChapThuan"][i])
      policy.requests.fieldOrder[field] = i
    }
    policy.requests.sexCodes = [.init(code: "1", value: "male"), .init(code: "2", value: "female")]
    policy.requests.dates = ["yyyy-MM-dd"]
    return policy
  }

  static func random(_ generator: inout SeededGenerator) -> ConsumerPolicy {
    var release: Set<Release> = [Release(.fullName, .agrees)]
    for attribute in ReleasedAttribute.allCases {
      for form in attribute.forms where Int.random(in: 0..<3, using: &generator) == 0 {
        release.insert(Release(attribute, form))
      }
    }
    // Half of the policies tell nothing of a card.
    if Bool.random(using: &generator) { release = release.filter { !$0.attribute.isOfCard } }
    var policy = policy(Array(release))
    policy.hidesAbsence = .random(using: &generator)
    policy.needsConsent = .random(using: &generator)
    if Int.random(in: 0..<3, using: &generator) == 0 { policy.persons = [.facility("01*")] }
    if Bool.random(using: &generator) { policy.perPersonPerDay = 2 }
    policy.identifier = ConsumerIdentifier.allCases.randomElement(using: &generator) ?? .none
    policy.formats = [.csv, .xml]
    return policy
  }

  static func requests(_ register: SmallRegister, _ generator: inout SeededGenerator) -> [Request] {
    (0..<80).map { i in
      let person = register.persons.randomElement(using: &generator) ?? register.persons[0]
      func sometimes(_ other: String, _ own: String) -> String {
        Int.random(in: 0..<5, using: &generator) == 0 ? other : own
      }
      return Request(
        id: sometimes(["001090099999", "12345"].randomElement(using: &generator) ?? "", person.id),
        name: sometimes(SmallRegister.names.randomElement(using: &generator) ?? "", person.name),
        birthDate: sometimes(SmallRegister.dates.randomElement(using: &generator) ?? "", person.birthDate),
        isFemale: Int.random(in: 0..<5, using: &generator) == 0 ? !person.isFemale : person.isFemale,
        reference: ["r\(i)", "a,\"\(i)"].randomElement(using: &generator) ?? "",
        consent: sometimes("", "c\(i)"))
    }
  }

  static func write(_ requests: [Request], to path: String) throws {
    let lines = requests.map {
      csvLine([$0.id, $0.name, $0.birthDate, $0.isFemale ? "2" : "1", $0.reference, $0.consent])
    }
    try (["So,Ten,Ngay,Gioi,Ma,ChapThuan"] + lines).joined(separator: "\n").appending("\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  /// Approves the policy, answers, and returns the text of the answers.
  static func answer(
    _ pipeline: Pipeline, _ policy: ConsumerPolicy, _ requests: String, threads: Int = 2
  ) throws -> (report: AnswerReport, csv: String, xml: String) {
    var pipeline = pipeline
    pipeline.consumers = [policy]
    let desk = Desk(pipeline, for: .user())
    _ = try desk.approve(policy.name, on: day)
    let report = try desk.answer(
      AnswerRequest(
        consumer: policy.name, requests: requests, folder: pipeline.workspace + "/out", day: day,
        threads: threads, memoryBytes: 256 << 20))
    func text(_ format: String) -> String {
      (try? String(contentsOfFile: report.path + "/data/answers." + format, encoding: .utf8)) ?? ""
    }
    return (report, text("csv"), text("xml"))
  }

  // MARK: The slow answer

  static func expected(_ requests: [Request], _ register: SmallRegister, _ policy: ConsumerPolicy) -> [String]
  {
    var asked: [String: Int] = [:]
    func pseudonym(_ id: String) -> String {
      guard let id = try? PersonalID(id.utf8.span), let file = policy.keyFile else { return "none" }
      return (try? PairwiseKey(file: file, consumer: policy.name))?.pseudonym(of: id) ?? "none"
    }
    return requests.enumerated().map { i, request in
      let start = ["\(i + 2)", request.reference]
      func cells(_ code: String, _ value: (String) -> String) -> String {
        csvLine(start + [code] + policy.columns.map(value))
      }
      guard request.id.count == 12 else { return cells("malformed") { _ in "" } }
      asked[request.id, default: 0] += 1
      if policy.needsConsent, request.consent.isEmpty { return cells("consent_missing") { _ in "" } }
      if asked[request.id] ?? 0 > policy.perPersonPerDay ?? .max { return cells("limit_reached") { _ in "" } }
      let person = register.persons.first { $0.id == request.id }
      let isLinked = person.map { $0.isActive && $0.hasCard } ?? false
      let isInScope = policy.persons.isEmpty || isLinked && person?.facility.hasPrefix("01") == true
      guard let person, isInScope else {
        return cells(policy.hidesAbsence ? "not_confirmed" : "number_unknown") { _ in "" }
      }
      guard person.isActive else {
        return cells(policy.hidesAbsence ? "not_confirmed" : "not_active") { _ in "" }
      }
      let same: [ReleasedAttribute: Bool] = [
        .fullName: person.name == request.name, .birthDate: person.birthDate == request.birthDate,
        .sex: person.isFemale == request.isFemale,
      ]
      func differs(_ attribute: ReleasedAttribute) -> Bool {
        policy.compares(attribute) && same[attribute] == false
      }
      let code =
        differs(.fullName)
        ? "name_differs"
        : differs(.birthDate) ? "birth_date_differs" : differs(.sex) ? "sex_differs" : "agreed"
      return cells(code) { column in
        switch column {
        case "full_name_agrees": return differs(.fullName) ? "no" : "yes"
        case "birth_date_agrees": return differs(.birthDate) ? "no" : "yes"
        case "sex_agrees": return differs(.sex) ? "no" : "yes"
        case _ where code != "agreed": return ""
        case "personal_id": return person.id
        case "pseudonym": return pseudonym(person.id)
        case "full_name": return person.name
        case "birth_date": return person.birthDate
        case "birth_date_year": return String(person.birthDate.prefix(4))
        case "birth_date_over_18": return person.birthDate <= "2008-11-29" ? "yes" : "no"
        case "sex": return person.isFemale ? "female" : "male"
        case "card_status_valid_on_day": return isLinked && person.validTo >= "2026-11-29" ? "yes" : "no"
        case _ where !isLinked: return ""
        case "insurance_number": return person.id
        case "facility_code": return person.facility
        case "valid_from": return "2026-01-01"
        case "valid_from_year", "valid_to_year": return "2026"
        case "valid_to": return person.validTo
        case "area_code": return person.area
        default: return ""
        }
      }
    }
  }

  /// Another register that agrees with this one in all that the policy releases.
  static func otherwise(
    _ register: SmallRegister, _ policy: ConsumerPolicy, _ generator: inout SeededGenerator
  ) -> SmallRegister {
    let released = Set(policy.release.map(\.attribute))
    var other = register
    for i in other.persons.indices {
      if !released.contains(.sex) { other.persons[i].isFemale = .random(using: &generator) }
      if !released.contains(.birthDate) {
        other.persons[i].birthDate = SmallRegister.dates.randomElement(using: &generator) ?? ""
      }
      if !released.contains(.areaCode) {
        other.persons[i].area = ["", "K2"].randomElement(using: &generator) ?? ""
      }
      guard !policy.needsCards else { continue }
      other.persons[i].hasCard = .random(using: &generator)
      other.persons[i].facility = SmallRegister.facilities.randomElement(using: &generator) ?? ""
      other.persons[i].validTo = ["2026-12-31", "2026-06-30"].randomElement(using: &generator) ?? ""
    }
    func isOutside(_ person: SmallRegister.Person) -> Bool {
      !policy.persons.isEmpty && !(person.isActive && person.hasCard && person.facility.hasPrefix("01"))
    }
    other.persons.removeAll { person in
      isOutside(person) && Bool.random(using: &generator)
        || policy.hidesAbsence && !person.isActive && Bool.random(using: &generator)
    }
    return other
  }

  @Test("each request gets the slow answer, and nothing that the policy does not release", arguments: 0..<12)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(900 + seed)
    let workshop = try Workshop()
    let register = SmallRegister(&generator)
    var policy = Self.random(&generator)
    if policy.identifier == .pairwise {
      policy.keyFile = workshop.path + "/pairwise.key"
      try newPairwiseKey(at: workshop.path + "/pairwise.key")
    }
    let requests = Self.requests(register, &generator)
    let path = workshop.path + "/requests.csv"
    try Self.write(requests, to: path)
    let pipeline = try register.run(in: workshop.path + "/a")
    let answered = try Self.answer(pipeline, policy, path)
    let header = (["line", "reference", "result"] + policy.columns).joined(separator: ",")
    let expected = [header] + Self.expected(requests, register, policy)
    #expect(answered.csv == expected.joined(separator: "\n") + "\n", "\(policy)")
    #expect(answered.report.requests == requests.count)
    if policy.identifier == .pairwise {
      let numbers = register.persons.map(\.id).filter { answered.csv.contains($0) }
      #expect(numbers.isEmpty || policy.release.contains(Release(.insuranceNumber, .exact)), "\(policy)")
    }
    // Persons who agree in what the policy releases get the same bytes, whatever else is true of them.
    let other = try Self.otherwise(register, policy, &generator).run(in: workshop.path + "/b")
    let second = try Self.answer(other, policy, path, threads: 1)
    #expect(second.csv == answered.csv && second.xml == answered.xml, "\(policy)")
    #expect(
      try verifyPackage(
        answered.report.path, key: nil, after: nil, state: nil, identity: nil, on: Self.day
      ).faults == [])
  }

  @Test("nothing leaves without approval, beyond its days or its number of requests, and wider terms wait")
  func gates() throws {
    var generator = SeededGenerator(5)
    let workshop = try Workshop()
    let register = SmallRegister(&generator)
    let path = workshop.path + "/requests.csv"
    try Self.write(Self.requests(register, &generator), to: path)
    var pipeline = try register.run(in: workshop.path + "/a")
    var policy = Self.policy([Release(.fullName, .agrees), Release(.birthDate, .agrees)])
    func answer(on day: String = "2026-11-29") throws {
      pipeline.consumers = [policy]
      _ = try Desk(pipeline, for: .user()).answer(
        AnswerRequest(
          consumer: "bank-a", requests: path, folder: workshop.path + "/out",
          day: CalendarDate(iso: day) ?? .none,
          threads: 1, memoryBytes: 64 << 20))
    }
    func refusal(_ body: () throws -> Void) -> Exit? {
      do { try body() } catch { return (error as? Stop)?.exit }
      return nil
    }
    func approve() throws {
      pipeline.consumers = [policy]
      _ = try Desk(pipeline, for: .user()).approve("bank-a", on: Self.day)
    }
    #expect(refusal { try answer() } == .dataRefused)
    try approve()
    try answer()
    #expect(refusal { try answer(on: "2027-12-01") } == .dataRefused)
    policy.perDay = 100
    #expect(refusal { try answer() } == .dataRefused, "160 requests on one day")
    try answer(on: "2026-11-30")
    policy.perDay = 200
    #expect(refusal { try answer(on: "2026-12-02") } == .dataRefused, "answers were given under 100 a day")
    policy.perDay = 100
    policy.release.append(Release(.sex, .agrees))
    #expect(refusal { try answer(on: "2026-12-02") } == .dataRefused)
    try approve()
    try answer(on: "2026-12-02")
    policy.release.removeAll { $0.attribute == .sex }
    try answer(on: "2026-12-03")
    let names = try Folder.names(in: workshop.path + "/out").sorted()
    #expect(names == ["bank-a-0001", "bank-a-0002", "bank-a-0003", "bank-a-0004"])
    let events = try Audit(pipeline.workspace).reading().lines.map(\.event)
    #expect(events.count { $0 == "answered" } == 4 && events.count { $0 == "policy_approved" } == 2)
    let log = try String(contentsOfFile: Audit(pipeline.workspace).path, encoding: .utf8)
    #expect(!register.persons.contains { log.contains($0.id) || log.contains($0.name) })
  }

  @Test("a number that is asked about again with other data is reported, over all files of a day")
  func probing() throws {
    var generator = SeededGenerator(6)
    let workshop = try Workshop()
    let register = SmallRegister(&generator)
    let person = register.persons[0]
    let pipeline = try register.run(in: workshop.path + "/a")
    var policy = Self.policy([Release(.fullName, .agrees)])
    policy.perPersonPerDay = 3
    let path = workshop.path + "/requests.csv"
    func ask(_ names: [String]) throws -> (AnswerReport, String) {
      try Self.write(
        names.map {
          Request(
            id: person.id, name: $0, birthDate: person.birthDate, isFemale: person.isFemale, reference: "r",
            consent: "")
        }, to: path)
      let answered = try Self.answer(pipeline, policy, path)
      return (answered.report, answered.csv)
    }
    #expect(try ask([person.name, person.name]).0.probed == 0)
    let (second, text) = try ask(["NGUYỄN VĂN KHÁC", person.name])
    #expect(second.probed == 1 && second.counts[.limitReached] == 1)
    #expect(text.hasSuffix("3,r,limit_reached,\n"))
  }
}
