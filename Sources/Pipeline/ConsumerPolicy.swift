// What one consumer besides the facilities may be told, about whom and for how long: an item of `publish.consumers`.
// Invariant: the policy names everything that an answer may hold. What it doesn't name never leaves.

package import Publish
package import Values

/// What can be told about a person.
package enum ReleasedAttribute: String, CaseIterable, Hashable, Sendable {
  case fullName = "full_name"
  case birthDate = "birth_date"
  case sex
  case cardStatus = "card_status"
  case insuranceNumber = "insurance_number"
  case cardNumber = "card_number"
  case facilityCode = "facility_code"
  case validFrom = "valid_from"
  case validTo = "valid_to"
  case fiveYearsFrom = "five_years_from"
  case areaCode = "area_code"

  /// The forms in which it can be told.
  package var forms: [ReleaseForm] {
    switch self {
    case .fullName, .sex: [.agrees, .exact]
    case .birthDate: [.agrees, .exact, .year, .over18]
    case .cardStatus: [.validOnDay]
    case .validFrom, .validTo, .fiveYearsFrom: [.exact, .year]
    case .insuranceNumber, .cardNumber, .facilityCode, .areaCode: [.exact]
    }
  }

  /// Whether it comes from the store; the others come from the population.
  package var isOfCard: Bool {
    switch self {
    case .fullName, .birthDate, .sex: false
    default: true
    }
  }
}

package enum ReleaseForm: String, CaseIterable, Hashable, Sendable {
  /// Whether what the request says agrees, by the rules of the match.
  case agrees
  case exact
  case year
  /// Whether the person is 18 or older on the day of the answer.
  case over18 = "over_18"
  case validOnDay = "valid_on_day"
}

/// One attribute in one form: a column of the answers.
package struct Release: Hashable, Sendable, Comparable {
  package var attribute: ReleasedAttribute
  package var form: ReleaseForm

  package init(_ attribute: ReleasedAttribute, _ form: ReleaseForm) {
    (self.attribute, self.form) = (attribute, form)
  }

  package var column: String {
    form == .exact ? attribute.rawValue : attribute.rawValue + "_" + form.rawValue
  }

  package static func < (a: Release, b: Release) -> Bool {
    func place(_ release: Release) -> (Int, Int) {
      (
        ReleasedAttribute.allCases.firstIndex(of: release.attribute) ?? 0,
        ReleaseForm.allCases.firstIndex(of: release.form) ?? 0
      )
    }
    return place(a) < place(b)
  }
}

/// How answers name a person.
package enum ConsumerIdentifier: String, CaseIterable, Hashable, Sendable {
  /// By the personal ID number, which the request holds as well.
  case number
  /// By a pseudonym that this consumer alone gets.
  case pairwise
  /// By the request's reference alone.
  case none
}

package enum AnswerFormat: String, CaseIterable, Hashable, Sendable { case csv, xml }

/// One consumer.
package struct ConsumerPolicy: Hashable, Sendable {
  package var name = ""
  package var purpose = ""
  package var purposeVietnamese = ""
  /// The legal basis.
  package var basis = ""
  package var from = CalendarDate.none
  /// The last day on which anything goes out.
  package var until = CalendarDate.none
  /// The facilities whose people may be confirmed; empty for everybody in the register.
  package var persons: [PackageRule.Selection] = []
  package var identifier = ConsumerIdentifier.none
  /// The file of the key for pseudonyms; absolute.
  package var keyFile: String?
  /// Ascending.
  package var release: [Release] = []
  /// Whether persons who are unknown or not active have one code.
  package var hidesAbsence = false
  /// Whether a request without the reference of a consent gets no answer.
  package var needsConsent = false
  package var perDay: Int?
  package var perPersonPerDay: Int?
  /// The share of answers other than `agreed` from which the sender is warned.
  package var failuresAlarm: Double?
  /// How long the consumer may keep the answers.
  package var retentionDays = 0
  /// Whether it is a wallet provider, which gets attestations and no answers.
  package var attests = false
  package var encryptTo: [String] = []
  package var formats = [AnswerFormat.csv]
  /// How the request files are read.
  package var requests = ExportSpec(kind: .population)

  package init() {
    // Without the element, no request says a sex.
    requests.mayBeAbsent = ["sex"]
  }

  /// What requests are compared by.
  package func compares(_ attribute: ReleasedAttribute) -> Bool {
    release.contains(Release(attribute, .agrees))
  }

  /// Whether answers depend on a person's cards.
  package var needsCards: Bool { !persons.isEmpty || release.contains { $0.attribute.isOfCard } }

  /// The columns of an answer after the result.
  package var columns: [String] {
    let own: [String] =
      switch identifier {
      case .number: ["personal_id"]
      case .pairwise: ["pseudonym"]
      case .none: []
      }
    return own + release.map(\.column)
  }
}

/// The result of one request.
package enum AnswerCode: UInt8, NamedCase, Hashable {
  case agreed
  case nameDiffers
  case birthDateDiffers
  case sexDiffers
  case numberUnknown
  case notActive
  /// Unknown or not active, where the policy hides which.
  case notConfirmed
  case malformed
  case consentMissing
  /// The number was asked more often than the policy allows for a day.
  case limitReached

  package static let names = snakeCaseNames(of: allCases)

  /// Whether a person was looked for and not confirmed: what an alarm counts.
  package var isFailure: Bool {
    switch self {
    case .agreed, .malformed, .consentMissing, .limitReached: false
    default: true
    }
  }

  package var meaning: Bilingual {
    switch self {
    case .agreed: Bilingual("khớp", "all that is compared agrees")
    case .nameDiffers: Bilingual("họ tên không khớp", "the name differs")
    case .birthDateDiffers: Bilingual("ngày sinh không khớp", "the birth date differs")
    case .sexDiffers: Bilingual("giới tính không khớp", "the sex differs")
    case .numberUnknown: Bilingual("không có số định danh này", "the number is unknown")
    case .notActive:
      Bilingual("người này không còn ở trạng thái hoạt động", "the person is not active in the register")
    case .notConfirmed: Bilingual("không xác nhận được", "not confirmed")
    case .malformed: Bilingual("yêu cầu sai mẫu", "the request is malformed")
    case .consentMissing:
      Bilingual("thiếu mã chấp thuận của người dân", "the reference of the consent is missing")
    case .limitReached:
      Bilingual("số này bị hỏi quá số lần cho phép trong ngày", "the number was asked too often today")
    }
  }
}
