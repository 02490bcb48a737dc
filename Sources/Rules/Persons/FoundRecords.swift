// Staged records as an officer reads them, with their places and with names as text.
// Load: the records of one person at a time.

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
  /// What its personal ID field holds: the 12-digit or the 9-digit number.
  package var key: LinkKey
  package var place: Place
  package var record: InsuranceRecord
  package var name: String
  /// The personal ID field as the export has it, where the key doesn't hold the number.
  package var rawID: String

  package init(key: LinkKey, place: Place, record: InsuranceRecord, name: String, rawID: String = "") {
    (self.key, self.place, self.record, self.name, self.rawID) = (key, place, record, name, rawID)
  }

  /// What the personal ID field holds, in the form to which decisions are bound.
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
