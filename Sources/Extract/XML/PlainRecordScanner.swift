// Records of plain XML read without a parser: elements without attributes, text without entities.
// Invariant: what is accepted here, libxml2 accepts too, with the same values; whatever else stands in a record, an
// attribute, a comment, a CDATA section, an entity, a prefix, a fault, is not plain and is left to libxml2.
// Load: nearly every record of a register's export; one look at each byte, no copy, no callback. What is read tag by tag
// here is the form of the record, and the records behind it are read by that; see ``RecordForm``.

internal import CScan
import Names
import Values

/// Scans one record after the other in a text that is known to be the content of an element.
struct PlainRecordScanner: ~Copyable {
  enum Outcome {
    /// The record ends before `next`.
    case record(RawRecord, next: Int, line: UInt32)
    case notPlain
    /// The text ends in the middle of what may be a plain record.
    case needsMore
  }

  /// An element that is read, or has one below it: `<name>`, the elements below, and the slot of its text.
  private struct Node: BitwiseCopyable {
    var tag: UnsafePointer<UInt8>
    var tagCount: Int
    var firstChild = 0
    var childCount = 0
    var slot = -1

    var nameCount: Int { tagCount &- 2 }
  }
  /// An open element: where its name stands, its node (-1 where nobody reads), and the child that was read last.
  private struct Open: BitwiseCopyable {
    var nameStart = 0
    var nameCount = 0
    var node: Int
    var lastChild = -1
    var hasChild = false
  }

  // This scanner's own memory, so that the loop asks for no bounds and copies nothing.
  /// Node 0 is the record; the children of a node stand side by side.
  private let nodes: UnsafeMutableBufferPointer<Node>
  private let tags: UnsafeMutableBufferPointer<UInt8>
  private let stack: UnsafeMutableBufferPointer<Open>
  /// The values of the record being read, slot by slot.
  let values: UnsafeMutableBufferPointer<UInt64>
  private let form = RecordForm()

  /// Deeper elements and longer records are left to libxml2.
  private static let deepest = 16
  private static let longest = 64 << 10
  /// So many bytes may be read behind what is compared.
  static let slack = 8

  init(record: [UInt8], tree: PathTree, slotCount: Int) {
    values = .allocate(capacity: slotCount)
    unsafe values.initialize(repeating: RawBatch.absent)
    stack = .allocate(capacity: Self.deepest)
    unsafe stack.initialize(repeating: Open(node: -1))

    // Breadth first, so that the children of a node come together.
    var order = [(name: record, node: 0)]
    var next = 0
    while next < order.count {
      order += tree.nodes[order[next].node].children
      next += 1
    }
    tags = .allocate(capacity: order.reduce(Self.slack) { $0 + $1.name.count + 2 })
    unsafe tags.initialize(repeating: 0)
    nodes = .allocate(capacity: order.count)
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

  /// Whether so many bytes of the text at `at` are those at `bytes`.
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

  /// Passes over text up to the next tag, of which two bytes are there.
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
      unsafe !isXMLText(Span(_unsafeElements: UnsafeBufferPointer(rebasing: text[start..<i])))
    {
      return .notPlain
    }
    return hasCarriageReturn ? .textWithCarriageReturn : .text
  }

  // MARK: One record

  /// Reads the record that begins at `at`, behind white space.
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
    guard let base = text.baseAddress, at < text.count else { return .needsMore }
    let count = text.count
    var i = at
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
    while i < count, unsafe Self.isSpace(base[i]) {
      if unsafe base[i] == 0x0A { line &+= 1 }
      i &+= 1
    }
    let record = unsafe nodes[0]
    guard i &+ record.tagCount <= count else { return i - at > Self.longest ? .notPlain : .needsMore }
    guard unsafe Self.matches(text, i, record.tag, record.tagCount) else { return .notPlain }
    let start = i
    let startLine = line
    i &+= record.tagCount
    var depth = 0
    unsafe stack[0] = Open(nameStart: start &+ 1, nameCount: record.nameCount, node: 0)
    while true {
      let runStart = i
      var hasCarriageReturn = false
      switch unsafe Self.passText(text, &i, &line) {
      case .text: break
      case .textWithCarriageReturn: hasCarriageReturn = true
      case .notPlain: return .notPlain
      case .needsMore: return i - start > Self.longest ? .notPlain : .needsMore
      }
      if unsafe base[i &+ 1] == 0x2F {
        // An end tag: of the open element, without a blank.
        let open = unsafe stack[depth]
        let end = i &+ 2 &+ open.nameCount
        guard end < count else { return .needsMore }
        guard unsafe base[end] == 0x3E,
          unsafe Self.matches(text, i &+ 2, base + open.nameStart, open.nameCount)
        else {
          return .notPlain
        }
        if open.node >= 0 {
          let slot = unsafe nodes[open.node].slot
          if slot >= 0 {
            // Text around elements, line ends to be made one, a second value: rare, and libxml2's.
            guard !open.hasChild, !hasCarriageReturn, unsafe Self.take(slot, runStart, i, values) else {
              return .notPlain
            }
          }
        }
        if !open.hasChild { form.note(open.node >= 0 ? unsafe nodes[open.node].slot : -1, runStart, i) }
        i = end &+ 1
        if depth == 0 {
          guard i - start <= Self.longest else { return .notPlain }
          unsafe form.end(text, lead: at, start: start, end: i)
          return .record(Self.record(start, i, startLine, ordinal, textOffset), next: i, line: line)
        }
        depth &-= 1
        continue
      }
      // A start tag without attributes.
      unsafe stack[depth].hasChild = true
      var opened = Open(nameStart: i &+ 1, node: -1)
      let parent = unsafe stack[depth].node
      if parent >= 0 {
        let (firstChild, childCount) = unsafe (nodes[parent].firstChild, nodes[parent].childCount)
        // Elements mostly come in the order in which they came before.
        var child = unsafe stack[depth].lastChild
        for _ in 0..<childCount {
          child = child &+ 1 < childCount ? child &+ 1 : 0
          let node = unsafe nodes[firstChild &+ child]
          if unsafe Self.matches(text, i, node.tag, node.tagCount) {
            opened.node = firstChild &+ child
            opened.nameCount = node.nameCount
            unsafe stack[depth].lastChild = child
            break
          }
        }
      }
      if opened.node < 0 {
        var k = i &+ 1
        while k < count, unsafe Self.isName(base[k], first: k == i &+ 1) { k &+= 1 }
        guard k &+ 1 < count else { return .needsMore }
        guard k > i &+ 1 else { return .notPlain }
        opened.nameCount = k &- i &- 1
        if unsafe base[k] == 0x2F {
          // An empty element, of which only its being there counts.
          guard unsafe base[k &+ 1] == 0x3E, unsafe takeEmpty(parent, text, opened) else { return .notPlain }
          i = k &+ 2
          continue
        }
        guard unsafe base[k] == 0x3E else { return .notPlain }
      }
      guard depth &+ 1 < Self.deepest else { return .notPlain }
      depth &+= 1
      unsafe stack[depth] = opened
      i = opened.nameStart &+ opened.nameCount &+ 1
    }
  }

  @inline(__always)
  private func clearValues() { for slot in 0..<values.count { unsafe values[slot] = RawBatch.absent } }

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

  /// Takes a value.
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
