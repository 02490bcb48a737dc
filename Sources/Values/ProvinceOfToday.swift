// The 34 provinces since July 2025, and the 63 before July 2025 that they were made of.
// Invariant: each former province belongs to one province of today. A province of today keeps the code of one of
// its former provinces, so a code of either list leads to the same province of today.
// Load: looked up once for each facility or place; a table of 100 entries.
//
// Source: Decision 19/2025/QĐ-TTg (codes); Resolution 202/2025/QH15 (which provinces were merged).

/// A province since July 2025.
package struct ProvinceOfToday: Hashable, Sendable {
  package let code: Int
  package let name: String
  /// The codes of its former provinces, ascending.
  package let former: [Int]

  /// All 34, ascending by code.
  package static let all: [ProvinceOfToday] = [
    (1, "Hà Nội", [1]), (4, "Cao Bằng", [4]), (8, "Tuyên Quang", [2, 8]), (11, "Điện Biên", [11]),
    (12, "Lai Châu", [12]), (14, "Sơn La", [14]), (15, "Lào Cai", [10, 15]), (19, "Thái Nguyên", [6, 19]),
    (20, "Lạng Sơn", [20]), (22, "Quảng Ninh", [22]), (24, "Bắc Ninh", [24, 27]),
    (25, "Phú Thọ", [17, 25, 26]), (31, "Hải Phòng", [30, 31]), (33, "Hưng Yên", [33, 34]),
    (37, "Ninh Bình", [35, 36, 37]), (38, "Thanh Hóa", [38]), (40, "Nghệ An", [40]), (42, "Hà Tĩnh", [42]),
    (44, "Quảng Trị", [44, 45]), (46, "Huế", [46]), (48, "Đà Nẵng", [48, 49]), (51, "Quảng Ngãi", [51, 62]),
    (52, "Gia Lai", [52, 64]), (56, "Khánh Hòa", [56, 58]), (66, "Đắk Lắk", [54, 66]),
    (68, "Lâm Đồng", [60, 67, 68]), (75, "Đồng Nai", [70, 75]), (79, "Thành phố Hồ Chí Minh", [74, 77, 79]),
    (80, "Tây Ninh", [72, 80]), (82, "Đồng Tháp", [82, 87]), (86, "Vĩnh Long", [83, 84, 86]),
    (91, "An Giang", [89, 91]), (92, "Cần Thơ", [92, 93, 94]), (96, "Cà Mau", [95, 96]),
  ].map { (code: Int, name: String, former: [Int]) in ProvinceOfToday(code: code, name: name, former: former)
  }

  private static let ofCode: [ProvinceOfToday?] = (0..<100).map { code in
    all.first { $0.former.contains(code) }
  }

  /// The province to which a code belongs, of the list before July 2025 or of the list since; nil for no province.
  package static func of(_ code: Int) -> ProvinceOfToday? { ofCode.indices ~= code ? ofCode[code] : nil }

  /// The two digits of its code.
  package var text: String { padded(UInt64(code), to: 2) }
  /// `79 Thành phố Hồ Chí Minh`.
  package var label: String { "\(text) \(name)" }
  /// The labels of its former provinces, by code: `74 Bình Dương, 77 Bà Rịa - Vũng Tàu`.
  package static func labels(ofFormer codes: [Int]) -> String {
    codes.map { "\(padded(UInt64($0), to: 2)) \(IDPrefix.province($0) ?? "")" }.joined(separator: ", ")
  }
}

extension BirthPlace {
  /// The province of today to which a former province belongs; nil for a place that is no province.
  package var today: ProvinceOfToday? { .of(index) }
}

extension ShortCode {
  /// The first two characters of a facility's code as a number, which is a province's code; nil unless both are digits.
  package var provinceCode: Int? {
    let (tens, ones) = (Int(packed >> 56) - 48, Int(packed >> 48 & 0xff) - 48)
    return 0...9 ~= tens && 0...9 ~= ones ? tens * 10 + ones : nil
  }
}
