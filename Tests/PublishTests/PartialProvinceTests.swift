// Rules that select a part of a province of today.

import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Parts of provinces of today")
struct PartialProvinceTests {
  static func partial(_ selections: [PackageRule.Selection]) -> [PartialProvince] {
    var policy = PublishPolicy()
    policy.rules = selections.map { PackageRule($0) }
    return policy.partialProvinces
  }

  @Test("a former province that was merged is a part, by province and by pattern")
  func part() throws {
    for (selection, text) in [
      (PackageRule.Selection.province("79"), "province: \"79\""), (.facility("79*"), "facility: \"79*\""),
      (.facility("79???"), "facility: \"79???\""),
    ] {
      let found = try #require(Self.partial([.all, selection]).first)
      #expect(found.rule == 2 && found.selection == text)
      #expect(found.today.code == 79 && found.missing == [74, 77])
      #expect(
        found.text.english
          == "rule 2 of publish.packages, \(text), covers a part of today's 79 Thành phố Hồ Chí Minh; it leaves "
          + "out the former 74 Bình Dương, 77 Bà Rịa - Vũng Tàu")
    }
  }

  @Test(
    "a whole province, a single facility and no province are no parts",
    arguments: [
      [.all], [.province("01")], [.province2025(79)], [.facility("79024")], [.facility("7*")],
      [.province("97")], [.facility("*")], [.facility("79?2*")],
      [.province("79"), .province("74"), .facility("77*")],
    ] as [[PackageRule.Selection]])
  func whole(selections: [PackageRule.Selection]) { #expect(Self.partial(selections) == []) }

  @Test("only the former provinces that no rule names are missing")
  func some() {
    #expect(Self.partial([.province("79"), .province("74")]).map(\.missing) == [[77], [77]])
    #expect(Self.partial([.province("27"), .province("79")]).map(\.today.code) == [24, 79])
  }
}
