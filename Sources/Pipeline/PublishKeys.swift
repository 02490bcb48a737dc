// The key `publish` of a pipeline file: who gets which packages.
// Invariant: as in the rest of the file: every key is known or refused with its line and the nearest known one. Nobody
// can get a package by a slip of the pen: a rule says whom it selects, and what no rule selects is not published.

import Package
import Publish
import Seal
import Values
import Yams

extension PipelineReader {
  func publish(_ node: Node, base: String) throws(Stop) -> PublishPolicy {
    let keys = try mapping(
      node, key: "publish", line: line(node),
      known: ["valid_days", "signing_key", "checkpoint_every", "missing_key", "packages", "fhir"],
      required: [])
    var policy = PublishPolicy()
    if let node = keys["valid_days"] {
      guard let days = node.scalar.flatMap({ Int($0.string) }), (0...3650).contains(days) else {
        throw stop(
          line(node), "valid_days", expected: "a number of days from 0 to 3650", found: shape(node),
          remedy:
            "Write valid_days: 3 for packages that may be used up to three days after the business date.")
      }
      policy.validDays = days
    }
    if let node = keys["signing_key"] {
      policy.signingKey = Paths.join(base, try text(node, key: "signing_key"))
    }
    if let node = keys["checkpoint_every"] {
      guard let count = node.scalar.flatMap({ Int($0.string) }), (1...366).contains(count) else {
        throw stop(
          line(node), "checkpoint_every", expected: "a number of publications from 1 to 366",
          found: shape(node),
          remedy: "Write checkpoint_every: 7 for one full package in seven, and changes only in the others.")
      }
      policy.checkpointEvery = count
    }
    if let node = keys["missing_key"] {
      let word = try text(node, key: "missing_key")
      try choice(word, of: ["stop", "leave_out"], key: "missing_key", line: line(node))
      policy.leavesOutWithoutKey = word == "leave_out"
    }
    if let node = keys["fhir"] { policy.fhir = try fhirNames(node) }
    if let node = keys["packages"] {
      guard let items = node.sequence, !items.isEmpty else {
        throw stop(
          line(node), "packages", expected: "a list of rules", found: shape(node),
          remedy: "Write one rule per item: - { facility: \"01*\", formats: [csv] }")
      }
      policy.rules = []
      for item in items { policy.rules.append(try rule(item, after: policy.rules, base: base)) }
    }
    return policy
  }

  private func rule(_ node: Node, after rules: [PackageRule], base: String) throws(Stop) -> PackageRule {
    let selections = ["facility", "province", "all"]
    let keys = try mapping(
      node, key: "packages", line: line(node),
      known: selections + ["name", "copy", "formats", "attributes", "encrypt_to"], required: [])
    let selected = selections.filter { keys[$0] != nil }
    guard selected.count == 1, let selected = selected.first, let value = keys[selected] else {
      throw stop(
        line(node), "packages", expected: "one of facility, province and all in each rule",
        found: selected.isEmpty ? "none of them" : "several of them",
        remedy: "Write facility: \"01*\", province: \"01\" or all: true")
    }
    var rule = PackageRule()
    switch selected {
    case "facility":
      let glob = try text(value, key: selected)
      guard glob.utf8.count <= 16, glob.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        throw stop(
          line(value), selected, expected: "a code, with * and ? for what varies", found: "another text",
          remedy: "Write facility: \"01028\" or facility: \"01*\"")
      }
      rule.selection = .facility(glob)
    case "province":
      let province = try text(value, key: selected)
      guard province.utf8.count == 2, province.utf8.allSatisfy({ (48...57).contains($0) }) else {
        throw stop(
          line(value), selected, expected: "the two digits that facility codes begin with",
          found: "another text",
          remedy: "Write them in quotes: province: \"01\"")
      }
      rule.selection = .province(province)
    default:
      guard value.scalar?.string == "true" else {
        throw stop(
          line(value), selected, expected: "true", found: shape(value),
          remedy: "Write all: true, or facility: …")
      }
    }
    if let node = keys["name"] {
      let name = try text(node, key: "name")
      guard PackageRule.isName(name) else {
        throw stop(
          line(node), "name", expected: "small letters and digits with a hyphen between",
          found: "another text",
          remedy: "Write it so: name: province-01. No facility's code has a hyphen.")
      }
      guard !rules.contains(where: { $0.name == name }) else {
        throw stop(
          line(node), "name", expected: "another name for each package", found: "`\(name)` twice",
          remedy: "Give each rule its own name.")
      }
      rule.name = name
    }
    if let node = keys["copy"] {
      guard let isCopy = node.scalar.flatMap({ ["true": true, "false": false][$0.string] }) else {
        throw stop(
          line(node), "copy", expected: "true or false", found: shape(node),
          remedy: "Write copy: true for a package in addition to those of the rules behind it.")
      }
      guard !isCopy || rule.name != nil else {
        throw stop(
          line(node), "copy", expected: "a name beside it", found: "none",
          remedy:
            "Name the package, such as name: province-01, so that it is another one than the facilities'.")
      }
      rule.isCopy = isCopy
    }
    if let node = keys["formats"] {
      let formats = try texts(node, key: "formats")
      for format in formats {
        try choice(format, of: PackageFormat.allCases.map(\.rawValue), key: "formats", line: line(node))
      }
      rule.formats = PackageFormat.allCases.filter { formats.contains($0.rawValue) }
    }
    if let node = keys["attributes"] {
      let attributes = try texts(node, key: "attributes")
      for attribute in attributes {
        try choice(attribute, of: Attribute.ofEveryPackage.map(\.name), key: "attributes", line: line(node))
      }
      guard attributes.contains(Attribute.personalID.name) else {
        throw stop(
          line(node), "attributes", expected: "personal_id among them", found: "none",
          remedy: "Add personal_id: a package is looked up by it.")
      }
      rule.attributes = Attribute.ofEveryPackage.filter { attributes.contains($0.name) }
    }
    if let node = keys["encrypt_to"] { rule.encryptTo = try encryptTo(node, base: base) }
    return rule
  }

  /// Public keys, and files and folders of them; a key that isn't right is found before anything runs.
  private func encryptTo(_ node: Node, base: String) throws(Stop) -> [String] {
    let items =
      node.sequence == nil ? [try text(node, key: "encrypt_to")] : try texts(node, key: "encrypt_to")
    func wrong(_ found: String) -> Stop {
      stop(
        line(node), "encrypt_to", expected: "public keys (age1…), or files or folders of them", found: found,
        remedy: "Write encrypt_to: keys/facilities for a folder with a file CODE.pub for each facility.")
    }
    guard !items.isEmpty else { throw wrong("none") }
    var sources: [String] = []
    for item in items {
      if item.uppercased().hasPrefix("AGE-SECRET-KEY-") {
        throw wrong("a private key, which must stay with its facility")
      }
      let isKey = item.lowercased().hasPrefix("age1")
      if isKey, EncryptionKey(item) == nil { throw wrong("age1 and something that is no key") }
      sources.append(isKey ? item : Paths.join(base, item))
    }
    return sources
  }

  private func fhirNames(_ node: Node) throws(Stop) -> FHIRNames {
    let systems = ["personal_id", "insurance_number", "card_number", "facility_code", "definitions"]
    let keys = try mapping(node, key: "fhir", line: line(node), known: systems + ["payor"], required: [])
    var names = FHIRNames()
    for (key, value) in keys {
      let text = try text(value, key: key)
      guard key == "payor" || (text.contains(":") && !text.contains(where: \.isWhitespace)) else {
        throw stop(
          line(value), key, expected: "a URI", found: "another text",
          remedy: "Write it so: \(key): https://example.vn/ids/\(key)")
      }
      switch key {
      case "personal_id": names.personalID = text
      case "insurance_number": names.insuranceNumber = text
      case "card_number": names.cardNumber = text
      case "facility_code": names.facilityCode = text
      case "definitions": names.definitions = text
      default: names.payor = text
      }
    }
    return names
  }
}
