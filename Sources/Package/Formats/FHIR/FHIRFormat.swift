// Writes FHIR R4: a Patient and a Coverage for each person, as NDJSON with a manifest as in Bulk Data. The Coverages of other
// cards are in a file of their own, so that line n of the other two is the same person.
// Invariant: one resource per line, LF; a Coverage whose period has ended is never active; the pipeline sets the identifier
// systems, and neither resource holds an attribute that the recipient may not see.
// Source: hl7.org/fhir/R4 Patient and Coverage, the Bulk Data Access guide.

import Files
import Values

final class FHIRFormat: FormatWriter {
  static let otherCoverages = "OtherCoverage.ndjson"
  private let patients: PayloadFile
  private let coverages: PayloadFile
  private let others: LatePayloadFile
  private let hasOthers: Bool
  private let visible: Set<Attribute>
  private let facts: PackageFacts
  private let bag: String?
  private let asOf: CalendarDate
  private var count = 0
  private let parts: Parts

  /// The constant parts of the resources, made once.
  private struct Parts {
    var personalID, insuranceNumber, cardNumber, facility, group, level, fiveYears, area, grace,
      payor, facilityClass: [UInt8]

    init(_ names: FHIRNames) {
      func identifier(_ system: String, type: String) -> [UInt8] {
        Array(
          ("{\"use\":\"official\",\"type\":{\"coding\":[{\"system\":"
            + "\"http://terminology.hl7.org/CodeSystem/v2-0203\",\"code\":\"\(type)\"}]},\"system\":\(json(system)),\"value\":\"")
            .utf8)
      }
      func coverageClass(_ code: String) -> [UInt8] {
        Array(
          "{\"type\":{\"coding\":[{\"system\":\(json(names.definitions + "coverage-class")),\"code\":\"\(code)\"}]},\"value\":\""
            .utf8)
      }
      func ext(_ name: String, _ value: String) -> [UInt8] {
        Array("{\"url\":\(json(names.definitions + name)),\"\(value)\":\"".utf8)
      }
      personalID = identifier(names.personalID, type: "NI")
      insuranceNumber = identifier(names.insuranceNumber, type: "SB")
      cardNumber = Array(",\"identifier\":[{\"system\":\(json(names.cardNumber)),\"value\":\"".utf8)
      facility = Array(
        ",\"generalPractitioner\":[{\"type\":\"Organization\",\"identifier\":{\"system\":\(json(names.facilityCode)),\"value\":\""
          .utf8)
      group = coverageClass("group")
      level = coverageClass("level")
      facilityClass = coverageClass("initial-facility")
      fiveYears = ext("five-years-from", "valueDateTime")
      area = ext("living-area", "valueCode")
      grace = ext("grace-until", "valueDate")
      payor = Array(",\"payor\":[{\"type\":\"Organization\",\"display\":\(json(names.payor))}]}\n".utf8)
    }
  }

  init(_ attributes: [Attribute], _ facts: PackageFacts, _ names: FHIRNames, in bag: String?) throws(Stop) {
    visible = Set(attributes)
    self.facts = facts
    self.bag = bag
    asOf = CalendarDate(iso: facts.asOf) ?? .none
    parts = Parts(names)
    if let bag { try Folder.create(bag + "/data/fhir") }
    patients = try PayloadFile("data/fhir/Patient.ndjson", in: bag)
    coverages = try PayloadFile("data/fhir/Coverage.ndjson", in: bag)
    others = LatePayloadFile("data/fhir/" + Self.otherCoverages, in: bag)
    hasOthers = !Attribute.ofOtherCards(attributes).isEmpty
  }

  private func shows(_ attribute: Attribute, _ person: borrowing PersonTexts) -> Bool {
    visible.contains(attribute) && !person.isEmpty(attribute)
  }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    count += 1
    try patients.append { line in appendPatient(person, to: &line) }
    try coverages.append { line in appendCoverage(person, to: &line) }
    guard hasOthers else { return }
    for i in 0..<person.otherCount {
      try others.append { line in appendCoverage(person.others[i], otherCard: i + 2, to: &line) }
    }
  }

  private func appendPatient(_ person: borrowing PersonTexts, to line: inout [UInt8]) {
    func value(_ attribute: Attribute) {
      appendEscaped(person.bytes.span.extracting(person.range(attribute)), to: &line)
    }
    line.append(contentsOf: "{\"resourceType\":\"Patient\",\"id\":\"p-".utf8)
    value(.personalID)
    line.append(contentsOf: "\",\"identifier\":[".utf8)
    line.append(contentsOf: parts.personalID)
    value(.personalID)
    line.append(contentsOf: "\"}".utf8)
    if shows(.insuranceNumber, person) {
      line.append(UInt8(ascii: ","))
      line.append(contentsOf: parts.insuranceNumber)
      value(.insuranceNumber)
      line.append(contentsOf: "\"}".utf8)
    }
    line.append(UInt8(ascii: "]"))
    if shows(.fullName, person) {
      line.append(contentsOf: ",\"name\":[{\"use\":\"official\",\"text\":\"".utf8)
      value(.fullName)
      line.append(contentsOf: "\"}]".utf8)
    }
    if visible.contains(.sex) {
      line.append(contentsOf: ",\"gender\":\"".utf8)
      value(.sex)
      line.append(UInt8(ascii: "\""))
    }
    if shows(.birthDate, person) {
      line.append(contentsOf: ",\"birthDate\":\"".utf8)
      value(.birthDate)
      line.append(UInt8(ascii: "\""))
    }
    if shows(.facilityCode, person) {
      line.append(contentsOf: parts.facility)
      value(.facilityCode)
      line.append(contentsOf: "\"}}]".utf8)
    }
    line.append(contentsOf: "}\n".utf8)
  }

  /// - Parameter number: 2 for a person's first card beside the serving one, whose facility is in the Patient; nil for that.
  private func appendCoverage(
    _ person: borrowing PersonTexts, otherCard number: Int? = nil, to line: inout [UInt8]
  ) {
    func value(_ attribute: Attribute) {
      appendEscaped(person.bytes.span.extracting(person.range(attribute)), to: &line)
    }
    line.append(contentsOf: "{\"resourceType\":\"Coverage\",\"id\":\"c-".utf8)
    value(.personalID)
    if let number { line.append(contentsOf: "-\(number)".utf8) }
    line.append(UInt8(ascii: "\""))
    var isFirst = true
    func appendExtension(_ attribute: Attribute, _ begin: [UInt8]) {
      guard shows(attribute, person) else { return }
      line.append(contentsOf: isFirst ? ",\"extension\":[".utf8 : ",".utf8)
      line.append(contentsOf: begin)
      value(attribute)
      line.append(contentsOf: "\"}".utf8)
      isFirst = false
    }
    appendExtension(.fiveYearsFrom, parts.fiveYears)
    appendExtension(.areaCode, parts.area)
    appendExtension(.graceUntil, parts.grace)
    if !isFirst { line.append(UInt8(ascii: "]")) }
    if shows(.cardNumber, person) {
      line.append(contentsOf: parts.cardNumber)
      value(.cardNumber)
      line.append(contentsOf: "\"}]".utf8)
    }
    // For a recipient who may not see the date, the status shows whether the period is over.
    let validTo = CalendarDate(iso: person.bytes.span.extracting(person.range(.validTo))) ?? .none
    let hasEnded = !validTo.isNone && validTo.lastDay < asOf.firstDay
    line.append(contentsOf: ",\"status\":\"\(hasEnded ? "cancelled" : "active")\"".utf8)
    if shows(.insuranceNumber, person) {
      line.append(contentsOf: ",\"subscriberId\":\"".utf8)
      value(.insuranceNumber)
      line.append(UInt8(ascii: "\""))
    }
    line.append(contentsOf: ",\"beneficiary\":{\"reference\":\"Patient/p-".utf8)
    value(.personalID)
    line.append(contentsOf: "\"}".utf8)
    if shows(.validFrom, person) || shows(.validTo, person) {
      line.append(contentsOf: ",\"period\":{".utf8)
      if shows(.validFrom, person) {
        line.append(contentsOf: "\"start\":\"".utf8)
        value(.validFrom)
        line.append(UInt8(ascii: "\""))
      }
      if shows(.validTo, person) {
        if shows(.validFrom, person) { line.append(UInt8(ascii: ",")) }
        line.append(contentsOf: "\"end\":\"".utf8)
        value(.validTo)
        line.append(UInt8(ascii: "\""))
      }
      line.append(UInt8(ascii: "}"))
    }
    let showsFacility = number != nil && shows(.facilityCode, person)
    if shows(.cardNumber, person) {
      let range = person.range(.cardNumber)
      line.append(contentsOf: ",\"class\":[".utf8)
      line.append(contentsOf: parts.group)
      line.append(contentsOf: person.bytes[range.lowerBound..<range.lowerBound + 2])
      line.append(contentsOf: "\"},".utf8)
      line.append(contentsOf: parts.level)
      line.append(person.bytes[range.lowerBound + 2])
      line.append(contentsOf: showsFacility ? "\"},".utf8 : "\"}]".utf8)
    } else if showsFacility {
      line.append(contentsOf: ",\"class\":[".utf8)
    }
    if showsFacility {
      line.append(contentsOf: parts.facilityClass)
      value(.facilityCode)
      line.append(contentsOf: "\"}]".utf8)
    }
    line.append(contentsOf: parts.payor)
  }

  func finish() throws(Stop) -> [BagEntry] {
    let other = try others.finish()
    let otherFile =
      other.isEmpty
      ? ""
      : ",\n    {\"type\": \"Coverage\", \"url\": \"\(Self.otherCoverages)\", \"count\": \(others.count)}"
    let manifest = """
      {
        "transactionTime": "\(facts.asOf)T00:00:00+07:00",
        "request": "urn:x-cardlink:run:\(facts.runID):\(facts.recipient)",
        "requiresAccessToken": false,
        "output": [
          {"type": "Patient", "url": "Patient.ndjson", "count": \(count)},
          {"type": "Coverage", "url": "Coverage.ndjson", "count": \(count)}\(otherFile)
        ],
        "error": []
      }

      """
    return [
      try coverages.finish(), try patients.finish(),
      try PayloadFile.write(manifest, to: "data/fhir/manifest.json", in: bag),
    ] + other
  }
}

/// A text from the pipeline file, in quotes.
private func json(_ text: String) -> String {
  var bytes: [UInt8] = [UInt8(ascii: "\"")]
  appendEscaped(Array(text.utf8).span, to: &bytes)
  bytes.append(UInt8(ascii: "\""))
  return String(decoding: bytes, as: UTF8.self)
}

private func appendEscaped(_ text: Span<UInt8>, to line: inout [UInt8]) {
  for i in text.indices {
    let byte = text[i]
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      line.append(UInt8(ascii: "\\"))
      line.append(byte)
    case 0..<0x20:
      let digits = Array("0123456789abcdef".utf8)
      line.append(contentsOf: "\\u00".utf8)
      line.append(digits[Int(byte >> 4)])
      line.append(digits[Int(byte & 15)])
    default: line.append(byte)
    }
  }
}
