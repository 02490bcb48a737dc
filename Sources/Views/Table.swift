// Rows as aligned text or JSON.
// Invariant: an absent value is empty in text and CSV and null in JSON.

import Files
import Foundation

/// Columns and rows, written as text, CSV or JSON.
package struct Table {
  package var columns: [String]
  package var rows: [[String?]]
  /// Numeric columns, aligned to the right in text and without quotes in JSON.
  package var numeric: Set<String> = []

  package init(columns: [String], rows: [[String?]], numeric: Set<String> = []) {
    (self.columns, self.rows, self.numeric) = (columns, rows, numeric)
  }

  /// The table without one column.
  package func without(_ column: String) -> Table {
    guard let i = columns.firstIndex(of: column) else { return self }
    var table = self
    table.columns.remove(at: i)
    for row in table.rows.indices { table.rows[row].remove(at: i) }
    return table
  }

  /// The table with two columns as one, `first:second`, at the place of the first.
  package func joining(_ first: String, _ second: String, as name: String) -> Table {
    guard let i = columns.firstIndex(of: first), let j = columns.firstIndex(of: second) else { return self }
    var table = self
    table.columns[i] = name
    for row in rows.indices { table.rows[row][i] = "\(rows[row][i] ?? ""):\(rows[row][j] ?? "")" }
    return table.without(second)
  }

  /// The table in the width of a terminal.
  ///
  /// - Parameters:
  ///   - dispensable: columns that are left out, the first of them first, as many as is needed.
  ///   - flexible: the column whose values are shortened if that is not enough.
  package func fitting(_ width: Int, without dispensable: [String], shortening flexible: String) -> Table {
    var table = self
    for column in dispensable where table.width > width { table = table.without(column) }
    let excess = table.width - width
    guard excess > 0, let i = table.columns.firstIndex(of: flexible) else { return table }
    let room = max(8, table.widths[i] - excess)
    for row in table.rows.indices {
      guard let value = table.rows[row][i], value.count > room else { continue }
      table.rows[row][i] = String(value.prefix(room - 1)) + "…"
    }
    return table
  }

  /// The length of the longest line.
  private var width: Int { widths.reduce(0, +) + 2 * (columns.count - 1) }

  private var widths: [Int] {
    columns.indices.map { i in rows.reduce(columns[i].count) { max($0, ($1[i] ?? "").count) } }
  }

  /// All rows as CSV, the header first, with a line break after each.
  package var csv: String {
    ([columns] + rows.map { $0.map { $0 ?? "" } }).reduce(into: "") { $0 += csvLine(forPeople: $1) + "\n" }
  }

  /// Aligned columns, two spaces apart.
  package var text: String {
    let widths = widths
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { i in
        let space = String(repeating: " ", count: widths[i] - cells[i].count)
        return numeric.contains(columns[i]) ? space + cells[i] : cells[i] + space
      }
      return padded.joined(separator: "  ").withoutTrailingSpaces
    }
    return ([line(columns)] + rows.map { line($0.map { $0 ?? "" }) }).joined(separator: "\n")
  }

  package var json: String {
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

  package static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}

extension String {
  /// The text without spaces at line ends.
  package var withoutTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
