// Makes the JSON Schema of the pipeline file and the tables of its reference page from the table of keys.

import Foundation

package enum PipelineReference {
  /// The JSON Schema.
  package static func schema() throws -> String {
    var schema = PipelineKeys.file.schema(Pipeline(path: "", text: ""))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "cardlink pipeline"
    let sources: Schema = ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/source"]]
    let any: Schema = [
      "type": "object", "required": ["any"], "additionalProperties": false, "properties": ["any": sources],
    ]
    schema["$defs"] = [
      "source": ["anyOf": [["type": "string", "minLength": 1], sources, any]],
      "share": [
        "anyOf": [
          ["type": "string", "pattern": #"^([0-9]+(\.[0-9]+)? ?%|off)$"#],
          ["type": "number", "minimum": 0, "maximum": 1],
        ]
      ],
    ]
    let data = try JSONSerialization.data(
      withJSONObject: schema, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// The page with new tables: each follows a line `<!-- keys: gates keep -->` and ends before the next empty
  /// line.
  package static func page(_ text: String) -> String {
    var lines: [Substring] = []
    var isInTable = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { isInTable = false }
      if !isInTable { lines.append(line) }
      if let names = line.wholeMatch(of: /<!-- keys: (.*) -->/)?.1.split(separator: " ") {
        isInTable = true
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        lines += rows.filter { row in names.contains { ("\(row.path).").hasPrefix("\($0).") } }.map(\.line)
      }
    }
    return lines.joined(separator: "\n")
  }

  /// All keys; a key that both exports share is shown once, as `exports.*.format`.
  private static var rows: [KeyRow] {
    var rows = PipelineKeys.file.rows(Pipeline(path: "", text: ""), "")
    for i in rows.indices.reversed() where rows[i].path.hasPrefix("exports.insurance.") {
      let path = rows[i].path.replacing("insurance", with: "population", maxReplacements: 1)
      guard let same = rows.firstIndex(where: { $0.path == path && $0.english == rows[i].english }) else {
        continue
      }
      rows[same].path = path.replacing("population", with: "*")
      rows.remove(at: i)
    }
    return rows
  }
}

extension KeyRow {
  /// The row of the table.
  fileprivate var line: Substring {
    let shown = showsExample ? ", such as `\(example)`" : ""
    let standing = isRequired ? "required" : usual.map { "`\($0)`" } ?? ""
    return "| `\(path)` | \(value ?? "")\(shown) | \(standing) | \(english)<br>\(vietnamese) |"
  }
}
