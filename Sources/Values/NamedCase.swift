// Closed lists whose cases users read as words: `nameMissing` is `name_missing` in the store, in messages and in files.
// Invariant: a word follows from the case's name, so a case is never renamed; ValuesTests checks the words.

/// A closed list with the raw values 0, 1, 2, …, each with a word that users read.
package protocol NamedCase: CaseIterable, RawRepresentable, Sendable
where AllCases == [Self], RawValue: FixedWidthInteger {
  /// The words in the order of the raw values; see ``snakeCaseNames(of:)``.
  static var names: [String] { get }
}

extension NamedCase {
  package var name: String { Self.names[Int(rawValue)] }

  package init?(name: String) {
    guard let i = Self.names.firstIndex(of: name) else { return nil }
    self = Self.allCases[i]
  }
}

/// The names of cases in snake case: `personalIDMissing` becomes `personal_id_missing`, `card17` becomes `card_17`.
package func snakeCaseNames(of cases: [some Any]) -> [String] {
  cases.map { one in
    "\(one)".replacing("ID", with: "Id").reduce(into: "") { word, letter in
      if letter.isUppercase || letter.isNumber && word.last?.isNumber == false { word += "_" }
      word += letter.lowercased()
    }
  }
}
