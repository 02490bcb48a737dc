// One recipient's package, written from front to back.
// Invariant: each format gets the same people in the same order.
// Load: one open at a time on each thread; at most five open files.

import Disk
import Record

struct PackageWriter {
  private let folder: String
  private let facts: PackageFacts
  private let formats: [any FormatWriter]
  private(set) var persons = 0

  init(_ facts: PackageFacts, _ names: FHIRNames, in folder: String) throws(Stop) {
    self.folder = folder
    self.facts = facts
    try Folder.create(folder)
    try Folder.create(folder + "/data")
    var formats: [any FormatWriter] = []
    let attributes = facts.rule.attributes
    for format in facts.rule.formats {
      switch format {
      case .csv: formats.append(try CSVFormat(attributes, in: folder))
      case .sqlite: formats.append(try SQLiteFormat(attributes, facts, in: folder))
      case .xml: formats.append(try XMLFormat(attributes, facts, in: folder))
      case .fhir: formats.append(try FHIRFormat(attributes, facts, names, in: folder))
      }
    }
    self.formats = formats
  }

  mutating func append(_ person: borrowing FieldTexts) throws(Stop) {
    for format in formats { try format.append(person) }
    persons += 1
  }

  func finish(before: PackageBefore?, key: SigningKey?) throws(Stop) -> PublishedPackage {
    var payload: [BagEntry] = []
    for format in formats { payload += try format.finish() }
    let digest = try Bag.finish(
      folder, facts, payload: payload, persons: persons, before: before, key: key)
    return PublishedPackage(
      recipient: facts.recipient, persons: persons, byteCount: payload.reduce(0) { $0 + $1.byteCount },
      digest: digest)
  }
}

/// One package, as the run's manifest lists it.
struct PublishedPackage: Sendable {
  var recipient: String
  var persons: Int
  var byteCount: Int
  var digest: String
}
