// The kinds of numbers that name a person, and a person's number as it was known over time.
// Invariant: the words are those of the view `number_history`.

/// A kind of number that names a person.
package enum NumberKind: String, Sendable, CaseIterable, BitwiseCopyable {
  /// A 9-digit number (CMND).
  case legacyID = "legacy_id"
  /// A personal ID number; in the history, one that the person had before the present one.
  case personalID = "personal_id"
  /// An insurance number of 10 or 12 digits.
  case insurance
  /// A card number.
  case card

  package var text: Bilingual {
    switch self {
    case .legacyID: Bilingual("số CMND 9 số", "9-digit ID number")
    case .personalID: Bilingual("số định danh cũ", "earlier personal ID number")
    case .insurance: Bilingual("mã số BHXH", "insurance number")
    case .card: Bilingual("mã thẻ BHYT", "card number")
    }
  }
}

/// A person's number, and how long it was known; a row of the view `number_history`.
package struct KnownNumber: Hashable, Sendable {
  package var kind: NumberKind
  package var number: String
  package var personalID: String
  /// The business date from which it was known.
  package var knownFrom: String
  /// The first business date on which it was no longer known; empty if it still is.
  package var knownTo: String
  /// The number that replaced it; nil if it is still in use, or nothing did.
  package var successor: String?
  /// The file that showed it last.
  package var learnedFrom: String

  package init(
    kind: NumberKind, number: String, personalID: String, knownFrom: String, knownTo: String,
    successor: String?, learnedFrom: String
  ) {
    (self.kind, self.number, self.personalID) = (kind, number, personalID)
    (self.knownFrom, self.knownTo) = (knownFrom, knownTo)
    (self.successor, self.learnedFrom) = (successor, learnedFrom)
  }

  /// Which number it is: `0100000103 · insurance number of 001090000103, until 2026-11-24, then 0100000203`.
  package var words: Bilingual {
    let (from, to) = (FigureText.date(knownFrom), FigureText.date(knownTo))
    let time =
      knownTo.isEmpty
      ? Bilingual("biết từ ngày \(from.vietnamese)", "known since \(from.english)")
      : Bilingual("đến ngày \(to.vietnamese)", "until \(to.english)")
    let next = successor.map { Bilingual(", nay là \($0)", ", now \($0)") } ?? Bilingual("", "")
    return Bilingual(
      "\(number): \(kind.text.vietnamese) của \(personalID), \(time.vietnamese)\(next.vietnamese)",
      "\(number): \(kind.text.english) of \(personalID), \(time.english)\(next.english)")
  }
}
