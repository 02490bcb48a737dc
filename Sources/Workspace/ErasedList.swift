// The persons who were erased from the workspace, so that an export that brings them again doesn't bring them back.
// Invariant: replaced atomically. It holds pseudonyms under the key of the audit log and sixteen bits of a digest, no number.

package import Values

/// The list of erased persons.
package struct ErasedList: Codable, Sendable {
  private struct Person: Codable, Hashable {
    var pseudonym: String
    var mark: UInt16
  }
  private var persons: [Person] = []

  /// Reads the list of a workspace; without a file it is empty.
  package init(_ workspace: String) throws(Stop) {
    self = try JSONFile.read(Self.self, from: Self.path(in: workspace)) ?? Self()
  }

  private init() {}

  private static func path(in workspace: String) -> String { workspace + "/erased.json" }

  /// Equal for two lists of the same persons; nil for an empty one.
  package var digest: String? {
    persons.isEmpty ? nil : persons.map(\.pseudonym).sorted().joined(separator: " ")
  }

  package func contains(_ id: PersonalID, _ workspace: String) throws(Stop) -> Bool {
    guard !persons.isEmpty else { return false }
    let pseudonym = try Audit(workspace).pseudonym(of: id)
    return persons.contains { $0.pseudonym == pseudonym }
  }

  /// Adds a person, or takes one off, and writes the list.
  package mutating func set(_ id: PersonalID, isErased: Bool, _ workspace: String) throws(Stop) {
    let person = Person(pseudonym: try Audit(workspace).pseudonym(of: id), mark: ErasedPersons.mark(of: id))
    persons.removeAll { $0.pseudonym == person.pseudonym }
    if isErased { persons.append(person) }
    try JSONFile.write(self, to: Self.path(in: workspace))
  }

  /// The persons, as the extract stage finds them among the records.
  package func persons(_ workspace: String) -> ErasedPersons {
    let pseudonyms = Set(persons.map(\.pseudonym))
    return ErasedPersons(marks: persons.map(\.mark)) { id in
      // Without the key, persons of the same mark look alike: all of them are held back.
      (try? Audit(workspace).pseudonym(of: id)).map { pseudonyms.contains($0) } ?? true
    }
  }
}
