// The groups of the armed forces.

import Testing
import Values

@Suite("Armed forces")
struct ArmedForcesTests {
  private static func letters(_ code: String) -> UInt16 { code.utf8.reduce(0) { $0 << 8 | UInt16($1) } }

  @Test(
    "a known group is managed by a ministry, and only some are sent without numbers",
    arguments: [
      ("QN", true, true), ("CA", true, true), ("CY", true, true), ("HC", true, false), ("LS", true, false),
      ("XK", true, false), ("DN", false, false), ("TQ", false, false), ("XX", false, false),
    ])
  func known(code: String, isManaged: Bool, lacksNumbers: Bool) {
    let groups = ArmedForces()
    #expect(groups.contains(Self.letters(code)) == isManaged)
    #expect(groups.lackNumbers(Self.letters(code)) == lacksNumbers)
    #expect(!groups.contains(0) && !groups.lackNumbers(0), "no card number")
  }

  @Test("groups are added, and a known one may become one that is sent without numbers")
  func added() {
    let groups = ArmedForces(adding: ["XX", "HC", "QN"])
    #expect(groups.withoutNumbers.map(\.code) == ["QN", "CA", "CY", "HC", "XX"])
    #expect(groups.groups.count == ArmedForces.known.count + 1)
    #expect(groups.contains(Self.letters("XX")) && groups.lackNumbers(Self.letters("HC")))
    #expect(groups.withoutNumbers.allSatisfy { !$0.title.vietnamese.isEmpty })
  }
}
