// Writes rows as aligned text, CSV or JSON.
// Invariant: an absent value is empty in text and CSV and null in JSON.

import Files
import Foundation

/// Columns and rows, written as text, CSV or JSON.
struct Table {
  var columns: [String]
  var rows: [[String?]]
  /// Columns of numbers, which stand on the right in text and without quotes in JSON.
  var numeric: Set<String> = []

  func write(_ form: OutputForm) {
    switch form {
    case .text: print(text)
    case .csv:
      print(csvLine(columns))
      for row in rows { print(csvLine(row.map { $0 ?? "" })) }
    case .json: print(json)
    }
  }

  /// The table less one column.
  func without(_ column: String) -> Table {
    guard let i = columns.firstIndex(of: column) else { return self }
    var table = self
    table.columns.remove(at: i)
    for row in table.rows.indices { table.rows[row].remove(at: i) }
    return table
  }

  /// Aligned columns, two spaces apart.
  var text: String {
    let widths = columns.indices.map { i in
      rows.reduce(columns[i].count) { max($0, ($1[i] ?? "").count) }
    }
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { i in
        let space = String(repeating: " ", count: widths[i] - cells[i].count)
        return numeric.contains(columns[i]) ? space + cells[i] : cells[i] + space
      }
      return padded.joined(separator: "  ").withoutTrailingSpaces
    }
    return ([line(columns)] + rows.map { line($0.map { $0 ?? "" }) }).joined(separator: "\n")
  }

  var json: String {
    let objects = rows.map { row in
      let members = columns.indices.map { i in
        let value = row[i].map {
          numeric.contains(columns[i]) ? $0.replacing(",", with: "") : Self.quoted($0)
        }
        return "\(Self.quoted(columns[i])): \(value ?? "null")"
      }
      return "  {" + members.joined(separator: ", ") + "}"
    }
    return objects.isEmpty ? "[]" : "[\n" + objects.joined(separator: ",\n") + "\n]"
  }

  static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}

extension String {
  /// Without spaces at the end.
  var withoutTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// A count with commas between thousands.
func grouped(_ number: Int) -> String {
  var text = ""
  for (i, digit) in String(number).reversed().enumerated() {
    if i > 0, i % 3 == 0, digit != "-" { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}
