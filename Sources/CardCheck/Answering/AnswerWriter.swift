// Writes answers as JSON or CSV, with the field names of the insurer's gateway.
// Invariant: every answer has all fields in one order, null or empty where there is no value. Two fields of
// the gateway that the store does not hold (diaChi, cqBHXH) and the two lists of medical history
// and look-ups are left out, or null for a program that asks the gateway. With a table of facilities, their names follow as the last fields: tenDKBD, which is ours, and
// the gateway's tenDKBDMoi. From a store, the last field is loaiSo, which is ours: which number was asked. JSON is one object, CSV is RFC 4180 with LF.
// Load: some 400 bytes per answer through one buffer, without a `String`. The writer reserves room once per
// answer and then appends bytes without a check.
//
// Source: letter 1923/BHXH-CNTT of 20 June 2024, fields of the answer.

import Rules
package import Values

/// The output formats.
package enum AnswerForm: Sendable {
  /// One object over several lines, to answer a single question.
  case json
  /// One object per line, with the line number of the question.
  case jsonLines
  /// One row per line, with the line number of the question.
  case csv
  /// For a clerk's eyes: the verdict in large letters, then what to do.
  case text
  /// One object with all fields of the gateway, for programs that ask it.
  case gateway
}

/// Writes answers into a buffer that the caller empties.
package struct AnswerWriter: ~Copyable {
  private let form: AnswerForm
  private let standing: DataStanding
  private let isStale: Bool
  private let names: FacilityNames
  private var isFirstField = true
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Bytes written and not yet flushed.
  package private(set) var count = 0

  /// An upper bound: a name of 255 characters, each escaped, and all remarks at once.
  private static let longestAnswer = 16 << 10

  /// - Parameter day: the day asked about, which may be after the data's last day of use.
  package init(
    _ form: AnswerForm, _ standing: DataStanding, on day: CalendarDate, names: FacilityNames = FacilityNames()
  ) {
    self.form = form
    self.names = names
    self.standing = standing
    capacity = 2 * Self.longestAnswer
    base = .allocate(capacity: capacity)
    isStale = !standing.validUntil.isNone && day.lastDay > standing.validUntil.lastDay
  }

  deinit { unsafe base.deallocate() }

  /// A copy of the bytes not yet flushed, for one answer and for tests.
  package var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Passes the buffered bytes to `write` and empties the buffer.
  package mutating func flush(_ write: (Span<UInt8>) throws(Stop) -> Void) throws(Stop) {
    let failure = unsafe { (waiting: UnsafeBufferPointer<UInt8>) -> Stop? in
      do throws(Stop) { try write(unsafe waiting.span) } catch { return error }
      return nil
    }(UnsafeBufferPointer(start: base, count: count))
    if let failure { throw failure }
    count = 0
  }

  private mutating func makeRoom() {
    guard capacity - count < Self.longestAnswer else { return }
    capacity *= 2
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    unsafe larger.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = larger
  }

  /// Appends the name of a facility, if it is known, after a space.
  mutating func append(nameOf facility: ShortCode) {
    guard let name = names[facility] else { return }
    append(byte: 0x20)
    for byte in name where byte >= 0x20 { append(byte: byte) }
  }

  /// Appends the header, if the format has one.
  package mutating func begin() {
    guard form == .csv else { return }
    append(
      """
      dong,maKetQua,ghiChu,maThe,maTheCu,maTheMoi,hoTen,ngaySinh,gioiTinh,maDKBD,maDKBDMoi,gtTheTu,gtTheDen,gtTheTuMoi,\
      gtTheDenMoi,maKV,ngayDu5Nam,maSoBHXH
      """)
    if names.areKnown { append(",tenDKBD,tenDKBDMoi") }
    append(standing.knowsEarlierNumbers ? ",loaiSo\n" : "\n")
  }

  /// Appends an answer.
  package mutating func append(_ answer: Answer, _ people: borrowing PersonBatch) {
    makeRoom()
    let verdict = answer.verdict
    var person: PersonRow?
    var (card, former, next) = (CardRow(), CardRow(), CardRow())
    if verdict.code.showsCard, let found = answer.person {
      person = found
      let first = found.cards.lowerBound
      if let i = verdict.card { card = people.cards[first + i] }
      if let i = verdict.former { former = people.cards[first + i] }
      if let i = verdict.next { next = people.cards[first + i] }
    }
    if form == .text { return appendForClerk(answer, people, person, card, next) }
    beginRow(line: answer.question.line)
    field("maKetQua")
    quoted { $0.append(code: verdict.code) }
    field("ghiChu")
    quoted { $0.appendNote(answer, card, next) }
    field("maThe")
    value(card.cardNumber)
    field("maTheCu")
    value(former.cardNumber)
    field("maTheMoi")
    value(next.cardNumber)
    field("hoTen")
    if let person {
      quoted { $0.appendEscaped(people.bytes.span.extracting(person.nameRange)) }
    } else {
      none()
    }
    field("ngaySinh")
    value(person?.birthDate ?? .none)
    field("gioiTinh")
    switch person?.sex ?? .unknown {
    case .male: quoted { $0.append("Nam") }
    case .female: quoted { $0.append("Nữ") }
    case .unknown: none()
    }
    field("maDKBD")
    value(card.facility)
    field("maDKBDMoi")
    value(next.facility)
    field("gtTheTu")
    value(card.validFrom)
    field("gtTheDen")
    value(card.validTo)
    field("gtTheTuMoi")
    value(next.validFrom)
    field("gtTheDenMoi")
    value(next.validTo)
    field("maKV")
    value(card.area)
    field("ngayDu5Nam")
    value(card.fiveYearsFrom)
    field("maSoBHXH")
    value(card.insuranceNumber)
    if names.areKnown {
      field("tenDKBD")
      value(names[card.facility])
      field("tenDKBDMoi")
      value(names[next.facility])
    }
    if standing.knowsEarlierNumbers {
      field("loaiSo")
      if let person { quoted { $0.append(answer.kind(of: person).rawValue) } } else { none() }
    }
    endRow()
  }

  // MARK: The note

  mutating func appendNote(_ answer: Answer, _ card: CardRow, _ next: CardRow) {
    let (code, remarks) = (answer.code, answer.remarks)
    if remarks.contains(.notBegun) {
      append("Thẻ chưa đến hạn sử dụng: có giá trị từ ")
      append(date: card.validFrom)
      append(byte: UInt8(ascii: "."))
    } else {
      append(code.sentence)
    }
    if remarks.contains(.nextLater) {
      append(" Thẻ mới có giá trị từ ")
      append(date: next.validFrom)
      append(byte: UInt8(ascii: "."))
    }
    if let fault = answer.question.fault ?? answer.verdict.fault {
      if form == .jsonLines || form == .csv || answer.question.line > 1 {
        append(" dòng ")
        append(decimal: answer.question.line)
        append(byte: UInt8(ascii: ":"))
      }
      append(byte: 0x20)
      return append(fault.sentence)
    }
    if !remarks.isEmpty {
      for (remark, sentence) in Remarks.sentences where remarks.contains(remark) {
        append(byte: 0x20)
        append(sentence)
      }
    }
    if code.showsCard, let earlier = answer.question.earlier {
      append(" Số đã tra là ")
      append(earlier.words.vietnamese)
      append(" của người này.")
    }
    if remarks.contains(.keptInGrace) {
      append(" Dữ liệu mới nhất của người này còn nghi vấn; thẻ được giữ tạm đến hết ngày ")
      append(date: card.graceUntil)
      append(": vẫn tiếp nhận, nhắc người bệnh liên hệ cơ quan BHXH.")
    } else if remarks.contains(.graceOver) {
      append(" Thẻ chỉ được giữ tạm đến hết ngày ")
      append(date: card.graceUntil)
      append(", nay đã quá hạn: hỏi cơ quan BHXH.")
    }
    if code == .noData, standing.isPackage { append(" Gói này chỉ có người đăng ký tại cơ sở nhận gói.") }
    appendStanding()
  }

  private mutating func appendStanding() {
    guard !standing.asOf.isNone else { return }
    append(" Dữ liệu ngày ")
    append(date: standing.asOf)
    if isStale {
      append(", đã quá hạn dùng ")
      append(date: standing.validUntil)
      append(": hãy lấy dữ liệu mới")
    }
    append(byte: UInt8(ascii: "."))
  }

  // MARK: Rows and fields

  private mutating func beginRow(line: Int) {
    isFirstField = true
    switch form {
    case .json: append("{\n")
    case .jsonLines:
      append("{\"dong\":")
      append(decimal: line)
      isFirstField = false
    case .csv:
      append(decimal: line)
      isFirstField = false
    case .gateway: append("{")
    case .text: break
    }
  }

  private mutating func endRow() {
    switch form {
    case .json: append("\n}\n")
    case .jsonLines: append("}\n")
    case .gateway:
      append(",\"diaChi\":null,\"cqBHXH\":null,\"dsLichSuKCB2018\":null,\"dsLichSuKT2018\":null}\n")
    case .csv: append("\n")
    case .text: break
    }
  }

  private mutating func field(_ name: StaticString) {
    if !isFirstField { append(byte: UInt8(ascii: ",")) }
    switch form {
    case .json:
      append(isFirstField ? "  \"" : "\n  \"")
      append(name)
      append("\": ")
    case .jsonLines, .gateway:
      append(byte: UInt8(ascii: "\""))
      append(name)
      append("\":")
    case .csv, .text: break
    }
    isFirstField = false
  }

  private mutating func none() {
    if form != .csv { append("null") }
  }

  private mutating func quoted(_ write: (inout AnswerWriter) -> Void) {
    append(byte: UInt8(ascii: "\""))
    write(&self)
    append(byte: UInt8(ascii: "\""))
  }

  private mutating func value(_ number: CardNumber) {
    guard !number.isNone else { return none() }
    quoted { text in
      for i in 0..<5 { text.append(byte: UInt8(truncatingIfNeeded: number.head >> UInt64(8 * (4 - i)))) }
      text.append(digits: number.tail.digits, count: number.tail.digitCount)
    }
  }

  private mutating func value(_ number: InsuranceNumber) {
    guard !number.isNone else { return none() }
    quoted { $0.append(digits: number.digits, count: number.digitCount) }
  }

  private mutating func value(_ code: ShortCode) {
    guard !code.isNone else { return none() }
    quoted { text in
      for i in 0..<Int(code.packed & 0xff) {
        text.appendEscaped(byte: UInt8(truncatingIfNeeded: code.packed >> UInt64(8 * (7 - i))))
      }
    }
  }

  private mutating func value(_ name: [UInt8]?) {
    guard let name else { return none() }
    quoted { $0.appendEscaped(name.span) }
  }

  private mutating func value(_ date: CalendarDate) {
    guard !date.isNone else { return none() }
    quoted { $0.append(date: date) }
  }

  // MARK: Bytes

  mutating func append(_ text: String) { for byte in text.utf8 { append(byte: byte) } }

  mutating func append(byte: UInt8) {
    precondition(count < capacity)
    unsafe base[count] = byte
    count += 1
  }

  mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
    precondition(text.count <= capacity - count)
    guard let source = text.baseAddress else { return }
    unsafe (base + count).update(from: source, count: text.count)
    count += text.count
  }

  mutating func append(_ text: StaticString) {
    unsafe append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a byte of text, escaped: quotation marks in both formats, backslashes in JSON; drops control
  /// characters.
  private mutating func appendEscaped(byte: UInt8) {
    if byte == UInt8(ascii: "\"") {
      append(form == .csv ? "\"\"" : "\\\"")
    } else if byte == UInt8(ascii: "\\"), form != .csv {
      append("\\\\")
    } else if byte >= 0x20 {
      append(byte: byte)
    }
  }

  private mutating func appendEscaped(_ text: Span<UInt8>) {
    var isPlain = true
    for i in text.indices
    where text[i] == UInt8(ascii: "\"") || text[i] == UInt8(ascii: "\\") || text[i] < 0x20 {
      isPlain = false
    }
    if isPlain {
      unsafe text.withUnsafeBufferPointer { unsafe append($0) }
    } else {
      for i in text.indices { appendEscaped(byte: text[i]) }
    }
  }

  mutating func append(digits: UInt64, count width: Int) {
    precondition(width <= capacity - count)
    var rest = digits
    var i = count + width
    while i > count {
      i -= 1
      unsafe base[i] = UInt8(truncatingIfNeeded: 48 + rest % 10)
      rest /= 10
    }
    count += width
  }

  mutating func append(decimal number: Int) {
    var width = 1
    var rest = number / 10
    while rest > 0 {
      width += 1
      rest /= 10
    }
    append(digits: UInt64(max(0, number)), count: width)
  }

  mutating func append(code: ResultCode) { append(digits: UInt64(code.rawValue), count: 3) }

  /// `dd/MM/yyyy`, `MM/yyyy` or `yyyy`.
  mutating func append(date: CalendarDate) {
    if date.day > 0 {
      append(digits: UInt64(date.day), count: 2)
      append(byte: UInt8(ascii: "/"))
    }
    if date.month > 0 {
      append(digits: UInt64(date.month), count: 2)
      append(byte: UInt8(ascii: "/"))
    }
    append(digits: UInt64(date.year), count: 4)
  }
}
