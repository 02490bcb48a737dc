// The digests that a supplier sends beside the exports: `SHA256SUMS`, `SHA256SUMS.txt` and `FILE.sha256`.
// Invariant: every line that is not blank or a comment gives a file's digest, or is a fault; no line is skipped.
// Load: a line for each export file.

import Files
package import Values

/// The digests that the manifests of a folder declare.
package struct ChecksumManifest {
  /// A line that gives no digest.
  package struct Fault: Hashable {
    package var file: String
    package var line: Int
    package var found: ManifestLine
  }

  private struct Declared {
    var digest: String
    /// Whether the line names the file without a folder.
    var isHere: Bool
  }

  private var declared: [String: Declared] = [:]
  package private(set) var faults: [Fault] = []

  /// The digest of a file of the folder; nil if no manifest names it.
  package subscript(_ name: String) -> String? { declared[name]?.digest }

  /// The names that a manifest gives without a folder, sorted.
  package var names: [String] { declared.filter(\.value.isHere).keys.sorted() }

  package init() {}

  /// Reads all manifests in a folder.
  package init(folder: String) throws(Stop) {
    for name in try Folder.names(in: folder) where Self.isManifest(name) {
      let path = folder + "/" + name
      guard try FileAttributes(of: path)?.kind == .file, let bytes = try Folder.readBytes(path) else {
        faults.append(Fault(file: name, line: 1, found: .notText))
        continue
      }
      read(bytes, name)
    }
  }

  private static func isManifest(_ name: String) -> Bool {
    let lower = name.lowercased()
    return lower.hasSuffix(".sha256")
      || ["sha256sums", "sha256sum", "sha256sums.txt", "sha256sum.txt"].contains(lower)
  }

  /// Reads one manifest.
  package mutating func read(_ bytes: [UInt8], _ file: String) {
    guard let text = Self.text(bytes) else {
      return faults.append(Fault(file: file, line: 1, found: .notText))
    }
    var isEmpty = true
    for (i, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.drop { $0.isWhitespace }
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      isEmpty = false
      if let fault = read(line, file) { faults.append(Fault(file: file, line: i + 1, found: fault)) }
    }
    if isEmpty { faults.append(Fault(file: file, line: 1, found: .nothing)) }
  }

  /// UTF-8, or UTF-16 with a byte order mark; nil for anything else.
  private static func text(_ bytes: [UInt8]) -> String? {
    let text: String?
    switch Array(bytes.prefix(2)) {
    case [0xFF, 0xFE], [0xFE, 0xFF]:
      let isLittle = bytes[0] == 0xFF
      let units = stride(from: 2, to: bytes.count - 1, by: 2).map { i in
        UInt16(bytes[i + (isLittle ? 1 : 0)]) << 8 | UInt16(bytes[i + (isLittle ? 0 : 1)])
      }
      text = String(validating: units, as: UTF16.self)
    default:
      text = String(
        validating: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
    }
    return text.flatMap { $0.unicodeScalars.contains("\0") ? nil : $0 }
  }

  /// Takes one line.
  /// - Returns: what it holds instead of a digest and a file.
  private mutating func read(_ line: Substring, _ file: String) -> ManifestLine? {
    let (digest, named): (Substring, Substring)
    if let bsd = line.wholeMatch(of: /SHA(?:2-)?256 ?\((.+)\) ?= ?([0-9A-Fa-f]+)\s*/.ignoresCase()) {
      (digest, named) = (bsd.2, bsd.1)
    } else if let gnu = line.wholeMatch(of: /\\?([0-9A-Fa-f]{16,})(?:\s+\*?(.*?))?\s*/) {
      (digest, named) = (gnu.1, gnu.2 ?? "")
    } else {
      return .otherForm
    }
    guard digest.utf8.count == 64 else { return .digits(digest.utf8.count) }
    var path = String(named)
    // `sha256sum` begins a line with a backslash where it writes `\\` for one in the name.
    if line.hasPrefix("\\") {
      path = path.replacing("\\\\", with: "\\")
    } else {
      path = path.replacing("\\", with: "/")
    }
    if path.isEmpty, file.lowercased().hasSuffix(".sha256") { path = String(file.dropLast(7)) }
    if path.hasPrefix("./") { path.removeFirst(2) }
    let name = Folder.name(of: path)
    guard !name.isEmpty else { return .noName }
    return take(Declared(digest: digest.lowercased(), isHere: name == path), name)
  }

  private mutating func take(_ new: Declared, _ name: String) -> ManifestLine? {
    guard let known = declared[name], known.digest != new.digest else {
      declared[name] = new
      return nil
    }
    // One of another folder has the same name.
    guard known.isHere != new.isHere else { return .otherDigest }
    if new.isHere { declared[name] = new }
    return nil
  }
}
