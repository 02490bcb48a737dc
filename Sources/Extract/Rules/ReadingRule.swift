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
}
