// Explains YAML syntax errors to the author of the file.

import Yams

struct YAMLMistake {
  /// From 1, the column in Unicode scalars; nil if the library doesn't report it.
  var place: (line: Int, column: Int)?
  var expected = "YAML"
  var found = "a line that is no YAML"
  var remedy = "Correct the line; keys and lists are indented by two spaces."

  init(_ error: any Error, in text: String) {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      place = (mark.line, mark.column)
      guard let known = Self.known.first(where: { problem.contains($0.problem) }) else { break }
      (found, remedy) = (known.found, known.remedy)
      // YAML reports an unclosed quote or bracket at the end of the file, not where it was opened.
      if known.isOpen, let context { place = (context.mark.line, context.mark.column) }
    case .duplicatedKeysInMapping(let keys, let context):
      let key = keys.first ?? ""
      let first = context.mark
      let next = Self.next(key, after: first, in: text)
      place = (next ?? first.line, first.column)
      expected = "each key once"
      found = "`\(key)` twice" + (next == nil ? "" : ", first in line \(first.line)")
      remedy = "Remove one of them."
    case .reader(_, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      place = (1 + before.count(where: \.isNewline), 1)
      found = "a character that a text file can't hold"
      remedy = "Remove it, and save the file as UTF-8."
    default: break
    }
  }

  /// The YAML library's messages, and what each means to the author of a pipeline file.
  private static let known: [(problem: String, found: String, remedy: String, isOpen: Bool)] = [
    (
      "mapping values are not allowed", "a colon where no key can be",
      "Put a text that contains a colon and a space in quotes; indent keys of one level alike.", false
    ),
    (
      "did not find expected key", "a line that is no key of its level",
      "Indent keys of one level alike, and put a text that goes on after a quote in quotes as a whole.", false
    ),
    ("could not find expected ':'", "a key without a colon", "Write the key, a colon and a space.", false),
    (
      "character that cannot start", "a text that begins with a sign of YAML, or a tab",
      "Put the text in quotes; indent with spaces.", false
    ),
    (
      "alphabetic or numeric character", "a text that begins with * or &",
      "Put the text in quotes: \"*.csv\".",
      false
    ),
    ("undefined alias", "a text that begins with *", "Put the text in quotes: \"*.csv\".", false),
    (
      "another document", "a second document after ---", "Remove the line: a pipeline file is one document.",
      false
    ),
    ("node content", "a sign of YAML in place of a value", "Write the value, or put it in quotes.", false),
    ("incompatible YAML document", "a line that begins with %", "Remove the line.", false),
    ("directive", "a line that begins with %", "Remove the line.", false),
    ("tab character", "a tab in the indentation", "Indent with spaces.", false),
    (
      "',' or '}'", "a { that is not closed", "Close it with }, and separate the pairs in it by commas.", true
    ),
    ("',' or ']'", "a [ that is not closed", "Close it with ], and separate the items by commas.", true),
    ("unexpected end of stream", "a quote that is not closed", "Close it with the same quote.", true),
    (
      "unknown escape character", "a backslash in double quotes", "Put the text in single quotes instead.",
      false
    ),
    (
      "did not find expected '-'", "a line that is no item of the list above it",
      "Begin each item with a hyphen and a space, all indented alike.", false
    ),
    (
      "block sequence entries", "a list where none can be",
      "Begin the list on a line of its own, or write it in brackets.", false
    ),
  ]

  /// The line in which a key is written again at the same indentation.
  private static func next(_ key: String, after first: Mark, in text: String) -> Int? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let next = lines.indices.dropFirst(first.line).first { i in
      let line = lines[i].drop { $0 == " " }
      return lines[i].count - line.count == first.column - 1 && line.hasPrefix(key + ":")
    }
    return next.map { $0 + 1 }
  }
}
