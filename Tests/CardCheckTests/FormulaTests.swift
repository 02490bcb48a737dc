// Fields that a spreadsheet would run as formulas, in CSV that people open.

import Files
import Testing

@Suite("Formulas in CSV for people")
struct FormulaTests {
  static let formulas = [
    "=1+1", "=HYPERLINK(\"x\")", "@SUM(A1)", "+cmd|' /C calc'!A0", "-1+1", "-A1", "\t=1", "\r=1", "+1-2",
    "=\"a\"",
  ]
  static let plain = [
    "", "-", "+", "=", "-12", "+84901234567", "-0.5", "NGUYỄN VĂN A", "'", "'A", "01028", "A=B",
  ]

  @Test("a formula gets an apostrophe and loses it again", arguments: formulas)
  func formula(field: String) {
    #expect(Formula.asText(field) == "'" + field)
    #expect(Formula.asWritten("'" + field) == field)
    #expect(
      csvLine(forPeople: ["a", field]).hasPrefix("a,\"'")
        || csvLine(forPeople: ["a", field]) == "a,'" + field)
  }

  @Test("anything else stays as it is", arguments: plain)
  func other(field: String) {
    #expect(Formula.asText(field) == field)
    #expect(Formula.asWritten(field) == field)
  }
}
