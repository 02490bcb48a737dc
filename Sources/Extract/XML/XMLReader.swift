// Reads XML: an element is a record, its paths are the slots. Plain records are scanned; libxml2's push
// parser reads everything else and sees the document without the plain records. Each of them is a whole
// element, so the rest is well-formed if the document is.
// Invariant: a document type declaration stops the file, so no entity is expanded or fetched. Depth, values
// and records are bounded. A syntax fault stops the file after its last whole record. No message contains a
// value.
// Load: gigabytes in chunks; values of plain records stay where they were read.

internal import CLibXML2
import Values

/// An open element: its node, -1 if no path leads to it, and the slot of its text.
///
/// Text of an element without a path belongs to the nearest enclosing element with one.
private struct OpenElement {
  var node: Int
  var slot: Int
}

/// Reads the records of one XML file.
@safe final class XMLReader {
  private let source: ByteSource
  private let file: ExportFile
  fileprivate let tree: PathTree
  fileprivate let recordName: [UInt8]
  private var context: xmlParserCtxtPtr?
  private var hasEnded = false
  /// Text that was read; the part before `at` has been used.
  private var buffer: [UInt8] = []
  private var at = 0
  private var sourceEnded = false
  /// Whether the byte order mark, if any, is skipped.
  private var isBehindMark = false
  /// The buffer's offset in the file's text.
  private var bufferOffset = 0
  /// Values from libxml2, to be appended to the buffer; reused.
  private var appendix: [UInt8] = []
  private let scanner: PlainRecordScanner
  /// Whether libxml2 is in the content of an element, after a record, and has read all its input.
  private var isSynced = false
  /// The line at `at`, while ``isSynced``.
  private var line: UInt32 = 1
  /// How many records libxml2 has read to their end.
  private var endedCount = 0
  private let scansPlainRecords: Bool
  /// The input that libxml2 has not read yet, and the text of the record that it is in, from its start tag
  /// on.
  private var held: [UInt8] = []
  /// The offset of ``held`` in the file's text.
  private var heldOffset = 0
  /// How many bytes before libxml2's position it did not see, because the scanner read them.
  private var unseenCount = 0
  /// Bytes passed to libxml2.
  private var fedCount = 0
  /// The offset of the current record in the file's text.
  private var recordOffset = 0
  /// The end of a record's end tag.
  private let nameAndClose: [UInt8]

  // The records not yet returned.
  fileprivate var pending: RawBatch
  fileprivate var ordinal: UInt32 = 0
  fileprivate var depth = 0
  fileprivate var hasRoot = false
  /// The depth of the record element; 0 outside a record.
  fileprivate var recordDepth = 0
  fileprivate var recordLine: UInt32 = 0
  fileprivate var recordBytes = 0
  /// The record's element and the open elements in it.
  fileprivate var path: [OpenElement] = []
  /// Whether the last tag was an end tag, with no text after it.
  fileprivate var isBehindEndTag = false
  fileprivate var values: [[UInt8]]
  fileprivate var present: [Bool]
  fileprivate var fault = RawFault.none
  fileprivate var refusal: String?
  fileprivate var declaredCount: Int?
  fileprivate(set) var seenPaths: Set<String> = []
  fileprivate var sawOtherElement = false
  fileprivate let collectsPaths: Bool
  fileprivate var names: [String] = []

  fileprivate static let deepest = 64
  fileprivate static let longestValue = 64 << 10
  fileprivate static let longestRecord = 1 << 20
  private static let longestTag = 64 << 10
  private static let pieceBytes = 16 << 10

  init(
    _ file: ExportFile, source: ByteSource, record: String, columns: [String], collectsPaths: Bool = false,
    scansPlainRecords: Bool = true
  ) throws(Stop) {
    self.file = file
    self.source = source
    self.collectsPaths = collectsPaths
    tree = PathTree(columns)
    recordName = PathTree.localName(record[...])
    pending = RawBatch(slotCount: columns.count)
    scanner = PlainRecordScanner(record: recordName, tree: tree, slotCount: columns.count)
    self.scansPlainRecords = scansPlainRecords && !collectsPaths
    nameAndClose = recordName + [0x3E]
    values = Array(repeating: [], count: columns.count)
    present = Array(repeating: false, count: columns.count)
    _ = Self.started
    var handler = unsafe Self.handler
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    guard let made = unsafe xmlCreatePushParserCtxt(&handler, user, nil, 0, nil) else {
      throw Stop(
        .internalError, at: file.name, expected: "a parser", found: "no memory for one",
        remedy: "Run again with less --memory for other things.")
    }
    // By now the bytes are UTF-8, whatever the declaration says.
    _ = unsafe xmlCtxtUseOptions(made, CInt(XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
    // Also keep libxml2 from guessing by the first four bytes; it would convert the text, and print bytes
    // that it can't convert.
    unsafe made.pointee.charset = CInt(XML_CHAR_ENCODING_UTF8.rawValue)
    unsafe context = made
  }

  deinit { if let context = unsafe context { unsafe xmlFreeParserCtxt(context) } }

  /// Initializes libxml2 once, before any thread uses it, and turns its output off for all threads.
  private static let started: Void = {
    xmlInitParser()
    unsafe xmlThrDefSetStructuredErrorFunc(nil) { _, _ in }
    unsafe xmlSetStructuredErrorFunc(nil) { _, _ in }
  }()

  /// The functions that libxml2 calls, with the reader as its user.
  private static var handler: xmlSAXHandler {
    var handler = unsafe xmlSAXHandler()
    unsafe handler.initialized = XML_SAX2_MAGIC
    unsafe handler.startElementNs = { user, name, _, _, _, _, count, _, attributes in
      guard let user = unsafe user, let name = unsafe name else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().start(name, attributes, Int(count))
    }
    unsafe handler.endElementNs = { user, _, _, _ in
      guard let user = unsafe user else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().end()
    }
    unsafe handler.characters = { user, text, count in
      guard let user = unsafe user, let text = unsafe text else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().characters(text, Int(count))
    }
    unsafe handler.cdataBlock = handler.characters
    unsafe handler.internalSubset = { user, _, _, _ in
      guard let user = unsafe user else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue()
        .refuse("a document type declaration, which may carry an attack")
    }
    // The reader gets errors from the context; by default libxml2 would print them, values included.
    unsafe handler.serror = { _, _ in }
    return unsafe handler
  }

  /// Fills `batch` with the next records; it stays empty at the end of the file.
  func nextBatch(into batch: inout RawBatch) throws(Stop) {
    while pending.count == 0, !hasEnded {
      if at > 0 {
        bufferOffset += at
        buffer.removeSubrange(..<at)
        at = 0
      }
      sourceEnded = try !source.next(into: &buffer)
      readWhatIsThere()
    }
    if pending.count == 0, let damage { throw damage }
    let rest = Array(buffer[at...])
    buffer.append(contentsOf: appendix)
    appendix.removeAll(keepingCapacity: true)
    pending.adopt(&buffer)
    swap(&batch, &pending)
    pending.removeAll()
    buffer.append(contentsOf: rest)
    bufferOffset += at
    at = 0
  }

  /// Reads the records in the buffer, and leaves one that is incomplete.
  private func readWhatIsThere() {
    if !isBehindMark {
      guard buffer.count >= 3 || sourceEnded else { return }
      isBehindMark = true
      if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }
    // A local copy, which does not change during the loop.
    let text = buffer
    while !hasEnded {
      if isSynced, at < text.count {
        switch scanner.scan(text.span, at: at, line: line, ordinal: ordinal, textOffset: bufferOffset) {
        case .record(let record, let next, let nextLine):
          unsafe pending.append(record, values: UnsafeBufferPointer(scanner.values))
          ordinal += 1
          (at, line) = (next, nextLine)
          continue
        case .needsMore where !sourceEnded: return
        case .needsMore, .notPlain: isSynced = false
        }
        unsafe context?.pointee.input.pointee.line = Int32(truncatingIfNeeded: line)
      }
      let start = at
      let end = endOfName(in: text.span, from: at)
      at = end ?? text.count
      let isLast = sourceEnded && at == text.count
      guard feed(text, start..<at, isLast: isLast) else { return }
      if isLast { hasEnded = true }
      if end == nil { return }
    }
  }

  /// The position after the next tag end that may close a record, if there is one.
  private func endOfName(in text: Span<UInt8>, from start: Int) -> Int? {
    guard scansPlainRecords, let last = nameAndClose.last else { return nil }
    var i = start + nameAndClose.count - 1
    scan: while i < text.count {
      guard text[i] == last else {
        i += 1
        continue
      }
      let first = i + 1 - nameAndClose.count
      for k in nameAndClose.indices where text[first + k] != nameAndClose[k] {
        i += 1
        continue scan
      }
      return i + 1
    }
    return nil
  }

  /// Passes text to libxml2 in pieces, which bounds its unread input.
  /// - Returns: false if that ended the file.
  private func feed(_ text: [UInt8], _ range: Range<Int>, isLast: Bool) -> Bool {
    var start = range.lowerBound
    repeat {
      let end = min(start + Self.pieceBytes, range.upperBound)
      guard feedPiece(text, start..<end, isLast: false) else { return false }
      start = end
    } while start < range.upperBound
    // A fault found only here concerns the file's end.
    return !isLast || feedPiece(text, range.upperBound..<range.upperBound, isLast: true)
  }

  private func feedPiece(_ text: [UInt8], _ range: Range<Int>, isLast: Bool) -> Bool {
    let ended = endedCount
    if held.isEmpty {
      heldOffset = bufferOffset + range.lowerBound
      unseenCount = heldOffset - fedCount
    }
    held += text[range]
    fedCount += range.count
    defer { letGoOfHeld() }
    let code = unsafe text.withUnsafeBytes { bytes in
      unsafe xmlParseChunk(
        context,
        (bytes.baseAddress.map { unsafe $0 + range.lowerBound })?.assumingMemoryBound(to: CChar.self),
        CInt(range.count), isLast ? 1 : 0)
    }
    // Undeclared or malformed namespaces don't matter: prefixes are ignored.
    let isWellFormed = unsafe context?.pointee.wellFormed != 0 && code != XML_ERR_NO_MEMORY.rawValue
    if isWellFormed, refusal == nil { refuseLongMarkup() }
    guard isWellFormed, refusal == nil else {
      damage = damageFound(code, atEnd: isLast)
      hasEnded = true
      return false
    }
    if endedCount > ended, recordDepth == 0, (1...40).contains(depth), scansPlainRecords, hasReadAll {
      isSynced = true
      line = UInt32(truncatingIfNeeded: unsafe context?.pointee.input.pointee.line ?? 1)
    }
    return true
  }

  /// The offset in the file's text that libxml2 has reached.
  private var parserOffset: Int { unsafe xmlByteConsumed(context) + unseenCount }

  /// Drops the held text that the current record does not need.
  private func letGoOfHeld() {
    let kept = min(max(recordDepth > 0 ? recordOffset : parserOffset, heldOffset), heldOffset + held.count)
    held.removeSubrange(..<(kept - heldOffset))
    heldOffset = kept
    // A record or tag that is too long loses its original text.
    guard held.count > 2 * Self.longestRecord else { return }
    heldOffset += held.count
    held.removeAll()
  }

  /// The start of the tag whose beginning libxml2 has just read: no attribute contains a `<`.
  private func startOfTag() -> Int {
    var i = min(parserOffset - heldOffset, held.count) - 1
    while i >= 0, held[i] != UInt8(ascii: "<") { i -= 1 }
    return heldOffset + max(i, 0)
  }

  /// Refuses markup that is too long.
  ///
  /// libxml2 compares each attribute of a tag with all others.
  private func refuseLongMarkup() {
    let unread = heldOffset + held.count - parserOffset
    guard unread > Self.longestTag else { return }
    let first = max(0, parserOffset - heldOffset)
    let isTag = first + 1 < held.count && held[first] == UInt8(ascii: "<") && held[first + 1] | 0x20 >= 0x61
    if isTag { return refuse("a tag longer than 64 KiB") }
    if unread > Self.longestRecord { refuse("a comment or instruction longer than 1 MiB") }
  }

  /// Whether libxml2 has read all its input.
  private var hasReadAll: Bool {
    guard let input = unsafe context?.pointee.input else { return false }
    return unsafe input.pointee.cur == input.pointee.end
  }

  /// What ended the file early; thrown after the records before it have been returned.
  private var damage: Stop?
  /// The line from which on the file is not well-formed; nil if it is well-formed, or was refused for another
  /// reason.
  var damagedLine: Int? { refusal == nil ? damage?.finding.origin.line : nil }
  /// The ordinal of the next record.
  var nextOrdinal: UInt32 { ordinal }
  /// The last line read, and the byte at which an unfinished record begins.
  var lastLine: Int { isSynced ? Int(line) : unsafe max(1, Int(xmlSAX2GetLineNumber(context))) }
  var nextOffset: Int { recordDepth > 0 ? recordOffset : isSynced ? bufferOffset + at : parserOffset }

  private func damageFound(_ code: CInt, atEnd: Bool) -> Stop {
    let line = unsafe Int(xmlCtxtGetLastError(context)?.pointee.line ?? Int32(xmlSAX2GetLineNumber(context)))
    if let refusal {
      return Stop(
        .dataRefused, at: file.name, line: max(1, line), expected: "an XML export", found: refusal,
        remedy: "Ask the supplier for a plain export; nothing was changed.")
    }
    // libxml2 has the same code for a document that ends too early and for text after its end.
    let isBehindRoot = depth == 0 && hasRoot && xmlParserErrors(UInt32(code)) == XML_ERR_DOCUMENT_END
    return Stop(
      .dataRefused, at: file.name, line: max(1, line), expected: "well-formed XML",
      found: isBehindRoot
        ? "something behind the end of the root element"
        : atEnd && hasRoot
          ? "an end in the middle of the document, as of a half-copied file" : Self.words(code),
      remedy: "Ask the supplier for a whole, correct file; nothing was changed.")
  }

  /// libxml2's reason, in words without any of the document's text.
  private static func words(_ code: CInt) -> String {
    switch xmlParserErrors(UInt32(code)) {
    case XML_ERR_DOCUMENT_EMPTY: "an empty document"
    case XML_ERR_DOCUMENT_END: "an end in the middle of the document, as of a half-copied file"
    case XML_ERR_TAG_NAME_MISMATCH: "an end tag that closes another element than the open one"
    case XML_ERR_TAG_NOT_FINISHED: "an end in the middle of an element, as of a half-copied file"
    case XML_ERR_GT_REQUIRED, XML_ERR_LT_REQUIRED: "a tag without its < or >"
    case XML_ERR_INVALID_CHAR, XML_ERR_INVALID_ENCODING:
      "bytes that are no characters of the declared encoding"
    case XML_ERR_UNDECLARED_ENTITY, XML_WAR_UNDECLARED_ENTITY: "an entity that is not declared"
    case XML_ERR_NAME_REQUIRED, XML_ERR_ENTITYREF_SEMICOL_MISSING: "a bare & or a tag without a name"
    case XML_ERR_ATTRIBUTE_REDEFINED: "an attribute given twice"
    case XML_ERR_CDATA_NOT_FINISHED: "a CDATA section without an end"
    case XML_ERR_MISPLACED_CDATA_END: "the end of a CDATA section without its beginning"
    case XML_ERR_COMMENT_NOT_FINISHED: "a comment without an end"
    case XML_ERR_HYPHEN_IN_COMMENT: "two dashes in a comment"
    case XML_ERR_RESERVED_XML_NAME: "an XML declaration that is not at the beginning"
    default: "a fault of form (libxml2 code \(code))"
    }
  }

  // MARK: Callbacks

  fileprivate func refuse(_ reason: String) {
    refusal = refusal ?? reason
    unsafe xmlStopParser(context)
  }

  fileprivate func start(
    _ name: UnsafePointer<xmlChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int
  ) {
    depth += 1
    hasRoot = true
    if depth > Self.deepest { return refuse("elements nested deeper than \(Self.deepest)") }
    if depth == 1 { unsafe readDeclaredCount(attributes, count) }
    var element = OpenElement(node: 0, slot: -1)
    if recordDepth == 0 {
      guard unsafe PathTree.equal(recordName, name) else {
        if depth > 1 { sawOtherElement = true }
        return
      }
      startRecord()
    } else if let parent = path.last {
      element.node = parent.node < 0 ? -1 : unsafe tree.child(of: parent.node, named: name)
      element.slot = parent.slot
    }
    let node = element.node
    if node >= 0, tree.nodes[node].slot >= 0 {
      element.slot = tree.nodes[node].slot
      startValue(of: element.slot)
    } else if isBehindEndTag, element.slot >= 0, !values[element.slot].isEmpty {
      // Adjacent elements contain separate words: `<Ho>NGUYỄN</Ho><Ten>AN</Ten>`.
      values[element.slot].append(0x20)
    }
    isBehindEndTag = false
    path.append(element)
    if collectsPaths {
      if depth > recordDepth { names.append(unsafe String(cString: name)) }
      if !names.isEmpty { seenPaths.insert(names.joined(separator: "/")) }
    }
    for i in 0..<count { unsafe takeAttribute(attributes, i, of: node) }
  }

  private func startRecord() {
    recordDepth = depth
    recordLine = UInt32(truncatingIfNeeded: unsafe xmlSAX2GetLineNumber(context))
    recordOffset = startOfTag()
    recordBytes = 0
    fault = .none
    for slot in present.indices where present[slot] {
      present[slot] = false
      values[slot].removeAll(keepingCapacity: true)
    }
  }

  /// Marks a record that has two values for a slot.
  private func startValue(of slot: Int) {
    if present[slot], !values[slot].isEmpty { fault = fault == .none ? .tooManyValues : fault }
    present[slot] = true
  }

  private func takeAttribute(
    _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ i: Int, of node: Int
  ) {
    guard let attributes = unsafe attributes, let attribute = unsafe attributes[5 * i],
      let begin = unsafe attributes[5 * i + 3], let end = unsafe attributes[5 * i + 4]
    else { return }
    if collectsPaths {
      seenPaths.insert((names + ["@" + (unsafe String(cString: attribute))]).joined(separator: "/"))
    }
    guard node >= 0 else { return }
    // Two attributes may have the same name with different prefixes.
    for wanted in tree.nodes[node].attributes where unsafe PathTree.equal(wanted.name, attribute) {
      startValue(of: wanted.slot)
      unsafe append(UnsafeBufferPointer(start: begin, count: end - begin), to: wanted.slot)
    }
  }

  private func readDeclaredCount(
    _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int
  ) {
    for i in 0..<count {
      guard let attributes = unsafe attributes, let name = unsafe attributes[5 * i],
        unsafe String(cString: name) == "SoCongDan",
        let begin = unsafe attributes[5 * i + 3], let end = unsafe attributes[5 * i + 4]
      else { continue }
      let text = unsafe String(decoding: UnsafeBufferPointer(start: begin, count: end - begin), as: UTF8.self)
      declaredCount = Int(text.trimming())
    }
  }

  fileprivate func characters(_ text: UnsafePointer<xmlChar>, _ count: Int) {
    isBehindEndTag = false
    guard recordDepth > 0, let slot = path.last?.slot, slot >= 0 else { return }
    unsafe append(UnsafeBufferPointer(start: text, count: count), to: slot)
  }

  private func append(_ text: UnsafeBufferPointer<UInt8>, to slot: Int) {
    recordBytes += text.count
    guard values[slot].count + text.count <= Self.longestValue, recordBytes <= Self.longestRecord else {
      fault = .tooLong
      return
    }
    unsafe values[slot].append(contentsOf: text)
  }

  fileprivate func end() {
    defer { depth -= 1 }
    guard recordDepth > 0 else { return }
    path.removeLast()
    isBehindEndTag = true
    if collectsPaths, !names.isEmpty { names.removeLast() }
    guard depth == recordDepth else { return }
    recordDepth = 0
    endedCount += 1
    var unchecked: UInt64 = 0
    // Values are appended after the current text, which does not grow before they are returned.
    for slot in present.indices {
      guard present[slot] else {
        unsafe scanner.values[slot] = RawBatch.absent
        continue
      }
      let start = buffer.count + appendix.count
      appendix.append(contentsOf: values[slot])
      unsafe scanner.values[slot] = RawBatch.packed(start, start + values[slot].count)
      if values[slot].contains(where: { $0 >= 0x80 }) { unchecked |= 1 << UInt64(min(slot, 63)) }
    }
    var record = RawRecord(line: recordLine, ordinal: ordinal, byteOffset: UInt64(recordOffset), fault: fault)
    record.uncheckedSlots = unchecked
    let original = recordOffset - heldOffset..<parserOffset - heldOffset
    if original.lowerBound >= 0, original.upperBound <= held.count, original.count <= Self.longestRecord {
      record.textStart = UInt32(truncatingIfNeeded: buffer.count + appendix.count)
      record.textByteCount = UInt32(truncatingIfNeeded: original.count)
      appendix += held[original]
    }
    unsafe pending.append(record, values: UnsafeBufferPointer(scanner.values))
    ordinal += 1
  }

  /// The count that the root element declares, if any.
  var declared: Int? { declaredCount }

  /// Whether there are elements outside the records, and the root element does not declare that it has no records.
  var hasOtherElements: Bool { sawOtherElement && declaredCount != 0 }
}
