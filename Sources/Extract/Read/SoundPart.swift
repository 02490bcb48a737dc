// The sound part of a gzip file that has a fault: its members before the fault with right checksums.
// Invariant: no record is kept that is, even partly, in a member with a wrong checksum. zlib notices wrong
// bytes late: a wrong digit only at the checksum, thousands of bytes later.
// Load: a faulty file that is to be kept is inflated once more.
//
// A file that is merely cut off is used up to its end: it has no checksum, and the bytes before its end are
// right.

package import Values

/// The beginning of a gzip file, up to the end of a member.
package struct SoundPart: Hashable, Sendable {
  /// Bytes of the file.
  package var byteCount: Int
  /// The fault after it.
  package var fault: Stop
}

extension ByteSource {
  /// Inflates the file anew, to its end.
  ///
  /// - Returns: the members before its fault; nil if it has none.
  /// - Throws: ``Stop`` with the fault if no whole member comes before it, or if the file can't be read.
  static func soundPart(of file: ExportFile) throws(Stop) -> SoundPart? {
    let source = try ByteSource(file, chunkBytes: 256 << 10)
    guard source.isGzip else { return nil }
    do throws(Stop) {
      var text: [UInt8] = []
      while try source.next(into: &text) { text.removeAll(keepingCapacity: true) }
      return nil
    } catch {
      guard error.exit == .dataRefused else { throw error }
      if source.soundByteCount > 0 { return SoundPart(byteCount: source.soundByteCount, fault: error) }
      var fault = error
      fault.finding.remedy =
        "The first wrong byte can't be found, so on_damage: keep can use nothing of it. Copy the file again or "
        + "ask the supplier for it; nothing was changed."
      throw fault
    }
  }
}
