// Writes records as XML, one element per line.
// Invariant: returns the line of the record's start tag. Values hold no character that needs escaping.

struct XMLWriter: Sendable {
  private(set) var line = 1

  private static let insuranceFields: [StaticString] = [
    "MaSoBHXH", "MaTheBHYT", "SoCCCD", "HoTen", "NgaySinh", "GioiTinh", "MaDKBD", "GtTheTu", "GtTheDen",
    "NgayDu5Nam", "MaKV",
  ]

  mutating func beginInsurance(in file: inout GeneratedFile) {
    file.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DanhSachThe xmlns=\"urn:cardlink:invented\">\n")
    line = 3
  }

  /// The head of QCVN 109:2017/BTTTT, with the number of citizens that follow.
  mutating func beginPopulation(records: Int, asOf: Day, in file: inout GeneratedFile) {
    file.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    file.append("<CongdanCollection xmlns=\"http://www.mic.gov.vn/dancu/1.0\"")
    file.append(" GhiChu=\"Dữ liệu bịa, không có người thật\" ThoiDiemDuLieu=\"")
    file.append(isoText(asOf))
    file.append("T00:00:00+07:00\" SoCongDan=\"")
    file.append(records)
    file.append("\">\n")
    line = 3
  }

  mutating func endInsurance(in file: inout GeneratedFile) { file.append("</DanhSachThe>\n") }
  mutating func endPopulation(in file: inout GeneratedFile) { file.append("</CongdanCollection>\n") }

  /// - Returns: the line of the start tag.
  mutating func writeInsurance(_ row: borrowing FieldRow, to file: inout GeneratedFile) -> Int {
    let first = line
    file.append("  <TheBHYT>\n")
    for i in 0..<row.count { element(Self.insuranceFields[i], row, i, indent: "    ", in: &file) }
    file.append("  </TheBHYT>\n")
    line += row.count + 2 + row.lineBreaks
    return first
  }

  /// - Returns: the line of the start tag.
  mutating func writePopulation(_ row: borrowing FieldRow, to file: inout GeneratedFile) -> Int {
    let first = line
    file.append("  <CongDan>\n")
    element("SoDinhDanh", row, PopulationField.id, indent: "    ", in: &file)
    element("SoCMND", row, PopulationField.legacy, indent: "    ", in: &file)
    file.append("    <HoVaTen>\n")
    element("Ho", row, PopulationField.family, indent: "      ", in: &file)
    element("ChuDem", row, PopulationField.middle, indent: "      ", in: &file)
    element("Ten", row, PopulationField.given, indent: "      ", in: &file)
    file.append("    </HoVaTen>\n")
    element("GioiTinh", row, PopulationField.sex, indent: "    ", in: &file)
    file.append("    <NgayThangNamSinh>\n")
    let isYear = row.range(PopulationField.birth).count == 4
    element(isYear ? "Nam" : "NgayThangNam", row, PopulationField.birth, indent: "      ", in: &file)
    file.append("    </NgayThangNamSinh>\n")
    element("TrangThai", row, PopulationField.status, indent: "    ", in: &file)
    file.append("  </CongDan>\n")
    line += 14 + row.lineBreaks
    return first
  }

  private func element(
    _ name: StaticString, _ row: borrowing FieldRow, _ field: Int, indent: StaticString,
    in file: inout GeneratedFile
  ) {
    file.append(indent)
    file.append(byte: UInt8(ascii: "<"))
    file.append(name)
    file.append(byte: UInt8(ascii: ">"))
    file.append(row, row.range(field))
    file.append("</")
    file.append(name)
    file.append(">\n")
  }
}

/// yyyy-MM-dd.
func isoText(_ day: Day) -> String {
  func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: width - text.utf8.count) + text
  }
  return digits(day.year, 4) + "-" + digits(day.month, 2) + "-" + digits(day.day, 2)
}
