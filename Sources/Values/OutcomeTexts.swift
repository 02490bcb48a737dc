// The names of registers and outcomes for officers, what each outcome means, and what to do about it.

extension ExportKind {
  package var title: Bilingual {
    self == .population ? Bilingual("Dân cư", "Population") : Bilingual("Bảo hiểm", "Insurance")
  }
  package var vietnamese: String { self == .population ? "dân cư" : "bảo hiểm" }
}

extension Outcome {
  /// The officers' name for it.
  package var vietnamese: String { title.vietnamese }

  package var title: Bilingual {
    switch self {
    case .quarantined: Bilingual("cách ly, chờ sửa", "quarantined")
    case .idMissing: Bilingual("thiếu số định danh", "no personal ID number")
    case .idInvalid: Bilingual("số định danh sai dạng", "personal ID number malformed")
    case .personUnknown: Bilingual("không có trong dữ liệu dân cư", "person unknown")
    case .personDuplicated: Bilingual("trùng số, thông tin mâu thuẫn", "person duplicated")
    case .personInactive: Bilingual("không còn hiệu lực (đã chết, hủy số…)", "person inactive")
    case .disputed: Bilingual("sai lệch họ tên, ngày sinh, giới tính", "disputed")
    case .numberShared: Bilingual("mã số BHXH dùng cho nhiều người", "number shared")
    case .linked: Bilingual("đã liên kết", "linked")
    case .registered: Bilingual("đã ghi nhận", "registered")
    case .repeated: Bilingual("lặp lại", "repeated")
    case .notARecord: Bilingual("không phải bản ghi", "not a record")
    }
  }

  /// The meaning, as half a sentence.
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
        "họ tên, ngày sinh hoặc giới tính không khớp, hoặc bản ghi mang số của một người khác",
        "name, birth date or sex disagree, or the record has the number of another person")
    case .numberShared:
      Bilingual(
        "nhiều người cùng dùng một mã số BHXH", "two or more persons claim the same insurance number")
    case .linked: Bilingual("bản ghi đã gắn với đúng một người", "the record belongs to exactly one person")
    case .registered: Bilingual("người này có trong dữ liệu dân cư", "the person is known")
    case .repeated:
      Bilingual("giống hệt một bản ghi khác cùng số", "equal to another record of the same number")
    case .notARecord:
      Bilingual(
        "dòng tổng cộng hoặc ghi chú, khai ở footer", "a total or remark, as footer in the pipeline file says"
      )
    }
  }

  /// What to do about such records, unless a reason says more.
  package var remedy: Bilingual {
    switch self {
    case .quarantined:
      Bilingual(
        "Xem lý do của từng bản ghi và sửa tại hệ thống nguồn.",
        "Read each record's reasons and correct it in the source system.")
    case .idMissing: Reason.filler.remedy
    case .idInvalid:
      Bilingual(
        "Sửa số định danh trong dữ liệu BHXH.", "Correct the personal ID number in the insurance register.")
    case .personUnknown: Reason.idPrefixUnknown.remedy
    case .personDuplicated: Reason.status.remedy
    case .personInactive:
      Bilingual(
        "Kiểm tra tình trạng và chấm dứt thẻ nếu cần.", "Check the status and end the card if need be.")
    case .disputed: Reason.name.remedy
    case .numberShared: Reason.insuranceNumber.remedy
    case .linked, .registered, .repeated, .notARecord: Bilingual("Không cần làm gì.", "Nothing to do.")
    }
  }
}
