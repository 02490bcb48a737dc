// What the words about officers' decisions mean.
// Invariant: one explanation per word.
// Load: read when a report is written.

import Values

enum DecisionReasons {
  static let decisionRejected: Explanation = (
    "an officer decided that this is not the person", "cán bộ đã quyết định: không phải người này",
    "Nothing to do until a register changes; see cardlink decisions PIPELINE."
  )
  static let decisionNotApplied: Explanation = (
    "an officer's decision exists, but the person is not active, is no longer there, or has contradicting records",
    "đã có quyết định nhưng chưa áp dụng được: người này không còn hiệu lực hoặc dữ liệu mâu thuẫn",
    "Settle the person's records in the population register; the decision is applied by itself."
  )
  static let reopenedPopulationName = reopened("the name in the population register", "họ tên bên dân cư")
  static let reopenedPopulationBirthDate = reopened(
    "the birth date in the population register", "ngày sinh bên dân cư")
  static let reopenedPopulationSex = reopened("the sex in the population register", "giới tính bên dân cư")
  static let reopenedPopulationStatus = reopened(
    "the status in the population register", "tình trạng bên dân cư")
  static let reopenedInsuranceName = reopened("the name in the insurance register", "họ tên bên bảo hiểm")
  static let reopenedInsuranceBirthDate = reopened(
    "the birth date in the insurance register", "ngày sinh bên bảo hiểm")
  static let reopenedInsuranceSex = reopened("the sex in the insurance register", "giới tính bên bảo hiểm")
  static let reopenedInsurancePersonalID = reopened(
    "the personal ID field in the insurance register", "trường số định danh bên bảo hiểm")

  private static func reopened(_ field: String, _ vietnamese: String) -> Explanation {
    (
      "decided before, but \(field) has changed since", "đã quyết định, nhưng \(vietnamese) đã thay đổi",
      "Judge the record anew with cardlink decide PIPELINE --file decisions.csv."
    )
  }
}
