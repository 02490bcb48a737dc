// One recipient's package of tonight: everybody, or what has changed since the package before.
// Invariant: a package of changes names the digests of all text files that its recipient must come to; they are found by
// writing them to nowhere, so that no two ways of making them can differ.
// Load: one at a time on each thread; at most five open files.

import Files
import Seal
import Values

struct RecipientWriter {
  private let folder: String
  private let facts: PackageFacts
  private let names: FHIRNames
  private let standing: PackageStanding
  private var people: PackageWriter
  private var changes: ChangesFormat?

  init(_ facts: PackageFacts, _ names: FHIRNames, _ standing: PackageStanding, in folder: String) throws(Stop)
  {
    (self.folder, self.facts, self.names, self.standing) = (folder, facts, names, standing)
    let isDelta = standing.kind == .delta
    if isDelta {
      try Folder.create(folder)
      try Folder.create(folder + "/data")
      changes = try ChangesFormat(facts.rule.attributes, in: folder)
    }
    people = try PackageWriter(facts, names, in: isDelta ? nil : folder)
  }

  var isDelta: Bool { changes != nil }

  /// Takes a person of tonight, ascending.
  mutating func append(_ person: borrowing FieldTexts, isChanged: Bool) throws(Stop) {
    try people.append(person)
    if isChanged { try changes?.put(person) }
  }

  mutating func remove(_ id: PersonalID, because reason: RemovalReason) throws(Stop) {
    try changes?.remove(id, because: reason)
  }

  func finish(key: SigningKey?) throws(Stop) -> PublishedPackage {
    var end = BagEnd()
    end.standing = standing
    end.persons = people.persons
    end.payload = try people.finishPayload()
    if let changes {
      let result = Bag.lines(end.payload)
      end.payload = [
        try changes.finish(), try PayloadFile.write(result, to: BagName.result, in: folder),
      ]
      (end.put, end.removed) = (changes.putCount, changes.removedCount)
      if facts.rule.formats.contains(.fhir) { end.fhir = names }
    }
    let digest = try Bag.finish(folder, facts, end, key: key)
    return PublishedPackage(
      recipient: facts.recipient, kind: standing.kind, base: standing.base, deltas: standing.deltas,
      persons: end.persons, byteCount: end.payload.reduce(0) { $0 + $1.byteCount }, digest: digest)
  }
}

/// The table of changes: a line for each person put in, changed or taken out, ascending by personal ID number.
final class ChangesFormat {
  static let remove = "remove"
  private let file: PayloadFile
  private let attributes: [Attribute]
  private(set) var putCount = 0
  private(set) var removedCount = 0

  static func columns(_ attributes: [Attribute]) -> [String] {
    ["change", "reason"] + attributes.map(\.name)
  }

  init(_ attributes: [Attribute], in bag: String) throws(Stop) {
    self.attributes = attributes
    file = try PayloadFile(BagName.changes, in: bag)
    try file.append(Self.columns(attributes).joined(separator: ",") + "\n")
  }

  func put(_ person: borrowing FieldTexts) throws(Stop) {
    putCount += 1
    try file.append { line in
      line.append(contentsOf: "put,".utf8)
      for attribute in attributes {
        line.append(comma)
        appendQuoted(person.bytes.span.extracting(person.range(attribute)), to: &line)
      }
      line.append(UInt8(ascii: "\n"))
    }
  }

  func remove(_ id: PersonalID, because reason: RemovalReason) throws(Stop) {
    removedCount += 1
    try file.append(
      "\(Self.remove),\(reason.word),\(id.text)"
        + String(repeating: ",", count: attributes.count - 1) + "\n")
  }

  func finish() throws(Stop) -> BagEntry { try file.finish() }
}
