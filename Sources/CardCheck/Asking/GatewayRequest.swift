// Reads the gateway's own request: one flat JSON object per line, as hospital programs send it.
// Invariant: no input traps; a line that is not JSON, or not a flat object, is refused whole. Other members,
// such as the officer's name and number, are skipped and not kept.
//
// Source: letter 1923/BHXH-CNTT of 20 June 2024: maThe, hoTen, ngaySinh.

import Package

/// The members of the last request read.
struct GatewayRequest: Sendable {
  private(set) var text: [UInt8] = []
  private(set) var number = 0..<0
  private(set) var name = 0..<0
  private(set) var birthDate = 0..<0
  private(set) var sex = 0..<0
  private var key: [UInt8] = []

  /// Reads an object.
  ///
  /// - Returns: false if the line is not one.
  mutating func read(_ line: Span<UInt8>) -> Bool {
    text.removeAll(keepingCapacity: true)
    (number, name, birthDate, sex) = (0..<0, 0..<0, 0..<0, 0..<0)
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
      let start = text.count
      guard Self.readValue(line, &i, into: &text) else { return false }
      keep(start..<text.count)
      skipSpace(line, &i)
      if take(UInt8(ascii: "}"), line, &i) { return isAtEnd(line, &i) }
      guard take(UInt8(ascii: ","), line, &i) else { return false }
    }
  }

  private mutating func keep(_ range: Range<Int>) {
    if isKey("mathe") {
      number = range
    } else if isKey("hoten") {
      name = range
    } else if isKey("ngaysinh") {
      birthDate = range
    } else if isKey("gioitinh") {
      sex = range
    }
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
