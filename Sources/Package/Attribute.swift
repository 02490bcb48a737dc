// The columns and formats of packages, declared once for their writers and readers.

import Values

package enum PackageFormat: String, CaseIterable, Hashable, Sendable {
  case csv, sqlite, xml, fhir, desk

  /// The formats that a recipient can make from a table of people; a desk needs the sender's keys.
  package static let ofTables = allCases.filter { $0 != .desk }
}

/// The attributes of a person in a package; the raw values are the column order of every format.
package enum Attribute: Int, NamedCase, Hashable {
  case personalID, fullName, birthDate, sex, insuranceNumber, cardNumber, facilityCode, validFrom, validTo,
    fiveYearsFrom, areaCode
  /// The last day of grace of a person whose latest data is doubtful.
  case graceUntil

  /// The attributes of a pipeline without grace; one with grace adds ``graceUntil``.
  package static let ofEveryPackage = allCases.filter { $0 != .graceUntil }

  /// The column in CSV and SQLite, and the element in XML.
  package static let names = snakeCaseNames(of: allCases)

  /// The attributes that columns are named after, and their columns.
  ///
  /// - Parameter names: in small letters, without `_`.
  static func columns(_ names: [String]) -> [(attribute: Attribute, column: Int)] {
    allCases.compactMap { attribute in
      names.firstIndex(of: attribute.name.filter { $0 != "_" }).map { (attribute, $0) }
    }
  }

  /// Whether a table with these columns identifies persons well enough for a clerk's question.
  static func areOfPersons(_ attributes: [Attribute]) -> Bool {
    [.personalID, .fullName, .birthDate].allSatisfy(attributes.contains)
  }

  /// Of the attributes that a recipient sees, those of the cards beside the serving one.
  ///
  /// Without both dates nothing tells on which days a card serves, and the recipient gets the serving card only.
  package static func ofOtherCards(_ attributes: [Attribute]) -> [Attribute] {
    guard attributes.contains(.validFrom), attributes.contains(.validTo) else { return [] }
    return attributes.filter {
      switch $0 {
      case .fullName, .birthDate, .sex, .graceUntil: false
      default: true
      }
    }
  }

  static let freeText = allCases.filter(\.isFreeText)
  /// Whether a value may hold any character; all others are digits, letters, hyphens and words.
  var isFreeText: Bool {
    switch self {
    case .fullName, .facilityCode, .areaCode: true
    default: false
    }
  }
}

/// The identifier systems and names that the FHIR resources use.
///
/// No official ones are known; the defaults are our own.
package struct FHIRNames: Hashable, Sendable {
  package var personalID = "urn:x-cardlink:personal-id"
  package var insuranceNumber = "urn:x-cardlink:insurance-number"
  package var cardNumber = "urn:x-cardlink:card-number"
  package var facilityCode = "urn:x-cardlink:facility-code"
  /// The prefix of the names of extensions and of classes of coverage.
  package var definitions = "urn:x-cardlink:"
  package var payor = "Bảo hiểm xã hội Việt Nam"

  package init() {}
}
