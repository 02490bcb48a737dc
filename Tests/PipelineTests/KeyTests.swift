// Every key of the pipeline file with right and wrong values, as the table of keys says.

import Foundation
import Package
import Publish
import Testing
import Values
import Yams

@testable import Pipeline

@Suite("The keys of the pipeline file")
struct KeyTests {
  @Test("a key takes its example", arguments: valueKeys)
  func right(path: String) throws {
    let example = try yaml(keyRow(path).example)
    #expect(try read(PipelineText(path, example).written(path).text).findings == [])
  }

  @Test(
    "a value of another kind is refused with the key, its line and what was expected", arguments: valueKeys)
  func kind(path: String) throws {
    for value: Node in [[[[]]], ""] {
      let (text, node) = try PipelineText(path, value).written(path)
      let finding = try #require(read(text).findings.first, "\(value)")
      let key = path.replacing("[]", with: "")
      #expect(finding.origin.field == key || finding.origin.field == key + ".any")
      #expect(finding.origin.line == node?.mark?.line)
      #expect(!finding.expected.isEmpty && !finding.found.isEmpty && !finding.remedy.isEmpty)
    }
  }

  @Test(
    "keys below a key are asked for where there is another value",
    arguments: keyRows.filter { $0.example.isEmpty }.map(\.path))
  func groups(path: String) throws {
    let finding = try #require(read(PipelineText(path, "text").written(path).text).findings.first)
    let key = path.replacing("[]", with: "")
    #expect(finding.description.contains("\(key): expected keys and values, found a text"))
  }

  static let forms: [(lines: String, expected: String?, remedy: String)] = [
    (
      "header: none", "exports.insurance.fields.card_number: expected the position of a column, from 1",
      "Number the"
    ),
    ("encoding: latin-1", "exports.insurance.encoding: expected one of utf-8", "NguyÔn is tcvn3"),
    ("encoding: UTF8", nil, ""),
    ("delimiter: \"||\"\n    quote: none\n    skip_lines: 2\n    footer: Tổng*", nil, ""),
    ("delimiter: \"'\"\n    quote: \"'\"", "exports.insurance.quote: expected another sign", "or none"),
    ("may_be_absent: [valid_to]", "exports.insurance.may_be_absent: expected no element", "format: xml"),
  ]

  @Test("the form of a CSV export is said in keys that fit together", arguments: forms.indices)
  func csvForm(i: Int) throws {
    let form = Self.forms[i]
    let text = try Yams.serialize(node: PipelineText().root)
    let place = try #require(text.firstRange(of: "format: csv", after: "insurance:"))
    let findings = try read(text.replacingCharacters(in: place, with: "format: csv\n    \(form.lines)"))
      .findings
    guard let expected = form.expected else { return #expect(findings == []) }
    let message = try #require(findings.first).description
    #expect(message.contains(expected) && message.contains(form.remedy), "\(message)")
  }

  static let counts = keyRows.filter { $0.value?.hasPrefix("a number from") ?? false }.map(\.path)
  static let shares = keyRows.filter { $0.value?.hasPrefix("a share") ?? false }.map(\.path)

  @Test("a number outside its range is refused with the range", arguments: counts)
  func range(path: String) throws {
    let words = try #require(keyRow(path).value)
    let limits = words.split(separator: " ").compactMap { Int($0) }
    let (least, most) = (limits[0], limits.count > 1 ? limits[1] : .max)
    for right in [least, most] {
      #expect(try read(PipelineText(path, Node("\(right)")).written(path).text).findings == [])
    }
    for wrong in ["\(least - 1)", most < .max ? "\(most + 1)" : "9223372036854775808", "1.5", "many"] {
      let findings = try read(PipelineText(path, Node(wrong)).written(path).text).findings
      #expect(findings.map(\.expected) == [words])
      #expect(findings.map(\.found) == ["`\(wrong)`"])
    }
  }

  @Test("a share outside its range is refused with the range", arguments: shares)
  func shareRange(path: String) throws {
    for right in ["0", "1", "0.5", "0%", "100%", "99.95 %", "off"] {
      #expect(try read(PipelineText(path, Node(right)).written(path).text).findings == [])
    }
    for wrong in ["-1", "1.01", "100.1%", "-1%", "nan", "10", "on"] {
      let findings = try read(PipelineText(path, Node(wrong)).written(path).text).findings
      #expect(findings.map(\.expected) == ["a share from 0% to 100% or from 0 to 1, or off"])
      #expect(findings.map(\.found) == ["`\(wrong)`"])
    }
  }

  @Test(
    "a key with a letter too many is refused with its line and the right key", arguments: keyRows.map(\.path))
  func neighbour(path: String) throws {
    let name = path.split(separator: ".").last.map(String.init) ?? ""
    let at = name.index(name.startIndex, offsetBy: name.count / 2)
    let wrong = String(path.dropLast(name.count) + name[..<at] + "y" + name[at...])
    let (text, node) = try PipelineText(wrong, "text").written(wrong)
    let finding = try #require(
      read(text).findings.first { $0.origin.field == wrong.replacing("[]", with: "") })
    #expect(finding.origin.line == node?.mark?.line)
    #expect(finding.expected == "a known key")
    #expect(finding.remedy == "Did you mean \(name)?")
  }

  @Test("a required key that is missing is named", arguments: keyRows.filter(\.isRequired).map(\.path))
  func missing(path: String) throws {
    let place = path.split(separator: ".").dropLast().joined(separator: ".")
    let name = path.split(separator: ".").last.map(String.init) ?? ""
    let text = place.isEmpty ? "{}" : try PipelineText(place, [:]).written(place).text
    let finding = try #require(read(text).findings.first { $0.expected == "the key \(name)" })
    #expect(finding.origin.field == (place.isEmpty ? "the file" : place.replacing("[]", with: "")))
    #expect(finding.remedy.hasPrefix("Add \(name)"))
  }

  @Test("every key's value arrives where the program looks for it")
  func everything() throws {
    let (pipeline, findings) = try read(
      """
      name: full
      workspace: ../var
      exports:
        population:
          format: xml
          files: [a-*.xml, /b.xml]
          encoding: TCVN3
          on_damage: keep
          empty: []
          record: CongDan
          fields:
            personal_id: A
            legacy_id: B
            full_name: [Ho, { any: [Dem, Lot] }, Ten]
            birth_date: { any: [C, [D, E]] }
            sex: F
            status: G
            residence_province: H
          values: { sex: { 1: male }, status: { 1: active, 2: left_nationality }, residence_province: { HN: "01" } }
          dates: [yyyy-MM-dd, yyyy]
        insurance:
          format: csv
          files: [i.csv]
          delimiter: tab
          fields: { card_number: A, personal_id: B, full_name: C, birth_date: D, valid_from: E }
          split: { by: ";", fields: [card_number, valid_from] }
          dates: [excel]
      store: { sqlite: s.sqlite }
      gates:
        judged_from: 5_000
        min_population_records: 2
        min_insurance_records: 3
        max_quarantine: 5%
        min_link_rate: 0.6
        max_link_rate: off
        max_blank: { population: { sex: off }, insurance: { area_code: 40 % } }
        max_change: { records: 1%, quarantine: 2.5%, link_rate: off, blank: 0, province: 100% }
        older_exports: allow
        checksums: required
      grace: { days: 366 }
      facilities: { file: f.csv, encoding: UTF-16, delimiter: ";" }
      keep: { staged: 0, stores: 7, days: 30 }
      publish:
        valid_days: 0
        signing_key: keys/k
        checkpoint_every: 7
        missing_key: leave_out
        packages:
          - { province_2025: 79 }
          - { province: 79, name: p-79, copy: true, formats: [xml, csv], attributes: [sex, personal_id] }
          - { facility: "01*", encrypt_to: [keys/a, /b], card_number: fifteen }
          - all: true
            copy: false
        fhir: { personal_id: "a:", insurance_number: "b:", card_number: "c:", facility_code: "d:", definitions: "e:", payor: X }
      metrics: m/x.prom
      """)
    #expect(findings == [])
    var population = ExportSpec(kind: .population)
    (population.format, population.files) = (.xml, ["/base/a-*.xml", "/b.xml"])
    (population.encoding, population.keepsDamaged, population.emptyValues) = ("tcvn3", true, [])
    population.record = "CongDan"
    population.fields = [
      "personal_id": .column("A"), "legacy_id": .column("B"),
      "full_name": .joined([.column("Ho"), .any([.column("Dem"), .column("Lot")]), .column("Ten")]),
      "birth_date": .any([.column("C"), .joined([.column("D"), .column("E")])]),
      "sex": .column("F"), "status": .column("G"), "residence_province": .column("H"),
    ]
    population.fieldOrder = [
      "personal_id": 0, "legacy_id": 1, "full_name": 2, "birth_date": 3, "sex": 4, "status": 5,
      "residence_province": 6,
    ]
    population.sexCodes = [.init(code: "1", value: "male")]
    population.statusCodes = [.init(code: "1", value: "active"), .init(code: "2", value: "left_nationality")]
    population.residenceCodes = [.init(code: "HN", value: "01")]
    population.dates = ["yyyy-MM-dd", "yyyy"]
    #expect(pipeline.population == population)
    var insurance = ExportSpec(kind: .insurance)
    (insurance.files, insurance.delimiter, insurance.dates) = (
      ["/base/i.csv"], [UInt8(ascii: "\t")], ["excel"]
    )
    let names = ["card_number", "personal_id", "full_name", "birth_date", "valid_from"]
    for (i, (name, column)) in zip(names, "ABCDE").enumerated() {
      (insurance.fields[name], insurance.fieldOrder[name]) = (.column(String(column)), i)
    }
    insurance.split = .init(separator: UInt8(ascii: ";"), fields: ["card_number", "valid_from"])
    #expect(pipeline.insurance == insurance)
    #expect((pipeline.name, pipeline.workspace, pipeline.store) == ("full", "/var", "s.sqlite"))
    #expect(pipeline.metrics == "/base/m/x.prom" && pipeline.graceDays == 366)
    var gates = GateLimits()
    (gates.judgedFrom, gates.minPopulationRecords, gates.minInsuranceRecords) = (5000, 2, 3)
    (gates.maxQuarantine, gates.minLinkRate, gates.maxLinkRate) = (0.05, 0.6, nil)
    gates.maxBlank = ["insurance.area_code": 0.4]
    (gates.recordsChange, gates.quarantineChange, gates.linkRateChange) = (0.01, 0.025, nil)
    (gates.blankChange, gates.provinceChange) = (0, 1)
    (gates.holdsOlderExports, gates.checksums) = (false, .required)
    #expect(pipeline.gates == gates)
    #expect(pipeline.facilities?.path == "/base/f.csv" && pipeline.facilities?.encoding == "utf-16")
    #expect(pipeline.facilities?.delimiter == [UInt8(ascii: ";")])
    var keep = Retention()
    (keep.staged, keep.stores, keep.days) = (0, 7, 30)
    #expect(pipeline.keep == keep)
    var publish = PublishPolicy()
    (publish.validDays, publish.signingKey, publish.checkpointEvery) = (0, "/base/keys/k", 7)
    publish.leavesOutWithoutKey = true
    publish.rules = [
      PackageRule(.province2025(79), attributes: Attribute.allCases),
      PackageRule(
        .province("79"), name: "p-79", isCopy: true, formats: [.csv, .xml],
        attributes: [.personalID, .sex, .graceUntil]),
      PackageRule(.facility("01*"), attributes: Attribute.allCases, encryptTo: ["/base/keys/a", "/b"]),
      PackageRule(.all, attributes: Attribute.allCases),
    ]
    publish.rules[2].cardNumber = .fifteen
    (publish.fhir.personalID, publish.fhir.insuranceNumber, publish.fhir.cardNumber) = ("a:", "b:", "c:")
    (publish.fhir.facilityCode, publish.fhir.definitions, publish.fhir.payor) = ("d:", "e:", "X")
    #expect(pipeline.publish == publish)
  }

  static let together: [(text: String, finding: String)] = [
    (
      "publish.packages: [{ all: true, formats: [desk] }]",
      "publish.packages.formats: expected passphrases beside desk, found none"
    ),
    (
      "publish.packages: [{ all: true, formats: [desk], passphrases: plain, attributes: [personal_id] }]",
      "publish.packages.formats: expected full_name and birth_date among the attributes of a desk, found others"
    ),
    (
      "exports.population.delimiter: \";\", exports.population.format: xml, exports.population.record: A",
      "exports.population.delimiter: expected no delimiter in an XML export, found one"
    ),
    (
      "exports.population.format: xml",
      "exports.population: expected the key record, found none"
    ),
    (
      "exports.insurance.record: A",
      "exports.insurance.record: expected no record element in a CSV export, found one"
    ),
    (
      "exports.insurance.split: { by: \";\", fields: [card_number, valid_to] }",
      "exports.insurance.split.fields: expected one of birth_date, card_number, full_name, personal_id, sex, valid_from, found `valid_to`"
    ),
    (
      "exports.insurance.fields: { personal_id: B, full_name: C, birth_date: D, valid_from: F }",
      "exports.insurance.fields: expected insurance_number or card_number, found none of them"
    ),
    (
      "exports.population.fields: { personal_id: B, full_name: C, birth_date: D }, exports.population.values: { sex: { M: male } }",
      "exports.population.values.sex: expected a field sex among fields, found none"
    ),
    (
      "exports.population.split: { by: \";\", fields: [sex] }",
      "exports.population.split: expected a known key, found an unknown one"
    ),
    ("store: { postgresql: service=x }", "store: expected the key sqlite, found none"),
    (
      "publish.packages: [{ copy: true, all: true }]",
      "publish.packages.copy: expected a name beside it, found none"
    ),
    (
      "publish.packages: [{ all: true, name: a-b }, { facility: \"01*\", name: a-b }]",
      "publish.packages.name: expected another name for each package, found `a-b` twice"
    ),
    (
      "publish.packages: [{ name: a-b }]",
      "publish.packages: expected one of facility, province, province_2025, all, found none of them"
    ),
    (
      "publish.packages: [{ all: true, province: 79 }]",
      "publish.packages: expected one of facility, province, province_2025, all, found province and all"
    ),
    (
      "publish.packages: [{ province_2025: 74 }]",
      "publish.packages.province_2025: expected the code of a province since July 2025, found `74`, which was Bình "
        + "Dương before July 2025"
    ),
    (
      "publish.packages: [{ province_2025: 63 }]",
      "publish.packages.province_2025: expected the code of a province since July 2025, found `63`"
    ),
    (
      "publish.packages: [{ all: true, attributes: [sex] }]",
      "publish.packages.attributes: expected personal_id among them, found none"
    ),
    (
      "publish.packages: [{ all: true, encrypt_to: AGE-SECRET-KEY-1ABC }]",
      "publish.packages.encrypt_to: expected public keys (age1…), or files or folders of them, found a private key, which must stay with its facility"
    ),
    ("publish.packages: [{ all: true, encrypt_to: [age1abc] }]", "found age1 and something that is no key"),
    (
      "publish.packages: [{ all: true, encrypt_to: [] }]",
      "publish.packages.encrypt_to: expected at least one item, found none"
    ),
  ]

  @Test("keys that don't go together are refused", arguments: together)
  func checks(text: String, finding: String) throws {
    var file = try PipelineText()
    for (path, value) in try #require(yaml("{ \(text) }").mapping) {
      file.set(path.string ?? "", value)
    }
    let findings = try read(file.written("").text).findings
    #expect(findings.count == 1)
    #expect(findings.first?.description.contains(finding) == true, "\(findings)")
  }

  @Test("a name of a package never is a facility's code")
  func names() throws {
    let path = "publish.packages[].name"
    for name in ["province-01", "a-b-c", "0-1"] {
      #expect(try read(PipelineText(path, Node(name)).written(path).text).findings == [])
    }
    for name in ["01028", "a", "a-", "-a", "a--b", "A-b", "a/b-c", "..-a", "a-b.c", "đ-a", "a-b\n"] {
      #expect(try read(PipelineText(path, Node(name)).written(path).text).findings.count == 1, "\(name)")
    }
  }

  @Test("a value that may hold a secret is not repeated")
  func secrets() throws {
    for path in ["store.postgresql", "publish.packages[].encrypt_to"] {
      for value: Node in ["host=a password=hunter2", "AGE-SECRET-KEY-hunter2", "age1hunter2"] {
        let findings = try read(PipelineText(path, value).written(path).text).findings
        #expect(!findings.contains { $0.description.contains("hunter2") })
      }
    }
  }

  @Test("files takes a list of patterns, or one pattern of which the newest file is read")
  func files() throws {
    func files(_ value: Node) throws -> (patterns: [FilePattern], findings: [Finding]) {
      let read = try read(PipelineText("exports.insurance.files", value).written("exports").text)
      return (read.pipeline.insurance.files, read.findings)
    }
    var newest: FilePattern = "/base/i-*.csv"
    newest.isNewestOnly = true
    #expect(try files(["pattern": "i-*.csv", "newest": "true"]).patterns == [newest])
    #expect(try files(["pattern": "i-*.csv"]).patterns == ["/base/i-*.csv"])
    #expect(try files(["i-{date:yyyyMMdd}.csv"]).findings.isEmpty)
    for wrong: Node in [
      ["newest": "true"], ["pattern": "i.csv", "newest": "yes"], ["i-{date:MM}.csv"], "i.csv",
    ] {
      #expect(try files(wrong).findings.count == 1, "\(wrong)")
    }
  }
}

extension String {
  fileprivate func firstRange(of text: String, after mark: String) -> Range<Index>? {
    range(of: mark).flatMap { range(of: text, range: $0.upperBound..<endIndex) }
  }
}
