// The changes of the nights after a base: which record of the insurance changes, how, and how its delta's record must end.
// Invariant: depends only on the seed, the night and the person's index, so any night can be written without the ones
// before. Only people without trouble change, so the base's truth stays true for all others.
// Load: one mixed word per person and night.

import Values

/// What a night does to a person's insurance record.
enum NightChange: Equatable {
  /// A new record under the same numbers.
  case update
  /// The record as it was delivered last.
  case replay
  case delete
  /// Two updates, the later one first in the file.
  case twice
  /// An update without a name.
  case faulty
}

/// A person's insurance record after some nights.
struct NightState: Equatable {
  var isInForce = true
  /// The night whose update is in force; 0 for the base's record.
  var night = 0
}

struct Nights: Sendable {
  private let key: UInt64
  private let threshold: UInt64
  let count: Int

  init(_ options: GeneratorOptions) {
    key = mixed(options.seed ^ 0x4E69_6768_7473)
    threshold = UInt64(options.change * 0x1p53)
    count = options.nights
  }

  func change(of person: Int, on night: Int) -> NightChange? {
    let word = mixed(key &+ UInt64(person) &* 4096 &+ UInt64(night))
    guard word >> 11 < threshold else { return nil }
    switch mixed(word) % 20 {
    case 0..<11: return .update
    case 11..<13: return .replay
    case 13..<16: return .delete
    case 16..<18: return .twice
    default: return .faulty
    }
  }

  /// The record after a night.
  func state(of person: Int, after night: Int) -> NightState {
    var state = NightState()
    var delivered = 0
    for night in stride(from: 1, through: night, by: 1) {
      switch change(of: person, on: night) {
      case .update, .twice: (state, delivered) = (NightState(night: night), night)
      case .replay: state = NightState(night: delivered)
      case .delete: state.isInForce = false
      case .faulty, nil: break
      }
    }
    return state
  }
}

/// One record of a delta.
struct NightRecord {
  var operation: String
  var time: String
  var outcome: DeltaOutcome
  /// The night whose content it has; 0 for the base's.
  var content: Int
  /// An earlier update of the same night.
  var isFirstOfTwo = false
}

extension Nights {
  /// The records of a person in a night's delta, in the order of the file.
  func records(of person: Int, on night: Int, _ day: CalendarDate) -> [NightRecord] {
    guard let change = change(of: person, on: night) else { return [] }
    let before = state(of: person, after: night - 1)
    let after = state(of: person, after: night)
    func record(_ operation: String, _ hour: Int, _ outcome: DeltaOutcome) -> NightRecord {
      NightRecord(
        operation: operation,
        time: "\(day.text) \(padded(UInt64(hour), to: 2)):\(padded(UInt64(person % 60), to: 2))",
        outcome: outcome, content: after.night)
    }
    let put: DeltaOutcome = before.isInForce ? .updated : .inserted
    switch change {
    case .update: return [record(before.isInForce ? "S" : "T", 8, put)]
    case .replay: return [record("S", 9, before == after ? .unchanged : put)]
    case .delete: return [record("X", 10, before.isInForce ? .deleted : .deleteUnknown)]
    case .twice:
      var first = record("S", 11, .superseded)
      first.isFirstOfTwo = true
      return [record("S", 12, put), first]
    case .faulty: return [record("S", 13, .quarantined)]
    }
  }
}
