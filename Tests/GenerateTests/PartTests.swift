// Permutations, days and names, on which the generated truth depends.

import Testing

@testable import Generate

@Test("a permutation is one to one and leads back", arguments: [1, 2, 3, 10, 97, 1000, 1024, 4099])
func permutation(size: Int) {
  let order = Permutation(size: size, seed: UInt64(size))
  let places = (0..<size).map(order.place(of:))
  #expect(Set(places) == Set(0..<size))
  #expect(places.map(order.number(at:)) == Array(0..<size))
}

@Test(
  "people who share the six last digits of their numbers differ in the rest",
  arguments: [49_000_000, GeneratorOptions.largestPeople])
func personalNumbers(count: Int) {
  let numbers = Numbers(seed: 1, asOfYear: 2026, people: count)
  for last in stride(from: 0, to: 1_000_000, by: 9973) {
    let people = stride(from: last, to: count, by: 1_000_000)
    #expect(Set(people.map { numbers.personal($0).packed }).count == people.underestimatedCount)
    #expect(Set(people.map { numbers.newborn($0).packed }).count == people.underestimatedCount)
  }
}

@Test(
  "no two insurance numbers are the same, first or second",
  arguments: [49_000_000, GeneratorOptions.largestPeople])
func insuranceNumbers(count: Int) {
  let numbers = Numbers(seed: 1, asOfYear: 2026, people: count)
  let people = stride(from: 0, to: count, by: 9973)
  let drawn = people.flatMap { index in
    [false, true].map { numbers.insuranceNumber(index, residence: 79, second: $0) }
  }
  #expect(Set(drawn).count == 2 * people.underestimatedCount)
  #expect(drawn.allSatisfy { $0 < 10_000_000_000 })
}

@Test("the other given name differs from each of the person's sex, even bare and with Y read as I")
func givenNames() {
  func folded(_ words: [StaticString]) -> [String] {
    words.map { NameForms.replacing("Y", with: "I", in: NameForms.bare("\($0)")) }
  }
  let (male, female) = (folded(Names.maleGivens), folded(Names.femaleGivens))
  #expect(Set(male).isDisjoint(with: female))
  #expect(Set(male + female).isDisjoint(with: folded(Names.families.map(\.word))))
}

@Test("pairs of spellings agree, or don't, as their kind says")
func spellings() {
  for (old, new) in Names.tonePlaces {
    #expect(NameForms.bare("\(old)") == NameForms.bare("\(new)"))
    #expect("\(old)" != "\(new)")
  }
  for (a, b) in Names.iAndY + Names.surnames { #expect(NameForms.bare("\(a)") != NameForms.bare("\(b)")) }
  for (family, _) in Names.surnames { #expect(Names.families.contains { "\($0.word)" == "\(family)" }) }
}

@Test("a decomposed name is canonically the same, and longer")
func decomposition() {
  let name = "NGUYỄN VĂN ƯỢC ĐẬU"
  #expect(NameForms.decomposed(name) == name)
  #expect(NameForms.decomposed(name).unicodeScalars.count == name.unicodeScalars.count + 8)
  #expect(NameForms.bare(name) == "NGUYEN VAN UOC DAU")
}

@Test("each kind of trouble but none has a rate, a group and records that end so")
func kinds() {
  for trouble in Trouble.allCases.dropFirst() {
    #expect(trouble.facts.defaultRate > 0 && trouble.facts.group != "none", "\(trouble)")
  }
}
