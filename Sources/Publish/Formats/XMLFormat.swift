// XML: one element for each person, with the schema that it is valid against beside it.
// Invariant: UTF-8; an attribute without a value is an element left out; what XML 1.0 can't hold becomes U+FFFD.

import Values

final class XMLFormat: FormatWriter {
  private let file: PayloadFile
  private let bag: String?
  private let schema: String
  /// Each attribute's tags, made once.
  private let tags: [(attribute: Attribute, start: [UInt8], end: [UInt8])]

  init(_ attributes: [Attribute], _ facts: PackageFacts, in bag: String?) throws(Stop) {
    self.bag = bag
    schema = attributes.contains(.graceUntil) ? Self.schemaWithGrace : Self.schema
    tags = attributes.map { ($0, Array("<\($0.name)>".utf8), Array("</\($0.name)>".utf8)) }
    file = try PayloadFile("data/people.xml", in: bag)
    try file.append(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <people xmlns="urn:x-cardlink:people:1" recipient="\(facts.recipient)" run="\(facts.runID)" \
      as_of="\(facts.asOf)" valid_until="\(facts.validUntil)">

      """)
  }

  func append(_ person: borrowing FieldTexts) throws(Stop) {
    try file.append { line in
      line.append(contentsOf: "<person>".utf8)
      for (attribute, start, end) in tags where !person.isEmpty(attribute) {
        line.append(contentsOf: start)
        switch attribute {
        case .fullName, .facilityCode, .areaCode:
          Self.appendEscaped(person.bytes.span.extracting(person.range(attribute)), to: &line)
        default: line.append(contentsOf: person.bytes[person.range(attribute)])
        }
        line.append(contentsOf: end)
      }
      line.append(contentsOf: "</person>\n".utf8)
    }
  }

  func finish() throws(Stop) -> [BagEntry] {
    try file.append("</people>\n")
    return [try file.finish(), try PayloadFile.write(schema, to: "data/people.xsd", in: bag)]
  }

  private static func appendEscaped(_ text: Span<UInt8>, to line: inout [UInt8]) {
    var i = 0
    while i < text.count {
      let byte = text[i]
      switch byte {
      case UInt8(ascii: "<"): line.append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): line.append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "&"): line.append(contentsOf: "&amp;".utf8)
      case 0x09: line.append(contentsOf: "&#9;".utf8)
      case 0x0A: line.append(contentsOf: "&#10;".utf8)
      case 0x0D: line.append(contentsOf: "&#13;".utf8)
      case 0..<0x20: line.append(contentsOf: [0xEF, 0xBF, 0xBD])
      case 0xEF where i + 2 < text.count && text[i + 1] == 0xBF && text[i + 2] >= 0xBE:
        line.append(contentsOf: [0xEF, 0xBF, 0xBD])
        i += 2
      default: line.append(byte)
      }
      i += 1
    }
  }

  /// The schema where a pipeline keeps people in grace.
  static let schemaWithGrace = schema.replacing(
    "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n",
    with: "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n        "
      + "<xs:element name=\"grace_until\" type=\"xs:date\" minOccurs=\"0\"/>\n")

  /// The schema of all packages: an attribute that a recipient may not see is left out, so all but the number may be.
  static let schema = """
    <?xml version="1.0" encoding="UTF-8"?>
    <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:x-cardlink:people:1"
      targetNamespace="urn:x-cardlink:people:1" elementFormDefault="qualified">
      <xs:element name="people">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="person" type="person" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence>
          <xs:attribute name="recipient" type="xs:string" use="required"/>
          <xs:attribute name="run" type="xs:positiveInteger" use="required"/>
          <xs:attribute name="as_of" type="xs:date" use="required"/>
          <xs:attribute name="valid_until" type="xs:date" use="required"/>
        </xs:complexType>
        <xs:unique name="one_person_once" xmlns:p="urn:x-cardlink:people:1">
          <xs:selector xpath="p:person"/>
          <xs:field xpath="p:personal_id"/>
        </xs:unique>
      </xs:element>
      <xs:complexType name="person">
        <xs:sequence>
          <xs:element name="personal_id" type="personal_id"/>
          <xs:element name="full_name" type="name" minOccurs="0"/>
          <xs:element name="birth_date" type="date" minOccurs="0"/>
          <xs:element name="sex" type="sex" minOccurs="0"/>
          <xs:element name="insurance_number" type="insurance_number" minOccurs="0"/>
          <xs:element name="card_number" type="card_number" minOccurs="0"/>
          <xs:element name="facility_code" type="code" minOccurs="0"/>
          <xs:element name="valid_from" type="date" minOccurs="0"/>
          <xs:element name="valid_to" type="date" minOccurs="0"/>
          <xs:element name="five_years_from" type="date" minOccurs="0"/>
          <xs:element name="area_code" type="code" minOccurs="0"/>
        </xs:sequence>
      </xs:complexType>
      <xs:simpleType name="personal_id">
        <xs:restriction base="xs:string"><xs:pattern value="[0-9]{12}"/></xs:restriction>
      </xs:simpleType>
      <xs:simpleType name="name">
        <xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction>
      </xs:simpleType>
      <xs:simpleType name="date">
        <xs:union memberTypes="xs:date xs:gYearMonth xs:gYear"/>
      </xs:simpleType>
      <xs:simpleType name="sex">
        <xs:restriction base="xs:string">
          <xs:enumeration value="male"/>
          <xs:enumeration value="female"/>
          <xs:enumeration value="unknown"/>
        </xs:restriction>
      </xs:simpleType>
      <xs:simpleType name="insurance_number">
        <xs:restriction base="xs:string"><xs:pattern value="[0-9]{10}|[0-9]{12}"/></xs:restriction>
      </xs:simpleType>
      <xs:simpleType name="card_number">
        <xs:restriction base="xs:string"><xs:pattern value="[A-Z]{2}[1-5][0-9]{2}([0-9]{10}|[0-9]{12})"/></xs:restriction>
      </xs:simpleType>
      <xs:simpleType name="code">
        <xs:restriction base="xs:string"><xs:pattern value="[!-~]{1,7}"/></xs:restriction>
      </xs:simpleType>
    </xs:schema>

    """
}
