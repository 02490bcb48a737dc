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

  /// The table less as many of some columns as are needed to fit a width, the first of them first.
  ///
  /// - Parameter width: of a terminal; nil where there is none, and everything fits.
  package func fitting(_ width: Int?, without dispensable: [String]) -> Table {
    guard let width else { return self }
    var table = self
    for column in dispensable where table.width > width { table = table.without(column) }
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
