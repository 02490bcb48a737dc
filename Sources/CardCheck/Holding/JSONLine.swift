// One JSON text whose leaves are all strings, as the FHIR resources of a package are.
// Invariant: what is not such a text after RFC 8259 is refused, whatever its bytes; nothing is skipped, and no depth of
// brackets overflows the stack. A property test compares it with Foundation's reader.
// Load: two lines of some hundred bytes for each of a hundred thousand people; two buffers that are reused, where
// Foundation makes a dictionary for each object.

/// Why a line is refused: what should have stood there.
struct JSONFault: Error, Hashable {
  var expected: String

  init(_ expected: String) { self.expected = expected }
}

/// The line that was read last.
struct JSONLine {
  enum Kind { case object, array, string }

  /// A value; the values in it follow it.
  private struct Node {
    var kind: Kind
    /// Where its name stands in `text`, if it is a member of an object.
    var key: Range<Int>
    /// Where a string stands in `text`.
    var value = 0..<0
    /// The place behind all that is in it.
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

  // MARK: Asking

  /// Where the members of an object stand, by the places of their names in `names`; -1: it isn't there.
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

  /// The first element of an array; -1 if there is no array.
  func firstElement(of array: Int, _ what: StaticString) throws(JSONFault) -> Int {
    guard array >= 0 else { return -1 }
    guard nodes[array].kind == .array, nodes[array].end > array + 1 else {
      throw JSONFault("an array of one or more: \(what)")
    }
    return array + 1
  }

  /// The next element of an array; -1 behind the last.
  func element(after element: Int, of array: Int) -> Int {
    nodes[element].end < nodes[array].end ? nodes[element].end : -1
  }

  /// The one element of an array.
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

  // MARK: Reading

  private mutating func readValue(_ line: Span<UInt8>, _ at: inout Int, key: Range<Int>, depth: Int)
    throws(JSONFault)
  {
    guard depth < Self.deepest else { throw JSONFault("brackets in at most \(Self.deepest) brackets") }
    Self.skipSpace(line, &at)
    guard at < line.count else { throw JSONFault("a value") }
    let node = nodes.count
    switch line[at] {
    case UInt8(ascii: "\""):
      let value = try readString(line, &at)
      nodes.append(Node(kind: .string, key: key, value: value))
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
        key = try readString(line, &at)
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

  private mutating func readString(_ line: Span<UInt8>, _ at: inout Int) throws(JSONFault) -> Range<Int> {
    let start = text.count
    at += 1
    while at < line.count {
      let byte = line[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return start..<text.count
      case UInt8(ascii: "\\"): try readEscape(line, &at)
      case 0..<0x20: throw JSONFault("a string without control characters")
      default: text.append(byte)
      }
    }
    throw JSONFault("a closing quote")
  }

  private mutating func readEscape(_ line: Span<UInt8>, _ at: inout Int) throws(JSONFault) {
    guard at < line.count else { throw JSONFault("an escape") }
    at += 1
    switch line[at - 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(line[at - 1])
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try Self.readHex(line, &at)
      if code >> 10 == 0x36, at + 1 < line.count, line[at] == UInt8(ascii: "\\"),
        line[at + 1] == UInt8(ascii: "u")
      {
        at += 2
        let low = try Self.readHex(line, &at)
        guard low >> 10 == 0x37 else { throw JSONFault("the second half of a pair of escapes") }
        code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { throw JSONFault("an escape of a character") }
      text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw JSONFault("an escape")
    }
  }

  private static func readHex(_ line: Span<UInt8>, _ at: inout Int) throws(JSONFault) -> UInt32 {
    guard line.count - at >= 4 else { throw JSONFault("four hexadecimal digits") }
    var code: UInt32 = 0
    for i in at..<at + 4 {
      let digit: UInt8
      switch line[i] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = line[i] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = line[i] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = line[i] - UInt8(ascii: "A") + 10
      default: throw JSONFault("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    at += 4
    return code
  }
}
