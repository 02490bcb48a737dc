// Turns input lines into questions: the QR code of a chip card or an insurance card, the gateway's own
// request, or number, name and birth date.
// Invariant: every line gives exactly one question, with a fault if it is unreadable; no input traps. A line
// that begins with a brace is a request, one with bars a QR code, any other is typed.
// Load: a million lines in two seconds; no `String` per line, and no allocation after the first few.
//
// Of an insurance card's QR code, only fields 0–8 and 12 are trusted.

import Files
import Names
import Rules
import Values

/// Reads questions, one line each.
package struct QuestionReader: Sendable {
  /// The column of each value in a typed line.
  private struct Columns: Sendable {
    var number = 0
    var name = 1
    var birthDate = 2
    /// Negative if the column is absent.
    var sex = 3
    var fewest = 3
  }

  private let folder = NameFolder()
  private var columns = Columns()
  /// The file's delimiter, if a header shows it.
  private var delimiter: UInt8?
  private var cut = DelimitedLine()
  private var decoded: [UInt8] = []
  private var request = GatewayRequest()

  package init() {}

  /// Takes the first line of a file if it is a header.
  ///
  /// - Returns: false if it is a question.
  package mutating func takeHeader(_ line: Span<UInt8>) -> Bool {
    let comma = DelimitedLine.usedDelimiter(line)
    guard cut.split(line, at: comma) == nil else { return false }
    let names = cut.columnNames
    func place(_ words: [String]) -> Int? { names.firstIndex { words.contains($0) } }
    guard
      let number = place(["number", "mathe", "so", "cardnumber", "personalid", "insurancenumber", "masobhxh"]
      ),
      let name = place(["name", "hoten", "fullname"]), let birthDate = place(["birthdate", "ngaysinh"])
    else { return false }
    let sex = place(["sex", "gioitinh"])
    columns = Columns(
      number: number, name: name, birthDate: birthDate, sex: sex ?? -1,
      fewest: max(number, name, birthDate) + 1)
    delimiter = comma
    return true
  }

  /// Appends the question on a line.
  package mutating func read(_ line: Span<UInt8>, number: Int, into batch: inout QuestionBatch) {
    var question = Self.question(number, batch)
    question.fault = fill(&question, from: line, &batch.names)
    append(question, to: &batch)
  }

  /// Appends the question of a program.
  package mutating func read(_ request: GatewayRequest, number: Int, into batch: inout QuestionBatch) {
    var question = Self.question(number, batch)
    question.fault = readValues(&question, &batch.names, of: request)
    append(question, to: &batch)
  }

  private static func question(_ number: Int, _ batch: borrowing QuestionBatch) -> CardQuestion {
    var question = CardQuestion()
    question.line = number
    question.nameStart = UInt32(truncatingIfNeeded: batch.names.count)
    return question
  }

  private func append(_ read: CardQuestion, to batch: inout QuestionBatch) {
    var question = read
    if question.fault != nil {
      // Drop the name of a question that is refused.
      batch.names.removeLast(batch.names.count - Int(question.nameStart))
      var faulty = CardQuestion()
      (faulty.line, faulty.fault, faulty.nameStart) = (question.line, question.fault, question.nameStart)
      // A package can't be asked by it at all.
      if question.number.legacyID != nil { faulty.number = question.number }
      question = faulty
    } else {
      question.nameCount = UInt32(truncatingIfNeeded: batch.names.count - Int(question.nameStart))
    }
    batch.questions.append(question)
  }

  /// Appends a fault for a line that is too long.
  package mutating func refuseLongLine(number: Int, into batch: inout QuestionBatch) {
    var question = CardQuestion()
    (question.line, question.fault) = (number, .lineTooLong)
    question.nameStart = UInt32(truncatingIfNeeded: batch.names.count)
    batch.questions.append(question)
  }

  private mutating func fill(_ question: inout CardQuestion, from line: Span<UInt8>, _ names: inout [UInt8])
    -> QuestionFault?
  {
    let start = trimmed(line).lowerBound
    if start < line.count, line[start] == UInt8(ascii: "{") {
      guard request.read(line) else { return .json }
      return readValues(&question, &names, of: request)
    }
    var isQR = false
    for i in line.indices where line[i] == UInt8(ascii: "|") {
      isQR = true
      break
    }
    guard isQR else {
      switch cut.split(line, at: delimiter ?? DelimitedLine.usedDelimiter(line)) {
      case .empty: return .emptyLine
      case .openQuote: return .quote
      case nil: return readTyped(&question, &names)
      }
    }
    cut.splitQR(line)
    return isInsuranceCard ? readInsuranceCard(&question, &names) : readChipCard(&question, &names)
  }

  /// The only byte of a field, without surrounding white space; nil for a field of another length.
  private func onlyByte(_ i: Int) -> UInt8? {
    let field = cut.text.span.extracting(cut.fields[i])
    let range = trimmed(field)
    return range.count == 1 ? field[range.lowerBound] : nil
  }

  // MARK: QR codes

  /// Field 3 is the sex as one digit on an insurance card, the birth date on a chip card; the code ends in a
  /// dollar sign.
  private var isInsuranceCard: Bool {
    guard cut.fields.count >= 10 else { return false }
    return onlyByte(cut.fields.count - 1) == UInt8(ascii: "$") || onlyByte(3) != nil
  }

  /// Reads the fields 0, 2, 3 and 4 of a chip ID card.
  private mutating func readChipCard(_ question: inout CardQuestion, _ names: inout [UInt8]) -> QuestionFault?
  {
    guard (7...11).contains(cut.fields.count) else { return .qrCode }
    switch readChipNumber(cut.text.span.extracting(cut.fields[0])) {
    case .success(let id): question.number = AskedNumber(InsuranceNumber(id))
    case .failure(let problem): return problem.fault
    }
    switch readDate(cut.text.span.extracting(cut.fields[3]), .compact) {
    case .success(let date): question.birthDate = date
    case .failure(let problem): return problem.fault
    }
    question.sex = readSex(cut.text.span.extracting(cut.fields[4]))
    switch Self.readName(cut.text.span.extracting(cut.fields[2]), folder, &question, &names) {
    case nil:
      guard question.nameReading == .whole else { break }
      if looksDamaged(names.span.extracting(Int(question.nameStart)...)) { question.nameReading = .damaged }
    case .nameForm?: question.nameReading = .damaged
    case let fault: return fault
    }
    return nil
  }

  private func readChipNumber(_ field: Span<UInt8>) -> Result<PersonalID, FieldProblem> {
    if hasInvisible(field) {
      var seen: [UInt8] = []
      appendVisible(field, to: &seen)
      return readChipNumber(seen.span)
    }
    let number = field.extracting(trimmed(field))
    // Scanners and keyboard layouts may insert characters before the number; the last twelve digits are the
    // number.
    guard number.count >= 12, let id = try? PersonalID(number.extracting((number.count - 12)...)) else {
      return .failure(FieldProblem(number.isEmpty ? .numberMissing : .qrCode))
    }
    guard isScannerPrefix(number.extracting(0..<number.count - 12)) else {
      return .failure(FieldProblem(.qrCode))
    }
    return id.isFiller ? .failure(FieldProblem(.numberMissing)) : .success(id)
  }

  /// Reads the fields 0, 1, 2, 3 and 5 of a health-insurance card.
  private mutating func readInsuranceCard(_ question: inout CardQuestion, _ names: inout [UInt8])
    -> QuestionFault?
  {
    switch scannedNumber {
    case .success(let number): question.number = number
    case .failure(let problem): return problem.fault
    }
    if cut.fields[1].isEmpty || onlyByte(1) == UInt8(ascii: "-") { return .nameMissing }
    guard Self.decode(cut, 1, into: &decoded) else { return .nameForm }
    if let fault = Self.readName(decoded.span, folder, &question, &names) { return fault }
    switch readDate(cut.text.span.extracting(cut.fields[2]), .slashes) {
    case .success(let date): question.birthDate = date
    case .failure(let problem): return problem.fault
    }
    switch onlyByte(3) {
    case UInt8(ascii: "1"): question.sex = .male
    case UInt8(ascii: "2"): question.sex = .female
    default: break
    }
    question.facility = readFacility(cut.text.span.extracting(cut.fields[5]))
    return nil
  }

  private var scannedNumber: Result<AskedNumber, FieldProblem> {
    let field = cut.text.span.extracting(cut.fields[0])
    return readNumber(field.extracting(scannerPrefix(field)...))
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func decode(_ cut: DelimitedLine, _ i: Int, into bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    let field = cut.text.span.extracting(cut.fields[i])
    return appendHex(field.extracting(trimmed(field)), to: &bytes)
  }

  /// What hand scanners send before the code: an AIM symbology identifier such as `]Q1`, or stray layout
  /// characters.
  private func isScannerPrefix(_ prefix: Span<UInt8>) -> Bool {
    guard prefix.count <= 16 else { return false }
    guard let last = prefix.indices.last else { return true }
    return !isDigit(prefix[last]) || isAIM(prefix, before: prefix.count)
  }

  private func isAIM(_ text: Span<UInt8>, before end: Int) -> Bool {
    end >= 3 && text[end - 3] == UInt8(ascii: "]") && text[end - 2] == UInt8(ascii: "Q")
      && isDigit(text[end - 1])
  }

  /// How many bytes a scanner put before a number that may begin with letters.
  private func scannerPrefix(_ field: Span<UInt8>) -> Int {
    var start = 0
    for end in 3..<max(3, min(17, field.count)) where isAIM(field, before: end) { start = end }
    while start < field.count, start < 16, !isLetterOrDigit(field[start]) { start += 1 }
    return start
  }

  private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  /// A question mark replaces a letter that a code page lacks; a name without diacritics may have lost them.
  private func looksDamaged(_ name: Span<UInt8>) -> Bool {
    var isASCII = true
    for i in name.indices {
      if name[i] == UInt8(ascii: "?") { return true }
      if name[i] >= 0x80 { isASCII = false }
    }
    return isASCII
  }

  // MARK: Typed lines

  private func readTyped(_ question: inout CardQuestion, _ names: inout [UInt8]) -> QuestionFault? {
    guard cut.fields.count >= columns.fewest else { return .fieldCount }
    return readValues(
      &question, &names, cut.text, number: cut.fields[columns.number], name: cut.fields[columns.name],
      birthDate: cut.fields[columns.birthDate],
      sex: columns.sex >= 0 && columns.sex < cut.fields.count ? cut.fields[columns.sex] : 0..<0)
  }

  private func readValues(
    _ question: inout CardQuestion, _ names: inout [UInt8], of request: GatewayRequest
  ) -> QuestionFault? {
    readValues(
      &question, &names, request.text, number: request.number, name: request.name,
      birthDate: request.birthDate, sex: request.sex)
  }

  private func readValues(
    _ question: inout CardQuestion, _ names: inout [UInt8], _ text: [UInt8], number: Range<Int>,
    name: Range<Int>,
    birthDate: Range<Int>, sex: Range<Int>
  ) -> QuestionFault? {
    switch readNumber(text.span.extracting(number)) {
    case .success(let number): question.number = number
    case .failure(let problem): return problem.fault
    }
    if let fault = Self.readName(text.span.extracting(name), folder, &question, &names) { return fault }
    switch readDate(text.span.extracting(birthDate), [.slashes, .iso]) {
    case .success(let date): question.birthDate = date
    case .failure(let problem): return problem.fault
    }
    question.sex = readSex(text.span.extracting(sex))
    return nil
  }

  // MARK: Names

  /// Reads a name, and says in the question how much of it came through.
  private static func readName(
    _ raw: Span<UInt8>, _ folder: NameFolder, _ question: inout CardQuestion, _ names: inout [UInt8]
  ) -> QuestionFault? {
    if folder.isCleanAlready(raw) {
      unsafe raw.withUnsafeBufferPointer { unsafe names.append(contentsOf: $0) }
      return raw.isEmpty ? .nameMissing : nil
    }
    let start = names.count
    let fault = folder.slowlyClean(raw, into: &names)
    if fault == .mojibake || fault == nil && MisreadUTF8.hasForeignSign(names.span.extracting(start...)) {
      if let repaired = MisreadUTF8.repaired(raw) {
        names.removeLast(names.count - start)
        question.nameReading = .repaired
        return folder.clean(repaired.span, into: &names) == nil ? nil : .nameUndecoded
      }
      question.nameReading = .undecoded
      // Some letters are left to compare, and spaces to tell the words.
      return names[start...].count { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A } < 2 ? .nameUndecoded : nil
    }
    switch fault {
    case nil: return nil
    case .empty: return .nameMissing
    case .tooLong: return .nameForm
    case .format, .mojibake: return .nameForm
    }
  }
}
