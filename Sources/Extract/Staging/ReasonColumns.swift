// Finds the column of an export that a reason is about.

import Rules
package import Values

extension ExportRules {
  /// The column or path that a reason is about; nil if it is about the whole record.
  package func column(of reason: Reason) -> String? {
    let field: Field? =
      switch reason {
      case .nameMissing, .nameFormat, .nameMojibake, .nameConverted: .fullName
      case .birthDateMissing, .birthDateFormat, .birthDateImpossible, .birthDateFuture, .birthDateTooEarly:
        .birthDate
      case .sexCode: .sex
      case .statusCode: .status
      case .personalIDMissing, .personalIDFormat, .filler, .leadingZeroLost, .insuranceNumberInID, .passport,
        .spreadsheetExponent, .wrongLength, .notDigits, .idFromInsuranceNumber:
        .personalID
      case .insuranceNumberFormat, .insuranceNumberMissing, .insuranceNumberNotID: .insuranceNumber
      case .cardNumberFormat, .benefitLevel, .cardTailDiffers, .groupUnknown: .cardNumber
      case .validFromMissing, .validFromFormat: .validFrom
      case .validToFormat, .validReversed: .validTo
      case .facilityFormat: .facilityCode
      case .areaCode: .areaCode
      case .fiveYearsFormat: .fiveYearsFrom
      default: nil
      }
    return field.flatMap { columnNames[$0] }
  }
}
