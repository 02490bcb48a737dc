// Who is in which package: each person in exactly one, and nobody in another's.

import Disk
import Foundation
import Record
import Testing

@testable import Publish

@Suite("Who gets whom")
struct RecipientTests {
  static func randomPolicy(_ random: inout SeededGenerator) -> PublishPolicy {
    var policy = PublishPolicy()
    policy.rules = (0..<Int.random(in: 1...5, using: &random)).map { i in
      let selection: PackageRule.Selection = [
        .all, .facility("01*"), .facility("?1???"), .facility("*"), .facility("79025"), .facility("*C*4"),
        .province("01"), .province("79"), .province("31"), .facility("a,*"),
      ].any(&random)
      let attributes = [Attribute.personalID] + Attribute.allCases.filter { _ in random.chance(50) }
      return PackageRule(
        selection, name: random.chance(30) ? "group-\(i)" : nil, formats: [.csv], attributes: attributes)
    }
    return policy
  }

  /// The package of a facility, by the words of the pipeline file and nothing of ours.
  static func slowRecipient(_ facility: String, _ policy: PublishPolicy) -> (
    name: String, attributes: [Attribute]
  )? {
    for rule in policy.rules {
      let isSelected =
        switch rule.selection {
        case .all: true
        case .province(let digits): facility.hasPrefix(digits)
        case .facility(let glob):
          !facility.isEmpty
            && facility.range(
              of: "^"
                + NSRegularExpression.escapedPattern(for: glob).replacing("\\*", with: ".*").replacing(
                  "\\?", with: ".") + "$", options: .regularExpression) != nil
        }
      guard isSelected else { continue }
      if let name = rule.name { return (name, rule.attributes) }
      let isFit =
        !facility.isEmpty
        && facility.utf8.allSatisfy { ($0 | 32 >= 97 && $0 | 32 <= 122) || (48...57).contains($0) }
      return isFit ? (facility, rule.attributes) : nil
    }
    return nil
  }

  @Test(
    "each person is in exactly the package of the first rule that selects the facility",
    arguments: UInt64(0)..<60)
  func exactlyOne(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let people = People(seed: seed, count: Int.random(in: 0...300, using: &random))
    let policy = Self.randomPolicy(&random)
    let workshop = try Workshop()
    let report = try people.publish(in: workshop, policy, threads: [1, 2, 8].any(&random))
    var expected: [String: [[String]]] = [:]
    for someone in people.all {
      guard let (name, attributes) = Self.slowRecipient(someone.serving.facility.text, policy) else {
        continue
      }
      expected[name, default: [attributes.map(\.name)]].append(attributes.map { someone.texts[$0.rawValue] })
    }
    var found: [String: [[String]]] = [:]
    for name in Folder.names(in: workshop.current) where name != "manifest.json" {
      found[name] = csvRows(
        try String(contentsOfFile: workshop.current + "/\(name)/data/people.csv", encoding: .utf8))
    }
    #expect(found == expected)
    let persons = expected.values.reduce(0) { $0 + $1.count - 1 }
    #expect(report.packages == expected.count)
    #expect(report.persons == persons)
    #expect(report.personsWithoutFacility + report.personsNotSelected == people.all.count - persons)
  }

  @Test("the packages don't depend on threads and memory, byte for byte", arguments: [1, 2, 8])
  func threads(width: Int) throws {
    let people = People(seed: 3, count: 2000)
    var policy = PublishPolicy()
    policy.rules = [
      PackageRule(.province("01"), name: "province-01", formats: PackageFormat.allCases),
      PackageRule(.all, formats: PackageFormat.allCases),
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
    policy.rules = [PackageRule(.all, formats: PackageFormat.allCases)]
    try People(seed: 1).publish(in: workshop, policy)
    #expect(Folder.names(in: workshop.packages) == ["current", "run-0007"])
    let all = try #require(FileManager.default.enumerator(atPath: workshop.packages + "/run-0007"))
    for case let name as String in all {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: workshop.packages + "/run-0007/" + name)
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      #expect((attributes[.posixPermissions] as? Int) == (isFolder ? 0o700 : 0o600), "\(name)")
    }
  }

  @Test("a name of a package never is a facility's code")
  func names() {
    for name in ["province-01", "a-b-c", "0-1"] { #expect(PackageRule.isName(name)) }
    for name in ["", "-", "01028", "a", "a-", "-a", "a--b", "A-b", "a/b-c", "..-a", "a-b.c", "đ-a"] {
      #expect(!PackageRule.isName(name), "\(name)")
    }
  }
}
