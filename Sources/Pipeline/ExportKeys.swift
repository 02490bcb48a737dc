// The keys of one export in the pipeline file.

import Rules
import Values
import Yams

extension PipelineKeys {
  static let encodings = ["utf-8", "utf-16", "windows-1258", "tcvn3", "vni", "vps", "viscii"]
  static let otherEncodings = ["utf8", "utf-16le", "utf-16be", "cp1258"]

  static func export(_ export: ExportKind) -> KeyGroup<ExportSpec> {
    var keys: [Key<ExportSpec>] = [
      Key(
        "format", .choice([("csv", .csv), ("xml", .xml)]), \.format, isRequired: true, "Format of the files",
        "Định dạng tệp"),
      Key(
        "files", .files, \.files, isRequired: true,
        "Files or patterns with `*`, `?` and `{date}`; gzip is read as it is; `{ pattern: …, newest: true }` reads the file written last",
        "Tệp hoặc mẫu tên tệp có `*`, `?` và `{date}`; đọc được tệp nén gzip; `{ pattern: …, newest: true }` chỉ đọc tệp ghi sau cùng",
        example: "[../exports/population-*.csv]"),
      Key(
        "encoding",
        .encoding(encodings, alsoWritten: otherEncodings), \.encoding,
        "Default: that of the byte order mark or the XML declaration, else utf-8",
        "Bảng mã; mặc định theo dấu BOM hoặc khai báo XML, nếu không có thì utf-8"),
      Key(
        "on_damage", .choice([("refuse", false), ("keep", true)]), \.keepsDamaged,
        "A file that is cut off, not well-formed, or gzip with wrong bytes: refuse the run, or keep the records before the fault",
        "Tệp bị cắt cụt hoặc hỏng: từ chối lượt chạy, hay giữ các bản ghi trước chỗ hỏng"),
      Key(
        "delimiter", .delimiter, \.delimiter,
        "CSV only: what separates the fields, up to eight characters; `tab` for a tab; a first line such as `sep=;` in the file counts for that file",
        "Chỉ CSV: ký tự ngăn cách các trường, tối đa tám ký tự; `tab` là dấu tab; dòng đầu `sep=;` trong tệp được áp dụng cho tệp đó"
      ),
      Key(
        "quote", .quote, \.quote,
        "CSV only: the character around fields that contain a delimiter; `none` if fields are never quoted",
        "Chỉ CSV: dấu bao quanh trường có chứa ký tự ngăn cách; `none` nếu không dùng"),
      Key(
        "escape", .character(except: "\""), \.escape,
        "CSV only: the sign before a delimiter, quote or line break that belongs to the field; without it a quote is doubled",
        "Chỉ CSV: dấu đứng trước ký tự ngăn cách, dấu nháy hoặc dấu xuống dòng thuộc về giá trị; nếu không khai, dấu nháy được viết hai lần",
        example: "\"\\\\\""),
      Key(
        "skip_lines", .count(0...1000), \.skippedLines, "CSV only: lines above the header, such as a title",
        "Chỉ CSV: số dòng phía trên dòng tiêu đề cột, ví dụ dòng tên bảng", example: "3"),
      Key(
        "header", .choice([("line", true), ("none", false)]), \.hasHeader,
        "CSV only: `none` if the files have no header; the columns are then named by their positions, from 1",
        "Chỉ CSV: `none` nếu tệp không có dòng tiêu đề cột; khi đó cột được gọi theo thứ tự, bắt đầu từ 1"),
      Key(
        "footer", .oneOrMore(of: .text), \.footers,
        "CSV only: how lines that are no records begin, such as totals, with `*` and `?` as in files; of lines that would be quarantined, those are counted as `not_a_record`",
        "Chỉ CSV: phần đầu của các dòng không phải bản ghi, ví dụ dòng tổng cộng, có thể dùng `*` và `?`; những dòng như vậy được đếm là `not_a_record` thay vì bị cách ly",
        example: "\"Tổng cộng\""),
      Key(
        "empty", .list(of: .anyText, atLeast: 0), \.emptyValues, "Texts that count as no value",
        "Các giá trị được coi là để trống"),
      Key(
        "record", .text, \.record,
        "XML only: the element that is one record; prefixes in the file are ignored",
        "Chỉ XML: thẻ chứa một bản ghi; bỏ qua tiền tố trong tệp", example: "TheBHYT"),
      Key(
        "may_be_absent",
        .list(
          of: .choice(export == .insurance ? ["valid_to", "facility_code", "sex"] : ["status", "sex"]),
          atLeast: 0),
        \.mayBeAbsent,
        "XML only: fields whose element a whole file may lack, because the supplier leaves out empty elements; without it, such a file is refused",
        "Chỉ XML: các trường mà cả tệp được phép không có thẻ, vì bên gửi bỏ thẻ trống; nếu không khai, tệp như vậy bị từ chối"
      ),
      Key(
        "fields", fields(of: export), \.fields, isRequired: true,
        "Canonical name: column (CSV) or path (XML, such as `HoVaTen/Ten` or `The/@so`); `[A, B]` joins, `{any: [A, B]}` takes the first that has a value",
        "Tên chuẩn: cột (CSV) hoặc đường dẫn (XML); `[A, B]` nối các phần, `{any: [A, B]}` lấy phần đầu tiên có giá trị"
      ),
      Key(
        "values", values(of: export), \.self,
        "What the codes of the export mean; a code outside its list is quarantined, never guessed",
        "Ý nghĩa các mã trong tệp; mã không có trong danh mục thì bản ghi bị cách ly"),
      Key(
        "dates", .list(of: datePattern), \.dates, isRequired: true,
        "Patterns of yyyy, MM, dd, HH, mm and ss that are tried in order; `excel` for serial days; 00 for day or month means not known",
        "Các mẫu ngày được thử lần lượt; `excel` là số ngày của bảng tính; 00 là không rõ ngày hoặc tháng",
        example: "[dd/MM/yyyy, yyyy]"),
    ]
    if export == .insurance {
      keys.append(
        Key(
          "armed_forces",
          .list(of: .text("two capital letters", matching: "[A-Z]{2}"), atLeast: 0), \.armedForces,
          "Card groups of the armed forces besides QN, CA and CY: their cards are sent without personal ID numbers and are outside the civil insurer's electronic card",
          "Các nhóm thẻ lực lượng vũ trang ngoài QN, CA, CY: thẻ được gửi không kèm số định danh và nằm ngoài thẻ điện tử của BHXH Việt Nam",
          example: "[XX]"))
      keys.append(
        Key(
          "split", .group(split, from: ExportSpec.Split(separator: 0, fields: [])), \.split,
          "Fields that hold lists in step: one record for each position, 256 at most",
          "Các trường chứa danh sách song song: mỗi vị trí thành một bản ghi, tối đa 256",
          example: "{ by: \";\", fields: [card_number, valid_from] }"))
    }
    keys += delivery(of: export)
    return KeyGroup(
      keys, together: formTogether.merging(["allOf": [deliveryTogether]]) { $1 },
      check: { spec, read, reader in
        together(&spec, read, &reader)
        checkDelivery(&spec, read, &reader)
      })
  }

  /// The schema's conditions on the keys of a format.
  static var formTogether: Schema {
    [
      "if": ["required": ["format"], "properties": ["format": ["const": "xml"]]] as Schema,
      "then": [
        "required": ["record"], "properties": Dictionary(uniqueKeysWithValues: onlyCSV.map { ($0, false) }),
      ] as Schema,
      "else": ["properties": ["record": false, "may_be_absent": false]] as Schema,
    ]
  }

  private static let onlyCSV = ["delimiter", "quote", "escape", "skip_lines", "header", "footer"]

  /// Checks the keys of one export together.
  static func together(_ spec: inout ExportSpec, _ read: ReadKeys, _ reader: inout PipelineReader) {
    let fields = read["fields"]?.mapping ?? [:]
    for (i, field) in fields.enumerated() { spec.fieldOrder[field.key.scalar?.string ?? ""] = i }
    switch read["format"]?.scalar?.string {
    case "xml":
      for key in onlyCSV {
        guard let node = read[key] else { continue }
        reader.report(
          node, key: key, expected: "no \(key) in an XML export", found: "one",
          remedy: "Remove the line, or write format: csv")
      }
      if !read.has("record") {
        reader.report(
          read.node, expected: "the key record", found: "none",
          remedy: "Name the element that is one record, for example record: TheBHYT")
      }
    case "csv":
      for (key, what) in [("record", "record element"), ("may_be_absent", "element that may be absent")] {
        guard let node = read[key] else { continue }
        reader.report(
          node, key: key, expected: "no \(what) in a CSV export", found: "one",
          remedy: "Remove the line, or write format: xml")
      }
    default: break
    }
    if !spec.hasHeader {
      for (key, column) in [("operation", spec.delta.operationField), ("order_by", spec.delta.orderBy)] {
        guard let column, let node = read[key], !(1...1000).contains(Int(column) ?? 0) else { continue }
        reader.report(
          node, key: key, expected: "the position of a column, from 1", found: "`\(column)`",
          remedy: "Number the columns, as header: none says that they have no names.")
      }
      for (name, value) in fields {
        let columns = spec.fields[name.scalar?.string ?? ""]?.columns ?? []
        guard let column = columns.first(where: { !(1...1000).contains(Int($0) ?? 0) }) else { continue }
        reader.report(
          value, key: "fields.\(name.scalar?.string ?? "")", expected: "the position of a column, from 1",
          found: "`\(column)`", remedy: "Number the columns, as header: none says that they have no names.")
      }
    }
    if let node = read["quote"], spec.quote != 0, spec.delimiter.contains(spec.quote) {
      reader.report(
        node, key: "quote", expected: "another sign than the delimiter's", found: "the same",
        remedy: "Write the character around fields, or none.")
    }
    let mapped = fields.compactMap(\.key.scalar?.string)
    for field in spec.split?.fields ?? [] where !mapped.contains(field) {
      guard let node = read["split"]?.mapping?["fields"], read["fields"] != nil else { continue }
      reader.report(
        node, key: "split.fields", expected: "one of \(mapped.sorted().joined(separator: ", "))",
        found: "`\(field)`", remedy: "Map \(field) among fields, or remove it here.")
    }
    for (list, codes) in read["values"]?.mapping ?? [:] {
      guard let list = list.scalar?.string, ["sex", "status", "residence_province"].contains(list),
        read["fields"] != nil,
        !mapped.contains(list)
      else { continue }
      reader.report(
        codes, key: "values.\(list)", expected: "a field \(list) among fields", found: "none",
        remedy: "Map \(list) to a column, or remove its values.")
    }
  }

  private static var datePattern: Kind<String> {
    Kind.text("a date pattern").map(written: { $0 }) { (text, _) throws(Mistake) in
      guard DatePattern(text) == nil else { return text }
      throw Mistake(
        remedy: "Write patterns of yyyy, MM, dd, HH, mm, ss, such as dd/MM/yyyy, or excel for serial days.")
    }
  }

  private static var split: KeyGroup<ExportSpec.Split> {
    KeyGroup([
      Key(
        "by", .character(), \.separator, isRequired: true, "What separates the positions",
        "Ký tự ngăn cách các vị trí"),
      Key(
        "fields", .list(of: .choice(names(of: .insurance))), \.fields, isRequired: true,
        "The fields that hold a list", "Các trường chứa danh sách", example: "[card_number, valid_from]"),
    ])
  }

  private static func values(of export: ExportKind) -> KeyGroup<ExportSpec> {
    var keys: [Key<ExportSpec>] = [
      Key(
        "sex", .codes(for: Sex.allCases.map(\.name)), \.sexCodes, "Codes of `sex`", "Mã giới tính",
        example: "{ \"1\": male, \"2\": female }")
    ]
    if export == .population {
      keys.append(
        Key(
          "status", .codes(for: PersonStatus.allCases.map(\.name)), \.statusCodes, "Codes of `status`",
          "Mã tình trạng", example: "{ \"1\": active, \"2\": dead }"))
      keys.append(
        Key(
          "residence_province", .codes(for: ProvinceOfToday.all.map(\.text)), \.residenceCodes,
          "What `residence_province` holds besides codes, such as names; the 34 codes since July 2025",
          "Giá trị của `residence_province` ngoài mã số, ví dụ tên tỉnh; dùng 34 mã từ tháng 7/2025",
          example: "{ \"TP. HCM\": \"79\" }"))
    }
    return KeyGroup(keys)
  }

  // MARK: Fields

  private static let populationFields: [FieldKey] = [
    ("personal_id", true, "Personal ID number", "Số định danh cá nhân"),
    ("legacy_id", false, "9-digit number held before", "Số CMND 9 số"),
    (
      "previous_id", false,
      "Personal ID number held before the present one, since cancelled; records that still hold it lead to the person",
      "Số định danh đã cấp trước đây, nay đã hủy; bản ghi còn mang số này dẫn tới người đó"
    ),
    ("full_name", true, "Full name", "Họ và tên"),
    ("birth_date", true, "Date of birth", "Ngày sinh"),
    ("sex", false, "Sex", "Giới tính"),
    (
      "status", false, "Status; without it every person is active",
      "Tình trạng; không có thì coi là đang sống"
    ),
    (
      "residence_province", false,
      "Province of residence, a code of before July 2025 or since; for counts only, stored nowhere",
      "Tỉnh nơi cư trú, theo mã trước hoặc từ tháng 7/2025; chỉ để thống kê, không lưu ở đâu"
    ),
  ]
  private static let insuranceFields: [FieldKey] = [
    ("insurance_number", false, "Social insurance number", "Mã số BHXH"),
    ("card_number", false, "Health insurance card number", "Mã thẻ BHYT"),
    (
      "personal_id", true, "Personal ID number: 12 digits, 9 digits or nothing",
      "Số định danh cá nhân: 12 số, 9 số hoặc trống"
    ),
    ("full_name", true, "Full name", "Họ và tên"),
    ("birth_date", true, "Date of birth", "Ngày sinh"),
    ("sex", false, "Sex", "Giới tính"),
    ("facility_code", false, "Facility of initial registration", "Mã nơi đăng ký KCB ban đầu"),
    ("valid_from", true, "First day of validity", "Giá trị thẻ từ ngày"),
    ("valid_to", false, "Last day of validity; empty: no end", "Giá trị thẻ đến ngày; trống: không có hạn"),
    ("five_years_from", false, "Day from which five years in a row are complete", "Ngày đủ 5 năm liên tục"),
    ("area_code", false, "Area code K1, K2 or K3", "Mã khu vực"),
  ]
  private typealias FieldKey = (name: String, isRequired: Bool, english: String, vietnamese: String)

  private static func fieldKeys(of export: ExportKind) -> [FieldKey] {
    export == .population ? populationFields : insuranceFields
  }

  private static func names(of export: ExportKind) -> [String] { fieldKeys(of: export).map(\.name) }

  private static func fields(of export: ExportKind) -> KeyGroup<[String: ExportSpec.Source]> {
    KeyGroup(
      fieldKeys(of: export).map { field in
        Key(
          field.name, .source, \.[field.name], isRequired: field.isRequired, field.english, field.vietnamese)
      }, anyOf: export == .insurance ? ["insurance_number", "card_number"] : [])
  }

  /// `max_blank`: shares by `export.field`.
  static var blanks: KeyGroup<[String: Double]> {
    KeyGroup(
      ExportKind.allCases.map { export in
        let fields = fieldKeys(of: export).map { field in
          Key<[String: Double]>(
            field.name, .share, \.["\(export.name).\(field.name)"], field.english, field.vietnamese)
        }
        return Key(export.name, KeyGroup(fields), \.self, "", "")
      })
  }
}
