// The sorted rows of the publication in force, with which the next one is compared to find changes.
// Invariant: the folder `run-0007.people` beside `run-0007` is whole or absent; only that of the publication
// in force is used. One that is damaged, can't be read or is of another version counts as absent: packages are then
// full, which every recipient can use.
// Load: about 60 bytes and the name for each person and copy; read once, beside the new rows.

import Files
import Foundation
import Package
import Seal
import SortedRuns
import Values

struct KeptPeople: Codable, Sendable {
  private static let file = "people.json"

  /// The digest of what decided the packages: rules, names, key and format.
  var policy: String
  var runs: [SortedRun]

  static func read(in folder: String) -> KeptPeople? {
    // The first line is the digest of the second.
    guard let lines = (try? Folder.read(folder + "/" + file))?.split(separator: "\n"), lines.count == 2,
      Digest.text(of: String(lines[1])) == lines[0],
      let kept = try? JSONDecoder().decode(KeptPeople.self, from: Data(lines[1].utf8)),
      kept.runs.allSatisfy({ (try? Folder.byteCount(of: folder + "/" + $0.name)) == $0.byteCount })
    else { return nil }
    return kept
  }

  func write(in folder: String) throws(Stop) {
    guard let data = try? JSONEncoder().encode(self) else {
      throw .defect(inPackages: "a value without a text")
    }
    var file = try OutputFile(creating: folder + "/" + Self.file)
    let text = String(decoding: data, as: UTF8.self)
    try file.append(Digest.text(of: text) + "\n" + text + "\n")
    try file.finishUnsynced()
  }
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
