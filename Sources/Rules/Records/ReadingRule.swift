// The reading rule: a record whose bytes could not be read goes to quarantine, with the numbers that could be read.
//
// For data officers: these records were damaged in transfer, not typed wrongly. Nothing else is checked in them.

package import Values

package enum ReadingRule {
  /// The reason for a fault of the reader.
  @inline(__always)
  package static func reason(for fault: RawFault) -> Reason? {
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
