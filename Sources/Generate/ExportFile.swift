// One file of a generated export: records as lines of CSV, or as XML with one element a line.
// Invariant: writing a record returns the line on which it begins. CSV is after RFC 4180 with LF, and a value with a line
// break is quoted; values hold no character that XML needs escaped.
// Load: about 130 bytes per record of CSV, 500 of XML.

internal import Values

struct ExportFile: ~Copyable {
  private var file: GeneratedFile
  private let register: ExportKind
  private let form: ExportForm
  /// The field that has the earlier personal ID number; nil without one.
  private let previous: Int?
  /// The next record's first line.
  private var line: Int

  static let insuranceColumns = [
    "MaSoBHXH", "MaTheBHYT", "SoCCCD", "HoTen", "NgaySinh", "GioiTinh", "MaDKBD", "GtTheTu", "GtTheDen",
    "NgayDu5Nam", "MaKV",
  ]
  private static let populationColumns = [
    "SoDinhDanh", "SoCMND", "HoVaTen", "NgaySinh", "GioiTinh", "TrangThai",
  ]

  /// - Parameter records: how many will be written; the population's XML says so at its head.
  init(_ path: String, _ part: ExportPart, _ options: GeneratorOptions, records: Int) throws(Stop) {
    file = try GeneratedFile(path, gzip: options.gzip.contains(part))
    register = part.register
    form = options.form(of: part.register)
    previous = PopulationField.previous(options)
    line = form == .csv ? 2 : 3
    switch (form, register) {
    case (.csv, .population):
      let residence = options.hasResidence ? ["TinhCuTru"] : []
      let unread = options.hasUnreadColumns ? ["DanToc", "QuocTich", "ThuongTru"] : []
      let previous = options.previous > 0 ? ["SoDinhDanhCu"] : []
      file.append((Self.populationColumns + residence + previous + unread).joined(separator: ",") + "\n")
    case (.csv, .insurance):
      let unread = options.hasUnreadColumns ? ["DiaChi", "CqBHXH"] : []
      file.append((Self.insuranceColumns + unread).joined(separator: ",") + "\n")
    case (.xml, .population):
      // The head of QCVN 109:2017/BTTTT.
      file.append(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <CongdanCollection xmlns="http://www.mic.gov.vn/dancu/1.0" GhiChu="Dữ liệu bịa, không có người thật" \
        ThoiDiemDuLieu="\(options.asOf.text)T00:00:00+07:00" SoCongDan="\(records)">

        """)
    case (.xml, .insurance):
      file.append(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <DanhSachThe xmlns="urn:cardlink:invented">

        """)
    }
  }

  consuming func finish() throws(Stop) {
    if form == .xml { file.append(register == .population ? "</CongdanCollection>\n" : "</DanhSachThe>\n") }
    try file.finish()
  }

  /// - Returns: the record's first line.
  mutating func write(_ row: borrowing FieldRow) throws(Stop) -> Int {
    let first = line
    switch (form, register) {
    case (.csv, .population): writeLine(row, joined: PopulationField.family...PopulationField.given)
    case (.csv, .insurance): writeLine(row, joined: nil)
    case (.xml, .population): writeCitizen(row)
    case (.xml, .insurance): writeCard(row)
    }
    line += row.lineBreaks
    try file.endRecord()
    return first
  }

  /// A delta of the insurance: its records have an operation and a time before the other columns.
  init(delta path: String) throws(Stop) {
    file = try GeneratedFile(path, gzip: false)
    (register, form, line) = (.insurance, .csv, 2)
    previous = nil
    file.append((["ThaoTac", "ThoiDiem"] + Self.insuranceColumns).joined(separator: ",") + "\n")
  }

  /// Writes one record of a delta.
  ///
  /// - Parameter fields: the fields of the row that are written; the others are empty.
  /// - Returns: the record's line.
  mutating func write(
    _ row: borrowing FieldRow, _ operation: String, _ time: String, fields: (Int) -> Bool
  ) throws(Stop) -> Int {
    let first = line
    file.append("\(operation),\(time)")
    for field in 0..<row.count {
      file.append(byte: UInt8(ascii: ","))
      if fields(field) { file.append(row, row.range(field)) }
    }
    file.append(byte: UInt8(ascii: "\n"))
    line += 1
    try file.endRecord()
    return first
  }

  // MARK: CSV

  /// - Parameter joined: the first and the last of the fields that are one value with spaces between, if any.
  private mutating func writeLine(_ row: borrowing FieldRow, joined: ClosedRange<Int>?) {
    var field = 0
    while field < row.count - row.missingFields {
      if field > 0 { file.append(byte: UInt8(ascii: ",")) }
      let isQuoted = row.isQuoted(field)
      if isQuoted { file.append(byte: UInt8(ascii: "\"")) }
      if let joined, field == joined.lowerBound {
        var isFirst = true
        for part in joined where !row.range(part).isEmpty {
          if !isFirst { file.append(byte: UInt8(ascii: " ")) }
          file.append(row, row.range(part))
          isFirst = false
        }
        field = joined.upperBound
      } else {
        file.append(row, row.range(field))
      }
      if isQuoted { file.append(byte: UInt8(ascii: "\"")) }
      field += 1
    }
    file.append(byte: UInt8(ascii: "\n"))
    line += 1
  }

  // MARK: XML

  private mutating func writeCard(_ row: borrowing FieldRow) {
    tag("  <TheBHYT>\n")
    for i in 0..<row.count { element(Self.insuranceColumns[i], row, i, indent: "    ") }
    tag("  </TheBHYT>\n")
  }

  private mutating func writeCitizen(_ row: borrowing FieldRow) {
    tag("  <CongDan>\n")
    element("SoDinhDanh", row, PopulationField.id, indent: "    ")
    element("SoCMND", row, PopulationField.legacy, indent: "    ")
    tag("    <HoVaTen>\n")
    element("Ho", row, PopulationField.family, indent: "      ")
    element("ChuDem", row, PopulationField.middle, indent: "      ")
    element("Ten", row, PopulationField.given, indent: "      ")
    tag("    </HoVaTen>\n")
    element("GioiTinh", row, PopulationField.sex, indent: "    ")
    tag("    <NgayThangNamSinh>\n")
    let isYear = row.range(PopulationField.birth).count == 4
    element(isYear ? "Nam" : "NgayThangNam", row, PopulationField.birth, indent: "      ")
    tag("    </NgayThangNamSinh>\n")
    element("TrangThai", row, PopulationField.status, indent: "    ")
    if let previous { element("SoDinhDanhCu", row, previous, indent: "    ") }
    if row.count > PopulationField.residence, previous != PopulationField.residence {
      element("TinhCuTru", row, PopulationField.residence, indent: "    ")
    }
    tag("  </CongDan>\n")
  }

  private mutating func tag(_ text: String) {
    file.append(text)
    line += 1
  }

  private mutating func element(_ name: String, _ row: borrowing FieldRow, _ field: Int, indent: String) {
    file.append(indent)
    file.append("<")
    file.append(name)
    file.append(">")
    file.append(row, row.range(field))
    file.append("</")
    file.append(name)
    tag(">\n")
  }
}
