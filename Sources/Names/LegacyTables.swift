// The Unicode code points of the legacy encodings' bytes; U+FFFD for an undefined byte.
// Invariant: ASCII letters and signs are unchanged. If a capital shares the code of its small letter (TCVN3
// with tone marks, fourteen letters of VPS), the code means the small one.
//
// Sources: the byte tables of two independent keyboard programs, which agree, for TCVN3, VNI and VPS; the
// standard converters' tables for VISCII and Windows-1258.

package enum LegacyTables {
  /// A table whose bytes from 80 on mean the letters of `upper`, 32 in a line; a dot means nothing.
  private static func table(_ upper: String, below: [Int: Unicode.Scalar] = [:]) -> [UInt16] {
    let letters = upper.unicodeScalars.filter { $0 != "\n" }
    precondition(letters.count == 128)
    return (0..<128).map { UInt16(below[$0]?.value ?? UInt32($0)) }
      + letters.map { $0 == "·" ? 0xFFFD : UInt16($0.value) }
  }

  /// TCVN3, the ABC fonts of the north.
  package static let tcvn3 = table(
    """
    ································
    ·ĂÂÊÔƠƯĐăâêôơưđ······àảãáạ·ằẳẵắ·
    ······ặầẩẫấậè·ẻẽéẹềểễếệìỉ···ĩíịò
    ·ỏõóọồổỗốộờởỡớợù·ủũúụừửữứựỳỷỹýỵ·
    """)

  /// VPS.
  package static let vps = table(
    """
    ÀẢÃẤẦẨọỗĂếềểệẮẰẲẾ··ỀỂỄỐỒỔỖýỷỵỚỜỞ
    ·ắằẳẵặỠớÙờởỡŨỨợỪổỬỲỸÍÌộỈĨÓửữÒỎÕự
    ầÁÂấẩẫậđẻÉÊẹỉễịỹƯỦồốÔỏơÈừứÚũưÝẺ·
    àáâãảạă·èéêẽìí·ĩẴĐòóôõ·Ơụùúủ·ỶẼỳ
    """)

  /// VISCII 1.1 (RFC 1456).
  package static let viscii = table(
    """
    ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ
    ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ
    ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư
    àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ
    """,
    below: [0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"])

  /// Windows-1258: Windows-1252 with some bytes that mean nothing, and with letters that a combining tone mark may follow.
  package static let windows1258: [UInt16] = {
    var table = (0...255).map { UInt16(Windows1252.scalar(of: $0)) }
    for byte in [0x81, 0x8A, 0x8D, 0x8E, 0x8F, 0x90, 0x9A, 0x9D, 0x9E] { table[byte] = 0xFFFD }
    let letters: [(Int, UInt16)] = [
      (0xC3, 0x102), (0xCC, 0x300), (0xD0, 0x110), (0xD2, 0x309), (0xD5, 0x1A0), (0xDD, 0x1AF), (0xDE, 0x303),
      (0xE3, 0x103), (0xEC, 0x301), (0xF0, 0x111), (0xF2, 0x323), (0xF5, 0x1A1), (0xFD, 0x1B0),
      (0xFE, 0x20AB),
    ]
    for (byte, letter) in letters { table[byte] = letter }
    return table
  }()

  /// VNI-Windows, single bytes: the letter of a byte that does not begin a pair.
  package static let vni = table(
    """
    ································
    ································
    ······Ỉ·····ÌÍỴ··ĐỊĨƠ·Ư·········
    ······ỉ·····ìíỵ··địĩơ·ư·········
    """)

  /// VNI-Windows, pairs of a vowel and a mark byte: the two bytes, then the letter.
  ///
  /// Below are the small letters, each after its two bytes as Latin-1 shows them. The bytes of a capital are 0x20 less, each.
  package static let vniPairs: [(pair: UInt16, letter: UInt16)] =
    """
    aàầ aáấ aââ aãẫ aäậ aåẩ aèằ aéắ aêă aëặ aïạ aõã aøà aùá aúẳ aûả aüẵ eàề eáế eâê eãễ eäệ eåể eïẹ eõẽ eøè eùé eûẻ
    oàồ oáố oâô oãỗ oäộ oåổ oïọ oõõ oøò oùó oûỏ uïụ uõũ uøù uùú uûủ yõỹ yøỳ yùý yûỷ
    ôïợ ôõỡ ôøờ ôùớ ôûở öïự öõữ öøừ öùứ öûử
    """.split(whereSeparator: \.isWhitespace).flatMap { small in
      let scalars = small.unicodeScalars.map { UInt16($0.value) }
      let pair = scalars[0] << 8 | scalars[1]
      let capital = LetterTable.shared[UInt32(scalars[2])].capital
      return [(pair, scalars[2]), (pair - 0x2020, UInt16(capital))]
    }
}
