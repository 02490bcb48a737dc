// The written form of persons and their cards, as far as a person's own records can tell.
// Invariant: by personal ID number; the first record of a key is the person, the others are its cards in the order
// of the export. A card may still be held back because another person claims its insurance number: those stand by
// (key, place) in the `shared` runs, and one pass reads both.
// Load: written and read once a night, front to back; a card is the staged bytes with its notes put in.
//
//   person   birth date u32, sex u8, clean name
//   card     the head of the staged InsuranceRecord, its words being the notes

import Record
import Sorted

/// Writes the persons of one range of keys.
struct JudgedWriter: ~Copyable {
  private var run: SortedRunWriter
  private var bytes: [UInt8] = []

  init(folder: String, name: String) throws(Stop) { run = try SortedRunWriter(folder: folder, name: name) }

  mutating func append(person: PopulationRecord, name: [UInt8], key: UInt64) throws(Stop) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(integer: person.birthDate.packed)
    bytes.append(person.sex.rawValue)
    bytes.append(contentsOf: name)
    try run.append(key: key, place: 0, bytes)
  }

  mutating func append(card: InsuranceRecord, notes: Reasons, key: UInt64, place: UInt64) throws(Stop) {
    var card = card
    card.words = notes
    card.rawIDByteCount = 0
    bytes.removeAll(keepingCapacity: true)
    card.append(to: &bytes, name: Span(), rawID: Span())
    try run.append(key: key, place: place, bytes)
  }

  consuming func finish() throws(Stop) -> SortedRun? { try run.finish() }
}

/// The head of a judged person.
struct JudgedPerson {
  var birthDate: CalendarDate
  var sex: Sex
  static let headByteCount = 5

  init(_ payload: RawSpan) {
    birthDate = CalendarDate(packed: payload.integer(at: 0))
    sex = Sex(rawValue: payload.integer(at: 4)) ?? .unknown
  }
}

extension CardRow {
  /// A judged card as the loader gets it.
  init(_ card: InsuranceRecord, _ id: PersonalID, place: UInt64) {
    self.init()
    personalID = id
    insuranceNumber = card.insuranceNumber
    cardNumber = card.cardNumber
    facility = card.facility
    area = card.area
    validFrom = card.validFrom
    validTo = card.validTo
    fiveYearsFrom = card.fiveYearsFrom
    rule = card.rule
    notes = card.words
    fileIndex = UInt16(truncatingIfNeeded: Place(packed: place).file)
    line = card.line
  }
}
