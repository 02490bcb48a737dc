import Values
import Testing

@Suite struct ReasonTextTests {
  @Test("every reason has its meaning and its remedy in both languages", arguments: Reason.allCases)
  func reason(reason: Reason) {
    for text in [reason.meaning, reason.remedy] {
      #expect(text.english.count > 10 && text.vietnamese.count > 10 && text.english != text.vietnamese)
    }
    for remedy in [reason.remedy.english, reason.remedy.vietnamese] {
      #expect(remedy.hasSuffix(".") || remedy.contains(": cardlink "), "\(remedy)")
    }
  }

  @Test("every outcome has its title, meaning and remedy in both languages", arguments: Outcome.allCases)
  func outcome(outcome: Outcome) {
    for text in [outcome.title, outcome.meaning, outcome.remedy] {
      #expect(text.vietnamese.count > 5 && text.english.count > 5 && text.vietnamese != text.english)
    }
  }

  @Test("no two reasons have the same meaning")
  func different() {
    #expect(Set(Reason.allCases.map(\.meaning.english)).count == Reason.allCases.count)
    #expect(Set(Reason.allCases.map(\.meaning.vietnamese)).count == Reason.allCases.count)
  }

  @Test("a reason is read from its word with or without the code found")
  func shown() {
    #expect(Reason(shown: "sex_code=7") == .sexCode && Reason(shown: "name") == .name)
    #expect(Reason(shown: "names") == nil)
  }
}
