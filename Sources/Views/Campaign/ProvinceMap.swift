// A map of the 34 provinces as equal tiles, each about where its province lies.
// Neighbouring provinces have neighbouring tiles. All tiles have the same size, whatever the province's area.

import Values

enum ProvinceMap {
  static let columns = 5
  /// Provinces by row, from north to south; 0 for no tile.
  private static let rows: [[Int]] = [
    [12, 15, 8, 4, 0],
    [11, 14, 19, 20, 0],
    [0, 25, 1, 24, 22],
    [0, 37, 33, 31, 0],
    [0, 38, 0, 0, 0],
    [0, 40, 0, 0, 0],
    [0, 42, 0, 0, 0],
    [0, 0, 44, 0, 0],
    [0, 0, 46, 48, 0],
    [0, 0, 0, 51, 0],
    [0, 0, 52, 66, 0],
    [0, 0, 68, 56, 0],
    [0, 80, 75, 0, 0],
    [91, 82, 79, 0, 0],
    [92, 86, 0, 0, 0],
    [96, 0, 0, 0, 0],
  ]

  /// Column and row of each province, by its code.
  static let places: [Int: (column: Int, row: Int)] = {
    var places: [Int: (column: Int, row: Int)] = [:]
    for (y, row) in rows.enumerated() {
      for (x, code) in row.enumerated() where code != 0 { places[code] = (x, y) }
    }
    return places
  }()

  static var rowCount: Int { rows.count }
}
