// The sorted rows of the publication in force, with which the next one is compared to find changes.
// Invariant: the folder `run-0007.people` beside `run-0007` is whole or absent; only that of the publication
// in force is used. One that is damaged, can't be read or is of another version counts as absent: packages are then
// full, which every recipient can use.
// Load: about 60 bytes and the name for each person and copy; read once, beside the new rows.

import Package
import Seal
import SortedRuns
import Values

struct KeptPeople: KeptRows {
  static let file = "people.json"

  /// The digest of what decided the packages: rules, names, key and format.
  var policy: String
  var runs: [SortedRun]
}

extension PublishRequest {
  /// A digest of everything but the people that decides who gets what in which form.
  func policyDigest(_ key: SigningKey?) -> String {
    var text = "\(PackageFacts.schemaVersion)\n\(pipeline)\n\(key?.verifying.fingerprint ?? "")\n"
    for rule in policy.rules {
      let selection =
        switch rule.selection {
        case .all: "all"
        case .facility(let glob): "facility \(glob)"
        case .province(let province): "province \(province)"
        case .province2025(let code): "province_2025 \(code)"
        }
      text += "\(selection)|\(rule.name ?? "")|\(rule.isCopy)|\(rule.formats.map(\.rawValue))"
      text += "|\(rule.attributes.map(\.name))" + (rule.cardNumber == .fifteen ? "|fifteen\n" : "\n")
    }
    for (key, value) in policy.fhir.pairs { text += "\(key) \(value)\n" }
    return Digest.text(of: text)
  }
}

extension PackageRule {
  /// Whether the recipient can make the whole package from the one before and a table of changes.
  ///
  /// This needs CSV, no desk, and the FHIR resources must follow from the attributes shown.
  func canChange(_ names: FHIRNames) -> Bool {
    guard formats.contains(.csv), formats.allSatisfy(PackageFormat.ofTables.contains) else { return false }
    return !formats.contains(.fhir) || (attributes.contains(.validTo) && names.areLines)
  }
}
