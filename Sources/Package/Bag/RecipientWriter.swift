// Writes one recipient's package: all people, or what has changed since the package before.
// Invariant: a package of changes holds the digests of all text files after the changes. The same writers make the digests
// and, where the changes are applied, the files.
// Load: one at a time on each thread; at most five open files.

import Files
package import Seal
package import Values

/// What a package of changes says about a person.
package enum RowChange: Sendable {
  /// Nothing: the recipient has the row already.
  case none
  /// The row is new or changed.
  case put
  /// The row is changed only by a renumbering of its cards.
  case renumbered
}

/// A signed status list of attestations, as a package carries it.
package struct StatusFile: Hashable, Sendable {
  /// `2026-11`: the file is `data/status-2026-11.jwt`.
  package var name: String
  package var text: String

  package init(name: String, text: String) { (self.name, self.text) = (name, text) }
}

package struct RecipientWriter {
  package var statusLists: [StatusFile] = []
  private let folder: String
  private let facts: PackageFacts
  private let names: FHIRNames
  private let standing: PackageStanding
  private var people: PackageWriter
  private var changes: ChangesFormat?

  package init(
    _ facts: PackageFacts, _ names: FHIRNames, _ standing: PackageStanding, _ seals: DeskSeals = DeskSeals(),
    in folder: String
  ) throws(Stop) {
    (self.folder, self.facts, self.names, self.standing) = (folder, facts, names, standing)
    let isDelta = standing.kind == .delta
    if isDelta {
      try Folder.create(folder)
      try Folder.create(folder + "/data")
      changes = try ChangesFormat(facts.attributes, in: folder)
    }
    people = try PackageWriter(facts, names, seals, in: isDelta ? nil : folder)
  }

  package var isDelta: Bool { changes != nil }

  /// Appends a person of the new publication, ascending.
  package mutating func append(_ person: borrowing PersonTexts, _ change: RowChange) throws(Stop) {
    try people.append(person)
    if change != .none { try changes?.put(person, isRenumbered: change == .renumbered) }
  }

  package mutating func remove(_ id: PersonalID, because reason: RemovalReason) throws(Stop) {
    try changes?.remove(id, because: reason)
  }

  package func finish(key: SigningKey?) throws(Stop) -> PublishedPackage {
    var end = BagEnd(standing: standing)
    end.persons = people.persons
    end.payload = try people.finishPayload()
    if let changes {
      let result = Bag.results(end.payload)
      end.payload =
        try changes.finish() + [try PayloadFile.write(result.people, to: BagName.result, in: folder)]
      end.payload.append(
        try PayloadFile.write(Guide.text(contact: facts.contact), to: "data/" + BagName.guide, in: folder))
      if !result.others.isEmpty {
        end.payload.append(try PayloadFile.write(result.others, to: BagName.otherResult, in: folder))
      }
      (end.put, end.renumbered, end.removed) = (
        changes.putCount, changes.renumberedCount, changes.removedCount
      )
      if facts.formats.contains(.fhir) { end.fhir = names }
    }
    for list in statusLists {
      end.payload.append(
        try PayloadFile.write(list.text, to: "data/\(BagName.statusPrefix)\(list.name).jwt", in: folder))
    }
    let digest = try Bag.finish(folder, facts, end, key: key)
    return PublishedPackage(
      recipient: facts.recipient, kind: standing.kind, base: standing.base, deltas: standing.deltas,
      persons: end.persons, byteCount: end.payload.reduce(0) { $0 + $1.byteCount }, digest: digest)
  }
}
