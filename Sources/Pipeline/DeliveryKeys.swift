// The keys of an export that is delivered as a base and deltas.

import Values
import Yams

extension PipelineKeys {
  static func delivery(of export: ExportKind) -> [Key<ExportSpec>] {
    let identities =
      export == .population ? ["personal_id"] : ["card_number", "insurance_number", "valid_from"]
    return [
      Key(
        "delivery", .choice([("full", false), ("delta", true)]), \.delta.isOn,
        "`delta`: the supplier sends a full export now and then (`base`), and files of changes (`files`) after it",
        "`delta`: bên gửi thỉnh thoảng gửi tệp đầy đủ (`base`), sau đó chỉ gửi các tệp thay đổi (`files`)"),
      Key(
        "base", .files, \.delta.base,
        "Delta only: files or patterns of the full export; the one with the greatest number begins the series",
        "Chỉ delta: tệp hoặc mẫu tên tệp đầy đủ; tệp có số lớn nhất mở đầu chuỗi",
        example: "[../exports/insurance-*-full.csv]"),
      Key(
        "sequence", sequence, \.delta, "Delta only: where the number of a delivery comes from",
        "Chỉ delta: số thứ tự của lần gửi lấy từ đâu"),
      Key(
        "control", control, \.delta.control,
        "Delta only: the ending of the JSON file beside each delivery that states its totals: `as_of`, `sequence`, `previous_digest`, `upserts`, `deletes`, `in_force_after`",
        "Chỉ delta: phần đuôi tên tệp JSON đi kèm mỗi lần gửi, ghi số liệu đối chiếu: `as_of`, `sequence`, `previous_digest`, `upserts`, `deletes`, `in_force_after`",
        example: ".totals.json"),
      Key(
        "operation", operation, \.delta, "Delta only: what a record does",
        "Chỉ delta: bản ghi thêm, sửa hay xóa"),
      Key(
        "identity", .list(of: .choice(identities)), \.delta.identity,
        "Delta only: the fields that lead from a change to the record it changes",
        "Chỉ delta: các trường cho biết thay đổi thuộc về bản ghi nào"),
      Key(
        "order_by", .text, \.delta.orderBy,
        "Delta only: the column with the time or number of a change; without it, of two changes of one record the later in the file counts",
        "Chỉ delta: cột ghi thời điểm hoặc số thứ tự của thay đổi; không khai thì thay đổi nằm sau trong tệp được dùng",
        example: "ThoiDiem"),
      Key(
        "deletes", .choice([("explicit", true), ("none", false)]), \.delta.deletes,
        "Delta only: `none` if the supplier's deltas can't delete; what is gone is then learned from the next full export",
        "Chỉ delta: `none` nếu tệp thay đổi không báo xóa; khi đó chỉ biết bản ghi bị xóa qua tệp đầy đủ kế tiếp"
      ),
    ]
  }

  private static let onlyDelta = [
    "base", "sequence", "control", "operation", "identity", "order_by", "deletes",
  ]

  /// The schema's conditions on these keys.
  static var deliveryTogether: Schema {
    [
      "if": ["required": ["delivery"], "properties": ["delivery": ["const": "delta"]]],
      "then": [
        "required": ["base", "sequence"],
        "properties": ["split": false, "sequence": ["anyOf": numberPlaces]],
      ],
      "else": ["properties": Dictionary(uniqueKeysWithValues: onlyDelta.map { ($0, false) })],
    ]
  }

  /// The keys that each place of the number needs, and those that it excludes.
  private static var numberPlaces: [Schema] {
    [
      [
        "required": ["pattern"],
        "properties": ["from": ["const": "file_name"], "field": false, "element": false],
      ],
      [
        "required": ["from", "field"],
        "properties": ["from": ["const": "column"], "pattern": false, "element": false],
      ],
      [
        "required": ["from", "element", "field"],
        "properties": ["from": ["const": "envelope"], "pattern": false],
      ],
      [
        "required": ["from"],
        "properties": ["from": ["const": "control"], "pattern": false, "field": false, "element": false],
      ],
    ]
  }

  private static var sequence: KeyGroup<ExportSpec.Delta> {
    KeyGroup([
      Key(
        "from", .choice(ExportSpec.Delta.Numbers.allCases.map { ($0.rawValue, $0) }), \.numbers,
        "Where the number is: in the file's name, in a column of each record, in an element of the envelope (XML), or in the side file of `control`",
        "Số nằm ở đâu: tên tệp, một cột của mỗi bản ghi, một phần tử ngoài bản ghi (XML), hay tệp đi kèm của `control`"
      ),
      Key(
        "pattern", sequencePattern, \.pattern,
        "With `file_name`: a regular expression with the group `sequence`, for the names of `base` and `files`",
        "Với `file_name`: biểu thức chính quy có nhóm `sequence`, dùng cho tên các tệp của `base` và `files`",
        example: "\"insurance-(?<sequence>[0-9]+)\""),
      Key(
        "field", .text, \.numberField,
        "With `column`: the column or path of the number; with `envelope`: its path in `element`",
        "Với `column`: cột hoặc đường dẫn ghi số; với `envelope`: đường dẫn trong `element`",
        example: "SoLanGui"),
      Key(
        "element", .text, \.numberElement,
        "With `envelope`: the element before the records that holds the number",
        "Với `envelope`: phần tử đứng trước các bản ghi và chứa số", example: "ThongTinChung"),
    ]) { delta, read, reader in
      let needed =
        switch delta.numbers {
        case .fileName: ["pattern"]
        case .column: ["field"]
        case .envelope: ["element", "field"]
        case .control: [String]()
        }
      for key in needed where !read.has(key) {
        reader.report(
          read.node, key: "sequence", expected: "the key \(key) with from: \(delta.numbers.rawValue)",
          found: "none", remedy: "Add \(key), or write another place for from.")
      }
      for key in ["pattern", "field", "element"] where !needed.contains(key) {
        guard let node = read[key] else { continue }
        reader.report(
          node, key: key, expected: "no \(key) with from: \(delta.numbers.rawValue)", found: "one",
          remedy: "Remove the line, or write another place for from.")
      }
    }
  }

  private static var control: Kind<String> {
    Kind.text("the ending of a file's name").map(written: { $0 }) { (text, _) throws(Mistake) in
      guard text.hasPrefix("."), text.utf8.count > 1, !text.contains("/") else {
        throw Mistake(
          expected: "an ending that begins with a dot",
          remedy: "Write for example control: .totals.json")
      }
      return text
    }
  }

  private static var sequencePattern: Kind<String> {
    Kind.text("a regular expression").map(written: { $0 }) { (text, _) throws(Mistake) in
      guard text.contains("(?<sequence>"), (try? Regex(text)) != nil else {
        throw Mistake(
          expected: "a regular expression with the group (?<sequence>[0-9]+)",
          remedy: "Write for example pattern: \"insurance-(?<sequence>[0-9]+)\"")
      }
      return text
    }
  }

  private static var operation: KeyGroup<ExportSpec.Delta> {
    KeyGroup([
      Key(
        "field", .text, \.operationField, isRequired: true, "The column or path of the operation",
        "Cột hoặc đường dẫn ghi thao tác", example: "ThaoTac"),
      Key(
        "values", .codes(for: ["upsert", "delete"]), \.operationCodes, isRequired: true,
        "What its codes mean; a code outside the list is quarantined",
        "Ý nghĩa các mã; mã ngoài danh mục thì bản ghi bị cách ly",
        example: "{ T: upsert, S: upsert, X: delete }"),
    ])
  }

  /// Checks these keys together.
  static func checkDelivery(_ spec: inout ExportSpec, _ read: ReadKeys, _ reader: inout PipelineReader) {
    let delta = spec.delta
    guard delta.isOn else {
      for key in onlyDelta {
        guard let node = read[key] else { continue }
        reader.report(
          node, key: key, expected: "delivery: delta beside it", found: "a full export",
          remedy: "Write delivery: delta, or remove the line.")
      }
      return
    }
    for (key, example) in [
      ("base", "base: [exports/\(spec.kind.name)-*-full.csv]"),
      ("sequence", "sequence: { pattern: \"\(spec.kind.name)-(?<sequence>[0-9]+)\" }"),
    ] where !read.has(key) {
      reader.report(
        read["delivery"] ?? read.node, expected: "the key \(key)", found: "none", remedy: "Add \(example)")
    }
    if let node = read["split"] {
      reader.report(
        node, key: "split", expected: "no lists in an export with deltas", found: "split",
        remedy: "Ask the supplier for one record per card, or write delivery: full.")
    }
    if delta.numbers == .control, delta.control == nil {
      reader.report(
        read["sequence"] ?? read.node, expected: "the key control beside sequence: { from: control }",
        found: "none", remedy: "Add control: .totals.json")
    }
    if delta.numbers == .envelope, spec.format != .xml {
      reader.report(
        read["sequence"] ?? read.node, key: "sequence", expected: "an XML export with from: envelope",
        found: "CSV", remedy: "Write from: column or from: control.")
    }
    checkOperation(delta, read, &reader)
    let mapped = spec.fields.keys
    for field in delta.identity
    where read["identity"] != nil && read["fields"] != nil && !mapped.contains(field) {
      reader.report(
        read["identity"] ?? read.node, key: "identity", expected: "fields among fields", found: "`\(field)`",
        remedy: "Map \(field) among fields, or remove it here.")
    }
  }

  private static func checkOperation(
    _ delta: ExportSpec.Delta, _ read: ReadKeys, _ reader: inout PipelineReader
  ) {
    let deletes = delta.operationCodes?.contains { $0.value == "delete" } ?? false
    if delta.deletes, !deletes, !read.has("operation") || delta.operationCodes != nil {
      reader.report(
        read["operation"] ?? read["delivery"] ?? read.node,
        key: read.has("operation") ? "operation.values" : nil,
        expected: "a code of delete under operation", found: "none",
        remedy: "Write operation: { field: ThaoTac, values: { T: upsert, X: delete } }, or deletes: none.")
    } else if !delta.deletes, deletes, let node = read["deletes"] {
      reader.report(
        node, key: "deletes", expected: "no code of delete under operation", found: "one",
        remedy: "Remove the code, or write deletes: explicit.")
    }
  }
}
