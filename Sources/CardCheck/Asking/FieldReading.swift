// Reads the values of a question: numbers, dates, sex, and the facility printed on a card.
// Invariant: no input traps; an unreadable value gives a fault or no value, never a guess.

import Names
import Package
import Rules
import Values

/// The range of the bytes without control characters, white space and ignorable characters at both ends.
func trimmed(_ bytes: Span<UInt8>) -> Range<Int> {
  var range = Rules.trimmed(bytes, 0..<bytes.count)
  while let first = range.first, bytes[first] <= 0x20 { range.removeFirst() }
  while let last = range.last, bytes[last] <= 0x20 { range.removeLast() }
  return range
}

func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// Reads a card number, an insurance number, a personal ID number or a 9-digit number; ignores spaces, reads letters
/// as capitals.
func readNumber(_ field: Span<UInt8>) -> Result<AskedNumber, FieldProblem> {
  var text = InlineArray<17, UInt8>(repeating: 0)
  var count = 0
  var digits = 0
  var i = 0
  while i < field.count {
    let byte = field[i]
    let blank = byte <= 0x20 ? 1 : byte >= 0x80 ? blankCount(field, at: i) : 0
    guard blank == 0 else {
      i += blank
      continue
    }
    i += 1
    guard count < 17 else { return .failure(FieldProblem(.numberForm)) }
    text[count] = byte >= 0x61 && byte <= 0x7A ? byte - 32 : byte
    if isDigit(byte) { digits += 1 }
    count += 1
  }
  let number = text.span.extracting(0..<count)
  switch count {
  case 0: return .failure(FieldProblem(.numberMissing))
  case 9 where digits == 9:
    guard let legacy = try? LegacyID(number), !legacy.isFiller else {
      return .failure(FieldProblem(.numberMissing))
    }
    return .success(AskedNumber(legacy))
  case 10, 12:
    guard let insurance = try? InsuranceNumber(number) else { return .failure(FieldProblem(.numberForm)) }
    if insurance.isFiller { return .failure(FieldProblem(.numberMissing)) }
    return .success(AskedNumber(insurance))
  case 15, 17:
    do throws(CardNumber.Fault) {
      return .success(AskedNumber(try CardNumber(number)))
    } catch {
      return .failure(FieldProblem(error == .level ? .benefitLevel : .cardCode))
    }
  default: return .failure(FieldProblem(.numberForm))
  }
}

/// A fault as an error, for ``Result``.
struct FieldProblem: Error, Hashable {
  let fault: QuestionFault
  init(_ fault: QuestionFault) { self.fault = fault }
}

/// The date formats that a source uses.
struct DateForms: OptionSet {
  let rawValue: UInt8
  /// `dd/MM/yyyy`, `MM/yyyy`, `yyyy`: the gateway and the insurance card.
  static let slashes = DateForms(rawValue: 1)
  /// `ddMMyyyy`, `MMyyyy`, `yyyy`: the chip card.
  static let compact = DateForms(rawValue: 2)
  /// `yyyy-MM-dd`, `yyyy-MM`, `yyyy`: our own store.
  static let iso = DateForms(rawValue: 4)
}

/// Reads a date; a day or month of zero is unknown.
func readDate(_ field: Span<UInt8>, _ forms: DateForms) -> Result<CalendarDate, FieldProblem> {
  if hasInvisible(field) {
    var seen: [UInt8] = []
    appendVisible(field, to: &seen)
    return readDate(seen.span, forms)
  }
  let text = field.extracting(trimmed(field))
  let bad = FieldProblem(.birthDateForm)
  func number(_ at: Int, _ count: Int) -> Int? {
    (try? readDigits(text.extracting(at..<at + count), count: count)).map { Int($0) }
  }
  func date(_ year: Int?, _ month: Int? = 0, _ day: Int? = 0) -> Result<CalendarDate, FieldProblem> {
    guard let year, let month, let day else { return .failure(bad) }
    guard let date = CalendarDate(year: year, month: month, day: day) else {
      return .failure(FieldProblem(.birthDateImpossible))
    }
    return .success(date)
  }
  let slash = UInt8(ascii: "/")
  let hyphen = UInt8(ascii: "-")
  switch text.count {
  case 0: return .failure(FieldProblem(.birthDateMissing))
  case 1 where text[0] == hyphen: return .failure(FieldProblem(.birthDateMissing))
  case 4: return date(number(0, 4))
  case 6 where forms.contains(.compact): return date(number(2, 4), number(0, 2))
  case 8 where forms.contains(.compact): return date(number(4, 4), number(2, 2), number(0, 2))
  case 7 where forms.contains(.slashes) && text[2] == slash: return date(number(3, 4), number(0, 2))
  case 7 where forms.contains(.iso) && text[4] == hyphen: return date(number(0, 4), number(5, 2))
  case 10 where forms.contains(.slashes) && text[2] == slash && text[5] == slash:
    return date(number(6, 4), number(3, 2), number(0, 2))
  case 10 where forms.contains(.iso) && text[4] == hyphen && text[7] == hyphen:
    return date(number(0, 4), number(5, 2), number(8, 2))
  default: return .failure(bad)
  }
}

/// Reads `Nam`, `Nữ` (with or without its mark) and the store's own words; anything else is unknown.
func readSex(_ field: Span<UInt8>) -> Sex {
  if hasInvisible(field) {
    var seen: [UInt8] = []
    appendVisible(field, to: &seen)
    return readSex(seen.span)
  }
  let text = field.extracting(trimmed(field))
  if equalsIgnoringCase(text, "nam") || equalsIgnoringCase(text, "male") { return .male }
  if equalsIgnoringCase(text, "nu") || equalsIgnoringCase(text, "female") { return .female }
  // `Nữ` and `NỮ`, composed.
  if text.count == 4, text[0] | 0x20 == 0x6E, text[1] == 0xE1, text[2] == 0xBB, text[3] | 1 == 0xAF {
    return .female
  }
  return .unknown
}

/// Whether the bytes are a word of lower-case ASCII letters, in any case.
func equalsIgnoringCase(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
  guard text.count == word.utf8CodeUnitCount else { return false }
  for i in text.indices {
    guard unsafe text[i] | 0x20 == word.utf8Start[i] else { return false }
  }
  return true
}

/// Reads the facility printed on a card, `01 - 028` with any dash; empty for any other form.
func readFacility(_ field: Span<UInt8>) -> ShortCode {
  var code = InlineArray<5, UInt8>(repeating: 0)
  var count = 0
  for i in field.indices {
    var byte = field[i]
    if byte >= 0x61, byte <= 0x7A { byte -= 32 }
    guard isDigit(byte) || (byte >= 0x41 && byte <= 0x5A) else { continue }
    guard count < 5 else { return .none }
    code[count] = byte
    count += 1
  }
  guard count == 5, isDigit(code[0]), isDigit(code[1]) else { return .none }
  return ShortCode(code.span) ?? .none
}

/// Appends the bytes encoded by a field of hexadecimal digits.
///
/// - Returns: false if the count of digits is odd or a byte is not a hexadecimal digit.
func appendHex(_ field: Span<UInt8>, to bytes: inout [UInt8]) -> Bool {
  guard field.count % 2 == 0 else { return false }
  var i = 0
  while i < field.count {
    guard let high = hexValue(field[i]), let low = hexValue(field[i + 1]) else { return false }
    bytes.append(high << 4 | low)
    i += 2
  }
  return true
}
