// Reading XML: one element is one record, its paths are the slots. Plain records are scanned, all else goes through
// libxml2's push parser, which sees the document without the plain records.
// Invariant: a document type declaration stops the file, so there is no entity to expand or to fetch; depth, values
// and records are bounded; what is not well-formed stops the file behind its last whole record; no message carries a
// value.
// A record that the scanner took can't change whether the rest is well-formed, for it is a whole element.
// Load: gigabytes in chunks; values of plain records stay where they were read.

internal import CLibXML2
import Record

/// Reads the records of one XML file.
final class XMLReader {
  private let source: ByteSource
  private let file: ExportFile
  fileprivate let tree: PathTree
  fileprivate let recordName: [UInt8]
  private var context: xmlParserCtxtPtr?
  private var hasEnded = false
  /// Text that was read; what stands before `at` is done with.
  private var buffer: [UInt8] = []
  private var at = 0
  private var sourceEnded = false
  /// Where the buffer begins in the file's text.
  private var bufferOffset = 0
  /// Values that libxml2 gave, behind the buffer; reused.
  private var appendix: [UInt8] = []
  private var scanner: PlainRecordScanner
  /// libxml2 stands in the content of an element, behind a record, and has nothing left to read.
  private var isSynced = false
  /// The line at `at`, while in step.
  private var line: UInt32 = 1
  /// Records that libxml2 saw the end of.
  private var endedCount = 0
  private let scansPlainRecords: Bool
  /// What a record's end tag ends in.
  private let nameAndClose: [UInt8]

  // The record being read.
  fileprivate var pending: RawBatch
  fileprivate var ordinal: UInt32 = 0
  fileprivate var depth = 0
  /// The depth of the record element; 0 outside a record.
  fileprivate var recordDepth = 0
  fileprivate var recordLine: UInt32 = 0
  fileprivate var recordBytes = 0
  /// The node of each open element below the record; -1 where nobody reads.
  fileprivate var path: [Int] = []
  fileprivate var values: [[UInt8]]
  fileprivate var present: [Bool]
  fileprivate var fault = RawFault.none
  fileprivate var refusal: String?
  fileprivate var declaredCount: Int?
  fileprivate(set) var seenPaths: Set<String> = []
  fileprivate let collectsPaths: Bool
  fileprivate var names: [String] = []

  fileprivate static let deepest = 64
  fileprivate static let longestValue = 64 << 10
  fileprivate static let longestRecord = 1 << 20

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
    var handler = xmlSAXHandler()
    handler.initialized = XML_SAX2_MAGIC
    unsafe handler.startElementNs = { user, name, _, _, _, _, count, _, attributes in
      guard let user, let name else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().start(name, attributes, Int(count))
    }
    unsafe handler.endElementNs = { user, _, _, _ in
      guard let user else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().end()
    }
    unsafe handler.characters = { user, text, count in
      guard let user, let text else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue().characters(text, Int(count))
    }
    unsafe handler.cdataBlock = handler.characters
    unsafe handler.internalSubset = { user, _, _, _ in
      guard let user else { return }
      unsafe Unmanaged<XMLReader>.fromOpaque(user).takeUnretainedValue()
        .refuse("a document type declaration, which may carry an attack")
    }
    // Errors are read from the context; without this, libxml2 would print them, values included.
    unsafe handler.serror = { _, _ in }
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    guard let made = unsafe xmlCreatePushParserCtxt(&handler, user, nil, 0, nil) else {
      throw Stop(
        .internalError, at: file.name, expected: "a parser", found: "no memory for one",
        remedy: "Run again with less --memory for other things.")
    }
    // The bytes are UTF-8 by now, whatever the declaration says.
    _ = unsafe xmlCtxtUseOptions(made, CInt(XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
    unsafe context = made
  }

  deinit { if let context = unsafe context { unsafe xmlFreeParserCtxt(context) } }

  /// Starts libxml2 once, before any thread uses it.
  private static let started: Void = unsafe xmlInitParser()

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

  /// Reads the records of the buffer, and leaves one that is cut off by its end.
  private func readWhatIsThere() {
    // Lent to the loop; nothing changes it meanwhile.
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

  /// Behind the next place that may end a record, if there is one.
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

  /// Hands text to libxml2.
  /// - Returns: false if that ended the file.
  private func feed(_ text: [UInt8], _ range: Range<Int>, isLast: Bool) -> Bool {
    let ended = endedCount
    let code = unsafe text.withUnsafeBytes { bytes in
      unsafe xmlParseChunk(
        context,
        (bytes.baseAddress.map { unsafe $0 + range.lowerBound })?.assumingMemoryBound(to: CChar.self),
        CInt(range.count), isLast ? 1 : 0)
    }
    guard code == 0, refusal == nil else {
      damage = damageFound(code)
      hasEnded = true
      return false
    }
    if endedCount > ended, recordDepth == 0, (1...40).contains(depth), scansPlainRecords, hasReadAll {
      isSynced = true
      line = UInt32(truncatingIfNeeded: unsafe context?.pointee.input.pointee.line ?? 1)
    }
    return true
  }

  /// Whether libxml2 has nothing left of what it was given.
  private var hasReadAll: Bool {
    guard let input = unsafe context?.pointee.input else { return false }
    return unsafe input.pointee.cur == input.pointee.end
  }

  /// What ended the file early; thrown when the records before it have been handed on.
  private var damage: Stop?

  private func damageFound(_ code: CInt) -> Stop {
    let line = unsafe Int(xmlCtxtGetLastError(context)?.pointee.line ?? Int32(xmlSAX2GetLineNumber(context)))
    if let refusal {
      return Stop(
        .dataRefused, at: file.name, line: max(1, line), expected: "an XML export", found: refusal,
        remedy: "Ask the supplier for a plain export; nothing was changed.")
    }
    return Stop(
      .dataRefused, at: file.name, line: max(1, line), expected: "well-formed XML", found: Self.words(code),
      remedy: "Ask the supplier for a whole, correct file; nothing was changed.")
  }

  /// libxml2's reason in words that carry nothing of the document.
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
    if depth > Self.deepest { return refuse("elements nested deeper than \(Self.deepest)") }
    if depth == 1 { unsafe readDeclaredCount(attributes, count) }
    var node = -1
    if recordDepth == 0 {
      guard unsafe PathTree.equal(recordName, name) else { return }
      recordDepth = depth
      recordLine = UInt32(truncatingIfNeeded: unsafe xmlSAX2GetLineNumber(context))
      recordBytes = 0
      fault = .none
      for slot in present.indices where present[slot] {
        present[slot] = false
        values[slot].removeAll(keepingCapacity: true)
      }
      node = 0
    } else if let parent = path.last, parent >= 0 {
      node = unsafe tree.child(of: parent, named: name)
    }
    path.append(node)
    if collectsPaths {
      if depth > recordDepth { names.append(unsafe String(cString: name)) }
      if !names.isEmpty { seenPaths.insert(names.joined(separator: "/")) }
    }
    if node >= 0 {
      let slot = tree.nodes[node].slot
      if slot >= 0 {
        if present[slot], !values[slot].isEmpty { fault = fault == .none ? .tooManyValues : fault }
        present[slot] = true
      }
    }
    for i in 0..<count {
      guard let attributes = unsafe attributes, let attribute = unsafe attributes[5 * i],
        let begin = unsafe attributes[5 * i + 3], let end = unsafe attributes[5 * i + 4]
      else { continue }
      if collectsPaths {
        seenPaths.insert((names + ["@" + (unsafe String(cString: attribute))]).joined(separator: "/"))
      }
      guard node >= 0 else { continue }
      for wanted in tree.nodes[node].attributes where unsafe PathTree.equal(wanted.name, attribute) {
        present[wanted.slot] = true
        unsafe append(UnsafeBufferPointer(start: begin, count: end - begin), to: wanted.slot)
      }
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
    guard recordDepth > 0, let node = path.last, node >= 0 else { return }
    let slot = tree.nodes[node].slot
    guard slot >= 0 else { return }
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
    if collectsPaths, !names.isEmpty { names.removeLast() }
    guard depth == recordDepth else { return }
    recordDepth = 0
    endedCount += 1
    // Values stand behind the text that is being read; nothing is added to it before they are handed on.
    for slot in present.indices {
      guard present[slot] else {
        unsafe scanner.values[slot] = RawBatch.absent
        continue
      }
      let start = buffer.count + appendix.count
      appendix.append(contentsOf: values[slot])
      unsafe scanner.values[slot] = RawBatch.packed(start, start + values[slot].count)
    }
    unsafe pending.append(
      RawRecord(line: recordLine, ordinal: ordinal, fault: fault),
      values: UnsafeBufferPointer(scanner.values))
    ordinal += 1
  }

  /// The count that the root element declares, if it does.
  var declared: Int? { declaredCount }
}
