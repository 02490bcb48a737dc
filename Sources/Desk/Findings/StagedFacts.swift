// Facility and birth date of the insurance records that did not link, from the staged records: findings have neither.
// Invariant: a record is found by its file, line and numbers. One that was never staged because it is in quarantine has no facility.
// Load: one pass over the staged insurance records, some million wanted among them; a filter of bits passes over the others.

import Match
import Rules
import Store
package import Values

/// The age of the person whom a record is about, on the business date.
package enum AgeGroup: UInt8, Sendable, CaseIterable {
  case under6, from6To17, from18To59, from60To79, from80, unknown

  /// As in addresses.
  package var word: String {
    switch self {
    case .under6: "0-5"
    case .from6To17: "6-17"
    case .from18To59: "18-59"
    case .from60To79: "60-79"
    case .from80: "80"
    case .unknown: "unknown"
    }
  }

  package init?(word: String) {
    guard let group = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = group
  }

  /// Years are counted to the birthday; of a date without a day, by the calendar years.
  init(bornOn date: CalendarDate, asOf: CalendarDate) {
    guard !date.isNone, !asOf.isNone else {
      self = .unknown
      return
    }
    var years = asOf.year - date.year
    if date.precision == .day, (asOf.month, asOf.day) < (date.month, date.day) { years -= 1 }
    switch years {
    case ..<6: self = .under6
    case ..<18: self = .from6To17
    case ..<60: self = .from18To59
    case ..<80: self = .from60To79
    default: self = .from80
    }
  }
}

struct StagedFacts {
  private struct Wanted {
    var origin: UInt64
    var numbers: RecordNumbers
    var entry: Int
    var isFound = false
  }

  private let lookup: StagedLookup
  private let fileNumbers: [String: Int]
  private let asOf: CalendarDate
  private var wanted: [Wanted] = []

  /// - Parameter files: the names of the files of the insurance export, in the order of ``Place/file``.
  init(_ lookup: StagedLookup, files: [String], asOf: CalendarDate) {
    (self.lookup, self.asOf) = (lookup, asOf)
    fileNumbers = Dictionary(files.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// Notes the record of a finding, and the number under which ``read(_:codes:)`` returns it.
  mutating func want(_ key: FindingKey, _ entry: Int) {
    guard key.export == .insurance, key.outcome != Outcome.quarantined.name,
      let file = fileNumbers[key.sourceFile]
    else { return }
    let insurance = key.insuranceNumber.flatMap { try? InsuranceNumber($0.utf8.span) } ?? .none
    let card = key.cardNumber.flatMap { try? CardNumber($0.utf8.span) } ?? .none
    wanted.append(
      Wanted(
        origin: Self.origin(file, key.sourceLine), numbers: RecordNumbers(insurance, card), entry: entry))
  }

  private static func origin(_ file: Int, _ line: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: file) << 32 | UInt64(truncatingIfNeeded: line)
  }

  /// Passes on the facility, by its number among the codes, and the age of each record that is found; then the codes, of
  /// which the first is none.
  consuming func read(
    _ found: (_ entry: Int, _ facility: UInt32, AgeGroup) -> Void, codes: ([ShortCode]) -> Void
  ) throws(Stop) {
    var all = [ShortCode.none]
    defer { codes(all) }
    guard !wanted.isEmpty else { return }
    wanted.sort { ($0.origin, $0.entry) < ($1.origin, $1.entry) }
    var wanted = wanted
    let filter = OriginFilter(wanted.map(\.origin))
    var numbers: [ShortCode: UInt32] = [.none: 0]
    let asOf = asOf
    _ = try lookup.insurance { record, place in
      let origin = Self.origin(place.file, Int(record.line))
      guard filter.mayHold(origin) else { return false }
      var i = wanted.partitioningIndex { $0.origin >= origin }
      let own = RecordNumbers(record)
      // A record that lists several cards has several findings.
      while i < wanted.count, wanted[i].origin == origin {
        if wanted[i].numbers == own, !wanted[i].isFound {
          wanted[i].isFound = true
          let number = numbers[record.facility] ?? UInt32(all.count)
          if number == all.count {
            numbers[record.facility] = number
            all.append(record.facility)
          }
          found(wanted[i].entry, number, AgeGroup(bornOn: record.birthDate, asOf: asOf))
          break
        }
        i += 1
      }
      return false
    }
  }
}

/// Bits that tell most origins that are not wanted from those that are.
private struct OriginFilter {
  private var bits: [UInt64]
  private let shift: UInt64

  init(_ origins: [UInt64]) {
    var width: UInt64 = 10
    while 1 << width < origins.count * 16, width < 32 { width += 1 }
    shift = 64 - width
    bits = [UInt64](repeating: 0, count: 1 << (width - 6))
    for origin in origins {
      let at = (origin &* 0x9E37_79B9_7F4A_7C15) >> shift
      bits[Int(at >> 6)] |= 1 << (at & 63)
    }
  }

  func mayHold(_ origin: UInt64) -> Bool {
    let at = (origin &* 0x9E37_79B9_7F4A_7C15) >> shift
    return bits[Int(at >> 6)] >> (at & 63) & 1 == 1
  }
}
