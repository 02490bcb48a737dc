// The columns of findings, and of a work list: the findings on which officers decide, with both sides.

package import Desk
package import Store

package enum FindingsTable {
  /// What both sides of a work list say of the person.
  private static let sides = ["population", "insurance"].flatMap { side in
    ["\(side)_name", "\(side)_birth_date", "\(side)_sex"]
  }

  package static func columns(ofWorkList isWorkList: Bool) -> [String] {
    [
      "export", "outcome", "reasons", "personal_id", "insurance_number", "card_number", "source_file",
      "source_line", "run_id", "candidates", "candidate_personal_id", "digest",
    ] + (isWorkList ? sides : [])
  }

  package static let numeric: Set<String> = ["source_line", "run_id", "candidates"]

  package static func row(_ finding: StoredFinding) -> [String?] {
    [
      finding.export, finding.outcome, finding.reasons, finding.personalID, finding.insuranceNumber,
      finding.cardNumber, finding.sourceFile, String(finding.sourceLine), String(finding.runID),
      finding.candidates.map(String.init), finding.candidatePersonalID, finding.digest,
    ]
  }

  package static func row(
    _ finding: StoredFinding, _ population: Findings.Side?, _ insurance: Findings.Side?
  ) -> [String?] {
    row(finding) + [population, insurance].flatMap { [$0?.name, $0?.birthDate, $0?.sex] }
  }
}
