// Staged records as an officer reads them, with their places, and names as text.

package import Values

/// A population record with its name as text.
package struct FoundPerson: Hashable, Sendable {
  package var place: Place
  package var record: PopulationRecord
  package var name: String

  package init(place: Place, record: PopulationRecord, name: String) {
    (self.place, self.record, self.name) = (place, record, name)
  }
}

/// An insurance record with its name as text.
package struct FoundInsurance: Hashable, Sendable {
  /// The content of its personal ID field: the 12-digit or the 9-digit number.
  package var key: LinkKey
  package var place: Place
  package var record: InsuranceRecord
  package var name: String
  /// The personal ID field as in the export, if the key doesn't hold the number.
  package var rawID: String

  package init(key: LinkKey, place: Place, record: InsuranceRecord, name: String, rawID: String = "") {
    (self.key, self.place, self.record, self.name, self.rawID) = (key, place, record, name, rawID)
  }

  /// The content of the personal ID field, in the form that decisions refer to.
  package var held: LinkKey {
    unsafe key.isInvalid ? LinkKey.invalid(digestOf: Array(rawID.utf8).span.bytes) : key
  }
  package var numbers: RecordNumbers { RecordNumbers(record) }
}

/// The numbers by which decisions name an insurance record.
package struct RecordNumbers: Hashable, Sendable, BitwiseCopyable {
  package var insuranceNumber: InsuranceNumber
  package var cardNumber: CardNumber

  package init(_ insuranceNumber: InsuranceNumber, _ cardNumber: CardNumber) {
    (self.insuranceNumber, self.cardNumber) = (insuranceNumber, cardNumber)
  }
  package init(_ record: InsuranceRecord) { self.init(record.insuranceNumber, record.cardNumber) }
}
