// XML: one element for each person, and in a file of its own one for each other card, with their schemas beside them, and
// their reader on libxml2.
// Invariant: UTF-8; an attribute without a value is an element left out; a character that XML 1.0 can't hold becomes U+FFFD.
// The reader refuses a document type declaration, so no entity is expanded and nothing is fetched, and every element and
// attribute that the writer doesn't write. Its memory is a piece of the file, and ten megabytes where libxml2 waits for the
// end of a tag.

internal import CLibXML2
import Files
import Glibc
import Values

/// What an XML file of a package holds.
struct XMLTable {
  var namespace: StaticString
  /// The root, and the element that is repeated in it.
  var root: StaticString
  var element: StaticString

  var schema: StaticString
  var isOfPeople = false

  static let people = XMLTable(
    namespace: "urn:x-cardlink:people:1", root: "people", element: "person", schema: "people.xsd",
    isOfPeople: true)
  static let otherCards = XMLTable(
    namespace: "urn:x-cardlink:other-cards:1", root: "cards", element: "card", schema: "other-cards.xsd")

  fileprivate func head(_ facts: PackageFacts) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <\(root) xmlns="\(namespace)" recipient="\(facts.recipient)" run="\(facts.runID)" \
    as_of="\(facts.asOf)" valid_until="\(facts.validUntil)">

    """
  }
}

/// Writes `data/people.xml` and `data/people.xsd`, and `data/other-cards.xml` with its schema if anybody has another card.
final class XMLFormat: FormatWriter {
  private typealias Tags = [(attribute: Attribute, start: [UInt8], end: [UInt8])]
  private let file: PayloadFile
  private let others: LatePayloadFile
  private let bag: String?
  private let schema: String
  /// Each attribute's tags, made once.
  private let tags: Tags
  private let otherTags: Tags

  init(_ attributes: [Attribute], _ facts: PackageFacts, in bag: String?) throws(Stop) {
    self.bag = bag
    schema = attributes.contains(.graceUntil) ? PeopleSchema.withGrace : PeopleSchema.text
    func tags(_ attributes: [Attribute]) -> Tags {
      attributes.map { ($0, Array("<\($0.name)>".utf8), Array("</\($0.name)>".utf8)) }
    }
    self.tags = tags(attributes)
    otherTags = tags(Attribute.ofOtherCards(attributes))
    others = LatePayloadFile("data/other-cards.xml", head: XMLTable.otherCards.head(facts), in: bag)
    file = try PayloadFile("data/people.xml", in: bag)
    try file.append(XMLTable.people.head(facts))
  }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    try file.append { line in
      line.append(contentsOf: "<person>".utf8)
      Self.append(person, tags, to: &line)
      line.append(contentsOf: "</person>\n".utf8)
    }
    guard !otherTags.isEmpty else { return }
    for i in 0..<person.otherCount {
      try others.append { line in
        line.append(contentsOf: "<card>".utf8)
        Self.append(person.others[i], otherTags, to: &line)
        line.append(contentsOf: "</card>\n".utf8)
      }
    }
  }

  private static func append(_ person: borrowing PersonTexts, _ tags: Tags, to line: inout [UInt8]) {
    for (attribute, start, end) in tags where !person.isEmpty(attribute) {
      line.append(contentsOf: start)
      if attribute.isFreeText {
        line.append(xml: person.bytes.span.extracting(person.range(attribute)))
      } else {
        line.append(contentsOf: person.bytes[person.range(attribute)])
      }
      line.append(contentsOf: end)
    }
  }

  func finish() throws(Stop) -> [BagEntry] {
    try file.append("</people>\n")
    var entries = [try file.finish(), try PayloadFile.write(schema, to: "data/people.xsd", in: bag)]
    let others = try others.finish(tail: "</cards>\n")
    guard !others.isEmpty else { return entries }
    entries += others
    entries.append(try PayloadFile.write(PeopleSchema.otherCards, to: "data/other-cards.xsd", in: bag))
    return entries
  }

}

extension [UInt8] {
  /// Appends the text of an element.
  mutating func append(xml text: Span<UInt8>) {
    var i = 0
    while i < text.count {
      let byte = text[i]
      switch byte {
      case UInt8(ascii: "<"): append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "&"): append(contentsOf: "&amp;".utf8)
      case 0x09: append(contentsOf: "&#9;".utf8)
      case 0x0A: append(contentsOf: "&#10;".utf8)
      case 0x0D: append(contentsOf: "&#13;".utf8)
      case 0..<0x20: append(contentsOf: [0xEF, 0xBF, 0xBD])
      case 0xEF where i + 2 < text.count && text[i + 1] == 0xBF && text[i + 2] >= 0xBE:
        append(contentsOf: [0xEF, 0xBF, 0xBD])
        i += 2
      default: append(byte)
      }
      i += 1
    }
  }
}

/// Reads `people.xml` and `other-cards.xml`.
final class XMLPeople {
  private let path: String
  private let table: XMLTable
  private var people: PackagePeople
  /// Of a table of other cards.
  private var cards: [CardRow] = []
  private var person = PersonTexts()
  private var context: xmlParserCtxtPtr?
  /// How many elements are open.
  private var depth = 0
  /// The attribute whose element is open or was the last one.
  private var attribute: Attribute?
  private var valueStart = 0
  private var damage: Stop?
  private static let longestValue = 4096
  private static let pieceBytes = 16 << 10

  /// Appends the persons of a file, and takes the dates of its root.
  ///
  /// - Returns: false if it holds persons without names or birth dates.
  static func read(_ path: String, into people: inout PackagePeople) throws(Stop) -> Bool {
    let reader = XMLPeople(path, .people, people)
    people = PackagePeople()
    try reader.readAll()
    swap(&people, &reader.people)
    return people.areOfPersons
  }

  /// Reads a table of other cards.
  static func readOtherCards(_ path: String) throws(Stop) -> [CardRow] {
    let reader = XMLPeople(path, .otherCards, PackagePeople())
    try reader.readAll()
    return reader.cards
  }

  private func readAll() throws(Stop) {
    let file = try InputFile(path)
    try file.readAll { chunk throws(Stop) in
      var start = 0
      while start < chunk.count {
        let end = min(start + Self.pieceBytes, chunk.count)
        try parse(chunk.extracting(start..<end))
        start = end
      }
    }
    try parse(Span(), isLast: true)
  }

  private init(_ path: String, _ table: XMLTable, _ people: PackagePeople) {
    (self.path, self.table, self.people) = (path, table, people)
    var handler = xmlSAXHandler()
    handler.initialized = XML_SAX2_MAGIC
    unsafe handler.startElementNs = { user, name, _, namespace, _, _, count, _, attributes in
      guard let user, let name else { return }
      unsafe XMLPeople.of(user).start(name, namespace, attributes, Int(count))
    }
    unsafe handler.endElementNs = { user, _, _, _ in
      guard let user else { return }
      unsafe XMLPeople.of(user).end()
    }
    unsafe handler.characters = { user, text, count in
      guard let user, let text else { return }
      unsafe XMLPeople.of(user).characters(UnsafeBufferPointer(start: text, count: Int(count)).span)
    }
    unsafe handler.cdataBlock = handler.characters
    unsafe handler.internalSubset = { user, _, _, _ in
      guard let user else { return }
      unsafe XMLPeople.of(user).refuse("no document type declaration")
    }
    // Without this, libxml2 prints its errors, and they hold values.
    unsafe handler.serror = { _, _ in }
    unsafe context = xmlCreatePushParserCtxt(
      &handler, Unmanaged.passUnretained(self).toOpaque(), nil, 0, nil)
    // The file is UTF-8, whatever its declaration says.
    _ = unsafe xmlCtxtUseOptions(context, CInt(XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
    unsafe context?.pointee.charset = CInt(XML_CHAR_ENCODING_UTF8.rawValue)
  }

  deinit { unsafe xmlFreeParserCtxt(context) }

  private static func of(_ user: UnsafeMutableRawPointer) -> XMLPeople {
    unsafe Unmanaged<XMLPeople>.fromOpaque(user).takeUnretainedValue()
  }

  private func parse(_ bytes: Span<UInt8>, isLast: Bool = false) throws(Stop) {
    let code = unsafe bytes.withUnsafeBytes {
      unsafe xmlParseChunk(
        context, $0.baseAddress?.assumingMemoryBound(to: CChar.self), CInt($0.count), isLast ? 1 : 0)
    }
    if code != 0 { refuse("well-formed XML") }
    if let damage { throw damage }
  }

  private func refuse(_ expected: String, _ found: String = "something else") {
    guard damage == nil else { return }
    damage = .damagedPackage(path, unsafe Int(xmlSAX2GetLineNumber(context)), expected, found)
    unsafe xmlStopParser(context)
  }

  private func start(
    _ name: UnsafePointer<xmlChar>, _ namespace: UnsafePointer<xmlChar>?,
    _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int
  ) {
    depth += 1
    let isOurs = unsafe namespace.map { unsafe isEqual($0, table.namespace) } ?? false
    switch depth {
    case 1:
      guard isOurs, unsafe isEqual(name, table.root), takeDates(attributes, count) else {
        return refuse("the element \(table.root) of \(table.namespace), with its dates")
      }
    case 2:
      guard isOurs, unsafe isEqual(name, table.element), count == 0 else {
        return refuse("<\(table.element)> or </\(table.root)>")
      }
      person.removeAll()
      attribute = nil
    case 3:
      let rest = Attribute.allCases[(attribute.map { $0.rawValue + 1 } ?? 0)...]
      attribute = rest.first { unsafe isEqual(name, $0.name) }
      guard isOurs, attribute != nil, count == 0 else {
        return refuse("an element of \(table.element), in the order of \(table.schema)")
      }
      valueStart = person.bytes.count
    default: refuse("a value without elements")
    }
  }

  private func end() {
    depth -= 1
    guard damage == nil else { return }
    if depth == 2, let attribute {
      person.end(attribute, from: valueStart)
      if person.isEmpty(attribute) { refuse("a value of \(attribute.name)") }
    } else if depth == 1 {
      do throws(StoredFault) {
        if table.isOfPeople {
          try person.append(to: &people.batch)
        } else {
          cards.append(try person.card())
        }
      } catch {
        refuse("a value of the form of \(error.column)", "another one")
      }
    }
  }

  private func characters(_ text: Span<UInt8>) {
    if depth == 3 {
      person.append(text)
      if person.bytes.count > Self.longestValue { refuse("a value of some hundred bytes", "a longer one") }
    } else {
      for i in text.indices where text[i] > 0x20 { return refuse("text in the elements of a person only") }
    }
  }

  /// Takes the business date and the last day of use.
  private func takeDates(_ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, _ count: Int) -> Bool {
    guard let attributes = unsafe attributes else { return false }
    var dates: [String: CalendarDate] = [:]
    // Name, prefix, namespace, the value's beginning and its end.
    for i in 0..<count {
      guard let name = unsafe attributes[5 * i], let start = unsafe attributes[5 * i + 3],
        let end = unsafe attributes[5 * i + 4]
      else { return false }
      let value = unsafe UnsafeBufferPointer(start: start, count: start.distance(to: end))
      dates[unsafe String(cString: name)] = CalendarDate(iso: unsafe value.span)
    }
    guard let asOf = dates["as_of"], let validUntil = dates["valid_until"], asOf.precision == .day,
      validUntil.precision == .day
    else { return false }
    (people.asOf, people.validUntil) = (asOf, validUntil)
    return true
  }
}

private func isEqual(_ name: UnsafePointer<xmlChar>, _ word: String) -> Bool {
  unsafe strcmp(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self), word) == 0
}

private func isEqual(_ name: UnsafePointer<xmlChar>, _ word: StaticString) -> Bool {
  unsafe isEqual(name, "\(word)")
}
