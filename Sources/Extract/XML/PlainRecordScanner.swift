// Records of plain XML read without a parser: elements without attributes, text without entities.
// Invariant: what is accepted here, libxml2 accepts too, with the same values; whatever else stands in a record, an
// attribute, a comment, a CDATA section, an entity, a prefix, a fault, is not plain and is left to libxml2.
// Load: nearly every record of a register's export; one look at each byte, no copy, no callback.

import Record

/// Scans one record after the other in a text that is known to be the content of an element.
struct PlainRecordScanner: ~Copyable {
  enum Outcome {
    /// The record ends before `next`.
    case record(RawRecord, next: Int, line: UInt32)
    case notPlain
    /// The text ends in the middle of what may be a plain record.
    case needsMore
  }

  private struct Node {
    /// `<name>`, and the node it leads to.
    var children: [(tag: [UInt8], node: Int)] = []
    var slot = -1
  }
  /// An open element: where its name stands, its node (-1 where nobody reads), and the child that was read last.
  private struct Open: BitwiseCopyable {
    var nameStart = 0
    var nameCount = 0
    var node: Int
    var lastChild = -1
    var hasChild = false
  }

  private let recordTag: [UInt8]
  private var nodes: [Node] = []
  private let classes = Self.classTable
  /// The values of the record being read, slot by slot; this scanner's own memory.
  let values: UnsafeMutableBufferPointer<UInt64>

  /// Deeper elements and longer records are left to libxml2.
  private static let deepest = 16
  private static let longest = 64 << 10

  init(record: [UInt8], tree: PathTree, slotCount: Int) {
    recordTag = [0x3C] + record + [0x3E]
    values = .allocate(capacity: slotCount)
    unsafe values.initialize(repeating: RawBatch.absent)
    nodes = tree.nodes.map { node in
      Node(children: node.children.map { ([0x3C] + $0.name + [0x3E], $0.node) }, slot: node.slot)
    }
  }

  deinit { unsafe values.deallocate() }

  // MARK: Bytes

  private static let newline: UInt8 = 1
  private static let high: UInt8 = 2
  private static let less: UInt8 = 4
  private static let special: UInt8 = 8
  private static let carriageReturn: UInt8 = 16

  /// What a byte of text means.
  private static let classTable: [UInt8] = (0...255).map { byte in
    switch UInt8(byte) {
    case 0x0A: newline
    case 0x0D: carriageReturn
    case 0x09: 0
    case 0x3C: less
    // An ampersand begins an entity, a bracket may end a CDATA section, and the rest are no characters of XML.
    case 0x26, 0x5D, 0x00...0x1F: special
    case 0x80...0xFF: high
    default: 0
    }
  }

  /// White space of XML.
  @inline(__always)
  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  @inline(__always)
  private static func isName(_ byte: UInt8, first: Bool) -> Bool {
    let letter = byte | 0x20
    if (letter >= 0x61 && letter <= 0x7A) || byte == 0x5F { return true }
    return !first && ((byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x2E)
  }

  @inline(__always)
  private static func matches(_ text: Span<UInt8>, _ at: Int, _ bytes: borrowing [UInt8]) -> Bool {
    guard at + bytes.count <= text.count else { return false }
    for k in 0..<bytes.count where text[at + k] != bytes[k] { return false }
    return true
  }

  // MARK: One record

  /// Reads the record that begins at `at`, behind white space.
  ///
  /// - Parameters:
  ///   - line: the line at `at`.
  ///   - textOffset: where the text begins in the file.
  mutating func scan(_ text: Span<UInt8>, at: Int, line: UInt32, ordinal: UInt32, textOffset: Int) -> Outcome
  {
    var i = at
    var line = line
    while i < text.count, Self.isSpace(text[i]) {
      if text[i] == 0x0A { line += 1 }
      i += 1
    }
    guard i + recordTag.count <= text.count else { return i - at > Self.longest ? .notPlain : .needsMore }
    guard Self.matches(text, i, recordTag) else { return .notPlain }
    for slot in 0..<values.count { unsafe values[slot] = RawBatch.absent }
    let start = i
    let startLine = line
    i += recordTag.count
    var stack = InlineArray<16, Open>(repeating: Open(node: -1))
    var depth = 0
    stack[0] = Open(nameStart: start + 1, nameCount: recordTag.count - 2, node: 0)
    while true {
      let runStart = i
      var seen: UInt8 = 0
      while i < text.count {
        let kind = classes[Int(text[i])]
        seen |= kind
        if kind == Self.less { break }
        if kind == Self.newline { line += 1 }
        i += 1
      }
      guard seen & Self.special == 0 else { return .notPlain }
      guard i + 1 < text.count else { return i - start > Self.longest ? .notPlain : .needsMore }
      if seen & Self.high != 0, !Self.isXMLText(text.extracting(runStart..<i)) { return .notPlain }
      if text[i + 1] == 0x2F {
        // An end tag: of the open element, without a blank.
        let open = stack[depth]
        let end = i + 2 + open.nameCount
        guard end < text.count else { return .needsMore }
        guard text[end] == 0x3E else { return .notPlain }
        for k in 0..<open.nameCount where text[i + 2 + k] != text[open.nameStart + k] { return .notPlain }
        if open.node >= 0 {
          let slot = nodes[open.node].slot
          if slot >= 0 {
            // Text around elements, line ends to be made one, a second value: rare, and libxml2's.
            guard !open.hasChild, seen & Self.carriageReturn == 0, take(slot, runStart, i) else {
              return .notPlain
            }
          }
        }
        i = end + 1
        if depth == 0 {
          guard i - start <= Self.longest else { return .notPlain }
          let record = RawRecord(
            line: startLine, ordinal: ordinal, byteOffset: UInt64(textOffset + start),
            textStart: UInt32(truncatingIfNeeded: start), textByteCount: UInt32(truncatingIfNeeded: i - start)
          )
          return .record(record, next: i, line: line)
        }
        depth -= 1
        continue
      }
      // A start tag without attributes.
      stack[depth].hasChild = true
      var opened = Open(nameStart: i + 1, node: -1)
      if stack[depth].node >= 0 {
        let parent = stack[depth].node
        let count = nodes[parent].children.count
        // Elements mostly come in the order in which they came before.
        var child = stack[depth].lastChild
        for _ in 0..<count {
          child = child + 1 < count ? child + 1 : 0
          if Self.matches(text, i, nodes[parent].children[child].tag) {
            opened.node = nodes[parent].children[child].node
            opened.nameCount = nodes[parent].children[child].tag.count - 2
            stack[depth].lastChild = child
            break
          }
        }
      }
      if opened.node < 0 {
        var k = i + 1
        while k < text.count, Self.isName(text[k], first: k == i + 1) { k += 1 }
        guard k + 1 < text.count else { return .needsMore }
        guard k > i + 1 else { return .notPlain }
        opened.nameCount = k - i - 1
        if text[k] == 0x2F {
          // An empty element, of which only its being there counts.
          guard text[k + 1] == 0x3E, takeEmpty(stack[depth].node, text, opened) else { return .notPlain }
          i = k + 2
          continue
        }
        guard text[k] == 0x3E else { return .notPlain }
      }
      guard depth + 1 < Self.deepest else { return .notPlain }
      depth += 1
      stack[depth] = opened
      i = opened.nameStart + opened.nameCount + 1
    }
  }

  /// Takes a value.
  /// - Returns: false if there is one already.
  @inline(__always)
  private func take(_ slot: Int, _ start: Int, _ end: Int) -> Bool {
    let before = unsafe values[slot]
    guard before == RawBatch.absent || before & 0xFFFF_FFFF == before >> 32 else { return false }
    unsafe values[slot] = RawBatch.packed(start, end)
    return true
  }

  private func takeEmpty(_ parent: Int, _ text: Span<UInt8>, _ element: Open) -> Bool {
    guard parent >= 0 else { return true }
    for child in nodes[parent].children where child.tag.count - 2 == element.nameCount {
      var isEqual = true
      for k in 0..<element.nameCount where text[element.nameStart + k] != child.tag[k + 1] { isEqual = false }
      if isEqual, nodes[child.node].slot >= 0 {
        return take(nodes[child.node].slot, element.nameStart, element.nameStart)
      }
    }
    return true
  }

  /// UTF-8 without the two code points that are no characters of XML.
  @inline(never)
  private static func isXMLText(_ text: Span<UInt8>) -> Bool {
    guard malformedPosition(text) == nil else { return false }
    for i in text.indices where text[i] == 0xEF && i + 2 < text.count {
      if text[i + 1] == 0xBF, text[i + 2] >= 0xBE { return false }
    }
    return true
  }
}
