// The status rule: a code is in the export's own list; an empty value is unknown.
// Invariant: an unknown or empty status is never taken for active; only an export without a status field
// makes every person active.
// Load: one code per population record, one to four bytes.
//
// For data officers: there is no public list of these codes, so the pipeline file has one under values,
// status. Without a list the words active, dead, missing, number_cancelled, left_nationality and unknown are
// read.

import Values

package enum StatusRule {
  /// The detail of a code outside the list in quarantine: `status_code=7`.
  package static func detail(_ value: Span<UInt8>) -> String {
    "\(Reason.statusCode.word)=\(shownCode(value))"
  }
}
