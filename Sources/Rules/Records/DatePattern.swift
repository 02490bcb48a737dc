// Reads dates by the patterns of the pipeline file.
// Invariant: a pattern matches a whole value or nothing, and gives only dates that exist. A day or month that
// is zero or not in the pattern is unknown.
// Load: up to four dates per record, nearly all by the first pattern; a pattern has no heap storage.
//
//   yyyy  the year          MM, M  the month, two digits or one to two      dd, d  the day
//   HH mm ss  a time of day, read and dropped       'T'  letters between quotes; any other character is itself
//   excel  a spreadsheet's serial day number (1900 system): 45292 is 2024-01-01

package import Values

/// The result of applying a pattern, or a list of them, to a value.
package enum DateReading: Hashable, Sendable, BitwiseCopyable {
  case date(CalendarDate)
  /// The value matches a pattern, but the day does not exist.
  case impossible
  case noMatch
}

/// One way to write dates.
package struct DatePattern: Sendable, Hashable {
  /// One step of a pattern: digits of a part, or a literal byte.
  private enum Step: UInt8 {
    case literal, year, month, shortMonth, day, shortDay, hour, minute, second, serial
  }

  private static let most = 24
  /// Step in the high byte, literal byte in the low one.
  private var steps = InlineArray<24, UInt16>(repeating: 0)
  private var count = 0
  /// Lengths of the shortest and the longest value that can match.
  private var shortest = 0
  private var longest = 0
  /// Whether the pattern has no time of day and every part has the same place in all values.
  private var isFixed = false
  private var yearAt = 0
  private var monthAt = -1
  private var dayAt = -1
  /// The place of adjacent digits: in the first or the last eight bytes, and the rotation that brings them to their place
  /// in `yyyyMMdd`.
  fileprivate struct Part: Sendable, Hashable {
    var isInTail = false
    var rotation: UInt64 = 0

    init(at place: Int, to target: Int, digitCount: Int, of byteCount: Int) {
      isInTail = place + digitCount > 8
      let found = isInTail ? place - (byteCount - 8) : place
      rotation = UInt64(8 * (target - found + 8) & 63)
    }

    @inline(__always)
    func placed(_ head: UInt64, _ tail: UInt64) -> UInt64 {
      let word = isInTail ? tail : head
      return word &<< rotation | word &>> (0 &- rotation)
    }
  }
  /// A pattern of year, month and day whose values eight bytes from each end cover.
  fileprivate struct WholeDay: Sendable, Hashable {
    /// Of every value.
    let byteCount: Int
    var year: Part
    var month: Part
    var day: Part
    /// The literal bytes among the first and the last eight.
    var head: UInt64 = 0
    var headMask: UInt64 = 0
    var tail: UInt64 = 0
    var tailMask: UInt64 = 0

    /// Reads a value of the right length.
    @inline(__always)
    func read(_ value: Span<UInt8>) -> DateReading {
      let raw = unsafe value.bytes
      let head: UInt64 = raw.integer(at: 0)
      let tail: UInt64 = raw.integer(at: value.count &- 8)
      // As `yyyyMMdd`, the first in the lowest byte.
      let digits =
        year.placed(head, tail) & 0xFFFF_FFFF | month.placed(head, tail) & 0xFFFF_0000_0000
        | day.placed(head, tail) & 0xFFFF_0000_0000_0000
      let literals = (head ^ self.head) & headMask | (tail ^ self.tail) & tailMask
      guard literals == 0, let parts = dateParts(ofDigits: digits) else { return .noMatch }
      guard let date = CalendarDate(year: parts.year, month: parts.month, day: parts.day) else {
        return .impossible
      }
      return .date(date)
    }
  }
  fileprivate private(set) var wholeDay: WholeDay?

  /// Reads a pattern.
  ///
  /// - Returns: nil for an unknown letter, a part that occurs twice, a pattern without a year or with a day
  ///   and no month,
  ///   and one with ambiguous parts (`dMyyyy`).
  package init?(_ text: String) {
    if text == "excel" {
      append(.serial, 0, 1...10)
      return
    }
    let bytes = Array(text.utf8)
    var seen: Set<UInt8> = []
    var i = 0
    var endsInShort = false
    while i < bytes.count {
      guard count < Self.most else { return nil }
      let letter = bytes[i]
      guard (letter | 0x20) >= 0x61, (letter | 0x20) <= 0x7A else {
        guard letter == 0x27 else {
          append(.literal, letter, 1...1)
          endsInShort = endsInShort && isDigit(letter)
          if endsInShort { return nil }
          i += 1
          continue
        }
        // Between quotes every byte is literal; two quotes are one.
        let start = i + 1
        guard let close = bytes[start...].firstIndex(of: 0x27) else { return nil }
        let literal = close == start ? [0x27] : Array(bytes[start..<close])
        for byte in literal {
          guard count < Self.most, !(endsInShort && isDigit(byte)) else { return nil }
          endsInShort = false
          append(.literal, byte, 1...1)
        }
        i = close + 1
        continue
      }
      var width = 1
      while i + width < bytes.count, bytes[i + width] == letter { width += 1 }
      guard !endsInShort, seen.insert(letter).inserted else { return nil }
      switch (letter, width) {
      case (UInt8(ascii: "y"), 4): append(.year, 0, 4...4)
      case (UInt8(ascii: "M"), 2): append(.month, 0, 2...2)
      case (UInt8(ascii: "M"), 1): append(.shortMonth, 0, 1...2)
      case (UInt8(ascii: "d"), 2): append(.day, 0, 2...2)
      case (UInt8(ascii: "d"), 1): append(.shortDay, 0, 1...2)
      case (UInt8(ascii: "H"), 2): append(.hour, 0, 2...2)
      case (UInt8(ascii: "m"), 2): append(.minute, 0, 2...2)
      case (UInt8(ascii: "s"), 2): append(.second, 0, 2...2)
      default: return nil
      }
      endsInShort = width == 1
      i += width
    }
    guard seen.contains(UInt8(ascii: "y")) else { return nil }
    guard seen.contains(UInt8(ascii: "M")) || !seen.contains(UInt8(ascii: "d")) else { return nil }
    findPlaces()
  }

  private mutating func findPlaces() {
    var at = 0
    for i in 0..<count {
      switch Step(rawValue: UInt8(truncatingIfNeeded: steps[i] >> 8)) {
      case .literal: at += 1
      case .year:
        yearAt = at
        at += 4
      case .month:
        monthAt = at
        at += 2
      case .day:
        dayAt = at
        at += 2
      default: return
      }
    }
    isFixed = true
    guard count == 5 && at == 10 || count == 3 && at == 8 else { return }
    var whole = WholeDay(
      byteCount: at, year: Part(at: yearAt, to: 0, digitCount: 4, of: at),
      month: Part(at: monthAt, to: 4, digitCount: 2, of: at),
      day: Part(at: dayAt, to: 6, digitCount: 2, of: at))
    var place = 0
    for i in 0..<count {
      let step = steps[i]
      guard step >> 8 == 0 else {
        place += step >> 8 == UInt16(Step.year.rawValue) ? 4 : 2
        continue
      }
      if place < 8 {
        whole.head |= UInt64(step & 0xff) << UInt64(8 * place)
        whole.headMask |= 0xff << UInt64(8 * place)
      }
      if place >= at - 8 {
        whole.tail |= UInt64(step & 0xff) << UInt64(8 * (place - at + 8))
        whole.tailMask |= 0xff << UInt64(8 * (place - at + 8))
      }
      place += 1
    }
    wholeDay = whole
  }

  private mutating func append(_ step: Step, _ byte: UInt8, _ width: ClosedRange<Int>) {
    steps[count] = UInt16(step.rawValue) << 8 | UInt16(byte)
    count += 1
    shortest += width.lowerBound
    longest += width.upperBound
  }

  /// Reads a whole, trimmed value.
  package func read(_ value: Span<UInt8>) -> DateReading {
    guard value.count >= shortest, value.count <= longest else { return .noMatch }
    guard isFixed else { return readSteps(value) }
    return wholeDay?.read(value) ?? readPlaces(value)
  }

  /// Reads a value whose parts have fixed places, part by part.
  @inline(never)
  private func readPlaces(_ value: Span<UInt8>) -> DateReading {
    var bad: UInt8 = 0
    var at = 0
    for i in 0..<count {
      let step = steps[i]
      if step >> 8 == 0 {
        bad |= value[at] ^ UInt8(truncatingIfNeeded: step)
        at += 1
      } else {
        at += step >> 8 == UInt16(Step.year.rawValue) ? 4 : 2
      }
    }
    guard bad == 0 else { return .noMatch }
    let year = pair(value, yearAt) * 100 + pair(value, yearAt + 2)
    let month = monthAt < 0 ? 0 : pair(value, monthAt)
    let day = dayAt < 0 ? 0 : pair(value, dayAt)
    guard year >= 0, month >= 0, day >= 0 else { return .noMatch }
    guard let date = CalendarDate(year: year, month: month, day: day) else { return .impossible }
    return .date(date)
  }

  /// Two digits as a number; far below zero if one is not a digit.
  @inline(__always)
  private func pair(_ value: Span<UInt8>, _ at: Int) -> Int {
    let (tens, ones) = (Int(value[at]) - 48, Int(value[at + 1]) - 48)
    return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : -1_000_000
  }

  /// Reads a value step by step: slow, works for every pattern, and tests compare the fast way with it.
  @inline(never)
  package func readSteps(_ value: Span<UInt8>) -> DateReading {
    var (year, month, day) = (0, 0, 0)
    var at = 0
    for i in 0..<count {
      let step = steps[i]
      var width = 2
      switch Step(rawValue: UInt8(truncatingIfNeeded: step >> 8)) {
      case .literal:
        guard at < value.count, value[at] == UInt8(truncatingIfNeeded: step) else { return .noMatch }
        at += 1
        continue
      case .year: width = 4
      case .shortMonth, .shortDay: width = at + 1 < value.count && isDigit(value[at + 1]) ? 2 : 1
      case .serial: return Self.readSerial(value)
      default: break
      }
      guard at + width <= value.count else { return .noMatch }
      var number = 0
      for k in at..<at + width {
        guard isDigit(value[k]) else { return .noMatch }
        number = number &* 10 &+ Int(value[k] & 15)
      }
      at += width
      switch Step(rawValue: UInt8(truncatingIfNeeded: step >> 8)) {
      case .year: year = number
      case .month, .shortMonth: month = number
      case .day, .shortDay: day = number
      case .hour: guard number < 24 else { return .noMatch }
      default: guard number < 60 else { return .noMatch }
      }
    }
    guard at == value.count else { return .noMatch }
    guard let date = CalendarDate(year: year, month: month, day: day) else { return .impossible }
    return .date(date)
  }

  /// Reads a serial day number; the time of day after the point is dropped.
  ///
  /// Day 60 is 29 February 1900, which did not exist.
  private static func readSerial(_ value: Span<UInt8>) -> DateReading {
    var serial = 0
    var i = 0
    while i < value.count, isDigit(value[i]) {
      guard i < 7 else { return .noMatch }
      serial = serial * 10 + Int(value[i] & 15)
      i += 1
    }
    guard i > 0 else { return .noMatch }
    if i < value.count {
      guard value[i] == UInt8(ascii: "."), i + 1 < value.count, isDigits(value.extracting((i + 1)...)) else {
        return .noMatch
      }
    }
    guard serial >= 1, serial != 60, serial <= 2_958_465 else { return .impossible }
    let dayBefore = CalendarDate(packed: serial < 60 ? 1899_12_31 : 1899_12_30)
    return .date(dayBefore.adding(days: serial))
  }

  package static func == (a: Self, b: Self) -> Bool {
    guard a.count == b.count else { return false }
    for i in 0..<a.count where a.steps[i] != b.steps[i] { return false }
    return true
  }

  package func hash(into hasher: inout Hasher) {
    for i in 0..<count { hasher.combine(steps[i]) }
  }
}

extension [DatePattern] {
  /// Reads a trimmed value by the first pattern that gives a date.
  package func read(_ value: Span<UInt8>) -> DateReading {
    // Nearly all dates, without a copy of the pattern.
    if count > 0, let whole = span[0].wholeDay, whole.byteCount == value.count,
      case .date(let date) = whole.read(value)
    {
      return .date(date)
    }
    return readEach(value)
  }

  @inline(never)
  private func readEach(_ value: Span<UInt8>) -> DateReading {
    var reading = DateReading.noMatch
    for pattern in self {
      switch pattern.read(value) {
      case .date(let date): return .date(date)
      case .impossible: reading = .impossible
      case .noMatch: break
      }
    }
    return reading
  }
}
