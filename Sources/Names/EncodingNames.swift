// The names under which suppliers know the encodings of exports.
// Invariant: each name means one encoding at most; western encodings, which lack Vietnamese letters, are refused.

package enum EncodingName: Hashable, Sendable {
  /// The name that the pipeline file's documentation uses.
  case known(String)
  /// Windows-1252 or ISO 8859-1, which have no Vietnamese letters.
  case western
  case unknown

  /// Reads a name, in any case, with or without its hyphens.
  package init(_ written: String) {
    let letters = written.lowercased().filter { $0.isLetter || $0.isNumber }
    if Self.westernNames.contains(letters) {
      self = .western
    } else if let known = Self.names.first(where: { $0.value.contains(letters) }) {
      self = .known(known.key)
    } else {
      self = .unknown
    }
  }

  /// Names in lower case, letters and digits only.
  private static let names: [String: Set<String>] = [
    "utf-8": ["utf8", "utf8bom", "utf8sig", "ascii", "usascii", "65001", "cp65001"],
    "utf-16": ["utf16", "utf16le", "utf16be", "ucs2", "ucs2le", "ucs2be", "unicode", "1200", "cp1200"],
    "windows-1258": ["windows1258", "win1258", "cp1258", "ms1258", "ibm1258", "1258"],
    "tcvn3": ["tcvn3", "tcvn", "abc", "tcvn3abc"],
    "vni": ["vni", "vniwin", "vniwindows"],
    "vps": ["vps", "vpswin", "vpswindows"],
    "viscii": ["viscii", "viscii11", "viscii111", "csviscii", "rfc1456"],
  ]
  private static let westernNames: Set<String> = [
    "windows1252", "win1252", "cp1252", "1252", "ansi", "latin1", "l1", "iso88591", "iso885915", "latin9",
    "ibm819",
  ]

  /// Why a western encoding is refused, and how to find out the right one.
  package static let westernRemedy =
    "That encoding has no Vietnamese letters; a file in it was read wrongly before, or is tcvn3, vni, vps or "
    + "windows-1258. Look at a name as the program shows it: NguyÔn is tcvn3, Nguyeãn vni, NguyÍn vps, NguyêÞn "
    + "windows-1258."
}
