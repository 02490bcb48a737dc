// The XML Schema that people.xml is valid against; packages hold it beside the table.

enum PeopleSchema {
  /// The schema of packages that show grace.
  static let withGrace = text.replacing(
    "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n",
    with: "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n        "
      + "<xs:element name=\"grace_until\" type=\"xs:date\" minOccurs=\"0\"/>\n")

  /// The schema of all other packages; a recipient may lack any attribute but the number.
  static let text = """
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
