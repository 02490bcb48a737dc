// Reads the gateway's own request, as hospital programs send it: one flat JSON object, or a form.
// Invariant: no input traps; what is not JSON, or not a flat object, is refused whole, as is a form with a wrong escape. Other
// members, such as the officer's name and number, are skipped and not kept.
//
// Source: letter 1923/BHXH-CNTT of 20 June 2024: maThe, hoTen, ngaySinh.

import Package

/// The members of the last request read.
package struct GatewayRequest: Sendable {
  private(set) var text: [UInt8] = []
  private(set) var number = 0..<0
  private(set) var name = 0..<0
  private(set) var birthDate = 0..<0
  private(set) var sex = 0..<0
  private var key: [UInt8] = []
  /// The members read, a bit for each.
  private var members: UInt8 = 0
  private var areTexts = true
  /// Whether a member that is read was given twice.
  package private(set) var hasRepeats = false

  package init() {}

  /// Whether number, name and birth date were given once each, and as text.
  package var isComplete: Bool { members & 0b111 == 0b111 && areTexts && !hasRepeats }

  private mutating func begin() {
    text.removeAll(keepingCapacity: true)
    (number, name, birthDate, sex) = (0..<0, 0..<0, 0..<0, 0..<0)
    (members, areTexts, hasRepeats) = (0, true, false)
  }

  /// Reads a form, `application/x-www-form-urlencoded`.
  ///
  /// - Returns: false if an escape is wrong.
  package mutating func read(form: Span<UInt8>) -> Bool {
    begin()
    var i = 0
    while i < form.count {
      key.removeAll(keepingCapacity: true)
      guard Self.readPart(form, &i, endingAt: UInt8(ascii: "="), into: &key) else { return false }
      let start = text.count
      if i > 0, i <= form.count, form[i - 1] == UInt8(ascii: "=") {
        guard Self.readPart(form, &i, endingAt: UInt8(ascii: "&"), into: &text) else { return false }
      }
      keep(start..<text.count, isText: true)
    }
    return true
  }

  /// Reads an escaped name or value, and the sign that ends it.
  private static func readPart(
    _ form: Span<UInt8>, _ i: inout Int, endingAt end: UInt8, into text: inout [UInt8]
  ) -> Bool {
    while i < form.count {
      let byte = form[i]
      i += 1
      switch byte {
      case end, UInt8(ascii: "&"): return true
      case UInt8(ascii: "+"): text.append(0x20)
      case UInt8(ascii: "%"):
        guard i + 1 < form.count, let high = hexDigit(form[i]), let low = hexDigit(form[i + 1]) else {
          return false
        }
        text.append(high << 4 | low)
        i += 2
      default: text.append(byte)
      }
    }
    return true
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x57
    default: nil
    }
  }

  /// Reads an object.
  ///
  /// - Returns: false if the line is not one.
  package mutating func read(_ line: Span<UInt8>) -> Bool {
    begin()
    var i = 0
    skipSpace(line, &i)
    guard take(UInt8(ascii: "{"), line, &i) else { return false }
    skipSpace(line, &i)
    if take(UInt8(ascii: "}"), line, &i) { return isAtEnd(line, &i) }
    while true {
      skipSpace(line, &i)
      key.removeAll(keepingCapacity: true)
      guard Self.readString(line, &i, into: &key) else { return false }
      skipSpace(line, &i)
      guard take(UInt8(ascii: ":"), line, &i) else { return false }
      skipSpace(line, &i)
      let (start, isText) = (text.count, i < line.count && line[i] == UInt8(ascii: "\""))
      guard Self.readValue(line, &i, into: &text) else { return false }
      keep(start..<text.count, isText: isText)
      skipSpace(line, &i)
      if take(UInt8(ascii: "}"), line, &i) { return isAtEnd(line, &i) }
      guard take(UInt8(ascii: ","), line, &i) else { return false }
    }
  }

  private mutating func keep(_ range: Range<Int>, isText: Bool) {
    if isKey("mathe") {
      note(0, isText)
      number = range
    } else if isKey("hoten") {
      note(1, isText)
      name = range
    } else if isKey("ngaysinh") {
      note(2, isText)
      birthDate = range
    } else if isKey("gioitinh") {
      // Without a sex, programs send null.
      note(3, isText || range.isEmpty)
      sex = range
    }
  }

  private mutating func note(_ member: UInt8, _ isText: Bool) {
    if members & 1 << member != 0 { hasRepeats = true }
    if !isText { areTexts = false }
    members |= 1 << member
  }

  private func isKey(_ word: StaticString) -> Bool { equalsIgnoringCase(key.span, word) }

  private func isAtEnd(_ line: Span<UInt8>, _ i: inout Int) -> Bool {
    skipSpace(line, &i)
    return i == line.count
  }

  private func skipSpace(_ line: Span<UInt8>, _ i: inout Int) {
    while i < line.count, line[i] <= 0x20 { i += 1 }
  }

  private func take(_ byte: UInt8, _ line: Span<UInt8>, _ i: inout Int) -> Bool {
    guard i < line.count, line[i] == byte else { return false }
    i += 1
    return true
  }

  /// Reads a string, or the text of a number, `true` or `false`; `null` gives no value.
  private static func readValue(_ line: Span<UInt8>, _ i: inout Int, into text: inout [UInt8]) -> Bool {
    guard i < line.count else { return false }
    if line[i] == UInt8(ascii: "\"") { return readString(line, &i, into: &text) }
    let start = i
    while i < line.count,
      isDigit(line[i]) || (line[i] | 0x20 >= 0x61 && line[i] | 0x20 <= 0x7A) || isSign(line[i])
    {
      i += 1
    }
    let word = line.extracting(start..<i)
    if equalsIgnoringCase(word, "null") { return true }
    for k in word.indices { text.append(word[k]) }
    return i > start
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
  }

  private static func readString(_ line: Span<UInt8>, _ i: inout Int, into text: inout [UInt8]) -> Bool {
    let start = text.count
    guard (try? readJSONString(line, &i, into: &text, allowsControls: true)) != nil else { return false }
    for k in start..<text.count where (0x08...0x0D).contains(text[k]) { text[k] = 0x20 }
    return true
  }
}
