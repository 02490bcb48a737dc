// Recognises files that are neither CSV nor XML, such as .xlsx or .pdf, and says how to get a CSV file out of them.
// Invariant: decides by signatures with which no CSV file begins.

import Values

/// A kind of file that suppliers send under the name of an export.
enum ForeignFile {
  /// Refuses a file of another kind than its format.
  ///
  /// - Parameter beginning: the first bytes, inflated and not decoded.
  static func refuse(_ file: ExportFile, _ beginning: [UInt8], _ format: ExportFormat) throws(Stop) {
    guard let (found, remedy) = kind(beginning, isXML: format.isXML) else { return }
    throw Stop(
      .dataRefused, at: file.name, line: 1, expected: format.isXML ? "an XML file" : "a CSV file",
      found: found,
      remedy: remedy + " Nothing was changed.")
  }

  private static func kind(_ bytes: [UInt8], isXML: Bool) -> (found: String, remedy: String)? {
    if let (found, remedy) = binary(bytes) { return (found, remedy) }
    // UTF-16 has a zero byte beside each letter of ASCII.
    let text = String(
      decoding: bytes.prefix(4096).drop { $0 == 0xEF || $0 == 0xBB || $0 == 0xBF || $0 >= 0xFE }.filter {
        $0 != 0
      },
      as: UTF8.self
    ).trimming().lowercased()
    guard !text.isEmpty else { return nil }
    if text.contains("<?mso-application progid=\"excel.sheet\"") || text.contains("office:spreadsheet") {
      return ("a spreadsheet of Excel saved as XML", spreadsheet)
    }
    let isMarkup = text.hasPrefix("<")
    let afterXML = text.firstRange(of: "?>").map { text[$0.upperBound...] } ?? text[...]
    if isMarkup, text.hasPrefix("<!doctype html") || afterXML.contains("<html") || text.hasPrefix("<table") {
      return (
        "a web page (HTML)",
        "Open it in Excel or LibreOffice Calc and save it as CSV UTF-8; better ask for CSV."
      )
    }
    if text.hasPrefix("mime-version:") || text.hasPrefix("{\\rtf") {
      return ("a document (MHTML or RTF)", spreadsheet)
    }
    if isXML, !isMarkup {
      return text.hasPrefix("{") || text.hasPrefix("[")
        ? ("JSON", "Ask the supplier for XML or CSV.")
        : (
          "text that does not begin with <",
          "If it is CSV, write format: csv in the pipeline file, without record."
        )
    }
    let second = text.dropFirst().first
    if !isXML, isMarkup, second == "?" || second == "!" || second?.isLetter == true {
      return (
        "XML", "Write format: xml in the pipeline file, and record: with the element that is one record."
      )
    }
    return nil
  }

  private static let spreadsheet =
    "Open it in Excel or LibreOffice Calc and save it as CSV UTF-8. Columns of numbers must have the type text, or "
    + "leading zeros are lost."
  private static let unpack =
    "Unpack it and name the files in it under files; only gzip (.gz) is read as it is."

  private static func binary(_ bytes: [UInt8]) -> (String, String)? {
    func starts(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
    func starts(_ magic: String) -> Bool { bytes.starts(with: magic.utf8) }
    if starts("PK\u{3}\u{4}") || starts("PK\u{5}\u{6}") {
      // The names of the first files in the archive.
      let names = String(decoding: bytes.prefix(16 << 10).filter { $0 < 0x80 }, as: UTF8.self)
      if names.contains("opendocument.spreadsheet") { return ("a spreadsheet (.ods)", spreadsheet) }
      if names.contains("[Content_Types].xml") || names.contains("xl/") || names.contains("_rels/.rels") {
        return ("an Excel workbook (.xlsx)", spreadsheet)
      }
      return ("a ZIP archive", unpack)
    }
    if starts([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
      return ("an old or password-protected Excel workbook (.xls)", spreadsheet)
    }
    if starts("Rar!\u{1A}\u{7}") { return ("a RAR archive", unpack) }
    if starts([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) { return ("a 7-Zip archive", unpack) }
    if starts([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) { return ("an xz archive", unpack) }
    if starts([0x28, 0xB5, 0x2F, 0xFD]) { return ("a zstd archive", unpack) }
    if starts("BZh"), bytes.count > 9, bytes[4..<10].elementsEqual([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) {
      return ("a bzip2 archive", unpack)
    }
    if starts("%PDF-") {
      return ("a PDF document", "Ask the supplier for the table as CSV; a PDF can't be read safely.")
    }
    if starts("SQLite format 3\0") {
      return (
        "an SQLite database", "Write its table as CSV: sqlite3 -header -csv FILE \"SELECT * FROM TABLE\"."
      )
    }
    if starts([0, 1, 0, 0] + Array("Standard ".utf8)) {
      return ("an Access database", "Export its table as a delimited text file in UTF-8.")
    }
    if isDBF(bytes) {
      return (
        "a dBASE or FoxPro table (.dbf)",
        "Open it in LibreOffice Calc with its encoding and save it as CSV UTF-8, or: "
          + "soffice --headless --convert-to csv FILE."
      )
    }
    return nil
  }

  /// A version, a date, and a header of 32 bytes for each field and before them, which ends in CR.
  private static func isDBF(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 65, [0x03, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8B, 0xCB, 0xF5].contains(bytes[0]) else {
      return false
    }
    let headerBytes = Int(bytes[8]) | Int(bytes[9]) << 8
    guard (1...12).contains(bytes[2]), (1...31).contains(bytes[3]), headerBytes > 64 else { return false }
    return stride(from: 64, to: min(bytes.count, headerBytes), by: 32).contains { bytes[$0] == 0x0D }
  }
}
