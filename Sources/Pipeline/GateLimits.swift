// The limits of the gates, as the pipeline file says them or as they are without it.
// Invariant: every limit has a default that a whole, ordinary export passes; `off` takes a gate away and nothing else
// does.

import Values
import Yams

/// What a run may look like before it is loaded.
package struct GateLimits: Hashable, Sendable {
  package enum Checksums: String, Sendable, CaseIterable {
    /// A file that a manifest beside it names must agree with it.
    case ifPresent = "if_present"
    /// Every file must be named by a manifest and agree with it.
    case required
    case ignored
  }

  /// Shares of fewer records than this are not judged.
  package var judgedFrom = 1000
  package var minPopulationRecords = 1
  package var minInsuranceRecords = 1
  /// Of the records of one export.
  package var maxQuarantine: Double? = 0.10
  /// Of the insurance records, those of the armed forces without a personal ID number left out.
  package var minLinkRate: Double? = 0.50
  /// Linking all there is says that the rules did not look.
  package var maxLinkRate: Double? = 0.9995
  /// By export and field, `insurance.facility_code`.
  package var maxBlank: [String: Double] = [:]

  // Against the median of the last seven runs.

  /// More or fewer records of an export, as a share of the median.
  package var recordsChange: Double? = 0.20
  /// Percentage points, as a share of 1.
  package var quarantineChange: Double? = 0.02
  package var linkRateChange: Double? = 0.03
  package var blankChange: Double? = 0.05
  /// More or fewer linked records of one place of birth registration, as a share of the median.
  package var provinceChange: Double? = 0.20

  package var holdsOlderExports = true
  package var checksums = Checksums.ifPresent

  package init() {}
}

// MARK: Reading them

extension PipelineReader {
  func gates(_ node: Node) throws(Stop) -> GateLimits {
    let keys = try mapping(
      node, key: "gates", line: line(node),
      known: [
        "judged_from", "min_population_records", "min_insurance_records", "max_quarantine", "min_link_rate",
        "max_link_rate", "max_blank", "max_change", "older_exports", "checksums",
      ], required: [])
    var limits = GateLimits()
    if let node = keys["judged_from"] { limits.judgedFrom = try count(node, key: "judged_from") }
    if let node = keys["min_population_records"] {
      limits.minPopulationRecords = try count(node, key: "min_population_records")
    }
    if let node = keys["min_insurance_records"] {
      limits.minInsuranceRecords = try count(node, key: "min_insurance_records")
    }
    if let node = keys["max_quarantine"] { limits.maxQuarantine = try share(node, key: "max_quarantine") }
    if let node = keys["min_link_rate"] { limits.minLinkRate = try share(node, key: "min_link_rate") }
    if let node = keys["max_link_rate"] { limits.maxLinkRate = try share(node, key: "max_link_rate") }
    if let node = keys["max_blank"] { try readBlanks(node, into: &limits) }
    if let node = keys["max_change"] { try readChanges(node, into: &limits) }
    if let node = keys["older_exports"] {
      let word = try text(node, key: "older_exports")
      try choice(word, of: ["hold", "allow"], key: "older_exports", line: line(node))
      limits.holdsOlderExports = word == "hold"
    }
    if let node = keys["checksums"] {
      let word = try text(node, key: "checksums")
      try choice(
        word, of: GateLimits.Checksums.allCases.map(\.rawValue), key: "checksums", line: line(node))
      limits.checksums = GateLimits.Checksums(rawValue: word) ?? .ifPresent
    }
    return limits
  }

  private func readBlanks(_ node: Node, into limits: inout GateLimits) throws(Stop) {
    let exports = try mapping(
      node, key: "max_blank", line: line(node), known: ["population", "insurance"], required: [])
    for (export, node) in exports {
      let known = export == "population" ? Self.populationFields : Self.insuranceFields
      let fields = try mapping(node, key: export, line: line(node), known: known, required: [])
      for (field, node) in fields { limits.maxBlank["\(export).\(field)"] = try share(node, key: field) }
    }
  }

  private func readChanges(_ node: Node, into limits: inout GateLimits) throws(Stop) {
    let keys = try mapping(
      node, key: "max_change", line: line(node),
      known: ["records", "quarantine", "link_rate", "blank", "province"], required: [])
    if let node = keys["records"] { limits.recordsChange = try share(node, key: "records") }
    if let node = keys["quarantine"] { limits.quarantineChange = try share(node, key: "quarantine") }
    if let node = keys["link_rate"] { limits.linkRateChange = try share(node, key: "link_rate") }
    if let node = keys["blank"] { limits.blankChange = try share(node, key: "blank") }
    if let node = keys["province"] { limits.provinceChange = try share(node, key: "province") }
  }

  package func count(_ node: Node, key: String) throws(Stop) -> Int {
    let digits = node.scalar?.string.filter { $0 != "_" && $0 != "," } ?? ""
    guard let count = Int(digits), count >= 0 else {
      throw stop(
        line(node), key, expected: "a number of records", found: shape(node), remedy: "Write \(key): 1000")
    }
    return count
  }

  /// `12.5%`, `0.125`, or `off` for none.
  private func share(_ node: Node, key: String) throws(Stop) -> Double? {
    let text = node.scalar?.string ?? ""
    if text == "off" { return nil }
    let isPercent = text.hasSuffix("%")
    let digits = (isPercent ? String(text.dropLast()) : text).filter { $0 != " " }
    guard let number = Double(digits), number >= 0, number <= (isPercent ? 100 : 1) else {
      throw stop(
        line(node), key, expected: "a share, or off", found: shape(node),
        remedy: "Write \(key): 10% or \(key): 0.1, or \(key): off to do without this gate.")
    }
    return isPercent ? number / 100 : number
  }
}
