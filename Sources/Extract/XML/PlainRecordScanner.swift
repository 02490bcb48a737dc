// Reads records of plain XML without a parser: elements without attributes, text without entities.
// Invariant: libxml2 would accept each record accepted here, with the same values. A record with anything
// else (an attribute, a comment, a CDATA section, an entity, a prefix, a fault) is left to libxml2.
// Load: nearly every record of a register's export; one check of each byte, no copy, no callback. A record
// that is read tag by tag gives the form by which the next ones are read; see ``RecordForm``.

internal import CScan
import Names
import Values

/// Scans one record after the other in a text that is known to be the content of an element.
@safe struct PlainRecordScanner: ~Copyable {
  enum Outcome {
    /// The record ends before `next`.
    case record(RawRecord, next: Int, line: UInt32)
    case notPlain
    /// The text ends in the middle of what may be a plain record.
    case needsMore
  }

  /// An element that is read or has such a descendant: `<name>`, the child elements, and the slot of its
  /// text.
  @safe private struct Node: BitwiseCopyable {
    var tag: UnsafePointer<UInt8>
    var tagCount: Int
    var firstChild = 0
    var childCount = 0
    var slot = -1

    var nameCount: Int { tagCount &- 2 }
  }
  /// An open element: the place of its name, its node (-1 if no slot is read), and the child that was read
  /// last.
  private struct Open: BitwiseCopyable {
    var nameStart = 0
    var nameCount = 0
    var node: Int
    var lastChild = -1
    var hasChild = false
  }

  // This scanner's own memory, so that the loop needs no bounds checks and copies nothing.
  /// Node 0 is the record; the children of a node are adjacent.
  private let nodes: UnsafeMutableBufferPointer<Node>
  private let tags: UnsafeMutableBufferPointer<UInt8>
  private let stack: UnsafeMutableBufferPointer<Open>
  /// The values of the current record, slot by slot.
  let values: UnsafeMutableBufferPointer<UInt64>
  private let form = RecordForm()

  /// Deeper elements and longer records are left to libxml2.
  private static let deepest = 16
  private static let longest = 64 << 10
  /// How many bytes past the compared ones may be read.
  static let slack = 8

  init(record: [UInt8], tree: PathTree, slotCount: Int) {
    unsafe values = .allocate(capacity: slotCount)
    unsafe values.initialize(repeating: RawBatch.absent)
    unsafe stack = .allocate(capacity: Self.deepest)
    unsafe stack.initialize(repeating: Open(node: -1))

    // Breadth first, so that the children of a node are adjacent.
    var order = [(name: record, node: 0)]
    var next = 0
    while next < order.count {
      order += tree.nodes[order[next].node].children
      next += 1
    }
    unsafe tags = .allocate(capacity: order.reduce(Self.slack) { $0 + $1.name.count + 2 })
    unsafe tags.initialize(repeating: 0)
    unsafe nodes = .allocate(capacity: order.count)
    var tagStart = 0
    var firstChild = 1
    for (i, (name, node)) in order.enumerated() {
      let tag = [0x3C] + name + [0x3E]
      for k in tag.indices { unsafe tags[tagStart + k] = tag[k] }
      let childCount = tree.nodes[node].children.count
      unsafe nodes.initializeElement(
        at: i,
        to: Node(
          tag: UnsafePointer(tags.baseAddress.unsafelyUnwrapped) + tagStart, tagCount: tag.count,
          firstChild: firstChild, childCount: childCount, slot: tree.nodes[node].slot))
      tagStart += tag.count
      firstChild += childCount
    }
  }

  deinit {
    unsafe values.deallocate()
    unsafe stack.deallocate()
    unsafe nodes.deallocate()
    unsafe tags.deallocate()
  }

  // MARK: Bytes

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

  /// Whether `count` bytes of the text at `at` equal those at `bytes`.
  @inline(__always)
  static func matches(
    _ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int
  ) -> Bool {
    guard at &+ count &+ slack <= text.count, let base = text.baseAddress else {
      guard at &+ count <= text.count else { return false }
      for k in 0..<count where unsafe text[at &+ k] != bytes[k] { return false }
      return true
    }
    return unsafe cardlink_same(base + at, bytes, UInt64(truncatingIfNeeded: count)) != 0
  }

  // MARK: Text

  enum Passed { case text, textWithCarriageReturn, notPlain, needsMore }

  /// Skips text up to the next tag, of which at least two bytes have been read.
  @inline(__always)
  static func passText(_ text: UnsafeBufferPointer<UInt8>, _ i: inout Int, _ line: inout UInt32) -> Passed {
    guard let base = text.baseAddress else { return .needsMore }
    let start = i
    var kinds: UInt32 = 0
    i &+= unsafe Int(
      truncatingIfNeeded: cardlink_text(base + i, UInt64(truncatingIfNeeded: text.count &- i), &kinds))
    var hasCarriageReturn = false
    if kinds & control != 0 {
      for k in start..<i {
        switch unsafe base[k] {
        case 0x0A: line &+= 1
        case 0x0D: hasCarriageReturn = true
        case 0x09, 0x20...0xFF: break
        default: return .notPlain
        }
      }
    }
    // An ampersand begins an entity, and a bracket may end a CDATA section.
    guard kinds & special == 0 else { return .notPlain }
    guard i &+ 1 < text.count else { return .needsMore }
    if kinds & high != 0,
      unsafe !isPlainText(Span(_unsafeElements: UnsafeBufferPointer(rebasing: text[start..<i])))
    {
      return .notPlain
    }
    return hasCarriageReturn ? .textWithCarriageReturn : .text
  }

  // MARK: One record

  /// Reads the record that begins at `at` or after white space there.
  ///
  /// - Parameters:
  ///   - line: the line at `at`.
  ///   - textOffset: where the text begins in the file.
  func scan(_ text: Span<UInt8>, at: Int, line: UInt32, ordinal: UInt32, textOffset: Int) -> Outcome {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe scan(text, at: at, line: line, ordinal: ordinal, textOffset: textOffset)
    }
  }

  private func scan(
    _ text: UnsafeBufferPointer<UInt8>, at: Int, line: UInt32, ordinal: UInt32, textOffset: Int
  ) -> Outcome {
    guard at < text.count else { return .needsMore }
    var line = line
    clearValues()
    if let found = unsafe form.read(text, at: at, line: &line, values),
      found.end &- found.start <= Self.longest
    {
      return .record(
        Self.record(found.start, found.end, found.line, ordinal, textOffset), next: found.end, line: line)
    }
    clearValues()
    form.begin()
    var here = Position(i: at, line: line, start: at, startLine: line)
    var step = unsafe beginRecord(text, &here)
    while step == .goesOn { step = unsafe takeTag(text, &here) }
    let isTooLong = here.i &- here.start > Self.longest
    switch step {
    case .ended where !isTooLong:
      unsafe form.end(text, lead: at, start: here.start, end: here.i)
      return .record(
        Self.record(here.start, here.i, here.startLine, ordinal, textOffset), next: here.i, line: here.line)
    case .needsMore where !isTooLong: return .needsMore
    default: return .notPlain
    }
  }

  /// The position in a record that is read tag by tag.
  private struct Position {
    /// The start of the next text or tag, and its line.
    var i: Int
    var line: UInt32
    /// The start of the record, or of the white space before it.
    var start: Int
    var startLine: UInt32
    /// How many elements are open within the record.
    var depth = 0
  }

  private enum Step { case goesOn, ended, notPlain, needsMore }

  /// Moves past white space and the record's start tag.
  @inline(__always)
  private func beginRecord(_ text: UnsafeBufferPointer<UInt8>, _ here: inout Position) -> Step {
    while here.i < text.count, unsafe Self.isSpace(text[here.i]) {
      if unsafe text[here.i] == 0x0A { here.line &+= 1 }
      here.i &+= 1
    }
    let record = unsafe nodes[0]
    guard here.i &+ record.tagCount <= text.count else { return .needsMore }
    guard unsafe Self.matches(text, here.i, record.tag, record.tagCount) else { return .notPlain }
    (here.start, here.startLine) = (here.i, here.line)
    unsafe stack[0] = Open(nameStart: here.i &+ 1, nameCount: record.nameCount, node: 0)
    here.i &+= record.tagCount
    return .goesOn
  }

  /// Reads text and the tag after it.
  @inline(__always)
  private func takeTag(_ text: UnsafeBufferPointer<UInt8>, _ here: inout Position) -> Step {
    let textStart = here.i
    var hasCarriageReturn = false
    switch unsafe Self.passText(text, &here.i, &here.line) {
    case .text: break
    case .textWithCarriageReturn: hasCarriageReturn = true
    case .notPlain: return .notPlain
    case .needsMore: return .needsMore
    }
    return unsafe text[here.i &+ 1] == 0x2F
      ? unsafe takeEndTag(text, textStart, hasCarriageReturn, &here) : unsafe takeStartTag(text, &here)
  }

  /// Reads the end tag of the open element, which contains no blank, and stores its text as a value.
  @inline(__always)
  private func takeEndTag(
    _ text: UnsafeBufferPointer<UInt8>, _ textStart: Int, _ hasCarriageReturn: Bool, _ here: inout Position
  ) -> Step {
    guard let base = text.baseAddress else { return .notPlain }
    let open = unsafe stack[here.depth]
    let end = here.i &+ 2 &+ open.nameCount
    guard end < text.count else { return .needsMore }
    guard unsafe base[end] == 0x3E,
      unsafe Self.matches(text, here.i &+ 2, base + open.nameStart, open.nameCount)
    else { return .notPlain }
    let slot = open.node >= 0 ? unsafe nodes[open.node].slot : -1
    if slot >= 0 {
      // Left to libxml2, because rare: text around elements, line ends to normalize, a second value.
      guard !open.hasChild, !hasCarriageReturn, unsafe Self.take(slot, textStart, here.i, values) else {
        return .notPlain
      }
    }
    if !open.hasChild { form.note(slot, textStart, here.i) }
    here.i = end &+ 1
    if here.depth == 0 { return .ended }
    here.depth &-= 1
    return .goesOn
  }

  /// Reads a start tag without attributes, or an empty element.
  @inline(__always)
  private func takeStartTag(_ text: UnsafeBufferPointer<UInt8>, _ here: inout Position) -> Step {
    unsafe stack[here.depth].hasChild = true
    let parent = unsafe stack[here.depth].node
    var opened = Open(nameStart: here.i &+ 1, node: -1)
    if parent >= 0 { unsafe findChild(text, of: parent, here, &opened) }
    if opened.node < 0 {
      var k = here.i &+ 1
      while k < text.count, unsafe Self.isName(text[k], first: k == here.i &+ 1) { k &+= 1 }
      guard k &+ 1 < text.count else { return .needsMore }
      guard k > here.i &+ 1 else { return .notPlain }
      opened.nameCount = k &- here.i &- 1
      if unsafe text[k] == 0x2F {
        // An empty element counts only by its presence.
        guard unsafe text[k &+ 1] == 0x3E, unsafe takeEmpty(parent, text, opened) else { return .notPlain }
        here.i = k &+ 2
        return .goesOn
      }
      guard unsafe text[k] == 0x3E else { return .notPlain }
    }
    guard here.depth &+ 1 < Self.deepest else { return .notPlain }
    here.depth &+= 1
    unsafe stack[here.depth] = opened
    here.i = opened.nameStart &+ opened.nameCount &+ 1
    return .goesOn
  }

  /// Finds the node of the element that a tag opens, among its parent's children.
  @inline(__always)
  private func findChild(
    _ text: UnsafeBufferPointer<UInt8>, of parent: Int, _ here: Position, _ opened: inout Open
  ) {
    let (firstChild, childCount) = unsafe (nodes[parent].firstChild, nodes[parent].childCount)
    // Elements mostly come in the same order as before.
    var child = unsafe stack[here.depth].lastChild
    for _ in 0..<childCount {
      child = child &+ 1 < childCount ? child &+ 1 : 0
      let node = unsafe nodes[firstChild &+ child]
      if unsafe Self.matches(text, here.i, node.tag, node.tagCount) {
        opened.node = firstChild &+ child
        opened.nameCount = node.nameCount
        unsafe stack[here.depth].lastChild = child
        return
      }
    }
  }

  @inline(__always)
  private func clearValues() { for slot in unsafe 0..<values.count { unsafe values[slot] = RawBatch.absent } }

  @inline(__always)
  private static func record(_ start: Int, _ end: Int, _ line: UInt32, _ ordinal: UInt32, _ textOffset: Int)
    -> RawRecord
  {
    RawRecord(
      line: line, ordinal: ordinal, byteOffset: UInt64(textOffset + start),
      textStart: UInt32(truncatingIfNeeded: start), textByteCount: UInt32(truncatingIfNeeded: end - start))
  }

  private static let high = UInt32(cardlink_high)
  private static let special = UInt32(cardlink_special)
  private static let control = UInt32(cardlink_control)

  /// Stores a value.
  /// - Returns: false if there is one already.
  @inline(__always)
  static func take(_ slot: Int, _ start: Int, _ end: Int, _ values: UnsafeMutableBufferPointer<UInt64>)
    -> Bool
  {
    let before = unsafe values[slot]
    guard before == RawBatch.absent || before & 0xFFFF_FFFF == before >> 32 else { return false }
    unsafe values[slot] = RawBatch.packed(start, end)
    return true
  }

  private func takeEmpty(_ parent: Int, _ text: UnsafeBufferPointer<UInt8>, _ element: Open) -> Bool {
    guard parent >= 0 else { return true }
    for k in 0..<(unsafe nodes[parent].childCount) {
      let child = unsafe nodes[nodes[parent].firstChild + k]
      if child.nameCount == element.nameCount,
        unsafe Self.matches(text, element.nameStart, child.tag + 1, element.nameCount), child.slot >= 0
      {
        form.note(child.slot, element.nameStart, element.nameStart, isEmpty: true)
        return unsafe Self.take(child.slot, element.nameStart, element.nameStart, values)
      }
    }
    return true
  }

  /// Whether the text is UTF-8 without invisible characters, which are rare, and without the two code points that XML
  /// excludes.
  @inline(never)
  private static func isPlainText(_ text: Span<UInt8>) -> Bool {
    guard malformedPosition(text) == nil, !hasInvisible(text) else { return false }
    for i in text.indices where text[i] == 0xEF && i + 2 < text.count {
      if text[i + 1] == 0xBF, text[i + 2] >= 0xBE { return false }
    }
    return true
  }
}
