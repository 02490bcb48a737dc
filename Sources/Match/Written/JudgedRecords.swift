// The written form of persons and their cards, as judged from each person's own records.
// Invariant: by personal ID number; the first record of a key is the person with the first card, the others
// are the person's further cards in the order of the export. A card is held back if the `shared` runs have
// its key and place, because another person claims its insurance number; readers read both.
// Load: written and read once a night, front to back. A card with unchanged notes is copied as it was staged.
//
//   person        birth date 3, sex 2 bits, residence 6 bits, name byte count varint, clean name, card
//   further card  card
//   card          the head of the staged InsuranceRecord, its words being the notes

import Rules
import SortedRuns
import Values

/// Writes the persons of one range of keys.
struct JudgedWriter: ~Copyable {
  private var run: SortedRunWriter
  private var bytes: [UInt8] = []

  init(folder: String, name: String) throws(Stop) { run = try SortedRunWriter(folder: folder, name: name) }

  /// Appends a card, the first one of a person with the person.
  ///
  /// - Parameter head: the card's record as it was staged, without name and raw field.
  @inline(__always)
  mutating func append(
    _ record: InsuranceRecord, _ verdict: Verdict, head: RawSpan, key: UInt64, place: UInt64,
    firstOf person: PopulationRecord?, name: Span<UInt8>
  ) throws(Stop) {
    if verdict.rule == nil, verdict.words == record.words, record.rawIDByteCount == 0 {
      return try append(head, key, place, person, name)
    }
    try append(card: record, verdict, key, place, person, name)
  }

  /// Appends a card whose notes or rule are not those of staging.
  private mutating func append(
    card record: InsuranceRecord, _ verdict: Verdict, _ key: UInt64, _ place: UInt64,
    _ person: PopulationRecord?, _ name: Span<UInt8>
  ) throws(Stop) {
    var card = record
    card.words = verdict.words
    card.rule = verdict.rule ?? record.rule
    card.rawIDByteCount = 0
    bytes.removeAll(keepingCapacity: true)
    card.append(to: &bytes, name: Span(), rawID: Span())
    let bytes = bytes
    try unsafe append(bytes.span.bytes, key, place, person, name)
  }

  private mutating func append(
    _ card: RawSpan, _ key: UInt64, _ place: UInt64, _ person: PopulationRecord?, _ name: Span<UInt8>
  ) throws(Stop) {
    guard let person else { return try run.append(key: key, place: place, card) }
    let headBytes = JudgedPerson.headByteCount(nameByteCount: name.count)
    var writer = run.begin(key: key, place: place, byteCount: headBytes + name.count + card.byteCount)
    writer.append(UInt64(person.birthDate.bits), byteCount: 3)
    writer.append(UInt64(person.sex.rawValue | person.residence.rawValue << 2), byteCount: 1)
    writer.append(varint: UInt64(name.count))
    unsafe writer.append(name.bytes)
    writer.append(card)
    try run.end(writer)
  }

  /// Ends the run, without a sync.
  consuming func finish() throws(Stop) -> SortedRun? { try run.finish(synced: false) }
}

/// A judged person, read from the first record of its key.
struct JudgedPerson {
  var birthDate: CalendarDate
  var sex: Sex
  var residence: Residence
  /// The range of the clean name in the record.
  var name: Range<Int>
  /// The range of the card in the record.
  var card: Range<Int>

  /// The byte count before a name of this size.
  static func headByteCount(nameByteCount: Int) -> Int {
    nameByteCount < 0x80 ? 5 : nameByteCount < 0x4000 ? 6 : 7
  }

  init(_ payload: RawSpan) {
    var at = 0
    birthDate = CalendarDate(bits: UInt32(payload.integer(at: &at, byteCount: 3)))
    let flags = UInt8(payload.integer(at: &at, byteCount: 1))
    sex = Sex(rawValue: flags & 3) ?? .unknown
    residence = Residence(rawValue: flags >> 2)
    let nameByteCount = Int(payload.varint(at: &at))
    name = at..<at + nameByteCount
    card = name.upperBound..<payload.byteCount
  }
}

extension CardRow {
  /// A judged card in the form that the load takes.
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
