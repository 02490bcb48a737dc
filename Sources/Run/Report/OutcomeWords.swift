// The outcomes in the officers' languages: a name, what it means, and what to do about it.
// Invariant: every outcome has all of them in Vietnamese and English; a test goes through them.
// Load: read when a report is written.

package import Values

/// The same text in both languages.
package struct Bilingual: Hashable, Sendable {
  package var vietnamese: String
  package var english: String

  package init(_ vietnamese: String, _ english: String) {
    self.vietnamese = vietnamese
    self.english = english
  }
}

extension ExportKind {
  package var title: Bilingual {
    self == .population ? Bilingual("Dân cư", "Population") : Bilingual("Bảo hiểm", "Insurance")
  }
  package var vietnamese: String { self == .population ? "dân cư" : "bảo hiểm" }
}

extension StageName {
  package var title: Bilingual {
    switch self {
    case .extract: Bilingual("Đọc và kiểm tra", "Extract")
    case .match: Bilingual("Đối chiếu", "Match")
    case .load: Bilingual("Nạp kho dữ liệu", "Load")
    case .publish: Bilingual("Phát hành", "Publish")
    }
  }
}

extension Outcome {
  /// As officers say it.
  package var vietnamese: String { title.vietnamese }

  package var title: Bilingual {
    switch self {
    case .quarantined: Bilingual("cách ly, chờ sửa", "quarantined")
    case .idMissing: Bilingual("thiếu số định danh", "no personal ID number")
    case .idInvalid: Bilingual("số định danh sai dạng", "personal ID number malformed")
    case .personUnknown: Bilingual("không có trong dữ liệu dân cư", "person unknown")
    case .personDuplicated: Bilingual("trùng số, thông tin mâu thuẫn", "person duplicated")
    case .personInactive: Bilingual("không còn hiệu lực (đã mất, hủy số…)", "person inactive")
    case .disputed: Bilingual("sai lệch họ tên, ngày sinh, giới tính", "disputed")
    case .numberShared: Bilingual("mã số BHXH dùng cho nhiều người", "number shared")
    case .linked: Bilingual("đã liên kết", "linked")
    case .registered: Bilingual("đã ghi nhận", "registered")
    case .repeated: Bilingual("lặp lại", "repeated")
    }
  }

  /// What it means, in half a sentence.
  package var meaning: Bilingual {
    switch self {
    case .quarantined:
      Bilingual(
        "bản ghi không đọc được hoặc sai quy tắc định dạng",
        "the record can't be read or breaks a format rule")
    case .idMissing:
      Bilingual("bản ghi không có số định danh cá nhân", "the record has no personal ID number")
    case .idInvalid:
      Bilingual(
        "số định danh không phải 12 hoặc 9 chữ số", "the personal ID number is neither 12 nor 9 digits")
    case .personUnknown:
      Bilingual("không có bản ghi dân cư nào mang số này", "no population record has this number")
    case .personDuplicated:
      Bilingual(
        "nhiều bản ghi dân cư cùng số nhưng thông tin khác nhau",
        "several population records of this number disagree")
    case .personInactive:
      Bilingual(
        "tình trạng của người này không phải là đang hiệu lực", "the person's status is not active")
    case .disputed:
      Bilingual(
        "họ tên, ngày sinh hoặc giới tính không khớp", "name, birth date or sex disagree")
    case .numberShared:
      Bilingual(
        "nhiều người cùng dùng một mã số BHXH", "two or more persons claim the same insurance number")
    case .linked: Bilingual("bản ghi đã gắn với đúng một người", "the record belongs to exactly one person")
    case .registered: Bilingual("người này có trong dữ liệu dân cư", "the person is known")
    case .repeated:
      Bilingual("giống hệt một bản ghi khác cùng số", "equal to another record of the same number")
    }
  }

  /// What to do about records that ended so, where no reason says it better.
  package var remedy: Bilingual {
    switch self {
    case .quarantined:
      Bilingual(
        "Xem lý do của từng bản ghi và sửa tại hệ thống nguồn.",
        "Read each record's reasons and correct it in the source system.")
    case .idMissing:
      Bilingual(
        "Hỏi người dân số định danh và nhập vào dữ liệu BHXH.",
        "Ask the person for the number and enter it in the insurance register.")
    case .idInvalid:
      Bilingual(
        "Sửa số định danh trong dữ liệu BHXH.", "Correct the personal ID number in the insurance register.")
    case .personUnknown:
      Bilingual(
        "Đối chiếu số định danh với giấy tờ của người dân.", "Check the number against the person's papers.")
    case .personDuplicated:
      Bilingual(
        "Hỏi cơ quan quản lý dữ liệu dân cư bản ghi nào là đúng.",
        "Ask the population register which record holds.")
    case .personInactive:
      Bilingual(
        "Kiểm tra tình trạng và chấm dứt thẻ nếu cần.", "Check the status and end the card if need be.")
    case .disputed:
      Bilingual(
        "Đối chiếu giấy tờ của người dân và sửa ở nơi ghi sai.",
        "Check the person's papers and correct the register that is wrong.")
    case .numberShared:
      Bilingual(
        "Xác minh mã số thuộc về ai và sửa các bản ghi còn lại.",
        "Find out whose number it is and correct the other records.")
    case .linked, .registered, .repeated: Bilingual("Không cần làm gì.", "Nothing to do.")
    }
  }
}
