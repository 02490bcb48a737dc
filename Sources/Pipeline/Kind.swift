// The kinds of values in a pipeline file. A kind reads a YAML node, describes it as JSON Schema and in words,
// and writes a default as JSON.
// Invariant: the reader and the schema accept the same values; if the schema can't express it, the reader is
// stricter.

import Names
import Values
import Yams

/// A JSON Schema, or a part of one.
typealias Schema = [String: Any]

/// The fault of one value; what is nil follows from the key and its kind.
struct Mistake: Error {
  var expected: String?
  var found: String?
  var remedy: String?
}

/// What the value of a key may be.
struct Kind<Value> {
  /// The words for it in messages and the reference: `a number from 1 to 366`.
  var words: String
  /// A value as the file writes it.
  var example: String
  var schema: Schema
  /// Whether messages leave out a wrong value, because it may hold a secret.
  var isSecret = false
  /// The keys below it, for the reference page.
  var rows: (String) -> [KeyRow] = { _ in [] }
  /// A default as JSON; nil for one that can't be written.
  var written: (Value) -> Any? = { $0 }
  var read: (Node, inout PipelineReader) throws(Mistake) -> Value

  /// The kind for a property that is nil if the key is not written.
  var optional: Kind<Value?> {
    Kind<Value?>(
      words: words, example: example, schema: schema, isSecret: isSecret, rows: rows,
      written: { $0.flatMap(written) }
    ) { (node, reader) throws(Mistake) in try read(node, &reader) }
  }

  /// A kind whose value is made from this one's.
  func map<New>(
    written: @escaping (New) -> Any? = { _ in nil },
    _ change: @escaping (Value, String) throws(Mistake) -> New
  ) -> Kind<New> {
    Kind<New>(
      words: words, example: example, schema: schema, isSecret: isSecret, rows: rows, written: written
    ) { (node, reader) throws(Mistake) in
      try change(read(node, &reader), reader.base)
    }
  }
}

extension Node {
  var line: Int { mark?.line ?? 1 }

  /// The words for what was found.
  func shape(isSecret: Bool) -> String {
    switch self {
    case .mapping: "keys and values"
    case .sequence: "a list"
    case .scalar(let scalar) where scalar.string.isEmpty: "nothing"
    case .scalar(let scalar) where !isSecret && scalar.string.count <= 40: "`\(scalar.string)`"
    case .scalar: "a text"
    case .alias: "an alias"
    }
  }
}

// MARK: Texts

extension Kind where Value == String {
  /// Any nonempty text.
  static var text: Kind { text("a text") }

  /// A text that a pattern matches as a whole, in the reader as in the schema.
  static func text(_ words: String, matching pattern: String = #"[\s\S]+"#, upTo length: Int = .max) -> Kind {
    var schema: Schema = ["type": "string"]
    if pattern == #"[\s\S]+"# { schema["minLength"] = 1 } else { schema["pattern"] = "^\(pattern)$" }
    if length < .max { schema["maxLength"] = length }
    return Kind(words: words, example: "…", schema: schema, written: { $0.isEmpty ? nil : $0 }) {
      (node, _) throws(Mistake) in
      guard let text = node.scalar?.string, text.utf8.count <= length,
        let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar), text.wholeMatch(of: regex) != nil
      else { throw Mistake() }
      return text
    }
  }

  /// Any text, even empty.
  static var anyText: Kind {
    Kind(words: "a text", example: "\"\"", schema: ["type": "string"]) { (node, _) throws(Mistake) in
      guard let text = node.scalar?.string else { throw Mistake() }
      return text
    }
  }

  /// A path, made absolute; a relative one is relative to the pipeline file.
  static var path: Kind { text("a path").path }

  /// The text, made an absolute path.
  var path: Kind { map { Paths.join($1, $0) } }
}

extension Kind where Value == UInt8 {
  /// One ASCII character other than those excluded; `tab` and `\t` are the tab.
  static func character(except excluded: String = "") -> Kind {
    Kind(
      words: "one character", example: "\";\"", schema: ["type": "string", "minLength": 1, "maxLength": 3],
      written: { String(UnicodeScalar($0)) }
    ) { (node, _) throws(Mistake) in
      let text = node.scalar?.string ?? ""
      let named = ["\\t", "tab"].contains(text) ? "\t" : text
      guard named.utf8.count == 1, !excluded.contains(named), let byte = named.utf8.first else {
        throw Mistake()
      }
      return byte
    }
  }
}

extension Kind where Value == UInt8 {
  /// The quote character; zero for none.
  static var quote: Kind {
    let one = Kind.character()
    return Kind(
      words: "one character, or none", example: "\"'\"",
      schema: ["type": "string", "minLength": 1, "maxLength": 4],
      written: { $0 == 0 ? "none" : String(UnicodeScalar($0)) }
    ) { (node, reader) throws(Mistake) in
      if node.scalar?.string == "none" { return 0 }
      return try one.read(node, &reader)
    }
  }
}

extension Kind where Value == [UInt8] {
  /// One to eight bytes on one line, without quotes; `tab` and `\t` are the tab.
  static var delimiter: Kind {
    Kind(
      words: "one character or several", example: "\";\"",
      schema: ["type": "string", "minLength": 1, "maxLength": 8],
      written: { String(decoding: $0, as: UTF8.self) }
    ) { (node, _) throws(Mistake) in
      let text = node.scalar?.string ?? ""
      let bytes = Array((["\\t", "tab"].contains(text) ? "\t" : text).utf8)
      guard (1...8).contains(bytes.count), !bytes.contains(where: { [10, 13, 34].contains($0) }) else {
        throw Mistake()
      }
      return bytes
    }
  }
}

// MARK: Numbers

extension Kind where Value == Int {
  /// A whole number; `5_000` and `5,000` are read as 5000.
  static func count(_ range: ClosedRange<Int>) -> Kind {
    var schema: Schema = ["type": "integer", "minimum": range.lowerBound]
    var words = "a number from \(range.lowerBound)"
    if range.upperBound < .max {
      schema["maximum"] = range.upperBound
      words += " to \(range.upperBound)"
    }
    return Kind(words: words, example: "\(range.lowerBound)", schema: schema) { (node, _) throws(Mistake) in
      let digits = node.scalar?.string.filter { $0 != "_" && $0 != "," } ?? ""
      guard let count = Int(digits), range.contains(count) else { throw Mistake() }
      return count
    }
  }
}

extension Kind where Value == Int {
  /// A number of days with its unit, `400d`.
  static func days(_ range: ClosedRange<Int>) -> Kind {
    Kind(
      words: "a number of days from \(range.lowerBound)d to \(range.upperBound)d",
      example: "\(range.upperBound)d", schema: ["type": "string", "pattern": "^[0-9]{1,4}d$"],
      written: { "\($0)d" }
    ) { (node, _) throws(Mistake) in
      let text = node.scalar?.string ?? ""
      guard text.hasSuffix("d"), let days = Int(text.dropLast()), range.contains(days) else {
        throw Mistake()
      }
      return days
    }
  }
}

extension Kind where Value == Double? {
  /// `12.5%`, `0.125`, or `off` for nil.
  static var share: Kind {
    Kind(
      words: "a share from 0% to 100% or from 0 to 1, or off", example: "10%",
      schema: ["$ref": "#/$defs/share"],
      written: { share in
        share.map { share in
          let percent = (share * 1_000_000).rounded() / 10_000
          return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
        }
      }
    ) { (node, _) throws(Mistake) in
      let text = node.scalar?.string ?? ""
      if text == "off" { return nil }
      let isPercent = text.hasSuffix("%")
      let digits = (isPercent ? String(text.dropLast()) : text).filter { $0 != " " }
      guard let number = Double(digits), (0...(isPercent ? 100 : 1)).contains(number) else { throw Mistake() }
      return isPercent ? number / 100 : number
    }
  }
}

extension Kind where Value == CalendarDate {
  /// A day, `2026-12-01`.
  static var day: Kind {
    Kind(
      words: "a day such as 2026-12-01", example: "2026-12-01",
      schema: ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"], written: { _ in nil }
    ) { (node, _) throws(Mistake) in
      let day: CalendarDate = CalendarDate(iso: node.scalar?.string ?? "") ?? .none
      if day.precision != .day { throw Mistake() }
      return day
    }
  }
}

// MARK: Choices and lists

extension Kind where Value: Equatable {
  /// One of some words.
  static func choice(_ choices: [(word: String, value: Value)], inAnyCase: Bool = false) -> Kind {
    let words = choices.map(\.word)
    let isFlag = words.allSatisfy { ["true", "false"].contains($0) }
    let written: [Any] = isFlag ? words.map { $0 == "true" } : words
    return Kind(
      words: words.count == 1 ? words[0] : "one of " + words.joined(separator: ", "), example: words[0],
      schema: ["enum": written],
      written: { value in choices.firstIndex { $0.value == value }.map { written[$0] } }
    ) { (node, _) throws(Mistake) in
      let text = node.scalar?.string ?? ""
      guard let choice = choices.first(where: { $0.word == (inAnyCase ? text.lowercased() : text) }) else {
        throw Mistake(remedy: nearestWord(to: text, among: words).map { "Did you mean \($0)?" })
      }
      return choice.value
    }
  }
}

extension Kind where Value == String {
  /// An encoding by its name, in the forms in which suppliers write it.
  static func encoding(_ names: [String], alsoWritten aliases: [String]) -> Kind {
    Kind(
      words: "one of " + names.joined(separator: ", "), example: names[0], schema: ["enum": names + aliases]
    ) { (node, _) throws(Mistake) in
      switch EncodingName(node.scalar?.string ?? "") {
      case .known(let name): return name
      case .western: throw Mistake(remedy: EncodingName.westernRemedy)
      case .unknown:
        throw Mistake(
          remedy: nearestWord(to: node.scalar?.string ?? "", among: names).map { "Did you mean \($0)?" })
      }
    }
  }

  static func choice(_ words: [String], inAnyCase: Bool = false) -> Kind {
    choice(words.map { ($0, $0) }, inAnyCase: inAnyCase)
  }
}

extension Kind where Value == Bool {
  static var flag: Kind { choice([("true", true), ("false", false)]) }
}

extension Kind {
  /// A list; each wrong item is reported.
  static func list<Item>(of item: Kind<Item>, atLeast count: Int = 1) -> Kind where Value == [Item] {
    var schema: Schema = ["type": "array", "items": item.schema]
    if count > 0 { schema["minItems"] = count }
    return Kind(
      words: "a list of " + item.words.plural, example: "[\(item.example)]", schema: schema,
      rows: { item.rows($0 + "[]") },
      written: { list in
        let items = list.compactMap(item.written)
        return items.count == list.count ? items : nil
      }
    ) { (node, reader) throws(Mistake) in
      guard let nodes = node.sequence else { throw Mistake() }
      guard nodes.count >= count else { throw Mistake(expected: "at least one item", found: "none") }
      return nodes.compactMap { reader.read(item, $0) }
    }
  }

  /// A list, or its only item.
  static func oneOrMore<Item>(of item: Kind<Item>) -> Kind where Value == [Item] {
    let list = Kind.list(of: item)
    return Kind(
      words: "\(item.words), or \(list.words)", example: item.example,
      schema: ["anyOf": [item.schema, list.schema]], written: { $0.isEmpty ? nil : list.written($0) }
    ) { (node, reader) throws(Mistake) in
      if node.sequence != nil { return try list.read(node, &reader) }
      return [try item.read(node, &reader)]
    }
  }

  /// Keys below a key, read into a value of their own.
  static func group(_ group: KeyGroup<Value>, from initial: Value) -> Kind {
    Kind(
      words: "keys and values", example: "{ … }", schema: group.schema(initial),
      rows: { group.rows(initial, $0) }, written: { _ in nil }
    ) { (node, reader) throws(Mistake) in
      var value = initial
      group.read(node, into: &value, &reader)
      return value
    }
  }
}

extension String {
  /// `a text` → `texts`.
  fileprivate var plural: String {
    hasPrefix("a ") ? dropFirst(2) + "s" : hasPrefix("one of ") ? String(dropFirst(7)) : self
  }
}

// MARK: Kinds of this product

extension Kind where Value == ExportSpec.Source {
  /// `Column`, `[A, B]` or `{any: [A, B]}`, each of them inside another.
  static var source: Kind {
    Kind(
      words: "a column, [parts to join] or {any: [choices]}", example: "HoVaTen",
      schema: ["$ref": "#/$defs/source"]
    ) { (node, reader) throws(Mistake) in
      switch node {
      case .scalar(let scalar) where !scalar.string.isEmpty: return .column(scalar.string)
      case .sequence: return .joined(try Kind<[Value]>.list(of: Self.source).read(node, &reader))
      case .mapping:
        let any = KeyGroup<[Value]>([Key("any", .list(of: Self.source), \.self, isRequired: true, "", "")])
        return .any(try Kind<[Value]>.group(any, from: []).read(node, &reader))
      default: throw Mistake()
      }
    }
  }
}

extension Kind where Value == [FilePattern] {
  /// A list of patterns, or one pattern with what is read of its files.
  static var files: Kind {
    let list = Kind<[FilePattern]>.list(of: .pattern)
    let one = KeyGroup<FilePattern>([
      Key(
        "pattern", Kind<FilePattern>.pattern.map { pattern, _ in pattern.text }, \.text, isRequired: true, "",
        ""),
      Key("newest", .flag, \.isNewestOnly, "", ""),
    ])
    return Kind(
      words: list.words, example: list.example,
      schema: ["anyOf": [list.schema, one.schema("")]], written: { _ in nil }
    ) { (node, reader) throws(Mistake) in
      guard node.mapping != nil else { return try list.read(node, &reader) }
      var pattern: FilePattern = ""
      one.read(node, into: &pattern, &reader)
      return [pattern]
    }
  }
}

extension Kind where Value == FilePattern {
  /// A pattern of paths, made absolute.
  static var pattern: Kind {
    Kind<String>.text("a path").map { (text, base) throws(Mistake) in
      let pattern = FilePattern(text, base: base)
      if let unknown = pattern.unknownDate {
        throw Mistake(
          expected: "a date as {date}, {date-1} or {date:yyyyMMdd}, with yyyy, MM and dd once each",
          found: "`\(unknown)`")
      }
      return pattern
    }
  }
}

extension Kind where Value == [ExportSpec.Code] {
  /// The codes of an export and their meanings.
  static func codes(for words: [String]) -> Kind {
    let meaning = Kind<String>.choice(words)
    return Kind(
      words: "code: value pairs, each value \(meaning.words)", example: "{ \"1\": \(words[0]) }",
      schema: ["type": "object", "minProperties": 1, "additionalProperties": meaning.schema]
    ) { (node, reader) throws(Mistake) in
      guard let pairs = node.mapping, !pairs.isEmpty else { throw Mistake() }
      return pairs.compactMap { code, value in
        reader.read(meaning, value).map { ExportSpec.Code(code: code.scalar?.string ?? "", value: $0) }
      }
    }
  }
}
