import Foundation
import Names
import Support
import Testing

/// The 134 Vietnamese letters beyond ASCII.
let vietnameseLetters: [String] = {
  let toned = Array("aăâeêioôơuưy").flatMap { vowel in
    ["\u{300}", "\u{301}", "\u{309}", "\u{303}", "\u{323}"].map {
      (String(vowel) + $0).precomposedStringWithCanonicalMapping
    }
  }
  let small = toned + ["ă", "â", "ê", "ô", "ơ", "ư", "đ"]
  return small + small.map { $0.uppercased() }
}()

private func same(_ a: String, _ b: String) -> Bool { Array(a.utf8) == Array(b.utf8) }

@Suite struct NameFolderTests {
  private let folder = NameFolder()

  @Test("there are 134 letters")
  func letterCount() { #expect(Set(vietnameseLetters).count == 134) }

  @Test("a letter is one in every normal form and tone order", arguments: vietnameseLetters)
  func letter(letter: String) {
    let scalars = Array(letter.decomposedStringWithCanonicalMapping.unicodeScalars)
    var spellings = [letter, letter.decomposedStringWithCanonicalMapping]
    if scalars.count == 3 {
      for order in [[0, 1, 2], [0, 2, 1]] {
        var text = ""
        for i in order { text.unicodeScalars.append(scalars[i]) }
        spellings.append(text)
      }
      // Composed with its tone first, then given its shape.
      for mark in 1...2 {
        var inner = String.UnicodeScalarView([scalars[0], scalars[mark]])
        inner = String(inner).precomposedStringWithCanonicalMapping.unicodeScalars
        spellings.append(String(inner) + String(Character(scalars[3 - mark])))
      }
    }
    for spelling in spellings {
      let forms = folder.forms(of: "B" + spelling + "c")
      #expect(same(forms.clean, "B" + letter + "c"))
      #expect(same(forms.exact, "B" + letter.uppercased() + "C"))
      #expect(same(forms.bare, SlowName.bare("B" + letter + "C")))
      #expect(forms.bare.utf8.count == 3)
    }
  }

  static let folded: [(String, String, String)] = [
    ("  Trần\u{A0}\u{A0}Văn \t Bắc ", "TRẦN VĂN BẮC", "TRAN VAN BAC"), ("Y Blăk", "Y BLĂK", "Y BLAK"),
    ("K'Brai", "K'BRAI", "K'BRAI"), ("K\u{2019}Brai", "K'BRAI", "K'BRAI"),
    ("K\u{2BC}Brai", "K'BRAI", "K'BRAI"),
    ("K\u{2018}Brai", "K'BRAI", "K'BRAI"), ("\u{D0}ỗ An", "ĐỖ AN", "DO AN"),
    ("\u{189}ỗ An", "ĐỖ AN", "DO AN"),
    ("\u{F0}ỗ an", "ĐỖ AN", "DO AN"), ("\u{256}ỗ an", "ĐỖ AN", "DO AN"),
    ("\u{FEFF}Lê\u{200B} An", "LÊ AN", "LE AN"),
    ("Ho\u{340}a", "HÒA", "HOA"), ("HOÀ", "HOÀ", "HOA"), ("José Ñandú", "JOSÉ ÑANDÚ", "JOSE NANDU"),
    ("Françoise Ḉ", "FRANÇOISE Ḉ", "FRANÇOISE Ç"),
    ("Lê An.", "LÊ AN.", "LE AN"), ("Lê Ân ,;", "LÊ ÂN ,;", "LE AN"), ("Lê A. An", "LÊ A. AN", "LE A. AN"),
    ("Le\u{34F}\u{302}\u{FE0F} An", "LÊ AN", "LE AN"), ("Lê\u{3000}\u{2060} An\u{E0001}", "LÊ AN", "LE AN"),
  ]
  @Test("a name is folded", arguments: folded)
  func folds(name: String, exact: String, bare: String) {
    let forms = folder.forms(of: name)
    #expect(same(forms.exact, exact))
    #expect(same(forms.bare, bare))
  }

  @Test(
    "text read in the wrong encoding is noticed",
    arguments: [
      "Nguyá»…n VÄƒn HÃ²a", "NGUYá»„N", "Tráº§n", "HÃ²a", "Ã\u{90}á»— An", "NGUY\u{FFFD}N", "Tr\u{9D}n",
      // Pairs whose second character is a letter in Windows-1252, each the only trace in its name.
      "LÃŠ AN", "VÄƒn", "ÃˆN", "ÃŒN", "Ãš LAN", "LÃƒ AN", "Ä‘an", "Lê VÄƒn",
    ])
  func mojibake(name: String) {
    var clean: [UInt8] = []
    #expect(folder.clean(Array(name.utf8).span, into: &clean) == .mojibake)
  }

  @Test(
    "names of people are no wrong encoding",
    arguments: ["NGUYỄN VĂN HÒA", "ĐÀO Á", "LÃ Â", "TẠ ÃN'", "Ä Ö", "K’BRAI", "H’Ă", "Â’Ă", "Á ÂN"])
  func noMojibake(name: String) {
    var clean: [UInt8] = []
    #expect(folder.clean(Array(name.utf8).span, into: &clean) == nil)
  }

  @Test(
    "names of minorities and of foreigners are no wrong encoding",
    arguments: [
      "Y Blăk", "Y BLĂK ÊBAN", "K'Brai", "H'Hen Niê", "K'SOR H'NĂM", "ZƠRÂM FƯƠN", "LÒ VĂN PÂNG", "Y JŨN",
      "Siu Ô",
      "Rơ Ông K'Nhật", "Đinh Y Nghĩa", "Hồ Văn Ră", "A Lăng Bơh", "KPĂ Y LÂM", "Cil Múp K’Brơn",
      "Sùng A Lềnh",
      "José Muñoz", "Müller", "Jörg Köhler", "Søren Kierkegård", "Françoise Noël", "João Leão", "Rui Leão",
      "Ana Peña",
      "Lü An", "Nuß", "Heß", "Åsa Öberg", "Þór Jónsson", "Zoë", "André Gide", "Mª José", "İnci Çelik",
      "Łukasz",
      "Eñe Ñu", "Björk", "Loïc Hùng", "Chloé Lê", "Anaïs Trần", "Mai Môn", "Hélène Lý", "Lý Ân", "Núñez Ân",
      "Hoà Thò", "THUÝ KIỀU", "QUÝ", "QÚY", "KHOÉT", "Uý Lạo",
    ])
  func foreign(name: String) {
    var clean: [UInt8] = []
    #expect(folder.clean(Array(name.utf8).span, into: &clean) == nil)
  }

  /// Every toned syllable is one of these with a changed letter.
  static let syllables = [
    "nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "vũ", "võ", "đặng", "bùi", "đỗ", "hồ", "ngô", "dương",
    "lý",
    "văn", "thị", "hòa", "hoà", "thúy", "thuý", "quý", "quốc", "giàu", "già", "gì", "tiến", "xuân", "thuần",
    "khuê",
    "tuấn", "kiều", "yến", "oánh", "ái", "ân", "ấn", "ơn", "ước", "nghĩa", "khánh", "khoẻ", "khỏe", "loan",
    "luân",
    "quyên", "quỳnh", "tịnh", "uyên", "thạch", "tạ", "châu", "út", "tư", "bảy", "mười", "sáu", "tám", "chín",
    "giỏi",
    "giống", "bông", "hường", "hưởng", "ngoãn", "toản", "huệ", "tuệ", "thuỷ", "thủy", "mỹ", "kỳ", "tý", "sỹ",
    "vy",
    "chiến", "chuẩn", "duẩn", "ngoạn", "xoắn", "ngoặc", "luyến", "khuyên", "tuyết", "nguyệt", "thược", "dược",
  ]

  @Test(
    "no name of Vietnamese syllables is taken for a wrong encoding, in any case", arguments: UInt64(0)..<400)
  func neverOfSyllables(seed: UInt64) {
    var random = SeededGenerator(seed)
    let words = (0..<Int.random(in: 1...5, using: &random)).compactMap { _ in
      Self.syllables.randomElement(using: &random)
    }
    for word in words {
      let letters = word.unicodeScalars.map(\.value)
      let isPossible = Syllables.shared.isPossible(letters.span)
      #expect(isPossible, "\(word)")
    }
    let name = words.joined(separator: " ")
    for form in [name, name.uppercased(), name.capitalized, name.decomposedStringWithCanonicalMapping] {
      var clean: [UInt8] = []
      #expect(folder.clean(Array(form.utf8).span, into: &clean) == nil, "\(form)")
      var slow: [UInt8] = []
      #expect(folder.slowlyClean(Array(form.utf8).span, into: &slow) == nil, "\(form)")
    }
  }

  static let faults: [(String, NameFault?)] = [
    ("", .empty), ("   ", .empty), ("\u{A0}\u{200B}", .empty), ("A1", .format), ("---", .format),
    ("A\u{7}", .format),
    ("\u{301}", .format), ("A", nil), ("Ă", nil), (String(repeating: "A", count: 255), nil),
    (String(repeating: "A", count: 256), .tooLong), (String(repeating: "ậ", count: 255), nil),
    (String(repeating: "a\u{323}\u{302}", count: 255), nil),
  ]
  @Test("a name without letters, with digits or too long is refused", arguments: faults)
  func fault(name: String, fault: NameFault?) {
    var clean: [UInt8] = []
    #expect(folder.clean(Array(name.utf8).span, into: &clean) == fault)
  }

  @Test("bytes that are no UTF-8 are noticed and never trap", arguments: UInt64(0)..<200)
  func malformed(seed: UInt64) {
    var random = SeededGenerator(seed)
    let bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
    var clean: [UInt8] = []
    var exact: [UInt8] = []
    var bare: [UInt8] = []
    folder.clean(bytes.span, into: &clean)
    folder.exact(ofClean: clean.span, into: &exact)
    folder.bare(ofExact: exact.span, into: &bare)
    #expect(String(validating: clean, as: UTF8.self) != nil)
    #expect(String(validating: bare, as: UTF8.self) != nil)
  }

  @Test("the short cut for clean names gives what the whole way gives", arguments: UInt64(0)..<300)
  func shortCut(seed: UInt64) {
    var random = SeededGenerator(seed)
    let pieces: [[UInt8]] =
      vietnameseLetters.map { Array($0.utf8) }
      + [[0x20], [0x27], [0x2D], [0x2E], [0x41], [0x7A], [0x60], [0x31], [0x09]]
      + [
        [0xC3, 0x90], [0xC3, 0xB0], [0xC6, 0x89], [0xC3, 0x97], [0xC5, 0xBF], [0xE1, 0xBA, 0x9F],
        [0xE1, 0xBA],
      ]
      + [[0xC3], [0xCC, 0x81], [0xC2, 0xA0], [0xC2, 0xBB], [0xE2, 0x80, 0x99], [0xC7, 0x8D], [0x80]]
    let letterCount = vietnameseLetters.count
    var name: [UInt8] = []
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      let isOdd = Int.random(in: 0..<8, using: &random) == 0
      let i = Int.random(in: isOdd ? letterCount..<pieces.count : 0..<letterCount + 6, using: &random)
      name += pieces[i]
    }
    var (quick, slow): ([UInt8], [UInt8]) = ([], [])
    #expect(folder.clean(name.span, into: &quick) == folder.slowlyClean(name.span, into: &slow))
    #expect(quick == slow)
  }

  @Test("folding agrees with the slow way, and twice is once", arguments: UInt64(0)..<400)
  func oracle(seed: UInt64) {
    var random = SeededGenerator(seed)
    let parts =
      vietnameseLetters + [
        "a", "B", "n", "g", "H", " ", "  ", "'", "\u{2019}", "\u{A0}", "\u{D0}", "ñ", "Ç", "ë",
      ]
    var name = "A"
    for _ in 0..<Int.random(in: 1...30, using: &random) {
      var part = parts.randomElement(using: &random) ?? "a"
      switch Int.random(in: 0..<4, using: &random) {
      case 0: part = part.decomposedStringWithCanonicalMapping
      case 1:
        let scalars = part.decomposedStringWithCanonicalMapping.unicodeScalars
        part = ""
        if let base = scalars.first { part.unicodeScalars.append(base) }
        for mark in scalars.dropFirst().reversed() { part.unicodeScalars.append(mark) }
      default: break
      }
      name += part
    }
    let forms = folder.forms(of: name)
    var slow: [UInt8] = []
    #expect(folder.slowlyClean(Array(name.utf8).span, into: &slow) == nil)
    #expect(Array(forms.clean.utf8) == slow)
    #expect(same(forms.clean, SlowName.clean(name)))
    #expect(same(forms.exact, SlowName.exact(name)))
    #expect(same(forms.bare, SlowName.bare(name)))
    #expect(same(folder.forms(of: forms.clean).clean, forms.clean))
    #expect(same(folder.forms(of: forms.exact).exact, forms.exact))
    #expect(same(folder.forms(of: forms.bare).bare, forms.bare))
  }
}
