// The pipeline as suggested commands name it: what the user typed, quoted for a shell.
// Invariant: a suggested command can be copied into a shell unchanged.

/// A word quoted for a shell.
package func shellQuoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xff:
      true
    default: "_@%+=:,./-".utf8.contains(byte)
    }
  }
  return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}

extension Pipeline {
  /// The pipeline file, with `--workspace` if the user gave one.
  package var commandName: String {
    shellQuoted(path) + (givenWorkspace.map { " --workspace " + shellQuoted($0) } ?? "")
  }
}
