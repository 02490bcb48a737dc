// The first three digits of a personal ID number: the place where the birth was registered.
// Invariant: the table has the 63 provinces of before July 2025 and the countries; the merger into 34
// provinces changed no number, so the table does not change. An unknown prefix is a note, never a refusal.
// Load: called for every linked record; five words of bits.
//
// Source: Circular 07/2016/TT-BCA, annex I (provinces, 001–096) and annex II (countries, 101–295).

extension PersonalID {
  /// Whether digits 1–3 are those of a province or a country.
  package var hasKnownPrefix: Bool { IDPrefix.isKnown(prefix) }

  /// Whether it is a number of the population service's test environment: it begins with `1000`.
  package var isTestNumber: Bool { packed / 100_000_000 == 1000 }
}

/// The places where a birth is registered, by digits 1–3 of the personal ID number.
package enum IDPrefix {
  /// Bit *n* of all words together is set if the prefix *n* is a province's or a country's.
  private static let known: InlineArray<5, UInt64> = [
    0x555b757ecf5add56, 0xffffffe1faddad5d, 0xffffffffffffffff,
    0xffffffffffffffff, 0xffffffffff,
  ]

  package static func isKnown(_ prefix: Int) -> Bool {
    guard prefix >= 0, prefix < 320 else { return false }
    return known[prefix / 64] >> UInt64(prefix % 64) & 1 == 1
  }

  /// A province's name as of before July 2025, in Vietnamese and without marks; nil for any other prefix.
  package static func province(_ prefix: Int) -> (vietnamese: String, ascii: String)? {
    provinces.first { $0.code == prefix }.map { ($0.vietnamese, $0.ascii) }
  }

  /// Code and name of the 63 provinces, ascending.
  package static let provinces: [(code: Int, vietnamese: String, ascii: String)] = [
    (1, "Hà Nội", "Ha Noi"),
    (2, "Hà Giang", "Ha Giang"),
    (4, "Cao Bằng", "Cao Bang"),
    (6, "Bắc Kạn", "Bac Kan"),
    (8, "Tuyên Quang", "Tuyen Quang"),
    (10, "Lào Cai", "Lao Cai"),
    (11, "Điện Biên", "Dien Bien"),
    (12, "Lai Châu", "Lai Chau"),
    (14, "Sơn La", "Son La"),
    (15, "Yên Bái", "Yen Bai"),
    (17, "Hòa Bình", "Hoa Binh"),
    (19, "Thái Nguyên", "Thai Nguyen"),
    (20, "Lạng Sơn", "Lang Son"),
    (22, "Quảng Ninh", "Quang Ninh"),
    (24, "Bắc Giang", "Bac Giang"),
    (25, "Phú Thọ", "Phu Tho"),
    (26, "Vĩnh Phúc", "Vinh Phuc"),
    (27, "Bắc Ninh", "Bac Ninh"),
    (30, "Hải Dương", "Hai Duong"),
    (31, "Hải Phòng", "Hai Phong"),
    (33, "Hưng Yên", "Hung Yen"),
    (34, "Thái Bình", "Thai Binh"),
    (35, "Hà Nam", "Ha Nam"),
    (36, "Nam Định", "Nam Dinh"),
    (37, "Ninh Bình", "Ninh Binh"),
    (38, "Thanh Hóa", "Thanh Hoa"),
    (40, "Nghệ An", "Nghe An"),
    (42, "Hà Tĩnh", "Ha Tinh"),
    (44, "Quảng Bình", "Quang Binh"),
    (45, "Quảng Trị", "Quang Tri"),
    (46, "Thừa Thiên Huế", "Thua Thien Hue"),
    (48, "Đà Nẵng", "Da Nang"),
    (49, "Quảng Nam", "Quang Nam"),
    (51, "Quảng Ngãi", "Quang Ngai"),
    (52, "Bình Định", "Binh Dinh"),
    (54, "Phú Yên", "Phu Yen"),
    (56, "Khánh Hòa", "Khanh Hoa"),
    (58, "Ninh Thuận", "Ninh Thuan"),
    (60, "Bình Thuận", "Binh Thuan"),
    (62, "Kon Tum", "Kon Tum"),
    (64, "Gia Lai", "Gia Lai"),
    (66, "Đắk Lắk", "Dak Lak"),
    (67, "Đắk Nông", "Dak Nong"),
    (68, "Lâm Đồng", "Lam Dong"),
    (70, "Bình Phước", "Binh Phuoc"),
    (72, "Tây Ninh", "Tay Ninh"),
    (74, "Bình Dương", "Binh Duong"),
    (75, "Đồng Nai", "Dong Nai"),
    (77, "Bà Rịa - Vũng Tàu", "Ba Ria - Vung Tau"),
    (79, "Thành phố Hồ Chí Minh", "Thanh pho Ho Chi Minh"),
    (80, "Long An", "Long An"),
    (82, "Tiền Giang", "Tien Giang"),
    (83, "Bến Tre", "Ben Tre"),
    (84, "Trà Vinh", "Tra Vinh"),
    (86, "Vĩnh Long", "Vinh Long"),
    (87, "Đồng Tháp", "Dong Thap"),
    (89, "An Giang", "An Giang"),
    (91, "Kiên Giang", "Kien Giang"),
    (92, "Cần Thơ", "Can Tho"),
    (93, "Hậu Giang", "Hau Giang"),
    (94, "Sóc Trăng", "Soc Trang"),
    (95, "Bạc Liêu", "Bac Lieu"),
    (96, "Cà Mau", "Ca Mau"),
  ]
}
