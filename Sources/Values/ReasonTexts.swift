// What each reason and note means, and what to do about it, in both languages.

extension Reason {
  /// Reads a word as the store and quarantine show it: `name`, `sex_code=7`.
  package init?(shown word: String) { self.init(word: String(word.prefix { $0 != "=" })) }

  /// The meaning, as half a sentence.
  package var meaning: Bilingual { texts.meaning }

  /// What to do about it.
  package var remedy: Bilingual { texts.remedy }

  private var texts: Texts {
    switch self {
    case .fieldCount:
      .init(
        "dòng có số trường khác với dòng tiêu đề", "the line has more or fewer fields than the header",
        do:
          "Tìm dấu phân cách hoặc dấu xuống dòng trong giá trị không có ngoặc kép, rồi xuất lại tệp. "
          + "Nếu là dòng tổng cộng, ghi mẫu của dòng vào khóa footer.",
        "Look for a delimiter or a line break inside a value that is not quoted, and export the file again. "
          + "For a line of totals, set the key footer.")
    case .encoding:
      .init(
        "bản ghi có byte không đọc được theo bảng mã của tệp",
        "the record holds bytes that are not text in the export's encoding", do: .setEncoding)
    case .unclosedQuote:
      .init(
        "giá trị trong ngoặc kép thiếu dấu ngoặc đóng", "a quoted value has no closing quote",
        do:
          "Sửa dòng này tại hệ thống nguồn, hoặc xuất lại tệp. "
          + "Nếu tệp dùng dấu ngoặc khác hoặc không dùng dấu ngoặc, sửa khóa quote hoặc escape.",
        "Correct the line in the source system, or export the file again. "
          + "If the file quotes in another way or not at all, set the key quote or escape.")
    case .valueTooLong:
      .init(
        "giá trị dài quá giới hạn của mọi trường", "a value is longer than the limit for a field",
        do: "Tìm dấu ngoặc kép hoặc thẻ đóng bị thiếu ở trước bản ghi này.",
        "Look for a missing quote or a missing end tag before this record.")
    case .repeatedElement:
      .init(
        "phần tử chỉ được xuất hiện một lần nhưng có nhiều lần trong bản ghi",
        "an element that may occur once occurs several times in the record",
        do: "Sửa bản ghi tại hệ thống nguồn, hoặc khai báo đường dẫn chỉ đến một phần tử.",
        "Correct the record in the source system, or map the field to a path that leads to one element.")
    case .listLength:
      .init(
        "các danh sách thẻ, nơi đăng ký và thời hạn trong bản ghi không cùng số phần tử",
        "the lists of cards, facilities and dates in the record differ in length",
        do: "Mỗi danh sách phải có một giá trị cho mỗi thẻ, theo cùng thứ tự, hoặc để trống cả danh sách.",
        "Give each list one value per card, in the same order, or leave the whole list empty.")
    case .nameMissing:
      .init(
        "bản ghi không có họ tên", "the record has no name",
        do: "Nhập họ tên tại hệ thống nguồn.", "Enter the name in the source system.")
    case .nameFormat:
      .init(
        "họ tên có chữ số hoặc ký tự điều khiển, không có chữ cái nào, hoặc dài quá 255 ký tự",
        "the name holds a digit or a control character, has no letter, or is longer than 255 characters",
        do:
          "Sửa họ tên tại hệ thống nguồn; nếu mọi họ tên đều như vậy, kiểm tra cột được khai báo trong tệp cấu hình.",
        "Correct the name in the source system; if all names are wrong, check which column the pipeline file maps."
      )
    case .nameMojibake:
      .init(
        "họ tên bị lỗi phông chữ do đọc sai bảng mã", "the name was read in the wrong encoding",
        do: .setEncoding)
    case .birthDateMissing:
      .init(
        "bản ghi không có ngày sinh", "the record has no birth date",
        do: "Nhập ngày sinh tại hệ thống nguồn; chỉ có năm sinh cũng được.",
        "Enter the birth date in the source system; the year alone is enough.")
    case .birthDateFormat:
      .init(
        "ngày sinh không đúng mẫu ngày nào đã khai báo",
        "the birth date matches no date pattern of the pipeline file",
        do: "Sửa ngày tại hệ thống nguồn, hoặc thêm mẫu ngày vào mục dates của tệp cấu hình.",
        "Correct the date in the source system, or add its pattern to the dates of this export in the pipeline file."
      )
    case .birthDateImpossible:
      .init(
        "ngày sinh không có trong lịch", "the birth date is a day that does not exist", do: .checkBirthDate)
    case .birthDateFuture:
      .init(
        "ngày sinh sau ngày nghiệp vụ", "the birth date is after the business date",
        do:
          "Sửa ngày tại hệ thống nguồn; nếu lượt chạy dùng ngày nghiệp vụ cũ, hãy chỉ định ngày đúng bằng --as-of.",
        "Correct the date in the source system; if the run used an old business date, give the correct one with --as-of."
      )
    case .birthDateTooEarly:
      .init("ngày sinh trước năm 1900", "the birth date is before 1900", do: .checkBirthDate)
    case .sexCode:
      .init(
        "mã giới tính không có trong danh mục của tệp", "the code for sex is not in this export's list",
        do:
          "Thêm mã vào mục values, sex của tệp cấu hình nếu chắc chắn ý nghĩa; nếu không, sửa tại hệ thống nguồn.",
        "If the code's meaning is certain, add it to values, sex in the pipeline file; otherwise correct it in the source system."
      )
    case .statusCode:
      .init(
        "mã tình trạng không có trong danh mục của tệp", "the code for status is not in this export's list",
        do: "Hỏi cơ quan quản lý dữ liệu về ý nghĩa của mã rồi thêm vào mục values, status của tệp cấu hình.",
        "Ask the owner of the register what the code means and add it to values, status in the pipeline file."
      )
    case .personalIDMissing:
      .init(
        "bản ghi dân cư không có số định danh cá nhân", "the population record has no personal ID number",
        do: "Nhập số định danh tại hệ thống nguồn.", "Enter the number in the source system.")
    case .personalIDFormat:
      .init(
        "số định danh cá nhân không đủ 12 chữ số", "the personal ID number is not 12 digits",
        do: "Sửa số tại hệ thống nguồn; nếu mất số 0 ở đầu, hãy xuất cột này dưới dạng văn bản.",
        "Correct the number in the source system; if zeros are missing, export the column as text.")
    case .insuranceNumberFormat:
      .init(
        "mã số BHXH không phải 10 hoặc 12 chữ số", "the insurance number is neither 10 nor 12 digits",
        do: "Sửa số trong dữ liệu BHXH; nếu mất số 0 ở đầu, hãy xuất cột này dưới dạng văn bản.",
        "Correct the number in the insurance register; if zeros are missing, export the column as text.")
    case .insuranceNumberMissing:
      .init(
        "bản ghi không có mã số BHXH và cũng không có số thẻ chứa mã số",
        "the record has neither an insurance number nor a card number that holds it",
        do: "Nhập mã số BHXH vào dữ liệu BHXH.", "Enter the insurance number in the insurance register.")
    case .cardNumberFormat:
      .init(
        "số thẻ BHYT không đúng cấu trúc: hai chữ cái, mức hưởng, mã tỉnh và 10 hoặc 12 chữ số",
        "the card number is not two letters, a level, a province and 10 or 12 digits", do: .correctCardNumber)
    case .benefitLevel:
      .init(
        "ký tự thứ ba của số thẻ không phải mức hưởng từ 1 đến 5",
        "the third character of the card number is not a benefit level from 1 to 5", do: .correctCardNumber)
    case .validFromMissing:
      .init(
        "thẻ không có ngày bắt đầu giá trị sử dụng", "the card has no first day of validity",
        do: "Nhập ngày vào dữ liệu BHXH.", "Enter the date in the insurance register.")
    case .validFromFormat:
      .init(
        "ngày bắt đầu giá trị của thẻ không đúng mẫu ngày đã khai báo",
        "the card's first day of validity matches no date pattern of the pipeline file",
        do: .correctDateOrPattern)
    case .validToFormat:
      .init(
        "ngày kết thúc giá trị của thẻ không đúng mẫu ngày đã khai báo",
        "the card's last day of validity matches no date pattern of the pipeline file",
        do: .correctDateOrPattern)
    case .validReversed:
      .init(
        "thẻ kết thúc trước ngày bắt đầu giá trị", "the card ends before it begins",
        do: "Sửa các ngày trong dữ liệu BHXH.", "Correct the dates in the insurance register.")
    case .filler:
      .init(
        "trường số định danh chỉ lặp một chữ số, coi như không có số",
        "the personal ID field holds one repeated digit, which counts as no number",
        do: "Hỏi người dân số định danh và nhập vào dữ liệu BHXH.",
        "Ask the person for the number and enter it in the insurance register.")
    case .armedForces:
      .init(
        "không có số định danh; thẻ thuộc lực lượng vũ trang",
        "no personal ID number, on a card of the armed forces",
        do: "Bình thường: các thẻ này được gửi không kèm số định danh. Không cần xử lý.",
        "Expected: these cards are sent without numbers. Nothing to do.")
    case .newborn:
      .init(
        "không có số định danh; thẻ trẻ em dưới 6 tuổi",
        "no personal ID number, on a card of a child under six",
        do: "Bình thường với trẻ sơ sinh: chờ đăng ký khai sinh rồi nhập số định danh.",
        "Expected for newborn children: wait until the birth is registered, then enter the number.")
    case .leadingZeroLost:
      .init(
        "số bị mất các chữ số 0 ở đầu", "the number has lost its leading zeros",
        do: "Xuất cột này dưới dạng văn bản; số không bao giờ được tự động sửa.",
        "Export the column as text; cardlink never repairs the number by itself.")
    case .insuranceNumberInID:
      .init(
        "trường số định danh ghi mã số BHXH", "the personal ID field holds the insurance number",
        do: "Nhập số định danh vào dữ liệu BHXH.", "Enter the personal ID number in the insurance register.")
    case .passport:
      .init(
        "trường số định danh ghi số hộ chiếu", "the personal ID field holds a passport number",
        do: "Nhập số định danh, nếu người này có.", "Enter the personal ID number, if the person has one.")
    case .spreadsheetExponent:
      .init(
        "bảng tính đã làm tròn số và làm mất chữ số", "a spreadsheet has rounded the number",
        do: "Xuất cột này dưới dạng văn bản từ hệ thống nguồn; không thể khôi phục các chữ số từ tệp này.",
        "Export the column as text from the source system; the digits can't be recovered from this file.")
    case .wrongLength:
      .init(
        "trường số định danh không có đúng 12 hoặc 9 chữ số",
        "the personal ID field holds neither 12 nor 9 digits",
        do: "Sửa số trong dữ liệu BHXH.", "Correct the number in the insurance register.")
    case .notDigits:
      .init(
        "trường số định danh không phải là số", "the personal ID field does not hold a number",
        do: "Sửa trường này trong dữ liệu BHXH.", "Correct the field in the insurance register.")
    case .legacyUnknown:
      .init(
        "không có bản ghi dân cư nào từng mang số CMND này",
        "no population record has held this 9-digit number", do: .enterPersonalID)
    case .legacyAmbiguous:
      .init(
        "nhiều người từng mang cùng số CMND này", "more than one person has held this 9-digit number",
        do: .enterPersonalID)
    case .idPrefixUnknown:
      .init(
        "ba chữ số đầu không phải mã tỉnh hoặc mã nước đã biết",
        "the number begins with no known province or country",
        do: "Đối chiếu số định danh với giấy tờ của người dân.",
        "Check the number against the person's papers.")
    case .testNumber:
      .init(
        "số thuộc môi trường thử nghiệm", "the number belongs to a test environment",
        do: "Xóa bản ghi thử nghiệm khỏi dữ liệu BHXH.", "Remove the test record from the insurance register."
      )
    case .name: .init("họ tên không khớp", "the names disagree", do: .checkPapers)
    case .birthDate: .init("ngày sinh không khớp", "the birth dates disagree", do: .checkPapers)
    case .sex: .init("giới tính không khớp", "the sexes disagree", do: .checkPapers)
    case .status:
      .init(
        "các bản ghi của một người khác nhau về tình trạng", "records of one person disagree in status",
        do: "Hỏi cơ quan quản lý dữ liệu dân cư bản ghi nào là đúng.",
        "Ask the population register which record is correct.")
    case .dayMonthSwapped:
      .init(
        "ngày và tháng sinh bị đảo cho nhau", "the birth dates agree if day and month are swapped",
        do: "Sửa ngày ở nơi ghi sai.", "Correct the date in the register that is wrong.")
    case .sameWords:
      .init(
        "họ tên có cùng các từ nhưng khác thứ tự", "the names have the same words in another order",
        do: "Sửa họ tên trong dữ liệu BHXH.", "Correct the name in the insurance register.")
    case .iYSpelling:
      .init(
        "họ tên chỉ khác nhau ở i và y", "the names differ only in i and y",
        do: "Viết theo dữ liệu dân cư.", "Take the spelling of the population register.")
    case .middleNameDropped:
      .init(
        "một bên thiếu tên đệm", "one of the names lacks middle words",
        do: "Lấy theo họ tên trong dữ liệu dân cư.", "Take the name of the population register.")
    case .lunarBirthday:
      .init(
        "ngày sinh lệch 20 đến 50 ngày như giữa dương lịch và âm lịch",
        "the birth dates are 20 to 50 days apart, as solar and lunar dates are",
        do: "Hỏi người dân ngày sinh dương lịch và sửa ở nơi ghi sai.",
        "Ask the person for the solar date and correct the register that is wrong.")
    case .dead:
      .init(
        "người này đã chết", "the person has died",
        do: "Chấm dứt giá trị thẻ trong dữ liệu BHXH.", "End the card in the insurance register.")
    case .missing:
      .init(
        "người này bị tuyên bố mất tích", "the person is declared missing",
        do: "Hỏi cơ quan quản lý dữ liệu dân cư trước khi thay đổi.",
        "Ask the population register before anything is changed.")
    case .numberCancelled:
      .init(
        "số định danh cá nhân đã bị hủy", "the personal ID number was cancelled",
        do: "Hỏi người dân số định danh mới và nhập vào dữ liệu BHXH.",
        "Ask the person for the new number and enter it in the insurance register.")
    case .leftNationality:
      .init(
        "người này đã thôi quốc tịch", "the person has given up the nationality",
        do: "Kiểm tra người này còn tham gia bảo hiểm hay không.",
        "Check whether the person is still insured."
      )
    case .statusUnknown:
      .init(
        "chưa rõ tình trạng của người này trong dữ liệu dân cư",
        "the population register does not say whether the person is active",
        do: "Hỏi cơ quan quản lý dữ liệu dân cư; tình trạng chưa rõ không bao giờ được coi là còn hiệu lực.",
        "Ask the population register; an unknown status is never taken for active.")
    case .insuranceNumber:
      .init(
        "nhiều người dùng chung một mã số BHXH", "two or more persons claim the insurance number",
        do: "Xác minh mã số thuộc về ai và sửa các bản ghi còn lại.",
        "Find out whose number it is and correct the other records.")
    case .nameSpelling:
      .init(
        "họ tên chỉ khớp khi bỏ dấu", "the names agree only without tone and vowel marks",
        do: "Viết theo dữ liệu dân cư khi cập nhật bản ghi lần tới.",
        "Take the spelling of the population register when the record is next changed.")
    case .birthDatePrecision:
      .init(
        "ngày sinh ở một bên thiếu ngày hoặc tháng", "one birth date is known less exactly than the other",
        do: "Bổ sung ngày sinh khi cập nhật bản ghi lần tới.",
        "Complete the date when the record is next changed.")
    case .idSexDigit:
      .init(
        "chữ số thứ tư của số định danh không ứng với giới tính",
        "digit 4 of the personal ID number does not agree with the sex",
        do: "Hợp lệ sau khi xác định lại giới tính; nếu không, hỏi cơ quan quản lý dữ liệu dân cư.",
        "Correct after a legal change of sex; otherwise ask the population register.")
    case .idBirthYearDigits:
      .init(
        "chữ số thứ tư đến thứ sáu của số định danh không ứng với năm sinh",
        "digits 4 to 6 of the personal ID number do not agree with the birth year",
        do: "Hợp lệ sau khi cải chính năm sinh; nếu không, hỏi cơ quan quản lý dữ liệu dân cư.",
        "Correct after an official correction of the birth year; otherwise ask the population register.")
    case .insuranceNumberNotID:
      .init(
        "mã số BHXH 12 chữ số hoặc phần số cuối của thẻ 17 ký tự khác số định danh của bản ghi",
        "the 12-digit insurance number or the tail of the 17-character card is another personal ID number",
        do: "Kiểm tra số nào đúng. Nếu số kia là của một người khác thì bản ghi chưa được liên kết.",
        "Check which number is correct. If the other one is a registered person's, the record is not linked.")
    case .idFromInsuranceNumber:
      .init(
        "trường số định danh để trống; số định danh lấy từ mã số BHXH hoặc số thẻ",
        "the personal ID field is empty; the number is taken from the insurance or card number",
        do: "Bổ sung số định danh vào dữ liệu BHXH; bản ghi vẫn được xử lý như thường lệ.",
        "Enter the personal ID number in the insurance register; the record is treated like any other.")
    case .cardTailDiffers:
      .init(
        "phần số cuối của thẻ khác mã số BHXH hoặc số định danh của bản ghi",
        "the card number's last digits are not the record's insurance or personal ID number",
        do: "Kiểm tra lại thẻ; bản ghi vẫn được liên kết.", "Check the card; the record is still linked.")
    case .groupUnknown:
      .init(
        "mã đối tượng trên thẻ chưa có trong danh mục", "the card's object group is not in the list",
        do: "Không cần làm gì nếu mã đối tượng mới ban hành; nếu không, sửa số thẻ trong dữ liệu BHXH.",
        "Nothing to do if the group is new; otherwise correct the card number in the insurance register.")
    case .facilityFormat:
      .init(
        "mã nơi đăng ký khám chữa bệnh ban đầu không đúng dạng; giữ nguyên như trong tệp",
        "the facility code is not two digits and three digits or letters; it is kept as written",
        do: "Sửa mã trong dữ liệu BHXH; nếu mất số 0 ở đầu, hãy xuất cột này dưới dạng văn bản.",
        "Correct the code in the insurance register; if a zero is missing, export the column as text.")
    case .areaCode:
      .init(
        "mã khu vực không phải K1, K2 hoặc K3 nên bị bỏ qua",
        "the living-area code is not K1, K2 or K3; it is left out",
        do: "Sửa mã trong dữ liệu BHXH.", "Correct the code in the insurance register.")
    case .fiveYearsFormat:
      .init(
        "ngày đủ 5 năm liên tục không đúng mẫu ngày đã khai báo nên bị bỏ qua",
        "the day of five continuous years matches no date pattern of the pipeline file; it is left out",
        do: "Sửa ngày trong dữ liệu BHXH.", "Correct the date in the insurance register.")
    case .severalInsuranceNumbers:
      .init(
        "một người có nhiều mã số BHXH", "the person has several insurance numbers",
        do: "Gộp các mã số trong dữ liệu BHXH.", "Merge the numbers in the insurance register.")
    case .keptInGrace:
      .init(
        "giữ lại từ lượt chạy trước đến hết ngày gia hạn vì dữ liệu hôm nay của người này còn nghi vấn",
        "kept from an earlier run until the grace date because today's data about this person is doubtful",
        do:
          "Trước ngày hết gia hạn, hãy xử lý nguyên nhân khiến bản ghi hôm nay chưa liên kết; khi đó người này được liên kết lại.",
        "Before the grace date, correct the cause that keeps today's record unlinked; the person is then linked again."
      )
    case .decisionRejected:
      .init(
        "cán bộ đã quyết định: không phải người này", "an officer decided that this is not the person",
        do: "Không cần làm gì cho đến khi dữ liệu thay đổi; xem cardlink decisions PIPELINE.",
        "Nothing to do until a register changes; see cardlink decisions PIPELINE.")
    case .decisionNotApplied:
      .init(
        "đã có quyết định nhưng chưa áp dụng được: người này không còn hiệu lực, không còn trong dữ liệu dân cư hoặc dữ liệu mâu thuẫn",
        "an officer's decision exists, but the person is not active, is no longer in the register, or has contradicting records",
        do: "Thống nhất các bản ghi của người này trong dữ liệu dân cư; quyết định sẽ tự được áp dụng.",
        "Correct the person's records in the population register; the decision is then applied automatically."
      )
    case .reopenedPopulationName: Texts.reopened("họ tên bên dân cư", "the name in the population register")
    case .reopenedPopulationBirthDate:
      Texts.reopened("ngày sinh bên dân cư", "the birth date in the population register")
    case .reopenedPopulationSex: Texts.reopened("giới tính bên dân cư", "the sex in the population register")
    case .reopenedPopulationStatus:
      Texts.reopened("tình trạng bên dân cư", "the status in the population register")
    case .reopenedInsuranceName: Texts.reopened("họ tên bên bảo hiểm", "the name in the insurance register")
    case .reopenedInsuranceBirthDate:
      Texts.reopened("ngày sinh bên bảo hiểm", "the birth date in the insurance register")
    case .reopenedInsuranceSex: Texts.reopened("giới tính bên bảo hiểm", "the sex in the insurance register")
    case .reopenedInsurancePersonalID:
      Texts.reopened("trường số định danh bên bảo hiểm", "the personal ID field in the insurance register")
    case .fileDamaged:
      .init(
        "tệp bị hỏng từ vị trí này; phần phía sau không đọc được và được tính là một bản ghi",
        "the file is damaged here; the rest could not be read and counts as one record",
        do: "Đề nghị bên cung cấp gửi lại tệp đầy đủ, không lỗi.",
        "Ask the supplier for a complete, undamaged file.")
    case .nameConverted:
      .init(
        "họ tên được chuyển từ bảng mã cũ (TCVN3, VNI, VPS, VISCII, Windows-1258)",
        "the name came in an old encoding (TCVN3, VNI, VPS, VISCII, Windows-1258) and was converted",
        do: "Xem lại họ tên khi cập nhật bản ghi lần tới; không cần làm gì khác.",
        "Check the name when the record is next changed; nothing else to do.")
    }
  }

  private struct Texts {
    var meaning: Bilingual
    var remedy: Bilingual

    init(_ vietnamese: String, _ english: String, do remedy: Bilingual) {
      (meaning, self.remedy) = (Bilingual(vietnamese, english), remedy)
    }

    init(_ vietnamese: String, _ english: String, do vietnameseRemedy: String, _ englishRemedy: String) {
      self.init(vietnamese, english, do: Bilingual(vietnameseRemedy, englishRemedy))
    }

    static func reopened(_ vietnamese: String, _ english: String) -> Self {
      Self(
        "đã quyết định, nhưng \(vietnamese) đã thay đổi", "decided before, but \(english) has changed since",
        do: "Quyết định lại về bản ghi: cardlink decide PIPELINE --file decisions.csv",
        "Decide about the record again: cardlink decide PIPELINE --file decisions.csv")
    }
  }
}

/// Remedies that several reasons share.
extension Bilingual {
  fileprivate static let setEncoding = Self(
    "Khai báo đúng bảng mã của tệp trong tệp cấu hình, hoặc xuất lại tệp bằng UTF-8.",
    "Set the right encoding of this export in the pipeline file, or export the file again as UTF-8.")
  fileprivate static let checkBirthDate = Self(
    "Đối chiếu ngày sinh với giấy tờ và sửa tại hệ thống nguồn.",
    "Check the date against the person's papers and correct it in the source system.")
  fileprivate static let correctCardNumber = Self(
    "Sửa số thẻ trong dữ liệu BHXH.", "Correct the card number in the insurance register.")
  fileprivate static let correctDateOrPattern = Self(
    "Sửa ngày trong dữ liệu BHXH, hoặc thêm mẫu ngày vào mục dates của tệp cấu hình.",
    "Correct the date in the insurance register, or add its pattern to the dates of this export.")
  fileprivate static let enterPersonalID = Self(
    "Nhập số định danh 12 chữ số vào dữ liệu BHXH.",
    "Enter the 12-digit personal ID number in the insurance register.")
  fileprivate static let checkPapers = Self(
    "Đối chiếu giấy tờ của người dân và sửa ở nơi ghi sai.",
    "Check the person's papers and correct the register that is wrong.")
}
