// A person's name as tests compare it.

package import Values

extension PersonBatch {
  /// A person's clean name as text.
  package func name(of person: PersonRow) -> String {
    String(decoding: bytes[person.nameRange], as: UTF8.self)
  }
}
