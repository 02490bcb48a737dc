// The XML Schemas that people.xml and other-cards.xml are valid against; packages hold them beside the tables.

enum PeopleSchema {
  /// The schema of packages that show grace.
  static let withGrace = text.replacing(
    "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n",
    with: "name=\"area_code\" type=\"code\" minOccurs=\"0\"/>\n        "
      + "<xs:element name=\"grace_until\" type=\"xs:date\" minOccurs=\"0\"/>\n")

  /// The schema of all other packages; a recipient may lack any attribute but the number.
  static let text = String(decoding: PackageResources.people_xsd, as: UTF8.self)

  /// The schema of the table of other cards.
  static let otherCards = String(decoding: PackageResources.other_cards_xsd, as: UTF8.self)
}
