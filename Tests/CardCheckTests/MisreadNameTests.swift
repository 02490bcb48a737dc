// Names in UTF-8 that a scanner's program reads in another encoding, as the system's own converter reads them: the clerk never
// hears that the person's name is wrong.

import Glibc
import Names
import Rules
import Support
import Testing
import Values
@testable import CardCheck

@Suite("Names read in another encoding")
struct MisreadNameTests {
  static let encodings = [
    "ISO-8859-1", "WINDOWS-1252", "WINDOWS-1258", "CP437", "CP850", "MACINTOSH", "SHIFT_JIS", "CP932", "BIG5",
    "GBK", "GB18030",
    "CP949", "KOI8-R", "CP874",
  ]
  static let names = [
    "Nguyễn Văn Mẫu", "Trần Thị Thử", "Lê Văn Đặt", "Phạm Thị Bịa", "Dương Văn Phước", "Vũ Thị Hường",
    "Hồ Quý Ly",
    "ĐỖ THỊ HÒA", "Y Blăk Êban", "H'Hen Niê", "Đinh Ế Bửu", "Huỳnh Ngọc Ánh",
  ]

  /// What a program makes of UTF-8 that it takes for another encoding; bytes that mean nothing there are passed over.
  static func misread(_ text: String, as encoding: String) -> [UInt8]? {
    let converter = unsafe iconv_open("UTF-8", encoding)
    guard unsafe converter != iconv_t(bitPattern: -1) else { return nil }
    defer { unsafe iconv_close(converter) }
    var bytes = text.utf8.map { CChar(bitPattern: $0) }
    var out = [CChar](repeating: 0, count: 8 * bytes.count + 8)
    let written = unsafe bytes.withUnsafeMutableBufferPointer { source in
      unsafe out.withUnsafeMutableBufferPointer { target -> Int in
        var (from, to) = unsafe (source.baseAddress, target.baseAddress)
        var (left, room) = unsafe (source.count, target.count)
        while left > 0, unsafe iconv(converter, &from, &left, &to, &room) == -1 {
          unsafe from = from?.advanced(by: 1)
          left -= 1
        }
        // The converter may hold back a letter whose mark could follow.
        _ = unsafe iconv(converter, nil, nil, &to, &room)
        return unsafe target.count - room
      }
    }
    return out[..<written].map { UInt8(bitPattern: $0) }
  }

  /// The code of an answer about a person who is asked for by a chip card with these bytes as the name.
  static func code(_ name: [UInt8], of person: String, typed: Bool = false) throws -> String {
    var people = PersonBatch()
    people.add(
      "079090000123", person.uppercased(), "1990-02-01", .male,
      [CardWords("DN4797912345678", "7912345678", "2026-01-01", "2026-12-31")])
    let (before, after) =
      typed ? ("079090000123,", ",1990") : ("079090000123||", "|01021990|Nam|Số 1|15052021")
    var reader = QuestionReader()
    var batch = QuestionBatch()
    reader.read((Array(before.utf8) + name + Array(after.utf8)).span, number: 1, into: &batch)
    var checker = CardChecker(MemoryCards(people, Town.standing), on: Town.day)
    var code = ""
    try checker.check(&batch) { (answer, _) throws(Stop) in
      code = answer.code.text + (answer.remarks.contains(.nameRepaired) ? " repaired" : "")
    }
    return code
  }

  @Test("the right name is repaired, agrees as far as it is legible, or can't be read", arguments: encodings)
  func right(encoding: String) throws {
    for name in Self.names {
      guard let read = Self.misread(name, as: encoding) else { continue }
      for typed in [false, true] {
        // Of a typed name without a sign nothing tells that letters are lost.
        if typed, read.allSatisfy({ $0 < 0x80 }) { continue }
        let code = try Self.code(read, of: name, typed: typed)
        #expect(
          ["000", "000 repaired", "205"].contains(code), "\(name) as \(String(decoding: read, as: UTF8.self))"
        )
        // In these encodings every byte is a character.
        if ["ISO-8859-1", "CP437", "CP850"].contains(encoding) {
          #expect(code == "000 repaired", "\(name)")
        }
      }
    }
  }

  @Test("another person's name is never taken for right", arguments: encodings)
  func wrong(encoding: String) throws {
    let folder = NameFolder()
    for name in Self.names {
      guard let read = Self.misread(name, as: encoding) else { continue }
      for other in Self.names where folder.forms(of: other).bare != folder.forms(of: name).bare {
        let code = try Self.code(read, of: other)
        #expect(!code.hasPrefix("000"), "\(name) for \(other)")
        // Only a name that was got back whole, or has no sign of what is lost, can be called wrong.
        if MisreadUTF8.hasForeignSign(read.span), MisreadUTF8.repaired(read.span) == nil {
          #expect(code == "205", "\(name) for \(other)")
        }
      }
    }
  }

  @Test("a name that is as it was sent is not repaired")
  func sound() throws {
    for name in Self.names + ["Nguyen Van A", "Ångström Ñandú", "Müller"] {
      #expect(try Self.code(Array(name.utf8), of: name) == "000")
      #expect(MisreadUTF8.repaired(Array(name.utf8).span) == nil)
    }
    #expect(try Self.code(Array("Nguyễn Văn B".utf8), of: "Nguyễn Văn Mẫu") == "061")
    #expect(try Self.code(Array("峄峄".utf8), of: "Nguyễn Văn Mẫu") == "205")
  }
}
