// The reading rule: a record can be told from its neighbours, and its text is text.
// Invariant: what the reader of the export could not make out is held whole, with the numbers that could be read.
// Load: one comparison per record; nearly all are without fault.
//
// For data officers: these records were damaged on their way, not typed wrongly. Nothing else is checked in them.

import Values

enum ReadingRule {
  /// What a fault of the reader is called.
  @inline(__always)
  static func reason(for fault: RawFault) -> Reason? {
    switch fault {
    case .none: nil
    case .fieldCount: .fieldCount
    case .encoding: .encoding
    case .unclosedQuote: .unclosedQuote
    case .tooLong: .valueTooLong
    case .tooManyValues: .repeatedElement
    case .damaged: .fileDamaged
    }
  }

  static let fieldCount: Explanation = (
    "the line has more or fewer fields than the header",
    "dòng có số trường khác với dòng tiêu đề",
    "Look for a delimiter or a line break inside a value that is not quoted, and export the file again."
  )
  static let encoding: Explanation = (
    "the record holds bytes that are no text in the export's encoding",
    "bản ghi có byte không đọc được theo bảng mã của tệp",
    "Set the right encoding of this export in the pipeline file, or export the file again as UTF-8."
  )
  static let unclosedQuote: Explanation = (
    "a quoted value has no closing quote",
    "giá trị trong ngoặc kép thiếu dấu ngoặc đóng",
    "Correct the line in the source system, or export the file again."
  )
  static let valueTooLong: Explanation = (
    "a value is longer than any field may be",
    "giá trị dài quá giới hạn của mọi trường",
    "Look for a missing quote or a missing end of an element before this record."
  )
  static let repeatedElement: Explanation = (
    "an element that may stand once stands several times in the record",
    "phần tử chỉ được có một lần lại xuất hiện nhiều lần trong bản ghi",
    "Correct the record in the source system, or map the field to a path that leads to one element."
  )
  static let fileDamaged: Explanation = (
    "the file is damaged here; what stands behind could not be read, and counts as one record",
    "tệp bị hỏng từ vị trí này; phần phía sau không đọc được và được tính là một bản ghi",
    "Ask the supplier for a whole, correct file."
  )
}
