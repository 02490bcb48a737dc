// What the words mean that the matcher gives: they arise from two records, not from one.
// Invariant: one explanation per word.
// Load: read when a report is written.

import Values

enum MatchingReasons {
  static let legacyUnknown: Explanation = (
    "no population record has held this 9-digit number", "không có bản ghi dân cư nào từng mang số CMND này",
    "Enter the 12-digit personal ID number in the insurance register."
  )
  static let legacyAmbiguous: Explanation = (
    "more than one person has held this 9-digit number", "nhiều người từng mang cùng số CMND này",
    "Enter the 12-digit personal ID number in the insurance register."
  )
  static let prefixUnknown: Explanation = (
    "the number begins with no known province or country",
    "ba chữ số đầu không phải mã tỉnh hoặc mã nước đã biết",
    "Check the number against the person's papers."
  )
  static let testNumber: Explanation = (
    "the number belongs to a test environment", "số thuộc môi trường thử nghiệm",
    "Remove the test record from the insurance register."
  )
  static let name: Explanation = (
    "the names disagree", "họ tên không khớp",
    "Check the person's papers and correct the register that is wrong."
  )
  static let birthDate: Explanation = (
    "the birth dates disagree", "ngày sinh không khớp",
    "Check the person's papers and correct the register that is wrong."
  )
  static let sex: Explanation = (
    "the sexes disagree", "giới tính không khớp",
    "Check the person's papers and correct the register that is wrong."
  )
  static let status: Explanation = (
    "records of one person disagree in status", "các bản ghi của một người khác nhau về tình trạng",
    "Ask the population register which record holds."
  )
  static let dayMonthSwapped: Explanation = (
    "the birth dates agree when day and month change places", "ngày và tháng sinh bị đảo cho nhau",
    "Correct the date in the register that is wrong."
  )
  static let sameWords: Explanation = (
    "the names have the same words in another order", "họ tên có cùng các từ nhưng khác thứ tự",
    "Correct the name in the insurance register."
  )
  static let iYSpelling: Explanation = (
    "the names differ only in i and y", "họ tên chỉ khác nhau ở i và y",
    "Take the spelling of the population register."
  )
  static let middleNameDropped: Explanation = (
    "one name lacks middle words of the other", "một bên thiếu tên đệm",
    "Take the name of the population register."
  )
  static let lunarBirthday: Explanation = (
    "the birth dates lie 20 to 50 days apart, as solar and lunar dates do",
    "ngày sinh lệch 20 đến 50 ngày như giữa dương lịch và âm lịch",
    "Ask the person for the solar date and correct the register that is wrong."
  )
  static let dead: Explanation = (
    "the person has died", "người này đã chết", "End the card in the insurance register."
  )
  static let missing: Explanation = (
    "the person is declared missing", "người này bị tuyên bố mất tích",
    "Ask the population register before anything is changed."
  )
  static let numberCancelled: Explanation = (
    "the personal ID number was cancelled", "số định danh cá nhân đã bị hủy",
    "Ask the person for the new number and enter it in the insurance register."
  )
  static let leftNationality: Explanation = (
    "the person has given up the nationality", "người này đã thôi quốc tịch",
    "Check whether the insurance goes on."
  )
  static let statusUnknown: Explanation = (
    "the population register does not say whether the person is active",
    "chưa rõ tình trạng của người này trong dữ liệu dân cư",
    "Ask the population register; an unknown status is never taken for active."
  )
  static let insuranceNumber: Explanation = (
    "two or more persons claim the insurance number", "nhiều người dùng chung một mã số BHXH",
    "Find out whose number it is and correct the other records."
  )
  static let nameSpelling: Explanation = (
    "the names agree only without their marks", "họ tên chỉ khớp khi bỏ dấu",
    "Take the spelling of the population register when the record is next changed."
  )
  static let birthDatePrecision: Explanation = (
    "one birth date is known less exactly than the other", "ngày sinh ở một bên thiếu ngày hoặc tháng",
    "Complete the date when the record is next changed."
  )
  static let idSexDigit: Explanation = (
    "digit 4 of the personal ID number says another sex",
    "chữ số thứ tư của số định danh không ứng với giới tính",
    "Lawful after a change of sex; else ask the population register."
  )
  static let idBirthYearDigits: Explanation = (
    "digits 4 to 6 of the personal ID number say another birth year",
    "chữ số thứ tư đến thứ sáu của số định danh không ứng với năm sinh",
    "Lawful after a correction of the birth year; else ask the population register."
  )
  static let severalInsuranceNumbers: Explanation = (
    "the person has several insurance numbers", "một người có nhiều mã số BHXH",
    "Merge the numbers in the insurance register."
  )
  static let keptInGrace: Explanation = (
    "kept from an earlier run until the grace date, for today's data about this person is doubtful",
    "giữ lại từ lần chạy trước đến hết ngày gia hạn vì dữ liệu hôm nay của người này còn nghi vấn",
    "Correct what today's record is held back for before the grace date; then the person links again."
  )
}
