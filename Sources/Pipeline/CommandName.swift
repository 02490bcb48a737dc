// The pipeline as the commands to try next name it: what was typed, quoted for a shell.
// Invariant: a command that is shown can be copied into a shell unchanged.

/// A word as a shell takes it.
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
  /// The pipeline file, with `--workspace` where one was given.
  package var commandName: String {
    shellQuoted(path) + (givenWorkspace.map { " --workspace " + shellQuoted($0) } ?? "")
  }
}
