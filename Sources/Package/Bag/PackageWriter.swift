// Writes one recipient's people in all formats of the package.
// Invariant: each format gets the same people in the same order.
// Load: one open at a time on each thread; at most five open files.

import Files
import Values

struct PackageWriter {
  private let folder: String?
  private let facts: PackageFacts
  private let formats: [any FormatWriter]
  private(set) var persons = 0

  /// - Parameter folder: the package's folder; nil to find the digests that the text files would have.
  init(_ facts: PackageFacts, _ names: FHIRNames, _ seals: DeskSeals = DeskSeals(), in folder: String?)
    throws(Stop)
  {
    self.folder = folder
    self.facts = facts
    if let folder {
      try Folder.create(folder)
      try Folder.create(folder + "/data")
    }
    var formats: [any FormatWriter] = []
    let attributes = facts.attributes
    for format in facts.formats {
      switch format {
      case .csv: formats.append(try CSVFormat(attributes, in: folder))
      case .sqlite: if let folder { formats.append(try SQLiteFormat(attributes, facts, in: folder)) }
      case .xml: formats.append(try XMLFormat(attributes, facts, in: folder))
      case .fhir: formats.append(try FHIRFormat(attributes, facts, names, in: folder))
      // Only the sender has the keys for it, so it is never made from changes.
      case .desk: if let folder { formats.append(try DeskFormat(facts, seals, in: folder)) }
      }
    }
    self.formats = formats
  }

  mutating func append(_ person: borrowing PersonTexts) throws(Stop) {
    for format in formats { try format.append(person) }
    persons += 1
  }

  /// Ends the files of people.
  func finishPayload() throws(Stop) -> [BagEntry] {
    var payload: [BagEntry] = []
    for format in formats { payload += try format.finish() }
    return payload
  }
}

/// A written package, as the run's manifest lists it.
package struct PublishedPackage: Sendable {
  package var recipient: String
  package var kind: PackageKind
  /// The full package that it builds on; nil if it is one.
  package var base: PackagePoint?
  /// The number of packages of changes since the base, this one included.
  package var deltas = 0
  /// The digest of the keys that it is encrypted to; nil for a folder.
  package var encryptedTo: String?
  package var persons: Int
  package var byteCount: Int
  package var digest: String
}
