// The card number rule: group (2 letters), level (1 to 5), province (2 digits), then 10 or 12 digits.
// Invariant: a record passes with a whole card number, or with none if it has an insurance number.
// Load: one number per insurance record, read once without copying it to the heap.
//
// For data officers: spaces are ignored and letters read as capitals: `DN 4 01 0123456789`. A field that holds only 10
// or 12 digits, as new printed cards do, is an insurance number. Notes: card_tail_differs when the digits after the
// province are not the record's insurance number (10 digits) or personal ID number (12 digits), each compared with a
// number of its own length only, because old cards stay valid beside new numbers; group_unknown for new groups.
//
// Source: Decision 1351/QĐ-BHXH (2015); Decision 1666/QĐ-BHXH (2020).

package import Values

package enum CardNumberRule {
  /// What the card number field holds.
  package struct Reading {
    /// `none` if the field is empty or holds an insurance number.
    package var number = CardNumber.none
    /// The card's last digits, or the insurance number in the field.
    package var tail = InsuranceNumber.none
    package var isMalformed = false

    package init(number: CardNumber = .none, tail: InsuranceNumber = .none, isMalformed: Bool = false) {
      (self.number, self.tail, self.isMalformed) = (number, tail, isMalformed)
    }
  }

  /// Reads the card number field.
  package static func read(
    _ value: Span<UInt8>, _ groups: ObjectGroups, _ found: inout Reasons, _ notes: inout Reasons
  ) -> Reading {
    var reading = Reading()
    if value.isEmpty { return reading }
    if let card = try? CardNumber(value) {
      if !groups.contains(card.group) { notes.insert(.groupUnknown) }
      return Reading(number: card, tail: card.tail)
    }
    let text = ShortText(value)
    let bytes = text.bytes.span.extracting(0..<text.count)
    if text.count == 10 || text.count == 12, let number = try? InsuranceNumber(bytes) {
      reading.tail = number.isFiller ? .none : number
      return reading
    }
    do throws(CardNumber.Fault) {
      reading.number = try CardNumber(bytes)
      reading.tail = reading.number.tail
      if !groups.contains(reading.number.group) { notes.insert(.groupUnknown) }
    } catch {
      found.insert(error == .level ? .benefitLevel : .cardNumberFormat)
      reading.isMalformed = true
    }
    return reading
  }

  /// Notes a tail that differs from the record's number of the same length.
  package static func compare(
    _ tail: InsuranceNumber, _ own: InsuranceNumber, _ id: PersonalID?, _ notes: inout Reasons
  ) {
    guard !tail.isNone else { return }
    if tail.digitCount == 12, let id {
      if tail != InsuranceNumber(id) { notes.insert(.cardTailDiffers) }
    } else if !own.isNone, own.digitCount == tail.digitCount, own != tail {
      notes.insert(.cardTailDiffers)
    }
  }
}
