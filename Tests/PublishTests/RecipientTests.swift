// The packages of each person: those that the rules name, and no other.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Who gets whom")
struct RecipientTests {
  static func randomPolicy(_ random: inout SeededGenerator) -> PublishPolicy {
    var policy = PublishPolicy()
    policy.rules = (0..<Int.random(in: 1...5, using: &random)).map { i in
      let selection: PackageRule.Selection = [
        .all, .facility("01*"), .facility("?1???"), .facility("*"), .facility("79025"), .facility("*C*4"),
        .province("01"), .province("79"), .province("31"), .facility("a,*"), .province2025(1),
        .province2025(79), .province2025(31),
      ].any(&random)
      let attributes = [Attribute.personalID] + Attribute.allCases.filter { _ in random.chance(50) }
      let isCopy = random.chance(30)
      return PackageRule(
        selection, name: isCopy || random.chance(30) ? "group-\(i)" : nil, isCopy: isCopy, formats: [.csv],
        attributes: attributes)
    }
    return policy
  }

  /// The packages of a person: those of the facility on the serving card, and those of the facilities on cards that will
  /// serve while they may be used, if they show when cards serve.
  static func slowRecipients(_ someone: Someone, _ policy: PublishPolicy) -> [(
    name: String, attributes: [Attribute]
  )] {
    var packages = slowRecipients(someone.serving.facility.text, policy)
    for facility in someone.facilities(from: People.asOf, days: 3) {
      for later in slowRecipients(facility, policy)
      where later.attributes.contains(.validFrom) && later.attributes.contains(.validTo)
        && !packages.contains(where: { $0.name == later.name })
      {
        packages.append(later)
      }
    }
    return packages
  }

  /// The packages of a facility's people, by the pipeline file's rules without the product's code.
  static func slowRecipients(_ code: String, _ policy: PublishPolicy) -> [(
    name: String, attributes: [Attribute]
  )] {
    let facility = code.uppercased()
    var packages: [(name: String, attributes: [Attribute])] = []
    for rule in policy.rules {
      let isSelected =
        switch rule.selection {
        case .all: true
        case .province(let digits): facility.hasPrefix(digits)
        case .province2025(let code):
          ["01": 1, "79": 79, "74": 79, "77": 79, "31": 31, "30": 31][String(facility.prefix(2))] == code
        case .facility(let glob):
          !facility.isEmpty
            && facility.range(
              of: "^"
                + NSRegularExpression.escapedPattern(for: glob.uppercased()).replacing("\\*", with: ".*")
                .replacing(
                  "\\?", with: ".") + "$", options: .regularExpression) != nil
        }
      guard isSelected else { continue }
      if let name = rule.name {
        packages.append((name, rule.attributes))
        if rule.isCopy { continue }
        break
      }
      let isFit =
        !facility.isEmpty
        && facility.utf8.allSatisfy { ($0 | 32 >= 97 && $0 | 32 <= 122) || (48...57).contains($0) }
      if isFit, !["CON", "COM1"].contains(facility) { packages.append((facility, rule.attributes)) }
      break
    }
    return packages
  }

  @Test(
    "each person is in the packages that the rules name, and in no other",
    arguments: UInt64(0)..<60)
  func exactlyOne(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let people = People(seed: seed, count: Int.random(in: 0...300, using: &random))
    let policy = Self.randomPolicy(&random)
    let workshop = try Workshop()
    let report = try people.publish(in: workshop, policy, threads: [1, 2, 8].any(&random))
    var expected: [String: [[String]]] = [:]
    var (persons, copies) = (0, 0)
    for someone in people.all {
      let packages = Self.slowRecipients(someone, policy)
      for (name, attributes) in packages {
        expected[name, default: [attributes.map(\.name)]].append(
          attributes.map { someone.texts[$0.rawValue] })
      }
      guard !packages.isEmpty else { continue }
      persons += 1
      copies += packages.count - 1
    }
    var found: [String: [[String]]] = [:]
    for name in try Folder.names(in: workshop.current) where name != "manifest.json" {
      found[name] = slowRows(
        try String(contentsOfFile: workshop.current + "/\(name)/data/people.csv", encoding: .utf8))
    }
    #expect(found == expected)
    #expect(report.packages == expected.count)
    #expect(report.persons == persons)
    #expect(report.copies == copies)
    #expect(report.personsWithoutFacility + report.personsNotSelected == people.all.count - persons)
    var provinces: [String: [String: Int]] = [:]
    for someone in people.all {
      let digits = String(someone.serving.facility.text.prefix(2))
      let today = ["01": "01", "31": "31", "79": "79"][digits]
      provinces[today ?? "none", default: [:]][today == nil ? "none" : digits, default: 0] += 1
    }
    #expect(report.facilities.provinces == provinces)
  }

  @Test("a province's copy takes nobody out of a facility's package")
  func provinceCopy() throws {
    let people = People(seed: 5)
    var policy = PublishPolicy()
    let (plain, copied) = (try Workshop(), try Workshop())
    policy.rules = [PackageRule(.facility("*"))]
    try people.publish(in: plain, policy)
    policy.rules = [
      PackageRule(.province("01"), name: "province-01", isCopy: true),
      PackageRule(.all, name: "all-people", isCopy: true), PackageRule(.facility("*")),
    ]
    try people.publish(in: copied, policy)
    var found = try contents(of: copied.current)
    func persons(_ name: String) -> Int {
      slowRows(String(decoding: found["/\(name)/data/people.csv"] ?? Data(), as: UTF8.self)).count - 1
    }
    #expect(persons("all-people") == people.all.count)
    #expect(
      persons("province-01")
        == people.all.count { someone in
          (someone.facilities(from: People.asOf, days: 3) + [someone.serving.facility.text])
            .contains { $0.hasPrefix("01") }
        })
    found = found.filter { !$0.key.hasPrefix("/all-people") && !$0.key.hasPrefix("/province-01") }
    found["/manifest.json"] = nil
    var before = try contents(of: plain.current)
    before["/manifest.json"] = nil
    #expect(found == before)
  }

  @Test("thousands of recipients and their copies are written side by side")
  func manyRecipients() throws {
    var people = People(seed: 1, count: 9000)
    for i in people.all.indices {
      people.all[i].serving.facility = ShortCode(Array(padded(UInt64(i % 3000), to: 5).utf8).span) ?? .none
      people.all[i].others = []
    }
    var policy = PublishPolicy()
    policy.rules = [
      PackageRule(.all, name: "all-people", isCopy: true),
      PackageRule(.facility("*"), formats: [.csv, .xml]),
    ]
    let workshop = try Workshop()
    let report = try people.publish(in: workshop, policy, threads: 8, memoryBytes: 4 << 20)
    #expect(report.packages == 3001 && report.copies == 9000)
    for name in ["00000", "01234", "02999"] {
      #expect(
        slowRows(try String(contentsOfFile: workshop.current + "/\(name)/data/people.csv", encoding: .utf8))
          .count == 4)
    }
  }

  @Test("the packages don't depend on threads and memory, byte for byte", arguments: [1, 2, 8])
  func threads(width: Int) throws {
    let people = People(seed: 3, count: 2000)
    var policy = PublishPolicy()
    policy.rules = [
      PackageRule(.province("01"), name: "province-01", formats: PackageFormat.ofTables),
      PackageRule(.all, formats: PackageFormat.ofTables),
    ]
    let (one, other) = (try Workshop(), try Workshop())
    try people.publish(in: one, policy, threads: 1, memoryBytes: 64 << 20)
    try people.publish(in: other, policy, threads: width, memoryBytes: 16 << 10)
    #expect(try contents(of: one.current) == contents(of: other.current))
  }

  @Test("files are for their owner alone, and nothing but the packages is left")
  func modes() throws {
    let workshop = try Workshop()
    var policy = PublishPolicy()
    policy.rules = [PackageRule(.all, formats: PackageFormat.ofTables)]
    try People(seed: 1).publish(in: workshop, policy)
    #expect(try Folder.names(in: workshop.packages) == ["current", "run-0007"])
    let all = try #require(FileManager.default.enumerator(atPath: workshop.packages + "/run-0007"))
    for case let name as String in all {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: workshop.packages + "/run-0007/" + name)
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      #expect((attributes[.posixPermissions] as? Int) == (isFolder ? 0o700 : 0o600), "\(name)")
    }
  }
}
