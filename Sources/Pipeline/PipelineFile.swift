// Reading a pipeline file: YAML in, a checked Pipeline out, or a sentence that names the line.
// Invariant: every key is known or refused with its line and the nearest known key; nothing is guessed.
// Load: once per command, a few dozen lines.

import Files
import Store
package import Values
import Yams

extension Pipeline {
  /// Reads and checks a pipeline file.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong``, naming the key, its line and what to write instead.
  package init(file path: String) throws(Stop) {
    guard let text = try Folder.read(path) else {
      throw Stop(
        .pipelineWrong, at: path, expected: "a pipeline file", found: "no such file",
        remedy: "Name an existing file, for example pipelines/nightly.yaml.")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw Stop(
        .pipelineWrong, at: path, line: Self.line(of: error), expected: "YAML", found: Self.reason(of: error),
        remedy: "Correct the line; keys and lists are indented by two spaces.")
    }
    let reader = PipelineReader(path: path)
    let absolute = Paths.absolute(path)
    let base = Folder.parent(of: absolute)
    let top = try reader.mapping(
      root, key: "the file", line: 1,
      known: ["name", "workspace", "exports", "store", "gates", "grace", "keep", "publish", "metrics"],
      required: ["name", "workspace", "exports", "store"])
    let exports = try reader.mapping(
      top["exports"], key: "exports", line: reader.line(top["exports"]), known: ["population", "insurance"],
      required: ["population", "insurance"])
    let store = try reader.mapping(
      top["store"], key: "store", line: reader.line(top["store"]), known: ["sqlite", "postgresql"],
      required: [])
    guard store["sqlite"] != nil else {
      throw reader.stop(
        reader.line(top["store"]), "store", expected: "the key sqlite",
        found: store["postgresql"] == nil ? "none" : "postgresql alone",
        remedy: store["postgresql"] == nil
          ? "Add sqlite here."
          : "Add sqlite: card-attributes.sqlite here. That file is the store of record, which packages, lookup, diff, "
            + "check-card and rollback read; the server holds a copy of it.")
    }
    self.init(
      path: path, text: text, name: try reader.text(top["name"], key: "name"),
      workspace: Paths.join(base, try reader.text(top["workspace"], key: "workspace")),
      population: try reader.export(exports["population"], .population, base: base),
      insurance: try reader.export(exports["insurance"], .insurance, base: base),
      store: try reader.text(store["sqlite"], key: "sqlite"))
    if let node = store["postgresql"] { postgresql = try reader.postgresql(node) }
    if let node = top["keep"] { keep = try reader.retention(node) }
    if let node = top["publish"] { publish = try reader.publish(node, base: base) }
    if let node = top["grace"] {
      graceDays = try reader.grace(node)
      // Whoever gets people who are kept sees that they are.
      for i in publish.rules.indices { publish.rules[i].attributes.append(.graceUntil) }
    }
    if let node = top["gates"] { gates = try reader.gates(node) }
    if let node = top["metrics"] { metrics = try reader.metrics(node, base: base) }
  }

  private static func line(of error: any Error) -> Int? {
    switch error as? YamlError {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    default: nil
    }
  }

  private static func reason(of error: any Error) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
      problem
    case .duplicatedKeysInMapping(let keys, _):
      "the same key twice: " + keys.joined(separator: ", ")
    default: "text that is no YAML"
    }
  }
}

/// Reads the nodes of one pipeline file and says where something is wrong.
struct PipelineReader {
  package let path: String

  static let populationFields = ["personal_id", "legacy_id", "full_name", "birth_date", "sex", "status"]
  static let insuranceFields = [
    "insurance_number", "card_number", "personal_id", "full_name", "birth_date", "sex", "facility_code",
    "valid_from", "valid_to", "five_years_from", "area_code",
  ]
  static let encodings = ["utf-8", "utf-16", "windows-1258", "tcvn3", "vni", "vps", "viscii"]
  static let sexes = Sex.allCases.map(\.name)
  static let statuses = PersonStatus.allCases.map(\.name)

  func line(_ node: Node?) -> Int { node?.mark?.line ?? 1 }

  func stop(_ line: Int, _ key: String, expected: String, found: String, remedy: String) -> Stop {
    Stop(.pipelineWrong, at: path, line: line, field: key, expected: expected, found: found, remedy: remedy)
  }

  /// The values of a mapping by key; refuses unknown and missing keys.
  func mapping(_ node: Node?, key: String, line: Int, known: [String], required: [String]) throws(Stop)
    -> [String: Node]
  {
    guard let pairs = node?.mapping else {
      throw stop(
        line, key, expected: "keys and values", found: shape(node),
        remedy: "Write one of \(known.joined(separator: ", ")) on each line below it.")
    }
    var values: [String: Node] = [:]
    for (name, value) in pairs {
      let text = name.scalar?.string ?? ""
      guard known.contains(text) else {
        let nearest = nearestWord(to: text, among: known)
        throw stop(
          self.line(name), text, expected: "a known key", found: "an unknown one",
          remedy: nearest.map { "Did you mean \($0)?" } ?? "Known here: \(known.joined(separator: ", ")).")
      }
      values[text] = value
    }
    for name in required where values[name] == nil {
      throw stop(line, key, expected: "the key \(name)", found: "none", remedy: "Add \(name) here.")
    }
    return values
  }

  package func text(_ node: Node?, key: String) throws(Stop) -> String {
    guard let text = node?.scalar?.string, !text.isEmpty else {
      throw stop(
        line(node), key, expected: "a text", found: shape(node), remedy: "Write one value behind \(key).")
    }
    return text
  }

  func texts(_ node: Node?, key: String, allowEmpty: Bool = false) throws(Stop) -> [String] {
    guard let items = node?.sequence else {
      throw stop(
        line(node), key, expected: "a list", found: shape(node),
        remedy: "Write it in brackets: \(key): [A, B]")
    }
    var texts: [String] = []
    for item in items {
      guard let text = item.scalar?.string else {
        throw stop(
          line(item), key, expected: "texts in the list", found: shape(item),
          remedy: "Write one text per item.")
      }
      texts.append(text)
    }
    guard allowEmpty || !texts.isEmpty else {
      throw stop(
        line(node), key, expected: "at least one item", found: "none", remedy: "Add one to the list.")
    }
    return texts
  }

  func shape(_ node: Node?) -> String {
    switch node {
    case nil: "nothing"
    case .mapping: "keys and values"
    case .sequence: "a list"
    case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "a text"
    case .alias: "an alias"
    }
  }

  /// Where the PostgreSQL server is: what libpq reads, without a password.
  func postgresql(_ node: Node) throws(Stop) -> String {
    let place = try text(node, key: "postgresql")
    guard let fault = ConnectionText.fault(in: place) else { return place }
    throw stop(
      line(node), "postgresql", expected: fault.expected, found: fault.found, remedy: fault.remedy)
  }

  /// Where the metrics go; the collector reads no file whose name ends otherwise.
  func metrics(_ node: Node, base: String) throws(Stop) -> String {
    let path = try text(node, key: "metrics")
    guard path.hasSuffix(".prom") else {
      throw stop(
        line(node), "metrics", expected: "a file whose name ends in .prom", found: "another name",
        remedy: "Write metrics: /var/lib/node_exporter/textfile/cardlink.prom")
    }
    return Paths.join(base, path)
  }

  func choice(_ text: String, of words: [String], key: String, line: Int) throws(Stop) {
    guard !words.contains(text) else { return }
    let nearest = nearestWord(to: text, among: words).map { "Did you mean \($0)?" }
    throw stop(
      line, key, expected: "one of \(words.joined(separator: ", "))", found: "`\(text)`",
      remedy: nearest ?? "Write one of them.")
  }

  // MARK: One export

  func export(_ node: Node?, _ kind: ExportKind, base: String) throws(Stop) -> ExportSpec {
    let keys = try mapping(
      node, key: kind.name, line: line(node),
      known: [
        "format", "files", "encoding", "delimiter", "empty", "record", "fields", "split", "values", "dates",
        "on_damage",
      ], required: ["format", "files", "fields", "dates"])
    let formatText = try text(keys["format"], key: "format")
    try choice(formatText, of: ["csv", "xml"], key: "format", line: line(keys["format"]))
    let format = ExportSpec.Format(rawValue: formatText) ?? .csv
    var spec = ExportSpec(
      kind: kind, format: format, files: try texts(keys["files"], key: "files").map { Paths.join(base, $0) },
      encoding: nil, delimiter: UInt8(ascii: ","), emptyValues: ["", "-", "NULL"], record: "", fields: [:],
      split: nil, sexCodes: nil, statusCodes: nil, dates: try texts(keys["dates"], key: "dates"),
      fieldLines: [:])
    if let node = keys["encoding"] {
      let encoding = try text(node, key: "encoding").lowercased()
      try choice(encoding, of: Self.encodings, key: "encoding", line: line(node))
      spec.encoding = encoding
    }
    if let node = keys["on_damage"] {
      let word = try text(node, key: "on_damage")
      try choice(word, of: ["refuse", "keep"], key: "on_damage", line: line(node))
      spec.keepsDamaged = word == "keep"
    }
    if let node = keys["delimiter"] {
      let delimiter = node.scalar?.string ?? ""
      let named = delimiter == "\\t" || delimiter == "tab" ? "\t" : delimiter
      guard format == .csv, named.utf8.count == 1, let byte = named.utf8.first, byte != UInt8(ascii: "\"")
      else {
        throw stop(
          line(node), "delimiter", expected: "one character, and format: csv", found: shape(node),
          remedy: "Write delimiter: \",\" or \";\" or \"|\" or \"\\t\"; an XML export has none.")
      }
      spec.delimiter = byte
    }
    if let node = keys["empty"] { spec.emptyValues = try texts(node, key: "empty", allowEmpty: true) }
    switch (format, keys["record"]) {
    case (.xml, let node?): spec.record = try text(node, key: "record")
    case (.xml, nil):
      throw stop(
        line(node), kind.name, expected: "the key record", found: "none",
        remedy: "Name the element that is one record, for example record: TheBHYT")
    case (.csv, let node?):
      throw stop(
        line(node), "record", expected: "no record element in a CSV export", found: "one",
        remedy: "Remove the line, or write format: xml")
    case (.csv, nil): break
    }
    try readFields(keys["fields"], of: kind, into: &spec)
    if let node = keys["split"] { spec.split = try split(node, kind, spec) }
    if let node = keys["values"] { try readValues(node, kind, into: &spec) }
    return spec
  }

  private func readFields(_ node: Node?, of kind: ExportKind, into spec: inout ExportSpec) throws(Stop) {
    let known = kind == .population ? Self.populationFields : Self.insuranceFields
    let required =
      kind == .population
      ? ["personal_id", "full_name", "birth_date"] : ["personal_id", "full_name", "birth_date", "valid_from"]
    let fields = try mapping(node, key: "fields", line: line(node), known: known, required: required)
    if kind == .insurance, fields["insurance_number"] == nil, fields["card_number"] == nil {
      throw stop(
        line(node), "fields", expected: "insurance_number or card_number", found: "neither",
        remedy: "Map at least one of them to a column of the export.")
    }
    for (name, value) in fields {
      spec.fields[name] = try source(value, key: name)
      spec.fieldLines[name] = line(value)
    }
  }

  /// `Column`, `[A, B]` or `{any: [A, B]}`, each of them inside another.
  private func source(_ node: Node, key: String) throws(Stop) -> ExportSpec.Source {
    switch node {
    case .scalar(let scalar) where !scalar.string.isEmpty: return .column(scalar.string)
    case .sequence(let items) where !items.isEmpty: return .joined(try sources(items, key: key))
    case .mapping:
      let any = try mapping(node, key: key, line: line(node), known: ["any"], required: ["any"])
      guard let items = any["any"]?.sequence, !items.isEmpty else {
        throw stop(
          line(node), key, expected: "a list behind any", found: shape(any["any"]),
          remedy: "Write \(key): {any: [A, B]}")
      }
      return .any(try sources(items, key: key))
    default:
      throw stop(
        line(node), key, expected: "a column, [parts to join] or {any: [choices]}", found: shape(node),
        remedy: "Write \(key): and the column's name as the export has it.")
    }
  }

  private func sources(_ items: Node.Sequence, key: String) throws(Stop) -> [ExportSpec.Source] {
    var sources: [ExportSpec.Source] = []
    for item in items { sources.append(try source(item, key: key)) }
    return sources
  }

  private func split(_ node: Node, _ kind: ExportKind, _ spec: ExportSpec) throws(Stop) -> ExportSpec.Split {
    let keys = try mapping(
      node, key: "split", line: line(node), known: ["by", "fields"], required: ["by", "fields"])
    let by = keys["by"]?.scalar?.string ?? ""
    guard kind == .insurance, by.utf8.count == 1, let separator = by.utf8.first else {
      throw stop(
        line(node), "split", expected: "one character behind by, in the insurance export",
        found: shape(keys["by"]),
        remedy: "Write split: { by: \";\", fields: [card_number, valid_from] }")
    }
    let fields = try texts(keys["fields"], key: "split.fields")
    for field in fields {
      try choice(field, of: spec.fields.keys.sorted(), key: "split", line: line(keys["fields"]))
    }
    return ExportSpec.Split(separator: separator, fields: fields)
  }

  private func readValues(_ node: Node, _ kind: ExportKind, into spec: inout ExportSpec) throws(Stop) {
    let lists = try mapping(
      node, key: "values", line: line(node), known: kind == .population ? ["sex", "status"] : ["sex"],
      required: [])
    for (list, codes) in lists {
      guard spec.fields[list] != nil else {
        throw stop(
          line(codes), "values.\(list)", expected: "a field \(list) among fields", found: "none",
          remedy: "Map \(list) to a column, or remove its values.")
      }
      guard let pairs = codes.mapping, !pairs.isEmpty else {
        throw stop(
          line(codes), "values.\(list)", expected: "code: value pairs", found: shape(codes),
          remedy: "Write { \"1\": \(list == "sex" ? "male" : "active") }")
      }
      var read: [ExportSpec.Code] = []
      for (code, value) in pairs {
        let canonical = value.scalar?.string ?? ""
        try choice(
          canonical, of: list == "sex" ? Self.sexes : Self.statuses, key: "values.\(list)", line: line(value))
        read.append(ExportSpec.Code(code: code.scalar?.string ?? "", value: canonical))
      }
      if list == "sex" { spec.sexCodes = read } else { spec.statusCodes = read }
    }
  }
}
