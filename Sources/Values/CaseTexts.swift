// The texts of closed lists in both languages, from the files in Texts: a line with the word of a case, then an indented
// line for each text, Vietnamese before English.
// Invariant: every case has all its texts; the process ends at the first use of a file that lacks one, which a test finds.

/// The texts of the cases of a list, by raw value.
struct CaseTexts<Case: NamedCase> {
  private let texts: [[Bilingual]]

  /// - Parameter count: how many texts a case has.
  init(_ file: [UInt8], count: Int) {
    var found: [Substring: [Substring]] = [:]
    var word: Substring = ""
    for line in String(decoding: file, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("  ") {
        found[word]?.append(line.dropFirst(2))
      } else {
        (word, found[line]) = (line, [])
      }
    }
    precondition(found.count == Case.names.count, "\(found.count) words found, \(Case.names.count) expected")
    texts = Case.names.map { name in
      let lines = found[name[...]] ?? []
      precondition(lines.count == 2 * count, "\(name): \(2 * count) lines expected, \(lines.count) found")
      return (0..<count).map { Bilingual(String(lines[2 * $0]), String(lines[2 * $0 + 1])) }
    }
  }

  subscript(_ one: Case) -> [Bilingual] { texts[Int(one.rawValue)] }
}
