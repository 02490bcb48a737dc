// The terms of a policy as plain values: what is approved, and whether other terms would tell more.
// Invariant: terms are within others only if every answer under them could be given under the others. Whatever can't be
// compared, such as another purpose, counts as wider.

import Package
import Publish
import Seal
package import Values

package struct PolicyTerms: Hashable, Sendable, Codable {
  package var consumer: String
  package var purpose: String
  package var purposeVietnamese: String
  package var basis: String
  package var from: String
  package var until: String
  /// `asked` alone for everybody, else the facilities.
  package var persons: [String]
  package var identifier: String
  /// Ascending, as `full_name agrees`.
  package var release: [String]
  package var hidesAbsence: Bool
  package var needsConsent: Bool
  package var perDay: Int?
  package var perPersonPerDay: Int?
  package var failuresAlarm: Double?
  package var retentionDays: Int
  /// Whether it gets attestations; nil for no.
  package var attests: Bool?
  /// The fingerprints of the keys that answers are encrypted to, ascending; empty for plain ones.
  package var keys: [String]

  /// The terms of a policy, with the keys that its files hold now.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if a key is missing or malformed.
  package init(_ policy: ConsumerPolicy) throws(Stop) {
    consumer = policy.name
    (purpose, purposeVietnamese, basis) = (policy.purpose, policy.purposeVietnamese, policy.basis)
    (from, until) = (policy.from.isNone ? "" : policy.from.text, policy.until.text)
    persons = policy.persons.isEmpty ? ["asked"] : policy.persons.map(\.words).sorted()
    identifier = policy.identifier.rawValue
    release = policy.release.map { "\($0.attribute.rawValue) \($0.form.rawValue)" }
    (hidesAbsence, needsConsent) = (policy.hidesAbsence, policy.needsConsent)
    (perDay, perPersonPerDay) = (policy.perDay, policy.perPersonPerDay)
    (failuresAlarm, retentionDays) = (policy.failuresAlarm, policy.retentionDays)
    attests = policy.attests ? true : nil
    keys = try encryptionKeys(policy.encryptTo, of: policy.name).map(\.fingerprint).sorted()
  }

  /// A digest of all terms.
  package var digest: String {
    let parts: [String] =
      [consumer, purpose, purposeVietnamese, basis, from, until, identifier]
      + persons + release + keys
      + [perDay, perPersonPerDay, retentionDays].map { $0.map(String.init) ?? "-" }
      + [failuresAlarm.map { "\($0)" } ?? "-", "\(hidesAbsence)", "\(needsConsent)"]
      + (attests == true ? ["attest"] : [])
    return Digest.text(of: parts.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n"))
  }

  /// The keys of the pipeline file in which these terms may tell more than others; empty if none.
  package func widenings(of old: PolicyTerms) -> [String] {
    func exceeds(_ limit: Int?, _ before: Int?) -> Bool { before.map { limit ?? .max > $0 } ?? false }
    let checks: [(String, Bool)] = [
      ("consumer", consumer != old.consumer),
      ("purpose", purpose != old.purpose || purposeVietnamese != old.purposeVietnamese),
      ("basis", basis != old.basis),
      ("from", from < old.from),
      ("until", until > old.until),
      ("persons", old.persons != ["asked"] && !Set(persons).isSubset(of: old.persons)),
      ("identifier", identifier != "none" && identifier != old.identifier),
      ("release", !Set(release).isSubset(of: old.release)),
      ("attest", (attests ?? false) != (old.attests ?? false)),
      ("hide", old.hidesAbsence && !hidesAbsence),
      ("consent", old.needsConsent && !needsConsent),
      (
        "limits",
        exceeds(perDay, old.perDay) || exceeds(perPersonPerDay, old.perPersonPerDay)
          || old.failuresAlarm.map { failuresAlarm ?? 2 > $0 } ?? false
      ),
      ("retention_days", retentionDays > old.retentionDays),
      (
        "encrypt_to",
        keys.isEmpty ? !old.keys.isEmpty : !old.keys.isEmpty && !Set(keys).isSubset(of: old.keys)
      ),
    ]
    return checks.filter(\.1).map(\.0)
  }
}

extension PackageRule.Selection {
  /// As the pipeline file writes it.
  package var words: String {
    switch self {
    case .all: "all"
    case .facility(let glob): "facility \(glob)"
    case .province(let province): "province \(province)"
    case .province2025(let code): "province_2025 \(code < 10 ? "0" : "")\(code)"
    }
  }
}
