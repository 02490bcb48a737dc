// The header or root element of an export file, for a file that goes back to the supplier in the same layout.
// Invariant: it copies the header, or the root element's start tag, from the file; it contains no part of a
// record.

package import SortedRuns
package import Values

/// Reads the envelope of a file's records.
///
/// - Throws: ``Stop`` if the file can't be read, or has changed.
package func envelope(of file: ExportFile, format: ExportFormat) throws(Stop) -> Envelope {
  let source = try openSource(file, format, chunkBytes: 64 << 10)
  switch format.kind {
  case .csv(let dialect):
    let isConverted = !source.isText
    let csv = try CSVReader(file, source: source, dialect: dialect, columns: format.columns)
    var before = csv.headerText
    guard dialect.hasHeader else {
      return Envelope(before: before, after: [], recordEnd: [csv.lineEnd], isConverted: isConverted)
    }
    let end = before.suffix(while: { $0 == 10 || $0 == 13 })
    if end.isEmpty { before.append(10) }
    return Envelope(
      before: before, after: [], recordEnd: end.isEmpty ? [10] : Array(end), isConverted: isConverted)
  case .xml:
    let isConverted = !source.isText
    var text: [UInt8] = []
    while text.count < 64 << 10, try source.next(into: &text) {}
    guard let root = rootTag(of: text) else {
      throw Stop(
        .dataRefused, at: file.name, line: 1, expected: "a root element", found: "none in the first 64 KiB",
        remedy: "Check that the file is still the one that was read.")
    }
    return Envelope(
      before: Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8) + root.start + [10],
      after: Array("</".utf8) + root.name + Array(">\n".utf8), recordEnd: [10], isConverted: isConverted)
  }
}

/// The first start tag outside comments and declarations.
private func rootTag(of text: [UInt8]) -> (start: [UInt8], name: [UInt8])? {
  var i = 0
  while let open = text[i...].firstIndex(of: UInt8(ascii: "<")), open + 1 < text.count {
    let rest = text[(open + 1)...]
    let close: [UInt8] =
      rest.starts(with: Array("!--".utf8))
      ? Array("-->".utf8) : text[open + 1] == UInt8(ascii: "?") ? Array("?>".utf8) : [UInt8(ascii: ">")]
    guard let end = rest.firstRange(of: close) else { return nil }
    if text[open + 1] == UInt8(ascii: "!") || text[open + 1] == UInt8(ascii: "?") {
      i = end.upperBound
      continue
    }
    let name = rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }
    return (Array(text[open..<end.upperBound]), Array(name))
  }
  return nil
}

extension Array<UInt8> {
  fileprivate func suffix(while isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    var start = endIndex
    while start > 0, isWanted(self[start - 1]) { start -= 1 }
    return self[start...]
  }
}
