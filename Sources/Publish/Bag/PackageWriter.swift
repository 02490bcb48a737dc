// One recipient's people in all formats of its rule, written from front to back.
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
  init(_ facts: PackageFacts, _ names: FHIRNames, in folder: String?) throws(Stop) {
    self.folder = folder
    self.facts = facts
    if let folder {
      try Folder.create(folder)
      try Folder.create(folder + "/data")
    }
    var formats: [any FormatWriter] = []
    let attributes = facts.rule.attributes
    for format in facts.rule.formats {
      switch format {
      case .csv: formats.append(try CSVFormat(attributes, in: folder))
      case .sqlite: if let folder { formats.append(try SQLiteFormat(attributes, facts, in: folder)) }
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

  /// Ends the files of people.
  func finishPayload() throws(Stop) -> [BagEntry] {
    var payload: [BagEntry] = []
    for format in formats { payload += try format.finish() }
    return payload
  }
}

/// One package, as the run's manifest lists it.
struct PublishedPackage: Sendable {
  var recipient: String
  var kind: PackageKind
  /// The full package that it builds on; nil if it is one.
  var base: PackagePoint?
  /// Packages of changes since then, this one counted.
  var deltas = 0
  /// The digest of the keys that it is encrypted to; nil for a folder.
  var encryptedTo: String?
  var persons: Int
  var byteCount: Int
  var digest: String
}
