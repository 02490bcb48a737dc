// Reading questions: QR codes, typed lines, headers, and unreadable lines.

import Rules
import Support
import Testing
import Values
@testable import CardCheck

@Suite("Questions")
struct QuestionTests {
  /// A question in words: its fault, or number, name, birth date, sex, facility.
  static func words(_ line: [UInt8]) -> String {
    var reader = QuestionReader()
    var batch = QuestionBatch()
    reader.read(line.span, number: 1, into: &batch)
    guard let question = batch.questions.first, batch.questions.count == 1 else { return "no question" }
    if let fault = question.fault { return "\(fault)" }
    let number = question.number.isCard ? question.number.card.text : question.number.digits
    var words = [number, batch.name(of: question), question.birthDate.text, question.sex.name]
    if !question.facility.isNone { words.append(question.facility.text) }
    if question.nameReading != .whole { words.append("\(question.nameReading)") }
    return words.joined(separator: " ")
  }

  static let chip = "079090000123|012345678|Nguyễn Văn A|01021990|Nam|Số 1, Phố Mẫu, Phường Mẫu|15052021"
  static let chipWords = "079090000123 Nguyễn Văn A 1990-02-01 male"
  static let chips: [(String, String)] = [
    (chip, chipWords), (chip + "||||", chipWords), (chip + "|a|b|c|d", chipWords),
    ("\u{FEFF}" + chip + "\r", chipWords), (chip + "\0", chipWords), ("\0\0" + chip, chipWords),
    ("0790\u{200B}90000123\u{200E}" + chip.dropFirst(12), chipWords), ("\u{2060}" + chip, chipWords),
    ("]Q1" + chip, chipWords), ("]Q3" + chip, chipWords), ("Ư" + chip, chipWords), ("  " + chip, chipWords),
    ("~!" + chip, chipWords), ("9" + chip, "qrCode"), ("a9" + chip, "qrCode"),
    (chip + "|||||", "qrCode"), ("079090000123|012345678|Nguyễn Văn A|01021990|Nam|Số 1", "qrCode"),
    ("79090000123||Nguyễn Văn A|01021990|Nam||15052021", "qrCode"),
    ("||Nguyễn Văn A|01021990|Nam||15052021", "numberMissing"),
    ("000000000000||Nguyễn Văn A|01021990|Nam||15052021", "numberMissing"),
    ("079090000123|||01021990|Nam||15052021", "nameMissing"),
    ("079090000123||Nguyễn Văn A||Nam||15052021", "birthDateMissing"),
    ("079090000123||Nguyễn Văn A|021990|Nam||15052021", "079090000123 Nguyễn Văn A 1990-02 male"),
    ("079090000123||Nguyễn Văn A|1990|Nữ||15052021", "079090000123 Nguyễn Văn A 1990 female"),
    ("079090000123||Nguyễn Văn A|00001990|NỮ||15052021", "079090000123 Nguyễn Văn A 1990 female"),
    ("079090000123||Nguyễn Văn A|01/02/1990|Nam||15052021", "birthDateForm"),
    ("079090000123||Nguyễn Văn A|31021990|Nam||15052021", "birthDateImpossible"),
    (
      "079090000123||Nguy?n V?n A|01021990|Nam||15052021", "079090000123 Nguy?n V?n A 1990-02-01 male damaged"
    ),
    ("079090000123||Nguyn Vn A|01021990|N?||15052021", "079090000123 Nguyn Vn A 1990-02-01 unknown damaged"),
    ("079090000123||Nguye6n Va8n A|01021990|Nam||1", "079090000123 Nguye6n Va8n A 1990-02-01 male damaged"),
  ]

  static let name = "4e677579e1bb856e2056c4836e2041"
  static let insurances: [(String, String)] = [
    (
      "7912345678|\(name)|01/02/1990|1|-|01 - 028|01/01/2026|-|01/01/2026|01000000000000|-|4|01/01/2027|x-1202|4|-|$",
      "7912345678 Nguyễn Văn A 1990-02-01 male 01028"
    ),
    (
      "DN4797912345678|\(name)|1990|2|-|01 – C54|01/01/2026|31/12/2026|01/01/2026|01000000000000",
      "DN4797912345678 Nguyễn Văn A 1990 female 01C54"
    ),
    (
      "dn479079090000123|\(name.uppercased())|1990|2|-|-|-|-|-|-|$",
      "DN479079090000123 Nguyễn Văn A 1990 female"
    ),
    ("\u{FEFF}]Q1DN4797912345678|\(name)|1990|1|-|-|-|-|-|-|$\r", "DN4797912345678 Nguyễn Văn A 1990 male"),
    ("]Q17912345678|\(name)|1990|1|-|-|-|-|-|-|$", "7912345678 Nguyễn Văn A 1990 male"),
    ("7912345678|-|1990|1|-|-|-|-|-|-|$", "nameMissing"), ("7912345678||1990|1|-|-|-|-|-|-|$", "nameMissing"),
    ("7912345678|4e6|1990|1|-|-|-|-|-|-|$", "nameForm"),
    ("7912345678|Nguyễn|1990|1|-|-|-|-|-|-|$", "nameForm"),
    ("7912345678|c3|1990|1|-|-|-|-|-|-|$", "nameUndecoded"),
    ("7912345678|3132|1990|1|-|-|-|-|-|-|$", "nameForm"),
    ("-|\(name)|1990|1|-|-|-|-|-|-|$", "numberMissing"),
    ("791234567|\(name)|1990|1|-|-|-|-|-|-|$", "791234567 Nguyễn Văn A 1990 male"),
    ("DN9797912345678|\(name)|1990|1|-|-|-|-|-|-|$", "benefitLevel"),
    ("D14797912345678|\(name)|1990|1|-|-|-|-|-|-|$", "cardCode"),
    ("7912345678|\(name)|-|1|-|-|-|-|-|-|$", "birthDateMissing"),
    ("7912345678|\(name)|01021990|1|-|-|-|-|-|-|$", "birthDateForm"),
    ("7912345678|\(name)|29/02/1990|1|-|-|-|-|-|-|$", "birthDateImpossible"),
    ("7912345678|\(name)|1990|3|-|028|-|-|-|-|$", "7912345678 Nguyễn Văn A 1990 unknown"),
    ("7912345678|\(name)|1990|1|-|-|-|-|-", "qrCode"),
  ]

  static let typed: [(String, String)] = [
    ("079090000123, Nguyễn Văn A, 01/02/1990", "079090000123 Nguyễn Văn A 1990-02-01 unknown"),
    ("DN 4 79 7912345678;Nguyễn Văn A;02/1990", "DN4797912345678 Nguyễn Văn A 1990-02 unknown"),
    ("7912345678\tNguyễn  Văn A \t1990", "7912345678 Nguyễn Văn A 1990 unknown"),
    ("\"079090000123\",\"Y \"\"B\"\" Blăk\",1990-02-01", "079090000123 Y \"B\" Blăk 1990-02-01 unknown"),
    ("\u{FEFF}079090000123,A,1990", "079090000123 A 1990 unknown"),
    ("079090000123\u{A0},\u{202A}A\u{202C},\u{200E}1990", "079090000123 A 1990 unknown"),
    ("DN4\u{3000}79\u{2060}7912345678,A,01/02/1990\u{FEFF}", "DN4797912345678 A 1990-02-01 unknown"),
    ("", "emptyLine"), ("   ", "emptyLine"), (",,", "numberMissing"), ("079090000123", "fieldCount"),
    ("079090000123,A", "fieldCount"), ("\"079090000123,A,1990", "quote"),
    ("079090000123,,1990", "nameMissing"),
    ("079090000123,A1,1990", "nameForm"), ("079090000123,A,", "birthDateMissing"),
    ("079090000123,A,01021990", "birthDateForm"), ("079090000123,A,1/2/1990", "birthDateForm"),
    ("079090000123,A,30/02/1990", "birthDateImpossible"),
    ("079090000123,A,00/00/1990", "079090000123 A 1990 unknown"),
    ("079090000123,A,01/00/1990", "birthDateImpossible"),
    ("012345678,A,1990", "012345678 A 1990 unknown"), ("000000000,A,1990", "numberMissing"),
    ("79090000123,A,1990", "numberForm"), ("x,A,1990", "numberForm"),
    ("1111111111,A,1990", "numberMissing"), ("DN479791234567890123,A,1990", "numberForm"),
    ("DN47979123456x8,A,1990", "cardCode"), ("DN6797912345678,A,1990", "benefitLevel"),
  ]

  static let requests: [(String, String)] = [
    (
      #"{"maThe":"7912345678","hoTen":"Nguyễn Văn A","ngaySinh":"01/02/1990"}"#,
      "7912345678 Nguyễn Văn A 1990-02-01 unknown"
    ),
    (
      #" { "ngaySinh" : "1990", "hoTen":"Nguy\u1ec5n V\u0103n A", "maThe":"DN4797912345678", "gioiTinh":"N\u1eef" } "#,
      "DN4797912345678 Nguyễn Văn A 1990 female"
    ),
    (
      #"{"maThe":"079090000123","hoTen":"Y \"B\" Blăk","ngaySinh":"02/1990","hoTenCb":"x","cccdCb":null,"n":-1.5e3,"b":true}"#,
      "079090000123 Y \"B\" Blăk 1990-02 unknown"
    ),
    (#"{"maThe":79090000123,"hoTen":"A","ngaySinh":"1990"}"#, "numberForm"),
    (#"{"maThe":"079090000123","hoTen":"A","ngaySinh":1990}"#, "079090000123 A 1990 unknown"),
    (#"{"maThe":"079090000123","hoTen":"A|B","ngaySinh":"1990"}"#, "079090000123 A|B 1990 unknown"),
    (#"{"hoTen":"A","ngaySinh":"1990"}"#, "numberMissing"), (#"{}"#, "numberMissing"),
    (#"{"maThe":null,"hoTen":"A","ngaySinh":"1990"}"#, "numberMissing"),
    (#"{"maThe":"079090000123","hoTen":"","ngaySinh":"1990"}"#, "nameMissing"),
    (#"{"maThe":"079090000123","hoTen":"A"}"#, "birthDateMissing"),
    (#"{"maThe":"079090000123","hoTen":"A","ngaySinh":"01021990"}"#, "birthDateForm"),
    (#"{"maThe":"079090000123","hoTen":"A","ngaySinh":"1990""#, "json"), (#"{"maThe"}"#, "json"),
    (#"{"maThe":{"a":1},"hoTen":"A","ngaySinh":"1990"}"#, "json"), (#"{"maThe":"079090000123",}"#, "json"),
    (#"{"maThe":"\ud83d","hoTen":"A","ngaySinh":"1990"}"#, "json"), (#"{"maThe":"\x","hoTen":"A"}"#, "json"),
    (#"{"maThe":"1" "hoTen":"A"}"#, "json"),
    (#"{"maThe":"079090000123","hoTen":"A","ngaySinh":"1990"} x"#, "json"),
    ("{", "json"),
  ]

  @Test("a line asks what it says", arguments: chips + insurances + typed + requests)
  func reading(line: String, words: String) {
    #expect(Self.words(Array(line.utf8)) == words)
  }

  @Test("a header names the columns in any order and gets no question")
  func header() {
    var reader = QuestionReader()
    var batch = QuestionBatch()
    let isTaken = reader.takeHeader(Array("stt;hoTen;ngaySinh;gioiTinh;maThe".utf8).span)
    #expect(isTaken)
    reader.read(Array("1;Nguyễn Văn A;01/02/1990;Nữ;7912345678".utf8).span, number: 2, into: &batch)
    #expect(batch.questions.first?.number.tail.text == "7912345678")
    #expect(batch.questions.first?.sex == .female)
    #expect(batch.questions.first?.line == 2)
    for line in ["079090000123,Nguyễn Văn A,1990", "maThe,hoTen", "", Self.chip] {
      var reader = QuestionReader()
      let isTaken = reader.takeHeader(Array(line.utf8).span)
      #expect(!isTaken, "\(line)")
    }
  }

  @Test(
    "no bytes trap, and each line gives one question that is whole or has a fault", arguments: UInt64(0)..<400
  )
  func mutations(seed: UInt64) {
    var random = SeededGenerator(seed)
    let lines = Self.chips + Self.insurances + Self.typed + Self.requests
    for _ in 0..<50 {
      var line = Array(lines[Int.random(in: 0..<lines.count, using: &random)].0.utf8)
      for _ in 0..<Int.random(in: 0...6, using: &random) where !line.isEmpty {
        let at = Int.random(in: 0..<line.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: line[at] = UInt8.random(in: 0...255, using: &random)
        case 1: line.remove(at: at)
        case 2: line.insert(UInt8.random(in: 0...255, using: &random), at: at)
        case 3: line.removeSubrange(at...)
        default: line.insert(contentsOf: line[at...], at: at)
        }
      }
      var reader = QuestionReader()
      var batch = QuestionBatch()
      reader.read(line.span, number: 7, into: &batch)
      #expect(batch.questions.count == 1)
      guard let question = batch.questions.first else { continue }
      #expect(question.line == 7)
      if question.fault == nil {
        #expect(!question.number.tail.isNone && !question.birthDate.isNone && question.nameCount > 0)
        #expect(Int(question.nameStart + question.nameCount) == batch.names.count)
      } else {
        #expect(batch.names.isEmpty)
      }
    }
  }

  @Test("what is written as a QR code is read again", arguments: UInt64(0)..<200)
  func roundTrip(seed: UInt64) {
    var random = SeededGenerator(seed)
    func digits(_ count: Int) -> String {
      (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
    }
    let syllables = ["Nguyễn", "Trần", "Thị", "Văn", "Hòa", "Thuỷ", "Đức", "H'Hen", "Ý", "Ơ", "Blăk"]
    let name = (0..<Int.random(in: 1...5, using: &random)).map { _ in
      syllables[Int.random(in: 0..<syllables.count, using: &random)]
    }.joined(separator: " ")
    let (day, month) = (Int.random(in: 1...28, using: &random), Int.random(in: 1...12, using: &random))
    let year = Int.random(in: 1900...2026, using: &random)
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    let isFemale = Bool.random(using: &random)
    let id = "07" + digits(10)
    let date = "\(year)-\(two(month))-\(two(day))"
    let chip =
      "\(id)|\(digits(9))|\(name)|\(two(day))\(two(month))\(year)|\(isFemale ? "Nữ" : "Nam")|Phố \(digits(3))|01012021"
    // A name of ASCII letters only may have lost its marks.
    let mayHaveLost = name.utf8.allSatisfy { $0 < 0x80 } ? " damaged" : ""
    #expect(
      Self.words(Array(chip.utf8)) == "\(id) \(name) \(date) \(isFemale ? "female" : "male")\(mayHaveLost)")
    let number = Bool.random(using: &random) ? "79" + digits(8) : "GD4" + digits(12)
    let card =
      "\(number)|\(hex(name))|\(two(day))/\(two(month))/\(year)|\(isFemale ? 2 : 1)|\(hex("Phố"))|79 – \(digits(3))"
      + "|01/01/2026|-|01/01/2026|\(digits(14))|-|K1| 01/01/2027|\(digits(6))-1202|4|\(hex("Huế"))|$"
    #expect(
      Self.words(Array(card.utf8)).hasPrefix("\(number) \(name) \(date) \(isFemale ? "female" : "male") 79"))
  }
}

extension QuestionBatch {
  /// The clean name of a question as text.
  func name(of question: CardQuestion) -> String {
    let start = Int(question.nameStart)
    return String(decoding: names[start..<start + Int(question.nameCount)], as: UTF8.self)
  }
}
