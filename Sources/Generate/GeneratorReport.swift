// The report of a generation: the files, and how each record must end.

package struct GeneratorReport: Sendable {
  /// Names relative to the folder: the exports, then `truth.csv` and `pipeline.yaml`.
  package internal(set) var files: [String] = []
  package internal(set) var populationRecords = 0
  package internal(set) var insuranceRecords = 0
  /// Outcome → records.
  package internal(set) var populationOutcomes: [String: Int] = [:]
  package internal(set) var insuranceOutcomes: [String: Int] = [:]

  init() {}
}
