// The mojibake rule: a name has no letters that come from reading it in the wrong encoding.
// Invariant: a name with traces of another encoding goes to quarantine and is never loaded, corrected or
// compared. An export in an old encoding is converted as a whole file, and its records get the note
// `name_converted`.
// Load: NameFolder finds the traces while it folds a name; a clean name is not searched.
//
// For data officers: `Nguyá»…n` was UTF-8 and read as Windows-1252; `NguyÔn V¨n` was TCVN3, `Nguyeãn Vaên`
// VNI, `NguyÍn Væn` VPS, `NguyêÞn` Windows-1258. A replacement character (`NGUY�N`) is a lost letter. If only
// one name in a file is affected, somebody pasted it from an old program: correct it in the source system. A
// file in which most names are affected is refused as a whole; see docs/extract.md.
//
// Accepts: all Vietnamese spellings, `Y Blăk`, `K'Brai`, `H'Hen`, `José Muñoz`, `Müller`. Refuses: the above.
//
// Source: domain of names, §6.2, §7.2.

package import Values

package enum MojibakeRule {
  /// Notes a converted name that has letters beyond ASCII.
  @inline(__always)
  package static func note(_ cleanName: Span<UInt8>, isConverted: Bool, _ notes: inout Reasons) {
    guard isConverted else { return }
    for i in cleanName.indices where cleanName[i] >= 0x80 { return notes.insert(.nameConverted) }
  }
}
