// One key of the pipeline file, and the keys below it: the source of the reader, the JSON Schema and the
// reference page.
// Invariant: an unknown key is refused with its line and the most similar known key.

import Values
import Yams

/// A key as the reference page shows it.
struct KeyRow {
  /// From the top of the file: `gates.max_change.blank`; `[]` follows the name of a list.
  var path: String
  /// What its value may be; nil for a key with keys below it.
  var value: String?
  /// The default, as the file writes it.
  var usual: String?
  var example: String
  /// Whether the reference page shows the example.
  var showsExample: Bool
  var isRequired: Bool
  var english: String
  var vietnamese: String
}

/// One key, and the property that it sets.
struct Key<Target> {
  let name: String
  let isRequired: Bool
  let example: String
  /// What to do when it is required and missing.
  let whenMissing: String
  let schema: (Target) -> Schema
  let rows: (Target, String) -> [KeyRow]
  let read: (Node, inout Target, inout PipelineReader) -> Void

  /// A key that leaves nil if it is not written.
  init<Value>(
    _ name: String, _ kind: Kind<Value>, _ path: WritableKeyPath<Target, Value?>, isRequired: Bool = false,
    _ english: String, _ vietnamese: String, example: String? = nil
  ) {
    self.init(
      name, kind.optional, path, isRequired: isRequired, english, vietnamese, example: example)
  }

  /// A key with one value.
  init<Value>(
    _ name: String, _ kind: Kind<Value>, _ path: WritableKeyPath<Target, Value>, isRequired: Bool = false,
    _ english: String, _ vietnamese: String, example: String? = nil, whenMissing: String? = nil
  ) {
    let shown = example ?? kind.example
    (self.name, self.isRequired, self.example) = (name, isRequired, shown)
    self.whenMissing = whenMissing ?? "Add \(name): \(shown)"
    schema = { target in
      var schema = kind.schema
      if !isRequired, let usual = kind.written(target[keyPath: path]) { schema["default"] = usual }
      return schema.described(english, vietnamese)
    }
    rows = { target, place in
      let usual = isRequired ? nil : kind.written(target[keyPath: path]).map(asYAML)
      let row = KeyRow(
        path: place + name, value: kind.words, usual: usual, example: shown, showsExample: example != nil,
        isRequired: isRequired, english: english, vietnamese: vietnamese)
      return [row] + kind.rows(place + name)
    }
    read = { node, target, reader in
      reader.within(name, remedy: "Write \(name): \(shown)") { reader in
        if let value = reader.read(kind, node) { target[keyPath: path] = value }
      }
    }
  }

  /// A key with keys below it.
  ///
  /// - Parameter value: what the value may be, if the reference page shows the keys below it in this one row.
  init<Inner>(
    _ name: String, _ group: KeyGroup<Inner>, _ path: WritableKeyPath<Target, Inner>,
    isRequired: Bool = false, _ english: String, _ vietnamese: String, value: String? = nil
  ) {
    (self.name, self.isRequired, example) = (name, isRequired, "")
    whenMissing = "Add \(name) and below it \(group.keys.map(\.name).joined(separator: ", "))."
    schema = { group.schema($0[keyPath: path]).described(english, vietnamese) }
    rows = { target, place in
      let row = KeyRow(
        path: place + name, value: value, example: "", showsExample: false, isRequired: isRequired,
        english: english, vietnamese: vietnamese)
      return [row] + (value == nil ? group.rows(target[keyPath: path], place + name) : [])
    }
    read = { node, target, reader in
      reader.within(name, remedy: "") { group.read(node, into: &target[keyPath: path], &$0) }
    }
  }
}

/// The keys of one mapping.
struct KeyGroup<Target> {
  var keys: [Key<Target>]
  /// Exactly one of these keys is required.
  var oneOf: [String] = []
  /// At least one of these keys is required.
  var anyOf: [String] = []
  /// The schema's conditions on several keys together.
  var together: Schema = [:]
  /// Checks several keys together, and completes the value.
  var check: (inout Target, ReadKeys, inout PipelineReader) -> Void = { _, _, _ in }

  init(
    _ keys: [Key<Target>], oneOf: [String] = [], anyOf: [String] = [], together: Schema = [:],
    check: @escaping (inout Target, ReadKeys, inout PipelineReader) -> Void = { _, _, _ in }
  ) {
    (self.keys, self.oneOf, self.anyOf, self.together) = (keys, oneOf, anyOf, together)
    self.check = check
  }

  func schema(_ initial: Target) -> Schema {
    var schema = together
    schema["type"] = "object"
    schema["additionalProperties"] = false
    schema["properties"] = Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.schema(initial)) })
    let required = keys.filter(\.isRequired).map(\.name)
    if !required.isEmpty { schema["required"] = required }
    if !oneOf.isEmpty { schema["oneOf"] = oneOf.map { ["required": [$0]] } }
    if !anyOf.isEmpty { schema["anyOf"] = anyOf.map { ["required": [$0]] } }
    return schema
  }

  func rows(_ initial: Target, _ path: String) -> [KeyRow] {
    keys.flatMap { $0.rows(initial, path.isEmpty ? "" : path + ".") }
  }

  func read(_ node: Node, into target: inout Target, _ reader: inout PipelineReader) {
    let names = keys.map(\.name)
    guard let pairs = node.mapping else {
      return reader.report(
        node, expected: "keys and values", found: node.shape(isSecret: true),
        remedy: "Write one of \(names.joined(separator: ", ")) on each line below it.")
    }
    var read = ReadKeys(node: node)
    for (name, value) in pairs {
      let text = name.scalar?.string ?? ""
      if let key = keys.first(where: { $0.name == text }) {
        read.nodes[text] = value
        key.read(value, &target, &reader)
      } else {
        let meant = nearestWord(to: text, among: names)
        if let meant { read.meant.insert(meant) }
        reader.report(
          name, key: text, expected: "a known key", found: "an unknown one",
          remedy: meant.map { "Did you mean \($0)?" } ?? "Known here: \(names.joined(separator: ", ")).")
      }
    }
    for key in keys where key.isRequired && !read.has(key.name) {
      reader.report(node, expected: "the key \(key.name)", found: "none", remedy: key.whenMissing)
    }
    let (some, exactly) = (anyOf.filter(read.has), oneOf.filter(read.has))
    if !anyOf.isEmpty, some.isEmpty {
      reader.report(
        node, expected: anyOf.joined(separator: " or "), found: "none of them",
        remedy: "Add one of them here.")
    }
    if !oneOf.isEmpty, exactly.count != 1 {
      let examples = keys.filter { oneOf.contains($0.name) }.map { "\($0.name): \($0.example)" }
      reader.report(
        node, expected: "one of \(oneOf.joined(separator: ", "))",
        found: exactly.isEmpty ? "none of them" : exactly.joined(separator: " and "),
        remedy: "Write one of \(examples.joined(separator: ", "))")
    }
    check(&target, read, &reader)
  }
}

/// The keys that one group was read from.
struct ReadKeys {
  /// The group.
  let node: Node
  var nodes: [String: Node] = [:]
  /// Known keys that unknown ones were probably meant to be.
  var meant: Set<String> = []

  subscript(_ name: String) -> Node? { nodes[name] }
  func has(_ name: String) -> Bool { nodes[name] != nil || meant.contains(name) }
}

extension Schema {
  fileprivate func described(_ english: String, _ vietnamese: String) -> Schema {
    english.isEmpty ? self : merging(["description": "\(english)\n\(vietnamese)"]) { $1 }
  }
}

/// A value as the file writes it.
private func asYAML(_ value: Any) -> String {
  switch value {
  case let list as [Any]: "[\(list.map { $0 is String ? "\"\($0)\"" : "\($0)" }.joined(separator: ", "))]"
  default: "\(value)"
  }
}
