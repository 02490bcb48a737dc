import Extract
import Testing
import Values

@Suite struct ExplanationTests {
  @Test("every word is explained in two languages, with what to do", arguments: Reason.allCases)
  func explained(reason: Reason) {
    let text = explanation(of: reason)
    for sentence in [text.english, text.vietnamese, text.remedy] { #expect(sentence.count > 10) }
    #expect(text.remedy.hasSuffix(".") || text.remedy.contains(": cardlink "))
    #expect(vietnameseRemedy(text.remedy) != nil, "\(text.remedy)")
  }

  @Test("no two words have one explanation")
  func different() {
    #expect(Set(Reason.allCases.map { explanation(of: $0).english }).count == Reason.allCases.count)
    #expect(Set(Reason.allCases.map { explanation(of: $0).vietnamese }).count == Reason.allCases.count)
  }

  @Test("a reason names the column that the pipeline file maps")
  func column() {
    let named = rules(.population) { $0.columnNames = [.sex: "GioiTinh"] }
    #expect(named.column(of: .sexCode) == "GioiTinh")
    #expect(named.column(of: .fieldCount) == nil)
  }
}
