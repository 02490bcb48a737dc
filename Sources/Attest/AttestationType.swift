// The type of our attestations: its name, and its metadata for wallets (SD-JWT VC, type metadata).

package enum AttestationType {
  package static let vct = "urn:x-cardlink:health-insurance-card:1"

  /// What can be disclosed one by one, with its labels.
  package static let attributes: [(name: String, vietnamese: String, english: String)] = [
    ("personal_id", "Số định danh cá nhân", "Personal ID number"),
    ("full_name", "Họ và tên", "Full name"),
    ("birth_date", "Ngày sinh", "Date of birth"),
    ("sex", "Giới tính", "Sex"),
    ("insurance_number", "Mã số BHXH", "Social-insurance number"),
    ("card_number", "Mã thẻ BHYT", "Card number"),
    ("facility_code", "Mã cơ sở KCB ban đầu", "Facility of first registration"),
    ("area_code", "Mã khu vực", "Area code"),
    ("five_years_from", "Thời điểm đủ 5 năm liên tục", "Five years of continuous insurance from"),
  ]

  /// What each attestation says openly.
  private static let open: [(name: String, vietnamese: String, english: String)] = [
    ("card_valid_from", "Giá trị từ", "Valid from"),
    ("card_valid_to", "Giá trị đến", "Valid to"),
    ("as_of", "Dữ liệu ngày", "Business date of the data"),
  ]

  /// The metadata document.
  package static var metadata: String {
    func claim(
      _ claim: (name: String, vietnamese: String, english: String), _ disclosure: String
    ) -> String {
      """
          {
            "path": [\(jsonString(claim.name))],
            "sd": "\(disclosure)",
            "display": [
              {"locale": "vi", "label": \(jsonString(claim.vietnamese))},
              {"locale": "en", "label": \(jsonString(claim.english))}
            ]
          }
      """
    }
    let claims = attributes.map { claim($0, "always") } + open.map { claim($0, "never") }
    return """
      {
        "vct": "\(vct)",
        "name": "Health-insurance card of Việt Nam",
        "description": "A person's health-insurance card, as the insurer's register has it on a day.",
        "display": [
          {"locale": "vi", "name": "Thẻ bảo hiểm y tế"},
          {"locale": "en", "name": "Health-insurance card"}
        ],
        "claims": [
      \(claims.joined(separator: ",\n"))
        ]
      }

      """
  }
}
