// Packages of facilities whose code another has replaced, and counts by facility.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Facilities with a new code")
struct FacilityTests {
  static func code(_ text: String) -> ShortCode { ShortCode(Array(text.utf8).span) ?? .none }

  /// 01028 becomes 01555 on 24 November, and 79025 on the 25th 79001, in another province than its digits say.
  static func table(on day: String) -> Facilities {
    Facilities(
      [
        Facility(
          code: code("01028"), name: "Cũ", successor: code("01555"),
          successorFrom: CalendarDate(packed: 2026_11_24)),
        Facility(code: code("01555"), name: "Mới"),
        Facility(
          code: code("79025"), successor: code("79001"), successorFrom: CalendarDate(packed: 2026_11_25)),
        Facility(code: code("79001"), province: ProvinceOfToday.of(1)),
        Facility(code: code("01001")), Facility(code: code("01C54")),
      ], on: CalendarDate(iso: day) ?? .none)
  }

  static func policy() -> PublishPolicy {
    var policy = PublishPolicy()
    policy.checkpointEvery = 7
    policy.rules = [
      PackageRule(.province2025(1), name: "ha-noi", isCopy: true), PackageRule(.facility("*")),
    ]
    return policy
  }

  static func rows(_ workshop: Workshop, _ package: String, _ file: String) throws -> [[String]] {
    let path = workshop.current + "/\(package)/data/\(file).csv"
    guard try Folder.exists(path) else { return [] }
    return Array(slowRows(try String(contentsOfFile: path, encoding: .utf8)).dropFirst())
  }

  static func kind(_ workshop: Workshop, _ package: String) throws -> String? {
    guard try Folder.exists(workshop.current + "/" + package) else { return nil }
    return try DeltaTests.info(workshop.current + "/" + package)["Cardlink-Kind"]
  }

  @Test("the new code's first package is full, the old one's last removes its people, then changes follow")
  func chain() throws {
    let workshop = try Workshop()
    var people = People(seed: 11, count: 300)
    for i in people.all.indices { people.all[i].others = [] }
    let all = people
    func publish(_ run: Int, _ day: String) throws -> PublishReport {
      let table = Self.table(on: day)
      return try all.publish(
        in: workshop, run: run, asOf: day, Self.policy(), facilities: table,
        reason: { _, facility in table.isRecoded(facility) ? .facilityRecoded : .registeredElsewhere })
    }
    let here = people.all.filter { $0.serving.facility.text == "01028" }.map(\.id.text)
    try #require(here.count > 5)
    _ = try publish(1, "2026-11-23")
    #expect(try Self.kind(workshop, "01028") == "full" && Self.kind(workshop, "01555") == nil)
    let haNoi = try Set(Self.rows(workshop, "ha-noi", "people").map { $0[0] })
    _ = try publish(2, "2026-11-24")
    #expect(try Self.kind(workshop, "01555") == "full" && Self.kind(workshop, "01028") == "delta")
    let arrived = try Self.rows(workshop, "01555", "people").map { $0[0] }
    #expect(Set(here) == Set(arrived))
    let removed = try Self.rows(workshop, "01028", "changes")
    #expect(removed.map { $0[2] } == here)
    #expect(removed.allSatisfy { $0[0] == "remove" && $0[1] == "facility_recoded" })
    // In the package for the province nothing has changed, and the people of 79025 come when its successor begins.
    #expect(try Self.rows(workshop, "ha-noi", "changes").isEmpty)
    _ = try publish(3, "2026-11-25")
    #expect(try Self.kind(workshop, "01555") == "delta" && Self.kind(workshop, "01028") == nil)
    #expect(try Self.rows(workshop, "01555", "changes").isEmpty)
    let came = people.all.filter { $0.serving.facility.text == "79025" }.map(\.id.text)
    #expect(try Set(came).isSubset(of: Self.rows(workshop, "ha-noi", "changes").map { $0[2] }))
    #expect(haNoi.isDisjoint(with: came))
  }

  @Test("codes that the table lacks, and replaced ones, are counted by facility", arguments: UInt64(0)..<10)
  func counts(seed: UInt64) throws {
    let workshop = try Workshop()
    let people = People(seed: seed, count: 300)
    let table = Self.table(on: "2026-11-24")
    let counts = try people.publish(
      in: workshop, asOf: "2026-11-24", Self.policy(), facilities: table, threads: Int(seed % 3) + 1
    ).facilities
    var (unknown, replaced): ([String: Int], [String: Int]) = ([:], [:])
    var (others, haNoi) = (0, 0)
    for code in people.all.map(\.serving.facility.text) where !code.isEmpty {
      switch code {
      case "01028":
        replaced[code, default: 0] += 1
        haNoi += 1
      case "01001", "01C54": haNoi += 1
      case "79025": break
      case "31313": unknown[code, default: 0] += 1
      case "79A1b", "79A1B": unknown["79A1B", default: 0] += 1
      default: others += 1
      }
    }
    #expect(Dictionary(uniqueKeysWithValues: counts.unknown.map { ($0.key.text, $0.value) }) == unknown)
    #expect(Dictionary(uniqueKeysWithValues: counts.replaced.map { ($0.key.text, $0.value) }) == replaced)
    #expect(counts.otherUnknown == others)
    #expect(counts.provinces["01"]?.values.reduce(0, +) == haNoi)
  }

  @Test("without a table nothing is unknown and no code replaced")
  func noTable() throws {
    let counts = try People(seed: 3).publish(in: Workshop(), Self.policy()).facilities
    #expect(counts.unknown.isEmpty && counts.replaced.isEmpty && counts.otherUnknown == 0)
  }
}
