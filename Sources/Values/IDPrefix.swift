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

  /// A province's name as of before July 2025; nil for any other prefix.
  package static func province(_ prefix: Int) -> String? { provinces.first { $0.code == prefix }?.name }

  /// Code and name of the 63 provinces, ascending.
  package static let provinces: [(code: Int, name: String)] = [
    (1, "Hà Nội"), (2, "Hà Giang"), (4, "Cao Bằng"), (6, "Bắc Kạn"), (8, "Tuyên Quang"), (10, "Lào Cai"),
    (11, "Điện Biên"), (12, "Lai Châu"), (14, "Sơn La"), (15, "Yên Bái"), (17, "Hòa Bình"),
    (19, "Thái Nguyên"), (20, "Lạng Sơn"), (22, "Quảng Ninh"), (24, "Bắc Giang"), (25, "Phú Thọ"),
    (26, "Vĩnh Phúc"), (27, "Bắc Ninh"), (30, "Hải Dương"), (31, "Hải Phòng"), (33, "Hưng Yên"),
    (34, "Thái Bình"), (35, "Hà Nam"), (36, "Nam Định"), (37, "Ninh Bình"), (38, "Thanh Hóa"),
    (40, "Nghệ An"), (42, "Hà Tĩnh"), (44, "Quảng Bình"), (45, "Quảng Trị"), (46, "Thừa Thiên Huế"),
    (48, "Đà Nẵng"), (49, "Quảng Nam"), (51, "Quảng Ngãi"), (52, "Bình Định"), (54, "Phú Yên"),
    (56, "Khánh Hòa"), (58, "Ninh Thuận"), (60, "Bình Thuận"), (62, "Kon Tum"), (64, "Gia Lai"),
    (66, "Đắk Lắk"), (67, "Đắk Nông"), (68, "Lâm Đồng"), (70, "Bình Phước"), (72, "Tây Ninh"),
    (74, "Bình Dương"), (75, "Đồng Nai"), (77, "Bà Rịa - Vũng Tàu"), (79, "Thành phố Hồ Chí Minh"),
    (80, "Long An"), (82, "Tiền Giang"), (83, "Bến Tre"), (84, "Trà Vinh"), (86, "Vĩnh Long"),
    (87, "Đồng Tháp"), (89, "An Giang"), (91, "Kiên Giang"), (92, "Cần Thơ"), (93, "Hậu Giang"),
    (94, "Sóc Trăng"), (95, "Bạc Liêu"), (96, "Cà Mau"),
  ]
}
