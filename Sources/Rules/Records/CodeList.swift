// Reads the codes of an export by its own code list.
// Invariant: a code outside the list is never guessed; composed and decomposed spellings are the same code.
// Load: one or two codes per record; a code of at most eight bytes is compared as one word.

import Names

/// The codes of one field.
package struct CodeList: Sendable {
  package enum Reading: Equatable {
    case code(UInt8)
    case blank
    case unlisted
  }

  private struct Entry: Sendable {
    /// The code in one word, if it has at most eight bytes.
    var word: UInt64
    var bytes: [UInt8]
    var value: UInt8
  }

  private var words: [(word: UInt64, count: Int, value: UInt8)] = []
  private var entries: [Entry] = []
  private let folder = NameFolder()

  package var isEmpty: Bool { entries.isEmpty }

  package init(_ codes: [(bytes: [UInt8], value: UInt8)]) {
    for (bytes, value) in codes {
      var clean: [UInt8] = []
      folder.clean(bytes.span, into: &clean)
      guard !clean.isEmpty else { continue }
      let word = clean.count <= 8 ? Self.word(clean.span) : 0
      if clean.count <= 8 { words.append((word, clean.count, value)) }
      entries.append(Entry(word: word, bytes: clean, value: value))
    }
  }

  private static func word(_ bytes: Span<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    for i in bytes.indices { word = word << 8 | UInt64(bytes[i]) }
    return word
  }

  /// Reads a trimmed value.
  ///
  /// The list takes precedence, so that a listed code which is also an empty value keeps its meaning.
  package func read(_ value: Span<UInt8>, _ empty: EmptyValues) -> Reading {
    if value.isEmpty { return .blank }
    if value.count <= 8 {
      let word = Self.word(value)
      for i in words.indices where words[i].word == word && words[i].count == value.count {
        return .code(words[i].value)
      }
    }
    if let listed = slowlyRead(value) { return .code(listed) }
    return empty.contains(value) ? .blank : .unlisted
  }

  /// Compares the clean forms.
  @inline(never)
  private func slowlyRead(_ value: Span<UInt8>) -> UInt8? {
    var clean: [UInt8] = []
    folder.clean(value, into: &clean)
    return entries.first { $0.bytes == clean }?.value
  }
}
