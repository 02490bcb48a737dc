// One text in Vietnamese and English.

/// The same text in both languages.
package struct Bilingual: Hashable, Sendable {
  package var vietnamese: String
  package var english: String

  package init(_ vietnamese: String, _ english: String) {
    self.vietnamese = vietnamese
    self.english = english
  }
}
