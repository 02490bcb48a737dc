// All formats contain the same values of the same people.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Formats")
struct FormatTests {
  /// Publishes everybody in one package of all formats.
  static func publish(_ people: People, in workshop: Workshop, _ attributes: [Attribute] = Attribute.allCases)
    throws
    -> String
  {
    var policy = PublishPolicy()
    policy.rules = [
      PackageRule(.all, name: "all-people", formats: PackageFormat.ofTables, attributes: attributes)
    ]
    try people.publish(in: workshop, policy)
    return workshop.current + "/all-people/data"
  }

  static func randomAttributes(_ seed: UInt64) -> [Attribute] {
    var random = SeededGenerator(seed)
    return Attribute.allCases.filter { $0 == .personalID || seed == 0 || random.chance(60) }
  }

  @Test("CSV, SQLite, XML and FHIR hold the same people with the same values", arguments: UInt64(0)..<12)
  func agreement(seed: UInt64) throws {
    let people = People(seed: seed)
    let attributes = Self.randomAttributes(seed)
    let workshop = try Workshop()
    let data = try Self.publish(people, in: workshop, attributes)
    let expected = people.all.map { someone in attributes.map { someone.texts[$0.rawValue] } }

    let csv = slowRows(try String(contentsOfFile: data + "/people.csv", encoding: .utf8))
    #expect(csv == [attributes.map(\.name)] + expected)

    let queue = try DatabaseQueue(path: data + "/people.sqlite")
    let rows = try queue.read { db in
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      #expect(
        try String.fetchOne(db, sql: "SELECT value FROM package WHERE key = 'valid_until'") == "2026-11-26")
      return try Row.fetchAll(db, sql: "SELECT * FROM card_attribute ORDER BY personal_id").map { row in
        attributes.map { row[$0.name] as String }
      }
    }
    #expect(rows == expected)

    let xml = XMLPeople(try Data(contentsOf: URL(filePath: data + "/people.xml")))
    // XML 1.0 can't hold most control characters.
    let inXML = expected.map { $0.map { $0.replacing("\u{1}", with: "\u{FFFD}") } }
    #expect(xml.people.map { person in attributes.map { person[$0.name] ?? "" } } == inXML)
    for person in xml.people { #expect(Set(person.keys).isSubset(of: Set(attributes.map(\.name)))) }

    let patients = try Self.resources(data + "/fhir/Patient.ndjson")
    let coverages = try Self.resources(data + "/fhir/Coverage.ndjson")
    #expect(patients.count == people.all.count && coverages.count == people.all.count)
    for (i, someone) in people.all.enumerated() {
      let values = Self.values(patients[i], coverages[i])
      for attribute in Attribute.allCases {
        let expected = attributes.contains(attribute) ? someone.texts[attribute.rawValue] : ""
        #expect(values[attribute.rawValue] == expected, "\(attribute.name)")
      }
      let end = someone.serving.validTo
      let status = coverages[i]["status"] as? String
      #expect(status == (!end.isNone && end.lastDay < 2026_11_23 ? "cancelled" : "active"))
    }
  }

  @Test("every format holds the other cards that begin by the last day of use", arguments: UInt64(0)..<12)
  func otherCards(seed: UInt64) throws {
    let people = People(seed: seed)
    let attributes = Self.randomAttributes(seed)
    let workshop = try Workshop()
    let data = try Self.publish(people, in: workshop, attributes)
    let shown = Attribute.ofOtherCards(attributes)
    #expect(shown.isEmpty == !(attributes.contains(.validFrom) && attributes.contains(.validTo)))
    let expected = people.all.flatMap { someone in
      someone.others(until: "2026-11-26").map { card in shown.map { someone.texts(of: card)[$0.rawValue] } }
    }
    let files = try Folder.names(in: data) + Folder.names(in: data + "/fhir")
    guard !shown.isEmpty, !expected.isEmpty else {
      #expect(!files.contains { $0.lowercased().contains("other") })
      return
    }
    let csv = slowRows(try String(contentsOfFile: data + "/other-cards.csv", encoding: .utf8))
    #expect(csv == [shown.map(\.name)] + expected)

    let queue = try DatabaseQueue(path: data + "/people.sqlite")
    let (rows, cards) = try queue.read { db in
      (
        try Row.fetchAll(db, sql: "SELECT * FROM other_card ORDER BY personal_id, ordinal").map { row in
          shown.map { row[$0.name] as String }
        }, try Int.fetchOne(db, sql: "SELECT count(*) FROM card")
      )
    }
    #expect(rows == expected)
    #expect(cards == people.all.count + expected.count)

    let xml = XMLPeople(try Data(contentsOf: URL(filePath: data + "/other-cards.xml")), element: "card")
    #expect(xml.people.map { card in shown.map { card[$0.name] ?? "" } } == expected)

    let coverages = try Self.resources(data + "/fhir/OtherCoverage.ndjson")
    #expect(Set(coverages.compactMap { $0["id"] as? String }).count == expected.count)
    let found = coverages.map { coverage -> [String] in
      let reference = (coverage["beneficiary"] as? [String: Any])?["reference"] as? String ?? ""
      let values = Self.values(ofCoverage: coverage)
      return shown.map { $0 == .personalID ? String(reference.dropFirst(10)) : values[$0.rawValue] }
    }
    #expect(found == expected)
    let manifest = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: data + "/fhir/manifest.json")))
        as? [String: Any])
    let output = manifest["output"] as? [[String: Any]]
    #expect(output?.last?["count"] as? Int == expected.count && output?.count == 3)
  }

  /// The texts of a Coverage of another card, in the order of the attributes.
  private static func values(ofCoverage coverage: [String: Any]) -> [String] {
    let all = coverage["extension"] as? [[String: Any]] ?? []
    func ext(_ name: String) -> String {
      let one = all.first { $0["url"] as? String == "urn:x-cardlink:" + name }
      return one?["valueDateTime"] as? String ?? one?["valueCode"] as? String ?? ""
    }
    let classes = coverage["class"] as? [[String: Any]] ?? []
    let facility = classes.first {
      let codes = ($0["type"] as? [String: Any])?["coding"] as? [[String: Any]]
      return codes?.first?["code"] as? String == "initial-facility"
    }
    let period = coverage["period"] as? [String: Any]
    return [
      "", "", "", "", coverage["subscriberId"] as? String ?? "",
      (coverage["identifier"] as? [[String: Any]])?.first?["value"] as? String ?? "",
      facility?["value"] as? String ?? "", period?["start"] as? String ?? "",
      period?["end"] as? String ?? "", ext("five-years-from"), ext("living-area"), "",
    ]
  }

  static func resources(_ path: String) throws -> [[String: Any]] {
    let text = try Data(contentsOf: URL(filePath: path))
    #expect(text.isEmpty || text.last == UInt8(ascii: "\n"))
    return try text.split(separator: UInt8(ascii: "\n")).map {
      try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
    }
  }

  /// A person's texts, read out of the resources in the order of the attributes.
  static func values(_ patient: [String: Any], _ coverage: [String: Any]) -> [String] {
    func identifier(_ resource: [String: Any], _ system: String) -> String {
      let all = resource["identifier"] as? [[String: Any]] ?? []
      return all.first { $0["system"] as? String == system }?["value"] as? String ?? ""
    }
    func ext(_ name: String) -> String {
      let all = coverage["extension"] as? [[String: Any]] ?? []
      let one = all.first { $0["url"] as? String == "urn:x-cardlink:" + name }
      return one?["valueDateTime"] as? String ?? one?["valueCode"] as? String ?? one?["valueDate"] as? String
        ?? ""
    }
    let names = FHIRNames()
    let practitioner =
      (patient["generalPractitioner"] as? [[String: Any]])?.first?["identifier"] as? [String: Any]
    let period = coverage["period"] as? [String: Any]
    let insurance = identifier(patient, names.insuranceNumber)
    #expect(coverage["subscriberId"] as? String ?? "" == insurance)
    let card = identifier(coverage, names.cardNumber)
    let classes = (coverage["class"] as? [[String: Any]] ?? []).compactMap { $0["value"] as? String }
    #expect(classes == (card.isEmpty ? [] : [String(card.prefix(2)), String(card.dropFirst(2).prefix(1))]))
    let id = identifier(patient, names.personalID)
    #expect((coverage["beneficiary"] as? [String: Any])?["reference"] as? String == "Patient/p-\(id)")
    return [
      id, ((patient["name"] as? [[String: Any]])?.first?["text"] as? String) ?? "",
      patient["birthDate"] as? String ?? "", patient["gender"] as? String ?? "", insurance, card,
      practitioner?["value"] as? String ?? "", period?["start"] as? String ?? "",
      period?["end"] as? String ?? "",
      ext("five-years-from"), ext("living-area"), ext("grace-until"),
    ]
  }

  @Test(
    "xmllint finds the XML valid against the schema beside it",
    .enabled(if: Installed.xmllint, "xmllint is not installed"),
    arguments: UInt64(0)..<6)
  func schema(seed: UInt64) throws {
    let workshop = try Workshop()
    let data = try Self.publish(People(seed: seed), in: workshop, Self.randomAttributes(seed))
    let arguments = ["--noout", "--schema", data + "/people.xsd", data + "/people.xml"]
    let result = try #require(try Workshop.run("xmllint", arguments))
    #expect(result.exit == 0, "\(result.output.prefix(500))")
    let others = ["--noout", "--schema", data + "/other-cards.xsd", data + "/other-cards.xml"]
    if try Folder.exists(data + "/other-cards.xml") {
      let result = try #require(try Workshop.run("xmllint", others))
      #expect(result.exit == 0, "\(result.output.prefix(500))")
    }
    // The schema refuses foreign elements; otherwise the test above would prove nothing.
    let url = URL(filePath: data + "/people.xml")
    let text = try String(contentsOf: url, encoding: .utf8)
    for (good, bad) in [
      ("</personal_id>", "0</personal_id>"), ("</person>", "<more/></person>"), ("run=\"7\"", "run=\"x\""),
    ] {
      try text.replacing(good, with: bad).write(to: url, atomically: true, encoding: .utf8)
      #expect(try #require(try Workshop.run("xmllint", arguments)).exit != 0, "\(bad)")
    }
  }

  @Test("identifier systems are those of the pipeline")
  func systems() throws {
    let workshop = try Workshop()
    var policy = PublishPolicy()
    policy.rules = [PackageRule(.all, name: "all-people", formats: [.fhir])]
    policy.fhir.personalID = "https://example.vn/\"id\""
    try People(seed: 1).publish(in: workshop, policy)
    let patients = try Self.resources(workshop.current + "/all-people/data/fhir/Patient.ndjson")
    let identifiers = patients[0]["identifier"] as? [[String: Any]]
    #expect(identifiers?.first?["system"] as? String == "https://example.vn/\"id\"")
  }

  @Test("the oxum and the counts in bag-info are those of the payload")
  func info() throws {
    let workshop = try Workshop()
    let data = try Self.publish(People(seed: 1), in: workshop)
    let files = try contents(of: data)
    let info = BagInfo(try String(contentsOfFile: data + "/../bag-info.txt", encoding: .utf8))
    #expect(info["Payload-Oxum"] == "\(files.values.reduce(0) { $0 + $1.count }).\(files.count)")
    #expect(info["Cardlink-Persons"] == "200")
    #expect(info["Cardlink-Signature"] == "none: this package is not signed")
    #expect(info["Cardlink-Previous-Package"] == "none")
  }
}

/// The persons of an XML file, element by element, read by splitting the text: the tests have no XML parser.
struct XMLPeople {
  var people: [[String: String]] = []

  init(_ data: Data, element: String = "person") {
    let text = String(decoding: data, as: UTF8.self)
    for part in text.components(separatedBy: "<\(element)>").dropFirst() {
      var person: [String: String] = [:]
      let body = part.components(separatedBy: "</\(element)>")[0]
      for element in body.components(separatedBy: "</").dropLast() {
        guard let start = element.range(of: "<") else { continue }
        let rest = element[start.upperBound...]
        guard let end = rest.range(of: ">") else { continue }
        let value = rest[end.upperBound...]
        let text = value.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing(
          "&#10;", with: "\n")
        person[String(rest[..<end.lowerBound])] = String(
          text.replacing("&#9;", with: "\t").replacing("&#13;", with: "\r").replacing("&amp;", with: "&"))
      }
      people.append(person)
    }
  }
}
