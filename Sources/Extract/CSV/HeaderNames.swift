// Finds the columns that the pipeline reads in a header.
// Invariant: an exact spelling wins; another spelling is taken only if no column has the exact one and only one fits.

import Names

/// Where the columns are in a header.
struct HeaderNames {
  /// The slot of each name in the header; -1 for those that are not read.
  private(set) var slots: [Int]
  private(set) var missing: [String] = []
  /// Columns that the header has twice.
  private(set) var duplicated: [String] = []
  /// Columns that the header spells in another way.
  private(set) var respelled: [(column: String, found: String)] = []

  init(_ header: [String], reading columns: [String]) {
    slots = header.map { columns.firstIndex(of: $0) ?? -1 }
    let folded = header.map(Self.folded)
    for (slot, column) in columns.enumerated() {
      let exact = header.indices.filter { header[$0] == column }
      if exact.count > 1 { duplicated.append(column) }
      guard exact.isEmpty else { continue }
      let wanted = Self.folded(column)
      let similar = header.indices.filter { folded[$0] == wanted && slots[$0] < 0 }
      if similar.count > 1 { duplicated.append(column) }
      guard let first = similar.first else {
        missing.append(column)
        continue
      }
      slots[first] = slot
      respelled.append((column, header[first]))
    }
  }

  /// A name in small letters of ordinary width, without invisible characters; Unicode's normal forms are equal texts.
  static func folded(_ name: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in visible(name).unicodeScalars {
      let isWide = (0xFF01...0xFF5E).contains(scalar.value)
      text.append(isWide ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar)
    }
    return String(text).lowercased()
  }
}
