// The personal ID rule: 12 digits.
// Invariant: a population record without them goes to quarantine; an insurance record without them gets a key for missing
// or unusable numbers and a reason that names the shape. No digit is added, dropped or guessed.
// Load: one number per record; nearly all have 12 digits and are read once.
//
// For data officers: in insurance records the shapes found are
//   id_from_insurance_number  no number, but a 12-digit insurance number or the tail of a 17-character card is a
//                        personal ID number with a known prefix: it is taken
//   filler               one digit repeated, typed where the number was not known: counts as no number
//   armed_forces         no number, and the card's group is QN, CA, CY or one that the pipeline file adds: these are sent
//                        without numbers
//   newborn              no number, and the card is of the kind TE1: heals when the child's papers arrive
//   leading_zero_lost    11 or 10 digits that are a known province's after padding, or 8 of a 9-digit number: a
//                        spreadsheet or a numeric column dropped the zeros
//   insurance_number_in_id  this field holds the record's 10-digit insurance number
//   passport             a letter and 7 or 8 digits
//   spreadsheet_exponent 7.92E+10: a spreadsheet rounded the number, its digits are lost
//   wrong_length         digits, but neither 12 nor 9
//   not_digits           anything else
//
// Source: Decree 137/2015/NĐ-CP art. 13; Circular 07/2016/TT-BCA art. 7; letter 1804/BHXH-QLT of 4 August 2025 (the
// personal ID number is the insurance number).

package import Values

package enum PersonalIDRule {
  /// The content of the personal ID field of an insurance record.
  package struct Reading {
    package var key: LinkKey
    /// Why there is no usable number, or a note on where the number comes from.
    package var words: Reasons
  }

  /// Reads the number of a population record.
  package static func person(_ value: Span<UInt8>, _ found: inout Reasons) -> PersonalID? {
    if let id = try? PersonalID(value), !id.isFiller { return id }
    found.insert(value.isEmpty || isFiller(value) ? .personalIDMissing : .personalIDFormat)
    return nil
  }

  /// Reads the personal ID field of an insurance record.
  ///
  /// - Parameters:
  ///   - record: its card and insurance number, which may hold the number or tell why it is missing.
  ///   - tail: the last digits of its card field.
  package static func insured(
    _ value: Span<UInt8>, _ record: InsuranceRecord, tail: InsuranceNumber,
    _ armedForces: ArmedForces = ArmedForces()
  ) -> Reading {
    if value.count == 12, let id = try? PersonalID(value), !id.isFiller {
      return Reading(key: .personal(id), words: Reasons())
    }
    if value.isEmpty || isFiller(value) {
      if let id = record.insuranceNumber.personalID ?? tail.personalID {
        return Reading(key: .personal(id), words: Reasons(.idFromInsuranceNumber))
      }
      var reasons = Reasons()
      if !value.isEmpty { reasons.insert(.filler) }
      let card = record.cardNumber
      if armedForces.lackNumbers(card.group) {
        reasons.insert(.armedForces)
      } else if card.group == letters("T", "E"), card.level == 1 {
        reasons.insert(.newborn)
      }
      return Reading(key: .missing, words: reasons)
    }
    if value.count == 9, let id = try? LegacyID(value) {
      return Reading(key: .legacy(id), words: Reasons())
    }
    return Reading(key: .invalid, words: Reasons(shape(value, record.insuranceNumber)))
  }

  /// The key under which quarantine keeps a record with this personal ID field.
  package static func key(holding value: Span<UInt8>) -> LinkKey {
    if let id = try? PersonalID(value) { return .personal(id) }
    if let id = try? LegacyID(value) { return .legacy(id) }
    return .missing
  }

  private static func letters(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> UInt16 {
    UInt16(a.value) << 8 | UInt16(b.value)
  }

  private static func shape(_ value: Span<UInt8>, _ insuranceNumber: InsuranceNumber) -> Reason {
    guard isDigits(value) else {
      return isPassport(value) ? .passport : isExponent(value) ? .spreadsheetExponent : .notDigits
    }
    switch value.count {
    case 8: return .leadingZeroLost
    case 10, 11:
      if let number = try? InsuranceNumber(value), number == insuranceNumber { return .insuranceNumberInID }
      guard let digits = try? readDigits(value, count: value.count) else { return .wrongLength }
      return PersonalID(packed: digits).hasKnownPrefix ? .leadingZeroLost : .wrongLength
    default: return .wrongLength
    }
  }

  private static func isPassport(_ value: Span<UInt8>) -> Bool {
    guard value.count == 8 || value.count == 9 else { return false }
    return value[0] >= 0x41 && value[0] <= 0x5A && isDigits(value.extracting(1...))
  }

  /// `7.9205E+10`, `7,92E10`, `1E+11`.
  private static func isExponent(_ value: Span<UInt8>) -> Bool {
    guard isDigit(value[0]) else { return false }
    var i = 1
    if i < value.count, value[i] == UInt8(ascii: ".") || value[i] == UInt8(ascii: ",") { i += 1 }
    guard i > 1 || (i < value.count && value[i] | 0x20 == UInt8(ascii: "e")) else { return false }
    while i < value.count, isDigit(value[i]) { i += 1 }
    guard i < value.count, value[i] | 0x20 == UInt8(ascii: "e") else { return false }
    i += 1
    if i < value.count, value[i] == UInt8(ascii: "+") { i += 1 }
    return isDigits(value.extracting(i...))
  }
}
