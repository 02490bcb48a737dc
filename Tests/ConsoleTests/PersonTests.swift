// Persons: found by their numbers and by name and birth date, shown to those who may, and named in the audit log.

import Foundation
import Testing
import Values
import Workspace
@testable import Console
@testable import Desk

@Suite("Persons at the console", .serialized)
struct PersonTests {
  /// A person with a card, as the store has it.
  private func anyone(_ sample: SampleSite) throws -> (
    id: String, name: String, birthDate: String, card: String
  ) {
    let desk = Desk(sample.pipeline, for: Actor(name: "test", door: .console))
    var ids: [PersonalID] = []
    try desk.findings(outcome: .disputed).forEach { finding in
      if let id = finding.personalID.flatMap({ try? PersonalID($0.utf8.span) }) { ids.append(id) }
    }
    var found: (id: String, name: String, birthDate: String, card: String)?
    for id in ids where found == nil {
      let person = try desk.explain(id)
      guard let one = person.population.first, one.record.birthDate.precision == .day,
        let record = person.judgements.first?.record.record
      else { continue }
      found = (id.text, one.name, one.record.birthDate.text, record.insuranceNumber.text)
    }
    return try #require(found)
  }

  @Test("a person is found by personal ID, by insurance number, and by name and birth date without tones")
  func finds() throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([.officer], name: "le.d")
    let person = try anyone(sample)
    let bare = person.name.folding(options: .diacriticInsensitive, locale: nil).replacing("Đ", with: "D")
      .lowercased()
    for fields in [
      [("number", person.id)], [("number", " \(person.card) ")],
      [("name", bare), ("birth_date", person.birthDate)],
    ] {
      let page = sample.post(sample.path(.findPerson), cookie, fields + [("purpose", "đơn số 7")])
      #expect(page.status == 200 && page.text.contains(person.id) && page.text.contains("class=\"rules\""))
      // A number is in forms alone, never in an address.
      #expect(page.text.firstMatch(of: try Regex("(href|action)=\"[^\"]*\(person.id)")) == nil)
    }
    let audit = Audit(sample.pipeline.workspace)
    let pseudonym = try audit.pseudonym(of: PersonalID(Array(person.id.utf8).span))
    let lines = try audit.reading().lines.filter { $0.person == pseudonym && $0.user == "le.d" }
    #expect(Set(lines.map(\.event)).isSuperset(of: ["explained", "looked_up", "history_read"]))
    #expect(lines.allSatisfy { $0.door == "console" && $0.because == "đơn số 7" })
  }

  @Test(
    "what is no number is said, and no one is an answer", arguments: ["12", "abc", "000000000000", "<b>"])
  func none(typed: String) throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([.officer])
    let page = sample.post(sample.path(.findPerson), cookie, [("number", typed)])
    #expect(page.status == 200 && !page.text.contains("class=\"rules\""))
  }

  @Test("the auditor finds who asked for a person, without learning more")
  func auditor() throws {
    let sample = try SampleSite.shared.get()
    let person = try anyone(sample)
    _ = sample.post(
      sample.path(.findPerson), try sample.signIn([.officer], name: "vu.e"), [("number", person.id)])
    let page = sample.post(sample.path(.findAudit), try sample.signIn([.auditor]), [("number", person.id)])
    #expect(page.text.contains("vu.e") && page.text.contains("The log is intact"))
    #expect(!page.text.contains(person.name) && !page.text.contains(person.id))
  }

  @Test("a clerk's answer is that of check-card")
  func card() throws {
    let sample = try SampleSite.shared.get()
    let page = sample.post(
      sample.path(.checkCard), try sample.signIn([.clerk]), [("question", "000000000000, A B, 01/01/1990")])
    #expect(
      page.text.contains("<p class=\"code\">050</p>") || page.text.contains("<p class=\"code\">205</p>"))
  }
}
