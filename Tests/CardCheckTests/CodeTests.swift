// Every result code with its exact note, on invented people.

import Rules
import Testing
import Values
@testable import CardCheck

@Suite("Codes")
struct CodeTests {
  static let standing = " Dữ liệu ngày 23/11/2026."
  /// A line, its code and its note.
  static let cases: [(String, String, String)] = [
    // 000
    ("079090000123,NGUYỄN VĂN HÒA,01/02/1990", "000", "Thông tin thẻ đúng."),
    (
      "7912345678,Nguyễn Văn Hòa,02/1990", "000",
      "Thông tin thẻ đúng. Ngày sinh chỉ so được đến tháng hoặc năm."
    ),
    (
      "DN4797912345678,Nguyễn Văn Hoà,1990", "000",
      "Thông tin thẻ đúng. Họ tên chỉ khác dấu hoặc cách viết. Ngày sinh chỉ so được đến tháng hoặc năm."
    ),
    (
      "DN479079090000123,Nguyen Van Hoa,01/02/1990", "000",
      "Thông tin thẻ đúng. Họ tên chỉ khác dấu hoặc cách viết."
    ),
    (
      "079090000123|012345678|Nguy?n V?n H?a|01021990|Nữ|Phố|15052021", "000",
      "Thông tin thẻ đúng. Máy quét làm mất dấu của họ tên; phần còn đọc được khớp. "
        + "Giới tính khác dữ liệu: đối chiếu giấy tờ."
    ),
    (
      "7912345678|\(hex("NGUYỄN VĂN HÒA"))|01/02/1990|1|-|01 - 028|-|-|-|-|$", "000",
      "Thông tin thẻ đúng. Nơi đăng ký KCB ban đầu in trên thẻ khác dữ liệu."
    ),
    ("7912345684,Hồ Thị Xuân,03/03/1993", "000", "Thông tin thẻ đúng."),
    (
      "GD4797912345684,Hồ Thị Xuân,03/03/1993", "000",
      "Thông tin thẻ đúng. Dữ liệu không có mã thẻ để đối chiếu."
    ),
    (
      "079090000130,Võ Quân,06/05/1980", "000",
      "Thông tin thẻ đúng. Thẻ nhóm lực lượng vũ trang có thể do cơ quan khác quản lý: đối chiếu thẻ và giấy tờ."
    ),
    (
      "079190000124,Trần Thị Bích,15/07/1990", "000",
      "Thông tin thẻ đúng. Ngày sinh chỉ so được đến tháng hoặc năm."
    ),
    // 003
    (
      "DN4797912345679,Trần Thị Bích,07/1990", "003",
      "Thẻ cũ đã hết giá trị sử dụng, đã được cấp thẻ mới: dùng thẻ mới."
    ),
    // 004
    ("079090000125,Đỗ Y Blăk,1990", "004", "Thẻ cũ còn giá trị sử dụng, đã được cấp thẻ mới."),
    (
      "GD4797912345680,Do Y Blak,1990", "004",
      "Thẻ cũ còn giá trị sử dụng, đã được cấp thẻ mới. Họ tên chỉ khác dấu hoặc cách viết."
    ),
    // 010
    ("079090000126,Lê An,31/12/1990", "010", "Thẻ hết giá trị sử dụng."),
    ("CN3797912345681,Lê An,31/12/1990", "010", "Thẻ hết giá trị sử dụng."),
    ("079090000127,Phạm Út,01/01/1991", "010", "Thẻ chưa đến hạn sử dụng: có giá trị từ 01/01/2027."),
    ("079090000128,Phạm Út Em,01/01/1992", "010", "Thẻ chưa đến hạn sử dụng: có giá trị từ 01/01/2027."),
    // 050
    ("079090000999,Nguyễn Văn Hòa,1990", "050", "Không có dữ liệu thẻ của số này."),
    ("7912345999,Nguyễn Văn Hòa,1990", "050", "Không có dữ liệu thẻ của số này."),
    ("DN4797912345999,Nguyễn Văn Hòa,1990", "050", "Không có dữ liệu thẻ của số này."),
    (
      "QN5977912345999,Nguyễn Văn Hòa,1990", "050",
      "Không có dữ liệu thẻ của số này. "
        + "Thẻ nhóm lực lượng vũ trang có thể do cơ quan khác quản lý: đối chiếu thẻ và giấy tờ."
    ),
    // 051
    (
      "GD4797912345678,Nguyễn Văn Hòa,01/02/1990", "051",
      "Mã thẻ sai: người có số này không có thẻ mang mã như vậy."
    ),
    (
      "DN3017912345678,Nguyễn Văn Hòa,01/02/1990", "051",
      "Mã thẻ sai: người có số này không có thẻ mang mã như vậy."
    ),
    // 052
    ("DN4017912345678,Nguyễn Văn Hòa,01/02/1990", "052", "Mã tỉnh (ký tự 4 và 5 của mã thẻ) sai."),
    ("HT301079190000124,Trần Thị Bích,07/1990", "052", "Mã tỉnh (ký tự 4 và 5 của mã thẻ) sai."),
    // 053
    ("DN2797912345678,Nguyễn Văn Hòa,01/02/1990", "053", "Mức hưởng (ký tự thứ 3 của mã thẻ) sai."),
    ("DN2797912345679,Trần Thị Bích,07/1990", "053", "Mức hưởng (ký tự thứ 3 của mã thẻ) sai."),
    (
      "CN2797912345681,Lê An,31/12/1990", "053",
      "Mức hưởng (ký tự thứ 3 của mã thẻ) sai. "
        + "Nhóm này đổi mức hưởng từ 01/01/2026: thẻ in trước đó có thể còn mức cũ."
    ),
    // 060, 061
    ("079090000123,Trần Văn Hòa,01/02/1990", "060", "Họ tên sai."),
    ("079090000123,Ngô Văn Hòa,01/02/1990", "061", "Họ tên sai, chỉ đúng chữ cái đầu."),
    ("079090000123,Nguyễn Hòa,01/02/1990", "061", "Họ tên sai, chỉ đúng chữ cái đầu."),
    ("079090000123,Nguyễn Văn Hòa Bình,01/02/1990", "061", "Họ tên sai, chỉ đúng chữ cái đầu."),
    ("079090000125,Dỗ Y Blăx,1990", "061", "Họ tên sai, chỉ đúng chữ cái đầu."),
    ("079090000123,Nguy?n V?n H?a,01/02/1990", "061", "Họ tên sai, chỉ đúng chữ cái đầu."),
    ("079090000123||Nguy?n V?n B?a|01021990|Nam||1", "061", "Họ tên sai, chỉ đúng chữ cái đầu."),
    ("079090000123||??? ??? ???|01021990|Nam||1", "060", "Họ tên sai."),
    // 070
    ("079090000123,Nguyễn Văn Hòa,02/02/1990", "070", "Ngày sinh sai."),
    ("079090000123,Nguyễn Văn Hòa,03/1990", "070", "Ngày sinh sai."),
    ("079090000123,Nguyễn Văn Hòa,1991", "070", "Ngày sinh sai."),
    ("079190000124,Trần Thị Bích,15/08/1990", "070", "Ngày sinh sai."),
  ]

  @Test("a line gets its code and its note", arguments: cases)
  func codes(line: String, code: String, note: String) throws {
    let answer = try Town.ask(line)
    #expect(answer.code == code)
    #expect(Town.note(answer.text) == note + Self.standing)
  }

  static let faults: [(QuestionFault, String, String)] = [
    (.emptyLine, "205", "Tham số sai định dạng: dòng trống."),
    (.lineTooLong, "205", "Tham số sai định dạng: dòng quá dài."),
    (.fieldCount, "205", "Tham số sai định dạng: cần số, họ tên và ngày sinh."),
    (.quote, "205", "Tham số sai định dạng: dấu ngoặc kép không đóng."),
    (.qrCode, "205", "Tham số sai định dạng: không phải mã QR của thẻ căn cước hay thẻ BHYT."),
    (.json, "205", "Tham số sai định dạng: JSON không đúng, hoặc không phải một đối tượng phẳng."),
    (.numberMissing, "205", "Tham số sai định dạng: thiếu số."),
    (
      .numberForm, "205",
      "Tham số sai định dạng: số phải là mã thẻ 15 hoặc 17 ký tự, mã số BHXH 10 số hoặc số định danh 12 số."
    ),
    (
      .legacyNumber, "205",
      "Tham số sai định dạng: không tra được bằng số CMND 9 số; hãy dùng số định danh 12 số."
    ),
    (.benefitLevel, "053", "Mức hưởng (ký tự thứ 3 của mã thẻ) sai. Mức hưởng chỉ từ 1 đến 5."),
    (
      .cardCode, "051",
      "Mã thẻ sai: người có số này không có thẻ mang mã như vậy. "
        + "Mã thẻ gồm hai chữ cái, mức hưởng, mã tỉnh và 10 hoặc 12 số."
    ),
    (.nameMissing, "205", "Tham số sai định dạng: thiếu họ tên."),
    (.nameForm, "205", "Tham số sai định dạng: họ tên có ký tự không phải chữ."),
    (
      .nameUndecoded, "205",
      "Tham số sai định dạng: họ tên được gửi sai bảng mã nên không đọc được: đặt máy quét về UTF-8 rồi quét lại, hoặc gõ "
        + "số, họ tên, ngày sinh."
    ),
    (.birthDateMissing, "205", "Tham số sai định dạng: thiếu ngày sinh."),
    (.birthDateForm, "205", "Tham số sai định dạng: ngày sinh phải là ngày/tháng/năm, tháng/năm hoặc năm."),
    (.birthDateImpossible, "205", "Tham số sai định dạng: ngày sinh không có thật."),
  ]

  @Test("a fault gets its code and its note", arguments: faults)
  func faultCodes(fault: QuestionFault, code: String, note: String) {
    var question = CardQuestion()
    question.fault = fault
    let answer = Answer(question, CardRules(on: Town.day).verdictWithoutPerson(question), nil)
    var writer = AnswerWriter(.json, Town.standing, on: Town.day)
    writer.append(answer, PersonBatch())
    #expect(answer.code.text == code)
    #expect(Town.note(String(decoding: writer.bytes, as: UTF8.self)) == note)
  }

  @Test("a clerk reads the verdict first, then what to do, then the card", arguments: ResultCode.allCases)
  func clerk(code: ResultCode) throws {
    let line = Self.cases.first { $0.1 == code.text }?.0 ?? ""
    let lines = try Town.ask(line, form: .text).text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[1] == "  \(code.text)  \(code.verdict.vietnamese)")
    #expect(lines[2] == "       \(code.verdict.english)")
    #expect(lines[4] == "Cần làm: \(code.advice.vietnamese)" && lines[5] == "To do: \(code.advice.english)")
    #expect(lines.contains { $0.hasPrefix("Họ tên · Name: ") } == code.showsCard)
    #expect(lines.contains { $0.hasPrefix("Ghi chú: ") })
  }

  @Test("the text for a clerk, letter by letter")
  func clerkText() throws {
    #expect(
      try Town.ask("079190000124,Trần Thị Bích,07/1990", form: .text).text == """
        ============================================================
          000  DÙNG ĐƯỢC THẺ
               THE CARD IS VALID
        ============================================================
        Cần làm: Tiếp nhận; đối chiếu ảnh trên giấy tờ.
        To do: Go on; compare the photograph on the ID.

        Họ tên · Name: TRẦN THỊ BÍCH
        Ngày sinh · Birth date: 07/1990 · Nữ
        Thẻ · Card: HT3797912345679 · 01/06/2026 – 31/05/2027 · 01C54

        Ghi chú: Thông tin thẻ đúng. Dữ liệu ngày 23/11/2026.


        """)
  }

  @Test("the table of faults is whole, and so is the table of codes")
  func tables() {
    #expect(Set(Self.faults.map(\.0)) == Set(QuestionFault.allCases))
    let told = Set(Self.cases.map(\.1)).union(Self.faults.map(\.1))
    #expect(told == Set(ResultCode.allCases.map(\.text)))
    #expect(
      ResultCode.allCases.map(\.text) == [
        "000", "003", "004", "010", "050", "051", "052", "053", "060", "061", "070", "205",
      ])
  }

  @Test("an answer has the gateway's fields, and the card's values as the gateway writes them")
  func fields() throws {
    let answer = try Town.ask("DN4797912345679,Trần Thị Bích,07/1990")
    #expect(
      answer.text == """
        {
          "maKetQua": "003",
          "ghiChu": "Thẻ cũ đã hết giá trị sử dụng, đã được cấp thẻ mới: dùng thẻ mới. Dữ liệu ngày 23/11/2026.",
          "maThe": "DN4797912345679",
          "maTheCu": null,
          "maTheMoi": "HT3797912345679",
          "hoTen": "TRẦN THỊ BÍCH",
          "ngaySinh": "07/1990",
          "gioiTinh": "Nữ",
          "maDKBD": "79024",
          "maDKBDMoi": "01C54",
          "gtTheTu": "01/01/2025",
          "gtTheDen": "31/05/2026",
          "gtTheTuMoi": "01/06/2026",
          "gtTheDenMoi": "31/05/2027",
          "maKV": null,
          "ngayDu5Nam": null,
          "maSoBHXH": "7912345679"
        }

        """)
    let row = try Town.ask("079190000124,Trần Thị Bích,07/1990", form: .csv).text
    #expect(
      row == """
        1,"000","Thông tin thẻ đúng. Dữ liệu ngày 23/11/2026.","HT3797912345679","DN4797912345679",,"TRẦN THỊ BÍCH",\
        "07/1990","Nữ","01C54",,"01/06/2026","31/05/2027",,,,,"7912345679"

        """)
    let line = try Town.ask("079090000128,Phạm Út Em,01/01/1992", form: .jsonLines).text
    #expect(
      line == """
        {"dong":1,"maKetQua":"010",\
        "ghiChu":"Thẻ chưa đến hạn sử dụng: có giá trị từ 01/01/2027. Dữ liệu ngày 23/11/2026.",\
        "maThe":"TE1797912345683","maTheCu":null,"maTheMoi":null,"hoTen":"PHẠM ÚT EM","ngaySinh":"01/01/1992",\
        "gioiTinh":"Nam","maDKBD":"79024","maDKBDMoi":null,"gtTheTu":"01/01/2027","gtTheDen":"31/12/2027",\
        "gtTheTuMoi":null,"gtTheDenMoi":null,"maKV":null,"ngayDu5Nam":null,"maSoBHXH":"7912345683"}

        """)
  }

  @Test(
    "whoever names a person wrongly is shown nothing of the person", arguments: cases.map { ($0.0, $0.1) })
  func privacy(line: String, code: String) throws {
    let text = try Town.ask(line, form: .jsonLines).text
    let shows = ["000", "003", "004", "010"].contains(code)
    #expect(text.contains("\"hoTen\":null") != shows)
    #expect(text.contains("\"maSoBHXH\":null") != shows)
    if !shows { #expect(!text.contains("\"79024\"") && !text.contains("/1990\"")) }
  }

  static let days: [(String, UInt32, String)] = [
    ("079090000123,Nguyễn Văn Hòa,1990", 20_261_231, "000"),
    ("079090000123,Nguyễn Văn Hòa,1990", 20_270_101, "010"),
    ("079090000123,Nguyễn Văn Hòa,1990", 20_251_231, "010"),
    ("079090000125,Đỗ Y Blăk,1990", 20_270_101, "000"),
    ("DN4797912345679,Trần Thị Bích,1990", 20_260_531, "004"),
    ("DN4797912345679,Trần Thị Bích,1990", 20_260_601, "003"),
    ("HT3797912345679,Trần Thị Bích,1990", 20_260_531, "004"),
    ("DN4797912345679,Trần Thị Bích,1990", 20_270_601, "010"),
    ("079090000128,Phạm Út Em,1992", 20_260_630, "004"), ("079190000129,Hồ Thị Xuân,1993", 20_991_231, "000"),
  ]

  @Test("the day decides", arguments: days)
  func day(line: String, day: UInt32, code: String) throws {
    #expect(try Town.ask(line, on: CalendarDate(packed: day)).code == code)
  }

  @Test("a card that hasn't begun while the one before it is valid is told as the new one")
  func roles() throws {
    let text = try Town.ask(
      "HT3797912345679,Trần Thị Bích,1990", on: CalendarDate(packed: 20_260_531), form: .jsonLines
    ).text
    #expect(text.contains("\"maThe\":\"DN4797912345679\",\"maTheCu\":null,\"maTheMoi\":\"HT3797912345679\""))
  }

  @Test("data past their last day of use say so in the note; one day before they don't")
  func stale() throws {
    let line = "079090000123,Nguyễn Văn Hòa,01/02/1990"
    #expect(
      Town.note(try Town.ask(line, on: CalendarDate(packed: 20_261_127)).text)
        == "Thông tin thẻ đúng. Dữ liệu ngày 23/11/2026, đã quá hạn dùng 26/11/2026: hãy lấy dữ liệu mới.")
    #expect(
      Town.note(try Town.ask(line, on: CalendarDate(packed: 20_261_126)).text)
        == "Thông tin thẻ đúng. Dữ liệu ngày 23/11/2026.")
  }

  @Test("an insurance number of two persons is nobody's")
  func shared() throws {
    var people = Town.people
    people.add(
      "079090000131", "NGUYỄN VĂN HÒA", "1990-02-01", .male,
      [CardWords("", "7912345678", "2026-01-01", "")])
    let source = MemoryCards(people, Town.standing)
    let answer = try Town.ask("7912345678,Nguyễn Văn Hòa,1990", source)
    #expect(answer.code == "050")
    #expect(
      Town.note(answer.text)
        == "Không có dữ liệu thẻ của số này. Số này đang gắn với nhiều người nên không trả lời được."
        + " Dữ liệu ngày 23/11/2026.")
    // The card's own number still identifies one of them.
    #expect(try Town.ask("DN4797912345678,Nguyễn Văn Hòa,1990", source).code == "000")
  }

  @Test("a card of 17 characters is its holder's, whosever number its digits are")
  func foreignTail() throws {
    var people = Town.people
    people.add(
      "079090000132", "BÙI LẠ", "1970-01-01", .male,
      [CardWords("XB479079090000123", "7912345690", "2026-01-01", "")])
    let source = MemoryCards(people, Town.standing)
    #expect(try Town.ask("XB479079090000123,Bùi Lạ,1970", source).code == "000")
    #expect(try Town.ask("DN479079090000123,Nguyễn Văn Hòa,1990", source).code == "000")
  }
}
