// The words of invented names.
// Invariant: upper-case NFC. Within a list of given names no two are equal without their marks or with Y read
// as I, and none equals a family name in that way. A family name is about as frequent as in the country;
// given names are equally likely.

struct Name: Sendable {
  /// Empty for some people of ethnic minorities.
  var family: StaticString = ""
  var middle: StaticString = ""
  var given: StaticString
}

enum Names {
  /// Family names, with shares.
  static let families: [(word: StaticString, weight: Int)] = [
    ("NGUYỄN", 38), ("TRẦN", 11), ("LÊ", 9), ("PHẠM", 7), ("HOÀNG", 3), ("HUỲNH", 3), ("PHAN", 4), ("VŨ", 2),
    ("VÕ", 2), ("ĐẶNG", 2), ("BÙI", 2), ("ĐỖ", 1), ("HỒ", 1), ("NGÔ", 1), ("DƯƠNG", 1), ("LÝ", 1),
    ("ĐINH", 1),
    ("TRƯƠNG", 2), ("ĐOÀN", 1), ("TRỊNH", 1), ("TÔN THẤT", 1), ("MAI", 1), ("CAO", 1), ("LƯƠNG", 1),
    ("TẠ", 1),
    ("CHÂU", 1), ("THẠCH", 1),
  ]
  static let familyAt: [StaticString] = families.flatMap { Array(repeating: $0.word, count: $0.weight) }
  static let familiesWithD: [StaticString] = ["ĐẶNG", "ĐỖ", "ĐINH", "ĐOÀN"]

  static let maleMiddles: [StaticString] = [
    "VĂN", "VĂN", "VĂN", "HỮU", "ĐỨC", "CÔNG", "QUỐC", "MINH", "THANH", "XUÂN", "ĐÌNH", "NGỌC", "TRỌNG", "BÁ",
    "GIA",
    "HẢI", "VĂN MINH", "HOÀNG", "TẤN", "",
  ]
  static let femaleMiddles: [StaticString] = [
    "THỊ", "THỊ", "THỊ", "THỊ", "THỊ NGỌC", "THỊ THU", "THỊ KIM", "THỊ THANH", "NGỌC", "THU", "KIM", "BÍCH",
    "MINH",
    "PHƯƠNG", "HỒNG", "THỊ MỸ", "DIỆU", "KHÁNH", "NHƯ", "",
  ]
  static let maleGivens: [StaticString] = [
    "AN", "BÌNH", "CƯỜNG", "DUY", "ĐẠT", "GIANG", "HÀO", "HIẾU", "HÙNG", "KHOA", "LÂM", "LONG", "NAM",
    "NGHĨA",
    "NHÂN", "PHONG", "PHÚC", "QUANG", "SƠN", "TÀI", "THẮNG", "THỊNH", "TIẾN", "TOÀN", "TRÍ", "TRUNG", "TUẤN",
    "VIỆT",
    "VINH", "VƯỢNG",
  ]
  static let femaleGivens: [StaticString] = [
    "ÁNH", "CHI", "CÚC", "DUNG", "ĐÀO", "HẰNG", "HẠNH", "HIỀN", "HOA", "HUỆ", "HƯƠNG", "LAN", "LIÊN", "LOAN",
    "NGA",
    "NGÂN", "NHUNG", "OANH", "PHỤNG", "QUYÊN", "SEN", "THẢO", "THƠM", "TRANG", "TRÂM", "TUYẾT", "VÂN", "XOAN",
    "YẾN",
    "DIỄM",
  ]

  /// The tone mark in its old and in its new place; equal without marks.
  static let tonePlaces: [(StaticString, StaticString)] = [
    ("HÒA", "HOÀ"), ("THỦY", "THUỶ"), ("THÚY", "THUÝ"), ("HÓA", "HOÁ"), ("QUÝ", "QÚY"), ("TÒA", "TOÀ"),
  ]
  /// The same sound with y and with i; different even without marks.
  static let iAndY: [(StaticString, StaticString)] = [
    ("MỸ", "MĨ"), ("KỲ", "KÌ"), ("VY", "VI"), ("HY", "HI"), ("TÝ", "TÍ"), ("QUÝ", "QUÍ"),
  ]
  /// Northern and southern forms of family names, and one pair that only a typist confuses; never equal.
  static let surnames: [(StaticString, StaticString)] = [
    ("HOÀNG", "HUỲNH"), ("HUỲNH", "HOÀNG"), ("VŨ", "VÕ"), ("VÕ", "VŨ"), ("LƯƠNG", "DƯƠNG"),
  ]

  /// Names of ethnic minorities: no usual family name, own letters, and apostrophes.
  static let minorityNames: [Name] = [
    Name(family: "Y", given: "BLĂK"), Name(given: "K'BRAI"), Name(given: "H'HEN", last: "NIÊ"),
    Name(family: "Y", middle: "WANG", given: "ÊBAN"), Name(given: "K'SOR", last: "H'NĂM"),
    Name(family: "GIÀNG", middle: "A", given: "PHÁO"), Name(family: "SÙNG", middle: "THỊ", given: "MẨY"),
    Name(family: "ZƠRÂM", given: "FƯƠN"), Name(family: "LÒ", middle: "VĂN", given: "PÂNG"),
    Name(given: "K'HO"), Name(family: "Y", given: "JŨN"),
  ]
  /// Those with an apostrophe.
  static let apostropheNames: [Name] = [
    Name(given: "K'BRAI"), Name(given: "H'HEN", last: "NIÊ"), Name(given: "K'SOR", last: "H'NĂM"),
    Name(given: "K'HO"),
  ]

  /// The name of a person.
  static func name(isFemale: Bool, word: UInt64) -> Name {
    var random = SeededGenerator(word)
    let family = familyAt[random.below(familyAt.count)]
    let middles = isFemale ? femaleMiddles : maleMiddles
    return Name(
      family: family, middle: middles[random.below(middles.count)], given: given(isFemale: isFemale, &random))
  }

  private static func given(isFemale: Bool, _ random: inout SeededGenerator) -> StaticString {
    let givens = isFemale ? femaleGivens : maleGivens
    return givens[random.below(givens.count)]
  }

  /// Another given name: one from the other sex's list, which shares none with this sex's.
  static func otherGiven(isFemale: Bool, word: UInt64) -> StaticString {
    let givens = isFemale ? maleGivens : femaleGivens
    return givens[cut(mixed(word), to: givens.count)]
  }
}

extension Name {
  /// A name whose first word is the given name and whose last word is the clan's.
  init(given first: StaticString, last: StaticString) { self.init(family: first, given: last) }
}
