// Grace: decides whether a person whose card was in the previous store and does not link today is kept for
// some days.
// Invariant: a person is kept only if today's data about the card is doubtful, that is, if a correction of an
// export may link the card again. A person is not kept if a register or an officer has said why the card no
// longer serves, or if no record names the card any more and all files were read to their end.

package import Values

/// What one record that did not link says about the card that it names.
package struct GraceMark: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// 0 if an officer took the card from the person; else 1 + the outcome.
  ///
  /// Of several marks the least decides.
  package let rawValue: UInt8

  package static let cleared = GraceMark(rawValue: 0)
  /// No record names the card, but the unread part of a damaged file may have one.
  ///
  /// Every other mark is less.
  package static let unread = GraceMark(rawValue: .max - 1)
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Nil for a record that raises no doubt.
  package init?(_ outcome: Outcome, _ reasons: Reasons) {
    switch outcome {
    case _ where reasons.contains(.decisionRejected): self = .cleared
    case .linked, .registered, .repeated, .notARecord: return nil
    // The register says why the person does not link, unless the status code is unknown.
    case .personInactive where !reasons.contains(.statusUnknown): return nil
    default: rawValue = 1 + outcome.rawValue
    }
  }

  /// The record's outcome, or `file_damaged` for ``unread``; nil for ``cleared``.
  package var word: String? {
    switch self {
    case .cleared: nil
    case .unread: Reason.fileDamaged.word
    default: Outcome(rawValue: rawValue - 1)?.name
    }
  }
}

extension PersonStatus {
  /// Whether the population register says that no card of this person serves.
  package var endsGrace: Bool { self != .active && self != .unknown }
}

extension CardRow {
  /// The last day on which this card of an earlier store may be kept; nil if it may not be kept.
  ///
  /// The first doubtful run sets the day; later runs keep it. A card whose own validity has ended is not kept.
  package func graceDay(on day: CalendarDate, days: Int) -> CalendarDate? {
    let until = graceUntil.isNone ? day.adding(days: days) : graceUntil
    guard until.lastDay >= day.firstDay, validTo.isNone || validTo.lastDay >= day.firstDay else { return nil }
    return until
  }
}

/// The person and the insurance numbers named by a record that did not link.
package struct NamedInFinding: Hashable, Sendable {
  package private(set) var persons: [LinkKey] = []
  package private(set) var numbers: [InsuranceNumber] = []

  /// - Parameter numbers: the insurance number and the card's last digits, each of which may be empty.
  package init(_ key: LinkKey, _ numbers: [InsuranceNumber]) {
    if key.personalID != nil { persons.append(key) }
    for number in numbers where !number.isNone && !self.numbers.contains(number) {
      self.numbers.append(number)
      // Since August 2025 an insurance number may be the person's own number.
      guard number.digitCount == 12 else { continue }
      let own = LinkKey.personal(PersonalID(packed: number.digits))
      if !persons.contains(own) { persons.append(own) }
    }
  }

  /// Reads the fields of a record in quarantine, which may have any content.
  package init(_ record: QuarantinedRecord) {
    let id = try? PersonalID(record.personalID.utf8.span)
    self.init(
      id.map { .personal($0) } ?? .missing,
      [
        (try? InsuranceNumber(record.insuranceNumber.utf8.span)) ?? .none,
        (try? CardNumber(record.cardNumber.utf8.span))?.tail ?? .none,
      ])
  }
}

/// The evidence in today's data about a card of the previous store whose person links to nothing today.
package struct GraceEvidence: Hashable, Sendable {
  /// The least mark of the records that name the person.
  package var person: GraceMark?
  /// The least mark of the records that name the card's insurance number.
  package var number: GraceMark?
  /// Another person's linked record has the card's insurance number.
  package var isAnothers: Bool
  /// A file of the insurance export was not read to its end.
  package var isExportDamaged: Bool

  package init(person: GraceMark?, number: GraceMark?, isAnothers: Bool, isExportDamaged: Bool) {
    self.person = person
    self.number = number
    self.isAnothers = isAnothers
    self.isExportDamaged = isExportDamaged
  }

  /// Why the card is in doubt; nil if it is not, and the person is not kept.
  package var doubt: GraceMark? {
    guard !isAnothers, number != .cleared else { return nil }
    return [person, number].compactMap { $0 }.min() ?? (isExportDamaged ? .unread : nil)
  }
}

/// Whether the population register lists a person as gone: it has records of the person, and each says so.
package func isGone(_ statuses: [PersonStatus]) -> Bool {
  !statuses.isEmpty && statuses.allSatisfy(\.endsGrace)
}
