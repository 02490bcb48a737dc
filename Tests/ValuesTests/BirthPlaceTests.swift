import Testing
import Values

@Suite("Places of birth registration")
struct BirthPlaceTests {
  @Test("there are 63 provinces and three places that are none, each with a code and a name of its own")
  func all() {
    #expect(BirthPlace.all.count == 66)
    #expect(Set(BirthPlace.all.map(\.code)).count == 66)
    #expect(Set(BirthPlace.all.map(\.name.vietnamese)).count == 66)
    for place in BirthPlace.all {
      #expect((0..<BirthPlace.count).contains(place.index))
    }
    #expect(!BirthPlace.all.contains { $0.code == "003" })
  }

  @Test(
    "a number is counted where it was issued",
    arguments: [
      (79_205_000_123, "079"), (1_090_000_123, "001"), (101_090_000_123, "abroad"),
      (3_090_000_123, "unknown"),
      (100_090_000_123, "unknown"), (999_090_000_123, "unknown"),
    ] as [(UInt64, String)])
  func code(number: UInt64, code: String) {
    #expect(BirthPlace(PersonalID(packed: number)).code == code)
    #expect(BirthPlace(LinkKey.personal(PersonalID(packed: number))).code == code)
  }

  @Test("a record without a personal ID number has no place")
  func none() {
    #expect(BirthPlace(.missing) == .noNumber)
    #expect(BirthPlace(.invalid) == .noNumber)
    #expect(BirthPlace(.legacy(LegacyID(packed: 79_205_000))) == .noNumber)
  }
}
