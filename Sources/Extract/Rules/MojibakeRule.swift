// The mojibake rule: a name is text in the encoding that it was read in, not letters that another encoding left.
// Invariant: a name that bears such traces is held and never loaded, corrected or compared; a name that an export in an
// old encoding brought is converted as a whole file, never by itself, and its record carries the note `name_converted`.
// Load: what it looks for is found on the way of NameFolder, and a clean name never gets there.
//
// For data officers: `Nguyá»…n` was UTF-8 and read as Windows-1252; `NguyÔn V¨n` was TCVN3, `Nguyeãn Vaên` VNI,
// `NguyÍn Væn` VPS, `NguyêÞn` Windows-1258. A replacement character (`NGUY�N`) is a letter that is lost. If one name
// of a file is so, somebody pasted it from an old program: correct it in the source system. A file most of whose names
// are so is refused as a whole, with its name; see docs/extract.md.
//
// Accepts: all Vietnamese spellings, `Y Blăk`, `K'Brai`, `H'Hen`, `José Muñoz`, `Müller`. Refuses: the above.
//
// Source: domain of names, §6.2, §7.2.

import Values

enum MojibakeRule {
  /// What a record gets whose name came in an old encoding and has letters that were converted.
  @inline(__always)
  static func note(_ cleanName: Span<UInt8>, isConverted: Bool, _ notes: inout Reasons) {
    guard isConverted else { return }
    for i in cleanName.indices where cleanName[i] >= 0x80 { return notes.insert(.nameConverted) }
  }
}
