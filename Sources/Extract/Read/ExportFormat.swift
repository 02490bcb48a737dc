// The format of an export, and the counts of a file that was read.
// Invariant: slot i of a raw record is column i of the format, whatever the file's own order of columns.

package import Files
import Names

/// The encodings of exports.
package enum TextEncoding: String, CaseIterable, Sendable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case windows1258 = "windows-1258"
  case tcvn3, vni, vps, viscii

  /// The encoding with a name as suppliers write it.
  package init?(named name: String) {
    guard case .known(let name) = EncodingName(name) else { return nil }
    self.init(rawValue: name)
  }

  /// The encoding if it has one or two bytes a letter; nil for Unicode encodings.
  var legacy: LegacyEncoding? { self == .utf8 ? nil : LegacyEncoding(rawValue: rawValue) }
}

/// The pipeline file's description of one export.
package struct ExportFormat: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case csv(CSVDialect)
    /// The local name of the element that is one record.
    case xml(record: String)
  }

  package var kind: Kind
  var isXML: Bool { if case .xml = kind { true } else { false } }
  /// Nil: the byte order mark or the XML declaration decides, or else UTF-8.
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
  /// The name in messages and lineage.
  package var name: String
  /// The part of it that is read; nil for all of it.
  package var sound: SoundPart?

  package init(path: String, name: String, sound: SoundPart? = nil) {
    self.path = path
    self.name = name
    self.sound = sound
  }

  /// Describes a file that was found.
  package init(_ found: FoundFile, sound: SoundPart? = nil) {
    self.init(path: found.path, name: found.name, sound: sound)
  }
}

/// What has been read of a file.
package struct FileTally: Hashable, Sendable {
  package var records = 0
  /// Bytes of the file itself, before inflating and decoding.
  package var bytesRead = 0
  /// The count that the file itself declares (`SoCongDan` of QCVN 109), if any.
  package var declaredCount: Int?
  /// The last line, if it has no line break and too few fields or an open quote: the file may be half a copy.
  package var cutLine: Int?
  /// Whether the file has elements outside its records and does not declare that it has no records.
  package var hasOtherElements = false
  /// The first line that seems to hold several records, separated by line ends of another kind than the other lines'.
  package var mixedLine: Int?
}
