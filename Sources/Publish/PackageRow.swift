// One line of a facility's package: a person and the card that serves, as CSV.
// Invariant: UTF-8, LF, RFC 4180 quoting; the columns of the header in its order, and no others: a facility gets what
// it needs to know its people by, not where the values came from. An absent value is an empty field.
// Load: 90 million lines through one buffer, no text made on the way.

import Record

enum PackageRow {
  static let header =
    "personal_id,full_name,birth_date,sex,insurance_number,card_number,facility_code,valid_from,valid_to,"
    + "five_years_from,area_code\n"

  /// Appends a person's line.
  static func append(
    _ person: PersonRow, name: Span<UInt8>, _ card: CardRow, to line: inout [UInt8]
  ) {
    appendDigits(person.personalID.packed, count: 12, to: &line)
    line.append(comma)
    appendQuoted(name, to: &line)
    line.append(comma)
    append(person.birthDate, to: &line)
    line.append(comma)
    switch person.sex {
    case .unknown: append("unknown", to: &line)
    case .male: append("male", to: &line)
    case .female: append("female", to: &line)
    }
    line.append(comma)
    append(card.insuranceNumber, to: &line)
    line.append(comma)
    if !card.cardNumber.isNone {
      for i in 0..<5 { line.append(UInt8(truncatingIfNeeded: card.cardNumber.head >> UInt64(8 * (4 - i)))) }
      append(card.cardNumber.tail, to: &line)
    }
    line.append(comma)
    append(card.facility, to: &line)
    line.append(comma)
    append(card.validFrom, to: &line)
    line.append(comma)
    append(card.validTo, to: &line)
    line.append(comma)
    append(card.fiveYearsFrom, to: &line)
    line.append(comma)
    append(card.area, to: &line)
    line.append(UInt8(ascii: "\n"))
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  private static func append(_ word: StaticString, to line: inout [UInt8]) {
    unsafe line.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private static func append(_ number: InsuranceNumber, to line: inout [UInt8]) {
    guard !number.isNone else { return }
    appendDigits(number.digits, count: number.digitCount, to: &line)
  }

  private static func append(_ date: CalendarDate, to line: inout [UInt8]) {
    guard !date.isNone else { return }
    appendDigits(UInt64(date.year), count: 4, to: &line)
    if date.month > 0 {
      line.append(UInt8(ascii: "-"))
      appendDigits(UInt64(date.month), count: 2, to: &line)
    }
    if date.day > 0 {
      line.append(UInt8(ascii: "-"))
      appendDigits(UInt64(date.day), count: 2, to: &line)
    }
  }

  /// A code may hold any printable character, so it is quoted like a name.
  private static func append(_ code: ShortCode, to line: inout [UInt8]) {
    let count = Int(code.packed & 0xff)
    var mustQuote = false
    for i in 0..<count where isSpecial(code.byte(i)) { mustQuote = true }
    if mustQuote { line.append(quote) }
    for i in 0..<count {
      if code.byte(i) == quote { line.append(quote) }
      line.append(code.byte(i))
    }
    if mustQuote { line.append(quote) }
  }

  private static func appendDigits(_ number: UInt64, count: Int, to line: inout [UInt8]) {
    var divisor: UInt64 = 1
    for _ in 1..<count { divisor *= 10 }
    for _ in 0..<count {
      line.append(UInt8(truncatingIfNeeded: 48 + number / divisor % 10))
      divisor = max(1, divisor / 10)
    }
  }

  private static func appendQuoted(_ text: Span<UInt8>, to line: inout [UInt8]) {
    var mustQuote = false
    for i in text.indices where isSpecial(text[i]) { mustQuote = true }
    guard mustQuote else {
      unsafe text.withUnsafeBufferPointer { unsafe line.append(contentsOf: $0) }
      return
    }
    line.append(quote)
    for i in text.indices {
      if text[i] == quote { line.append(quote) }
      line.append(text[i])
    }
    line.append(quote)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte == comma || byte == quote || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }
}

extension ShortCode {
  /// The i-th character.
  func byte(_ i: Int) -> UInt8 { UInt8(truncatingIfNeeded: packed >> UInt64(8 * (7 - i))) }

  /// Made of the letters and digits of ASCII only, and so fit to be a file's name.
  var namesAFile: Bool {
    guard !isNone else { return false }
    for i in 0..<Int(packed & 0xff) {
      switch byte(i) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        continue
      default: return false
      }
    }
    return true
  }
}
