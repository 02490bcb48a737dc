// The XML Schema that people.xml is valid against; packages hold it beside the table.

enum PeopleSchema {
  /// The schema of packages that show grace.
  static let withGrace = text.replacing(
    "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n",
    with: "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n        "
      + "<xs:element name=\"grace_until\" type=\"xs:date\" minOccurs=\"0\"/>\n")

  /// The schema of all other packages; a recipient may lack any attribute but the number.
  static let text = String(decoding: PackageResources.people_xsd, as: UTF8.self)
}
