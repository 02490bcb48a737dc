// The format of an export, and the counts of a file that was read.
// Invariant: slot i of a raw record is column i of the format, whatever the file's own order of columns.

package import Files
import Names

/// The encodings in which exports come.
package enum TextEncoding: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case windows1258 = "windows-1258"
  case tcvn3, vni, vps, viscii

  /// The encoding as one of one or two bytes a letter; nil for those of Unicode.
  var legacy: LegacyEncoding? { self == .utf8 ? nil : LegacyEncoding(rawValue: rawValue) }
}

/// What the pipeline file says of one export.
package struct ExportFormat: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case csv(delimiter: UInt8)
    /// The local name of the element that is one record.
    case xml(record: String)
  }

  package var kind: Kind
  /// Nil: as the byte order mark or the XML declaration says, else UTF-8.
  package var encoding: TextEncoding?
  /// Header names (CSV), or paths of elements and attributes inside the record (XML): `HoVaTen/Ten`, `A/@id`.
  package var columns: [String]

  package init(kind: Kind, encoding: TextEncoding? = nil, columns: [String]) {
    self.kind = kind
    self.encoding = encoding
    self.columns = columns
  }
}

/// One file of an export.
package struct ExportFile: Hashable, Sendable {
  package var path: String
  /// As messages and lineage show it.
  package var name: String
  /// What of it is read, if that is not all of it.
  package var sound: SoundPart?

  package init(path: String, name: String, sound: SoundPart? = nil) {
    self.path = path
    self.name = name
    self.sound = sound
  }

  /// A file that was found.
  package init(_ found: FoundFile, sound: SoundPart? = nil) {
    self.init(path: found.path, name: found.name, sound: sound)
  }
}

/// What was read of a file so far.
package struct FileTally: Hashable, Sendable {
  package var records = 0
  /// Bytes of the file itself, before inflating and decoding.
  package var bytesRead = 0
  /// The count that the file itself declares (`SoCongDan` of QCVN 109), if it does.
  package var declaredCount: Int?
  /// The last line, if it has too few fields or an open quote and no line break: the file may be half a copy.
  package var cutLine: Int?

  package init() {}
}
