// The report of a generation: the files, and how each record must end.

package import Values

package struct GeneratorReport: Sendable {
  /// Names relative to the folder: the exports, then `truth.csv` and `pipeline.yaml`.
  package internal(set) var files: [String] = []
  var counts: [ExportKind: [String: Int]] = [:]

  /// How many records of a register must end in which outcome, by its name.
  package func outcomes(_ register: ExportKind) -> [String: Int] { counts[register] ?? [:] }
  package func records(_ register: ExportKind) -> Int { outcomes(register).values.reduce(0, +) }
}
