// Explains missing columns: looks for another delimiter, title lines or a missing header at the beginning of a CSV file.

import Names

/// What the first lines look like, and the options to write for them.
struct HeaderHint {
  let found: String
  let remedy: String

  /// Looks at the first lines as other dialects would cut them.
  ///
  /// - Parameters:
  ///   - lines: the lines after those that the dialect skips.
  ///   - dialect: as the file was read.
  /// - Returns: nil if no other way gives more of the columns.
  init?(_ lines: [String], _ dialect: CSVDialect, reading columns: [String]) {
    guard dialect.hasHeader else { return nil }
    let wanted = Set(columns.map(HeaderNames.folded))
    func score(_ line: String, _ delimiter: String, _ quote: Character?) -> Int {
      let names = line.components(at: delimiter).map { name in
        let word = name.trimming()
        let isQuoted = word.count > 1 && word.first == quote && word.last == quote
        return HeaderNames.folded((isQuoted ? String(word.dropFirst().dropLast()) : word).trimming())
      }
      return wanted.intersection(names).count
    }
    let own = String(decoding: dialect.delimiter, as: UTF8.self)
    let ownQuote = dialect.quote.map { Character(UnicodeScalar($0)) }
    var best = (score: 0, line: 0, delimiter: own, quote: ownQuote)
    for (i, line) in lines.enumerated() {
      for delimiter in [own] + Self.delimiters.filter({ $0 != own }) {
        for quote in [ownQuote, "\"", "'"] {
          let found = score(line, delimiter, quote)
          if found > best.score { best = (found, i, delimiter, quote) }
        }
      }
    }
    // A word or two may be there by chance.
    guard best.score * 2 > wanted.count, best.line > 0 || best.delimiter != own || best.quote != ownQuote
    else {
      return nil
    }
    var (parts, options): ([String], [String]) = ([], [])
    if best.line > 0 {
      parts.append("them \(best.line) line\(best.line == 1 ? "" : "s") further down")
      options.append("skip_lines: \(dialect.skippedLines + best.line)")
    }
    if best.delimiter != own {
      parts.append((parts.isEmpty ? "them " : "") + "separated by \(Self.shown(best.delimiter))")
      options.append("delimiter: \(best.delimiter == "\t" ? "tab" : "\"\(best.delimiter)\"")")
    }
    if best.quote != ownQuote, let quote = best.quote {
      parts.append((parts.isEmpty ? "them " : "") + "in quotes of the kind \(quote)")
      options.append(quote == "'" ? "quote: \"'\"" : "quote: '\"'")
    }
    found = parts.joined(separator: ", ")
    remedy = "Write \(options.joined(separator: " and ")) in the pipeline file."
  }

  /// Those of several characters first: each of their characters parts the names as well.
  private static let delimiters = [
    "|~|", "~|~", "||", "::", ";;", "@@", ",", ";", "\t", "|", "~", "^", "#", ":", "¦", "¬", "§", "\u{1}",
    "\u{1F}",
  ]

  private static func shown(_ delimiter: String) -> String {
    switch delimiter {
    case "\t": "tabs"
    case "\u{1}", "\u{1F}": "control characters"
    default: "`\(delimiter)`"
    }
  }
}

extension String {
  /// The texts between the occurrences of a separator.
  fileprivate func components(at separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
