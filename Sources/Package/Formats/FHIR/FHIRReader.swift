// Reads the FHIR resources of a package, Patient and Coverage.
// Invariant: a person is a Patient and the Coverage on the same line, which refer to each other; another card is a Coverage in
// a file of its own, which refers to its Patient. A member that the writer
// doesn't write is refused, because it might change the meaning of the others. Identifiers are known by type and place: the
// sender chooses their systems.
// Load: 90,000 people in half a second; one line of each file in memory. JSONDecoder takes 14 times as long.

import Files
import Values

struct FHIRPeople {
  private var person = PersonTexts()
  private var patient = JSONLine()
  private var coverage = JSONLine()

  private static let patientNames: [StaticString] = [
    "resourceType", "id", "identifier", "name", "gender", "birthDate", "generalPractitioner",
  ]
  private static let coverageNames: [StaticString] = [
    "resourceType", "id", "extension", "identifier", "status", "subscriberId", "beneficiary", "period",
    "class", "payor",
  ]
  private static let identifierNames: [StaticString] = ["value", "system", "use", "type"]
  private static let nameNames: [StaticString] = ["text", "use"]
  private static let conceptNames: [StaticString] = ["coding"]
  private static let codingNames: [StaticString] = ["code", "system"]
  private static let facilityNames: [StaticString] = ["identifier", "type"]
  private static let extensionNames: [StaticString] = ["url", "valueDateTime", "valueCode", "valueDate"]
  private static let extensions: [(value: Attribute, name: StaticString, place: Int)] = [
    (.fiveYearsFrom, "five-years-from", 1), (.areaCode, "living-area", 2), (.graceUntil, "grace-until", 3),
  ]
  private static let referenceNames: [StaticString] = ["reference"]
  private static let periodNames: [StaticString] = ["start", "end"]
  private static let classNames: [StaticString] = ["value", "type"]
  private static let payorNames: [StaticString] = ["display", "type"]

  /// Appends the persons of two files.
  ///
  /// - Returns: false if they hold persons without names or birth dates.
  mutating func read(patients: String, coverages: String, into people: inout PackagePeople) throws(Stop)
    -> Bool
  {
    var ofPatients = try LineReader(patients)
    var ofCoverages = try LineReader(coverages)
    var number = 0
    while true {
      number += 1
      let range = try ofPatients.next()
      let other = try ofCoverages.next()
      guard !ofPatients.isTooLong, !ofCoverages.isTooLong else {
        throw .damagedPackage(
          ofPatients.isTooLong ? patients : coverages, number, "a line of some hundred bytes", "a longer one")
      }
      guard let range else {
        guard other == nil else {
          throw .damagedPackage(patients, number, "a Patient for each Coverage", "the end of the file")
        }
        return people.areOfPersons
      }
      guard let other else {
        throw .damagedPackage(coverages, number, "a Coverage for each Patient", "the end of the file")
      }
      person.removeAll()
      do throws(JSONFault) {
        try patient.read(ofPatients.buffer.span.extracting(range))
        try takePatient()
      } catch {
        throw .damagedPackage(patients, number, error.expected, "something else")
      }
      do throws(JSONFault) {
        try coverage.read(ofCoverages.buffer.span.extracting(other))
        try takeCoverage()
      } catch {
        throw .damagedPackage(coverages, number, error.expected, "something else")
      }
      try people.append(person, patients, line: number)
    }
  }

  /// Reads the Coverages of other cards.
  static func readOtherCards(_ path: String) throws(Stop) -> [CardRow] {
    var reader = FHIRPeople()
    var lines = try LineReader(path)
    var cards: [CardRow] = []
    var number = 0
    while let range = try lines.next() {
      number += 1
      guard !lines.isTooLong else {
        throw .damagedPackage(path, number, "a line of some hundred bytes", "a longer one")
      }
      do throws(JSONFault) {
        reader.person.removeAll()
        try reader.coverage.read(lines.buffer.span.extracting(range))
        try reader.takeCoverage(isOther: true)
      } catch {
        throw .damagedPackage(path, number, error.expected, "something else")
      }
      do throws(StoredFault) {
        cards.append(try reader.person.card())
      } catch {
        throw .damagedPackage(path, number, "a value of the form of \(error.column)", "another one")
      }
    }
    return cards
  }

  // MARK: Patient

  private mutating func takePatient() throws(JSONFault) {
    let members = try patient.members(of: 0, Self.patientNames, "Patient")
    guard patient.isString(members[0], "Patient") else { throw JSONFault("resourceType Patient") }
    var element = try patient.firstElement(of: members[2], "identifier")
    while element >= 0 {
      let parts = try patient.members(of: element, Self.identifierNames, "identifier")
      let code = try Self.code(of: parts[3], in: patient)
      if patient.isString(code, "NI") {
        try Self.take(&person, .personalID, patient, parts[0], "identifier.value")
      } else if patient.isString(code, "SB") {
        try Self.take(&person, .insuranceNumber, patient, parts[0], "identifier.value")
      } else {
        throw JSONFault("an identifier of the type NI or SB")
      }
      element = patient.element(after: element, of: members[2])
    }
    guard !person.isEmpty(.personalID) else { throw JSONFault("an identifier of the type NI") }
    try require(patient, members[1], "p-", is: .personalID, "id, p- and the personal ID number")
    if members[3] >= 0 {
      let name = try patient.onlyElement(of: members[3], "name")
      let parts = try patient.members(of: name, Self.nameNames, "name")
      try Self.take(&person, .fullName, patient, parts[0], "name.text")
    }
    if members[4] >= 0 { try Self.take(&person, .sex, patient, members[4], "gender") }
    if members[5] >= 0 { try Self.take(&person, .birthDate, patient, members[5], "birthDate") }
    if members[6] >= 0 {
      let facility = try patient.onlyElement(of: members[6], "generalPractitioner")
      let parts = try patient.members(of: facility, Self.facilityNames, "generalPractitioner")
      guard parts[0] >= 0 else { throw JSONFault("generalPractitioner.identifier") }
      let identifier = try patient.members(of: parts[0], Self.identifierNames, "identifier")
      try Self.take(&person, .facilityCode, patient, identifier[0], "generalPractitioner.identifier.value")
    }
  }

  // MARK: Coverage

  /// - Parameter isOther: whether the Coverage is of a card beside the serving one.
  private mutating func takeCoverage(isOther: Bool = false) throws(JSONFault) {
    let members = try coverage.members(of: 0, Self.coverageNames, "Coverage")
    guard coverage.isString(members[0], "Coverage") else { throw JSONFault("resourceType Coverage") }
    if isOther {
      // `c-001090000100-2`
      let id = try coverage.string(members[1], "id")
      person.set(.personalID, id.span.extracting(min(2, id.count)..<min(14, id.count)))
      guard id.count > 15, id.dropFirst(15).allSatisfy({ (48...57).contains($0) }) else {
        throw JSONFault("id, c-, the Patient's personal ID number, a hyphen and the card's number")
      }
    } else {
      try require(coverage, members[1], "c-", is: .personalID, "id, c- and the Patient's personal ID number")
    }
    guard members[6] >= 0 else { throw JSONFault("beneficiary") }
    let beneficiary = try coverage.members(of: members[6], Self.referenceNames, "beneficiary")
    try require(
      coverage, beneficiary[0], "Patient/p-", is: .personalID,
      "beneficiary.reference, the Patient of this line")
    // The status follows from the period, which CSV has as well.
    guard coverage.isString(members[4], "active") || coverage.isString(members[4], "cancelled") else {
      throw JSONFault("status active or cancelled")
    }
    if isOther {
      if members[5] >= 0 { try Self.take(&person, .insuranceNumber, coverage, members[5], "subscriberId") }
    } else if members[5] >= 0 || !person.isEmpty(.insuranceNumber) {
      try require(
        coverage, members[5], "", is: .insuranceNumber, "subscriberId, the Patient's insurance number")
    }
    var element = try coverage.firstElement(of: members[2], "extension")
    while element >= 0 {
      let parts = try coverage.members(of: element, Self.extensionNames, "extension")
      guard
        let known = Self.extensions.first(where: { coverage.isString(parts[0], endingWith: $0.name) }),
        [1, 2, 3].allSatisfy({ (parts[$0] >= 0) == ($0 == known.place) })
      else { throw JSONFault("an extension that cardlink writes") }
      try Self.take(&person, known.value, coverage, parts[known.place], "extension.value")
      element = coverage.element(after: element, of: members[2])
    }
    if members[3] >= 0 {
      let identifier = try coverage.onlyElement(of: members[3], "identifier")
      let parts = try coverage.members(of: identifier, Self.identifierNames, "identifier")
      try Self.take(&person, .cardNumber, coverage, parts[0], "identifier.value")
    }
    if members[7] >= 0 {
      let period = try coverage.members(of: members[7], Self.periodNames, "period")
      if period[0] >= 0 { try Self.take(&person, .validFrom, coverage, period[0], "period.start") }
      if period[1] >= 0 { try Self.take(&person, .validTo, coverage, period[1], "period.end") }
    }
    try checkClasses(members[8], isOther)
    let payor = try coverage.onlyElement(of: members[9], "payor")
    _ = try coverage.members(of: payor, Self.payorNames, "payor")
  }

  /// Group and level are those of the card number, or there are none.
  ///
  /// The facility of a card beside the serving one is here too.
  private mutating func checkClasses(_ classes: Int, _ isOther: Bool) throws(JSONFault) {
    guard isOther || (classes >= 0) == !person.isEmpty(.cardNumber) else {
      throw JSONFault("class beside a card number, and only there")
    }
    let card = person[.cardNumber]
    var element = try coverage.firstElement(of: classes, "class")
    while element >= 0 {
      let parts = try coverage.members(of: element, Self.classNames, "class")
      let code = try Self.code(of: parts[1], in: coverage)
      if isOther, coverage.isString(code, "initial-facility") {
        try Self.take(&person, .facilityCode, coverage, parts[0], "class.value")
        element = coverage.element(after: element, of: classes)
        continue
      }
      let expected =
        coverage.isString(code, "group")
        ? card.prefix(2) : coverage.isString(code, "level") ? card.dropFirst(2).prefix(1) : []
      guard try coverage.string(parts[0], "class.value") == expected else {
        throw JSONFault("class group and level as in the card number")
      }
      element = coverage.element(after: element, of: classes)
    }
  }

  // MARK: Parts

  private static func take(
    _ person: inout PersonTexts, _ value: Attribute, _ line: borrowing JSONLine, _ node: Int,
    _ what: StaticString
  ) throws(JSONFault) {
    guard person.isEmpty(value) else { throw JSONFault("\(what) once") }
    let text = try line.string(node, what)
    person.set(value, text.span)
  }

  /// The code of a concept with one coding.
  private static func code(of concept: Int, in line: borrowing JSONLine) throws(JSONFault) -> Int {
    guard concept >= 0 else { throw JSONFault("a type") }
    let parts = try line.members(of: concept, conceptNames, "type")
    let coding = try line.onlyElement(of: parts[0], "type.coding")
    return try line.members(of: coding, codingNames, "coding")[0]
  }

  /// A string is a prefix and a value that was taken.
  private func require(
    _ line: borrowing JSONLine, _ node: Int, _ prefix: StaticString, is value: Attribute,
    _ what: StaticString
  ) throws(JSONFault) {
    let count = prefix.utf8CodeUnitCount
    let bytes = try line.string(node, what)
    guard bytes.dropFirst(count) == person[value] else { throw JSONFault("\(what)") }
    for (i, byte) in bytes.prefix(count).enumerated() where unsafe prefix.utf8Start[i] != byte {
      throw JSONFault("\(what)")
    }
  }
}
