// The gateway's result codes that a store of linked cards can decide.
// Invariant: a code that only the gateway or the insurer can decide (110 withdrawn, 120–124 decreased, 130,
// 401, …) has no case, so it is never an answer.
//
// Source: letter 1923/BHXH-CNTT of 20 June 2024, table of codes.

import Values

/// The code of an answer to a card check.
package enum ResultCode: UInt16, Sendable, CaseIterable {
  case right = 0
  case replaced = 3
  case renewed = 4
  case expired = 10
  case noData = 50
  case cardCodeWrong = 51
  case provinceWrong = 52
  case levelWrong = 53
  case nameWrong = 60
  case nameWrongButFirstLetter = 61
  case birthDateWrong = 70
  case wrongFormat = 205

  /// Three digits, as the gateway writes it.
  package var text: String { padded(UInt64(rawValue), to: 3) }

  /// Whether the question named the person correctly, so that the person's card may be shown.
  package var showsCard: Bool {
    switch self {
    case .right, .replaced, .renewed, .expired: true
    default: false
    }
  }

  /// The first sentence of the note to the clerk.
  package var sentence: StaticString {
    switch self {
    case .right: "Thông tin thẻ đúng."
    case .replaced: "Thẻ cũ đã hết giá trị sử dụng, đã được cấp thẻ mới: dùng thẻ mới."
    case .renewed: "Thẻ cũ còn giá trị sử dụng, đã được cấp thẻ mới."
    case .expired: "Thẻ hết giá trị sử dụng."
    case .noData: "Không có dữ liệu thẻ của số này."
    case .cardCodeWrong: "Mã thẻ sai: người có số này không có thẻ mang mã như vậy."
    case .provinceWrong: "Mã tỉnh (ký tự 4 và 5 của mã thẻ) sai."
    case .levelWrong: "Mức hưởng (ký tự thứ 3 của mã thẻ) sai."
    case .nameWrong: "Họ tên sai."
    case .nameWrongButFirstLetter: "Họ tên sai, chỉ đúng chữ cái đầu."
    case .birthDateWrong: "Ngày sinh sai."
    case .wrongFormat: "Tham số sai định dạng:"
    }
  }
}

/// What a clerk reads first, in large letters, and what the clerk does then; each in Vietnamese and English.
extension ResultCode {
  package var verdict: (vietnamese: StaticString, english: StaticString) {
    switch self {
    case .right: ("DÙNG ĐƯỢC THẺ", "THE CARD IS VALID")
    case .replaced: ("THẺ CŨ HẾT HẠN: DÙNG THẺ MỚI", "THE OLD CARD HAS ENDED: USE THE NEW ONE")
    case .renewed: ("DÙNG ĐƯỢC THẺ, ĐÃ CÓ THẺ MỚI", "THE CARD IS VALID, A NEW ONE IS KNOWN")
    case .expired: ("THẺ KHÔNG CÓ GIÁ TRỊ NGÀY NÀY", "THE CARD IS NOT VALID ON THIS DAY")
    case .noData: ("KHÔNG CÓ DỮ LIỆU", "NO DATA")
    case .cardCodeWrong: ("MÃ THẺ KHÔNG KHỚP", "THE CARD NUMBER DOES NOT MATCH")
    case .provinceWrong: ("MÃ TỈNH TRONG MÃ THẺ KHÔNG KHỚP", "THE PROVINCE IN THE CARD NUMBER DOES NOT MATCH")
    case .levelWrong: ("MỨC HƯỞNG TRONG MÃ THẺ KHÔNG KHỚP", "THE LEVEL IN THE CARD NUMBER DOES NOT MATCH")
    case .nameWrong, .nameWrongButFirstLetter: ("HỌ TÊN KHÔNG KHỚP", "THE NAME DOES NOT MATCH")
    case .birthDateWrong: ("NGÀY SINH KHÔNG KHỚP", "THE BIRTH DATE DOES NOT MATCH")
    case .wrongFormat: ("KHÔNG ĐỌC ĐƯỢC", "COULD NOT BE READ")
    }
  }

  package var advice: (vietnamese: StaticString, english: StaticString) {
    switch self {
    case .right: ("Tiếp nhận; đối chiếu ảnh trên giấy tờ.", "Go on; compare the photograph on the ID.")
    case .replaced: ("Tiếp nhận theo thẻ mới dưới đây.", "Go on with the new card below.")
    case .renewed:
      ("Tiếp nhận theo thẻ này đến hết hạn của thẻ.", "Go on with this card until its last day.")
    case .expired:
      (
        "Hỏi người bệnh đã gia hạn hoặc có thẻ khác chưa; nếu có giấy tờ, hỏi cơ quan BHXH.",
        "Ask whether the card was renewed or there is another; with papers that say so, ask the insurance office."
      )
    case .noData:
      (
        "Hỏi số định danh 12 số và tra lại; hỏi nơi đăng ký KCB ban đầu. Vẫn không có thì hỏi cơ quan BHXH.",
        "Ask for the 12-digit ID number and check again; ask where the person is registered. Then ask the insurance office."
      )
    case .cardCodeWrong, .provinceWrong, .levelWrong:
      (
        "Đọc lại mã thẻ trên thẻ, hoặc tra bằng số định danh 12 số.",
        "Read the card number again, or check by the 12-digit ID number."
      )
    case .nameWrong, .nameWrongButFirstLetter:
      (
        "Hỏi lại họ tên đầy đủ, đối chiếu căn cước; kiểm tra số vừa nhập có đúng của người này không.",
        "Ask for the full name and compare the ID card; check that the number is this person's."
      )
    case .birthDateWrong:
      (
        "Hỏi lại ngày sinh, đối chiếu căn cước; kiểm tra số vừa nhập có đúng của người này không.",
        "Ask for the birth date and compare the ID card; check that the number is this person's."
      )
    case .wrongFormat:
      ("Quét lại, hoặc gõ: số, họ tên, ngày sinh.", "Scan again, or type: number, name, birth date.")
    }
  }
}

/// Remarks for the clerk in addition to the code: tolerated differences, and the state of the data.
package struct Remarks: OptionSet, Sendable, Hashable, BitwiseCopyable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The names agree in their bare forms only.
  package static let nameSpelling = Remarks(rawValue: 1 << 0)
  /// The scanner destroyed letters; the remaining ones agree.
  package static let nameDamaged = Remarks(rawValue: 1 << 1)
  /// The birth dates agree at the coarser of their precisions.
  package static let birthDatePrecision = Remarks(rawValue: 1 << 2)
  package static let sexDiffers = Remarks(rawValue: 1 << 3)
  /// The facility printed on the card differs.
  package static let facilityDiffers = Remarks(rawValue: 1 << 4)
  /// The data have no card number to compare with.
  package static let noCardNumber = Remarks(rawValue: 1 << 5)
  /// The card number is of a group that the Defence or Public Security ministries may manage.
  package static let armedForces = Remarks(rawValue: 1 << 6)
  /// A group whose level changed on 1 January 2026.
  package static let levelChanged = Remarks(rawValue: 1 << 7)
  /// The card begins after the day.
  package static let notBegun = Remarks(rawValue: 1 << 8)
  /// A new card begins after the day; until then there is none.
  package static let nextLater = Remarks(rawValue: 1 << 9)
  /// Records of this number wait for a data officer.
  package static let held = Remarks(rawValue: 1 << 10)
  /// Several persons have the number.
  package static let shared = Remarks(rawValue: 1 << 11)
  /// The person is kept from an earlier run because today's data is doubtful; the answer is valid until a
  /// given day.
  package static let keptInGrace = Remarks(rawValue: 1 << 12)
  /// That day is over.
  package static let graceOver = Remarks(rawValue: 1 << 13)

  /// A data officer decided that the card is this person's, though the registers disagree.
  package static let decided = Remarks(rawValue: 1 << 14)

  /// The name was sent in another encoding and got back.
  package static let nameRepaired = Remarks(rawValue: 1 << 15)

  /// The remarks whose sentence does not depend on the card.
  package static let sentences: [(Remarks, StaticString)] = [
    (.nameSpelling, "Họ tên chỉ khác dấu hoặc cách viết."),
    (.nameDamaged, "Máy quét làm mất dấu của họ tên; phần còn đọc được khớp."),
    (.nameRepaired, "Máy quét gửi họ tên sai bảng mã; đã đọc lại được. Nên đặt máy quét về UTF-8."),
    (.birthDatePrecision, "Ngày sinh chỉ so được đến tháng hoặc năm."),
    (.sexDiffers, "Giới tính khác dữ liệu: đối chiếu giấy tờ."),
    (.facilityDiffers, "Nơi đăng ký KCB ban đầu in trên thẻ khác dữ liệu."),
    (.decided, "Cán bộ dữ liệu đã xác nhận thẻ là của người này; thông tin in trên thẻ có thể khác."),
    (.noCardNumber, "Dữ liệu không có mã thẻ để đối chiếu."),
    (.armedForces, "Thẻ nhóm lực lượng vũ trang có thể do cơ quan khác quản lý: đối chiếu thẻ và giấy tờ."),
    (.levelChanged, "Nhóm này đổi mức hưởng từ 01/01/2026: thẻ in trước đó có thể còn mức cũ."),
    (.held, "Có bản ghi của số này đang chờ cán bộ dữ liệu xử lý."),
    (.shared, "Số này đang gắn với nhiều người nên không trả lời được."),
  ]
}
