// Grace: whether a person who was in force last night and does not link today fell out because the data became doubtful,
// or because it became clear.
// Invariant: free of input and output. Doubtful is what a correction of an export may heal; clear is what a register or
// an officer has said. Who says nothing any more has said so: a card that no record names is withdrawn, unless a file
// could not be read to its end.
// Load: one byte for each record that did not link.

import Values

/// What one record that did not link says of the card that it names, or that nobody knows what was said.
struct GraceMark: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// 0: an officer took the card from the person; else 1 and the outcome, so that the first that counts is the least.
  let rawValue: UInt8

  static let cleared = GraceMark(rawValue: 0)
  /// No record names the card, but one may stand behind the fault of a damaged file.
  ///
  /// All else counts before it.
  static let unread = GraceMark(rawValue: .max - 1)
  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Nil for a record that says nothing doubtful.
  init?(_ outcome: Outcome, _ reasons: Reasons) {
    switch outcome {
    case _ where reasons.contains(.decisionRejected): self = .cleared
    case .linked, .registered, .repeated: return nil
    // The register knows the person and says why not; but a code that nobody knows says nothing.
    case .personInactive where !reasons.contains(.statusUnknown): return nil
    default: rawValue = 1 + outcome.rawValue
    }
  }

  /// How the record ended, or why there is none; nil if it is cleared.
  var word: String? {
    switch self {
    case .cleared: nil
    case .unread: Reason.fileDamaged.word
    default: Outcome(rawValue: rawValue - 1)?.name
    }
  }
}

extension PersonStatus {
  /// Whether the population register has said that no card of this person serves.
  var endsGrace: Bool { self != .active && self != .unknown }
}

extension CardRow {
  /// The last day on which this card of an earlier store may be kept; nil if it may not.
  ///
  /// The day is set on the first night and stays. A card whose own validity has ended is not kept: there is nothing left
  /// to lose.
  func graceDay(on day: CalendarDate, days: Int) -> CalendarDate? {
    let until = graceUntil.isNone ? day.adding(days: days) : graceUntil
    guard until.lastDay >= day.firstDay, validTo.isNone || validTo.lastDay >= day.firstDay else { return nil }
    return until
  }
}
