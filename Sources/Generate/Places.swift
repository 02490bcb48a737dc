// Provinces of birth registration with invented shares, and invented facilities.
// Invariant: the codes are the 63 of the personal ID number's province table and a few of its country table.
// Divided by years and sexes, a place's share is below 1/128 of all numbers.

/// A place of birth registration.
struct Place: Sendable, BitwiseCopyable {
  /// The first three digits of the personal ID number.
  var code: Int
  /// Its share in ``Places/sum``.
  var weight: Int
  var isCountry: Bool { code > 99 }
}

enum Places {
  /// Codes with invented shares in thousandths, larger provinces first.
  static let all: [Place] = [
    (1, 80), (2, 9), (4, 6), (6, 4), (8, 8), (10, 8), (11, 7), (12, 5), (14, 13), (15, 9), (17, 9), (19, 13),
    (20, 8), (22, 14), (24, 19), (25, 15), (26, 12), (27, 14), (30, 19), (31, 20), (33, 13), (34, 19),
    (35, 9),
    (36, 19), (37, 10), (38, 37), (40, 34), (42, 13), (44, 9), (45, 7), (46, 12), (48, 12), (49, 15),
    (51, 12),
    (52, 15), (54, 9), (56, 12), (58, 6), (60, 12), (62, 6), (64, 16), (66, 19), (67, 7), (68, 13), (70, 10),
    (72, 12), (74, 22), (75, 31), (77, 12), (79, 85), (80, 17), (82, 18), (83, 13), (84, 10), (86, 10),
    (87, 16),
    (89, 19), (91, 17), (92, 12), (93, 7), (94, 12), (95, 9), (96, 12),
    // Born abroad: countries of the second table.
    (105, 1), (123, 1), (134, 1), (157, 1), (261, 1),
  ].map { Place(code: $0.0, weight: $0.1) }
  /// How many of these are provinces.
  static let provinceCount = 63

  /// The three characters after the province code, for one of `count` facilities of a province, at most
  /// ``largestFacilityCount``.
  ///
  /// The last facility has a letter.
  static func facility(_ number: Int, of count: Int, in province: Int) -> (letter: UInt8?, digits: Int) {
    if number == count - 1 { return (UInt8(ascii: "C"), 10 + (province * 7) % 90) }
    // 37 and 900 are coprime, so no two facilities of a province have the same code.
    return (nil, 1 + (number * 37 + province * 13) % 900)
  }
  static let largestFacilityCount = 900
}
