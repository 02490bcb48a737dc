// A person as the store has it, for attestations: the values, and a digest that changes when any of them does.

import Pipeline
import Values
import Workspace

extension PersonLookup {
  struct Found {
    var id: PersonalID
    var name: String
    var birthDate: CalendarDate
    var sex: Sex
    /// The serving card.
    var card: CardRow

    /// The value of an attribute that an attestation can hold; nil for others and for none.
    func value(of attribute: ReleasedAttribute) -> String? {
      let text =
        switch attribute {
        case .fullName: name
        case .birthDate: birthDate.isNone ? "" : birthDate.text
        case .sex: sex.name
        case .insuranceNumber: card.insuranceNumber.isNone ? "" : card.insuranceNumber.text
        case .cardNumber: card.cardNumber.isNone ? "" : card.cardNumber.text
        case .facilityCode: card.facility.isNone ? "" : card.facility.text
        case .areaCode: card.area.isNone ? "" : card.area.text
        case .fiveYearsFrom: card.fiveYearsFrom.isNone ? "" : card.fiveYearsFrom.text
        // Always open.
        case .validFrom, .validTo: ""
        case .cardStatus: ""
        }
      return text.isEmpty ? nil : text
    }

    /// As the run that looks for changes makes it.
    var digest: String {
      let released: [ReleasedAttribute] = [
        .fullName, .birthDate, .sex, .insuranceNumber, .cardNumber, .facilityCode, .fiveYearsFrom, .areaCode,
      ]
      return PlaceBook.digest(
        released.map { value(of: $0) ?? "" }
          + [card.validFrom, card.validTo].map { $0.isNone ? "" : $0.text })
    }
  }
}
