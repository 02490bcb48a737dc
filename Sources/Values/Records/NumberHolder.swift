// Who holds a number besides the personal ID number, as staged runs have it.
// Invariant: the low 40 bits are the personal ID number; runs of versions without the flag read as not cancelled.

/// A person whom a population record names as the holder of a 9-digit or an earlier 12-digit number.
package struct NumberHolder: Hashable, Sendable, BitwiseCopyable {
  package let packed: UInt64

  private static let isCancelled: UInt64 = 1 << 63

  package init(packed: UInt64) { self.packed = packed }
  package init(_ id: PersonalID, _ status: PersonStatus) {
    packed = status == .numberCancelled ? id.packed | Self.isCancelled : id.packed
  }

  package var id: PersonalID { PersonalID(packed: packed & (1 << 40 - 1)) }
  /// Whether the record that names the number says that its own personal ID number is cancelled.
  package var isCancelled: Bool { packed & Self.isCancelled != 0 }
}

/// All holders of one number.
///
/// A record whose own number is cancelled is not counted beside one whose number is not: the authority cancels a number
/// when it gives the person a new one, and the export may list both.
package struct NumberHolders: Sendable {
  private var present = Holders()
  private var cancelled = Holders()

  private struct Holders {
    var first: NumberHolder?
    var areSeveral = false

    mutating func add(_ holder: NumberHolder) {
      if let first, first != holder { areSeveral = true }
      first = holder
    }
  }

  package init() {}

  package mutating func add(_ holder: NumberHolder) {
    if holder.isCancelled { cancelled.add(holder) } else { present.add(holder) }
  }

  package var isEmpty: Bool { present.first == nil && cancelled.first == nil }
  /// The only holder; nil if there is none, or if there are several.
  package var only: NumberHolder? {
    let counted = present.first == nil ? cancelled : present
    return counted.areSeveral ? nil : counted.first
  }
}

/// Where a personal ID number leads by the earlier numbers that population records name.
package enum NumberFate: Hashable, Sendable {
  /// To the person who has it today; to no person if the population does not have it.
  case own
  /// To the person who had it before.
  case moved(PersonalID)
  /// Two persons had it, or the earlier numbers lead in a circle.
  case ambiguous

  /// The person who has another number today; nil for the other cases.
  package var person: PersonalID? { if case .moved(let person) = self { person } else { nil } }

  /// An earlier number of an earlier number is followed for so many steps.
  package static let mostSteps = 8
}
