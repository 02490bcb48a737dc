// Reads one JSON text whose leaves are all strings, as in the FHIR resources of a package.
// Invariant: refuses anything else by RFC 8259, and more than 16 levels of brackets. A property test compares
// it with Foundation's reader.
// Load: two lines of some hundred bytes for each of a hundred thousand people, in two reused buffers.
// JSONDecoder takes 14 times as long.

/// The last line read.
struct JSONLine {
  enum Kind { case object, array, string }

  /// A value; the values in it follow it.
  private struct Node {
    var kind: Kind
    /// Where its name is in `text`, if it is a member of an object.
    var key: Range<Int>
    /// Where a string is in `text`.
    var value = 0..<0
    /// The index after all that it contains.
    var end = 0
  }
  private var nodes: [Node] = []
  /// All strings, without their escapes.
  private var text: [UInt8] = []
  private static let deepest = 16

  /// Reads one line; its root is the value 0.
  mutating func read(_ line: Span<UInt8>) throws(JSONFault) {
    nodes.removeAll(keepingCapacity: true)
    text.removeAll(keepingCapacity: true)
    var at = 0
    try readValue(line, &at, key: 0..<0, depth: 0)
    Self.skipSpace(line, &at)
    guard at == line.count else { throw JSONFault("one JSON object a line") }
  }

  // MARK: Queries

  /// The members of an object, in the order of `names`; -1 for a missing one.
  ///
  /// - Throws: a fault if there is another member, or one twice.
  func members(of object: Int, _ names: [StaticString], _ what: StaticString) throws(JSONFault)
    -> InlineArray<10, Int>
  {
    var found = InlineArray<10, Int>(repeating: -1)
    guard nodes[object].kind == .object else { throw JSONFault("an object: \(what)") }
    var child = object + 1
    while child < nodes[object].end {
      guard let i = names.firstIndex(where: { isText(nodes[child].key, $0) }), found[i] < 0 else {
        throw JSONFault("the members of \(what) that cardlink writes, each once")
      }
      found[i] = child
      child = nodes[child].end
    }
    return found
  }

  /// The first element of an array; -1 if the array is empty.
  func firstElement(of array: Int, _ what: StaticString) throws(JSONFault) -> Int {
    guard array >= 0 else { return -1 }
    guard nodes[array].kind == .array, nodes[array].end > array + 1 else {
      throw JSONFault("an array of one or more: \(what)")
    }
    return array + 1
  }

  /// The next element of an array; -1 after the last.
  func element(after element: Int, of array: Int) -> Int {
    nodes[element].end < nodes[array].end ? nodes[element].end : -1
  }

  /// The only element of an array.
  func onlyElement(of array: Int, _ what: StaticString) throws(JSONFault) -> Int {
    guard array >= 0, nodes[array].kind == .array, nodes[array].end > array + 1,
      nodes[array + 1].end == nodes[array].end
    else { throw JSONFault("an array of one: \(what)") }
    return array + 1
  }

  /// The bytes of a string that isn't empty.
  func string(_ value: Int, _ what: StaticString) throws(JSONFault) -> ArraySlice<UInt8> {
    guard value >= 0, nodes[value].kind == .string, !nodes[value].value.isEmpty else {
      throw JSONFault("a string: \(what)")
    }
    return text[nodes[value].value]
  }

  func isString(_ value: Int, _ word: StaticString) -> Bool {
    value >= 0 && nodes[value].kind == .string && isText(nodes[value].value, word)
  }

  /// Whether a string ends with a word.
  func isString(_ value: Int, endingWith word: StaticString) -> Bool {
    guard value >= 0, nodes[value].kind == .string else { return false }
    let range = nodes[value].value
    let count = word.utf8CodeUnitCount
    return range.count >= count && isText(range.upperBound - count..<range.upperBound, word)
  }

  private func isText(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    for i in 0..<range.count where unsafe text[range.lowerBound + i] != word.utf8Start[i] { return false }
    return true
  }

  // MARK: Parsing

  private mutating func readValue(_ line: Span<UInt8>, _ at: inout Int, key: Range<Int>, depth: Int)
    throws(JSONFault)
  {
    guard depth < Self.deepest else { throw JSONFault("brackets in at most \(Self.deepest) brackets") }
    Self.skipSpace(line, &at)
    guard at < line.count else { throw JSONFault("a value") }
    let node = nodes.count
    switch line[at] {
    case UInt8(ascii: "\""):
      let start = text.count
      try readJSONString(line, &at, into: &text)
      nodes.append(Node(kind: .string, key: key, value: start..<text.count))
    case UInt8(ascii: "{"):
      nodes.append(Node(kind: .object, key: key))
      try readList(line, &at, closing: UInt8(ascii: "}"), depth: depth)
    case UInt8(ascii: "["):
      nodes.append(Node(kind: .array, key: key))
      try readList(line, &at, closing: UInt8(ascii: "]"), depth: depth)
    default: throw JSONFault("a string, an object or an array")
    }
    nodes[node].end = nodes.count
  }

  private mutating func readList(_ line: Span<UInt8>, _ at: inout Int, closing: UInt8, depth: Int)
    throws(JSONFault)
  {
    at += 1
    Self.skipSpace(line, &at)
    if at < line.count, line[at] == closing {
      at += 1
      return
    }
    while true {
      var key = 0..<0
      if closing == UInt8(ascii: "}") {
        Self.skipSpace(line, &at)
        guard at < line.count, line[at] == UInt8(ascii: "\"") else { throw JSONFault("a member's name") }
        let start = text.count
        try readJSONString(line, &at, into: &text)
        key = start..<text.count
        Self.skipSpace(line, &at)
        guard at < line.count, line[at] == UInt8(ascii: ":") else { throw JSONFault("a colon") }
        at += 1
      }
      try readValue(line, &at, key: key, depth: depth + 1)
      Self.skipSpace(line, &at)
      guard at < line.count, line[at] == closing || line[at] == UInt8(ascii: ",") else {
        throw JSONFault("a comma or a closing bracket")
      }
      at += 1
      if line[at - 1] == closing { return }
    }
  }

  private static func skipSpace(_ line: Span<UInt8>, _ at: inout Int) {
    while at < line.count, line[at] == 0x20 || line[at] == 0x09 || line[at] == 0x0D || line[at] == 0x0A {
      at += 1
    }
  }
}
