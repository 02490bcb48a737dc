// One file of an export as a run found it, which a resumed run compares.

import Glibc
package import Values

/// What a supplier states about one delivery of a series.
package struct ControlTotals: Hashable, Sendable, Codable {
  /// When the supplier began to read its records, as it wrote it.
  package var asOf: String?
  package var sequence: Int?
  /// The SHA-256 of the delivery before.
  package var previousDigest: String?
  /// Records of the delivery by operation.
  package var upserts: Int?
  package var deletes: Int?
  /// Records in force when the delivery is applied.
  package var inForceAfter: Int?

  package init() {}
}

/// One file of an export.
package struct FoundFile: Hashable, Sendable, Codable {
  package var export: ExportKind
  package var path: String
  /// The name in lineage: the file's name, or its whole path if two files of the export share a name.
  package var name: String
  package var byteCount: Int
  /// Nanoseconds since 1970.
  package var modified: Int
  /// The time of the last change to the file or its metadata, which programs can't set back; nanoseconds
  /// since 1970.
  package var changed: Int?
  package var inode: UInt64?
  /// The SHA-256 of its bytes, once it was read.
  package var digest: String?
  /// Its number in a series; nil for a file of an export that is always delivered whole.
  package var sequence: Int?
  /// Whether it is a delta; nil for a full export.
  package var holdsChanges: Bool?
  /// What the supplier states about a delivery; nil if it states nothing.
  package var totals: ControlTotals?

  package init(
    export: ExportKind, path: String, name: String, byteCount: Int, modified: Int, changed: Int? = nil,
    inode: UInt64? = nil, digest: String? = nil
  ) {
    (self.export, self.path, self.name, self.byteCount) = (export, path, name, byteCount)
    (self.modified, self.changed, self.inode, self.digest) = (modified, changed, inode, digest)
  }

  /// Examines a file.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if this user can't read it.
  package init(export: ExportKind, path: String, name: String) throws(Stop) {
    guard let attributes = try FileAttributes(of: path), unsafe access(path, R_OK) == 0 else {
      throw Stop(
        .exportMissing, at: path, expected: "a file that can be read", found: "none",
        remedy: "Give this user the right to read it; nothing was changed.")
    }
    self.init(
      export: export, path: path, name: name, byteCount: attributes.byteCount, modified: attributes.modified,
      changed: attributes.changed, inode: attributes.inode)
  }

  /// Examines the file again.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if it has changed.
  package func checkUnchanged() throws(Stop) {
    guard let now = try FileAttributes(of: path), now.byteCount == byteCount, now.modified == modified,
      inode == nil || inode == now.inode
    else {
      throw Stop(
        .dataRefused, at: name, expected: "an export that stays as it is while it is read",
        found: "one that was written to",
        remedy: "Wait until the supplier has finished writing, then run again; nothing was changed.",
        next: "cardlink run PIPELINE")
    }
  }
}
