// The table of facilities: forms that are read, and faults that are named by file, line and field.

import Foundation
import Support
import Testing
import Values
@testable import Extract

@Suite("Reading the table of facilities")
struct FacilityTableTests {
  static let header = "code,name,province_2025,successor,successor_from\n"

  static func read(
    _ bytes: [UInt8], delimiter: String = ",", encoding: TextEncoding? = nil
  ) throws -> [Facility] {
    let workshop = try Workshop()
    let path = workshop.path + "/facilities.csv"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try FacilityTable(path: path, encoding: encoding, delimiter: Array(delimiter.utf8)).read()
  }

  /// The faults, as `line: field: found`.
  static func faults(_ text: String) throws -> [String] {
    do {
      _ = try read(Array(text.utf8))
      return []
    } catch let stop as Stop {
      #expect(stop.exit == .dataRefused)
      return ([stop.finding] + stop.others).map {
        "\($0.origin.line ?? 0): \($0.origin.field ?? ""): \($0.found)"
      }
    }
  }

  @Test("names, provinces and successors are read, with any order of columns, and without all but code")
  func rows() throws {
    let all = try Self.read(
      Array(
        (Self.header + """
          01028,"Bệnh viện Mẫu, cơ sở 1",01,,
          74 - 001,Trung tâm y tế,79,79501,2026-07-01
          79501,,,,
          79c54,Phòng khám,,79501,01/12/2026

          """).utf8))
    #expect(all.map(\.code.text) == ["01028", "74001", "79501", "79C54"])
    #expect(all.map(\.name) == ["Bệnh viện Mẫu, cơ sở 1", "Trung tâm y tế", "", "Phòng khám"])
    #expect(all.map { $0.province?.code } == [1, 79, nil, nil])
    #expect(all.map(\.successor.text) == ["", "79501", "", "79501"])
    #expect(all.map(\.successorFrom.text) == ["", "2026-07-01", "", "2026-12-01"])
    #expect(try Self.read(Array("name,x,code\nMẫu,1,01028\n".utf8)).map(\.name) == ["Mẫu"])
    #expect(try Self.read(Array("code\n01028\n01029\n".utf8)).count == 2)
  }

  @Test("as spreadsheets write it: a byte order mark, semicolons, UTF-16")
  func dialects() throws {
    let text = Self.header + "01028,Bệnh viện,,,\n"
    #expect(try Self.read([0xEF, 0xBB, 0xBF] + Array(text.utf8)).map(\.name) == ["Bệnh viện"])
    let semicolons = text.replacing(",", with: ";")
    #expect(try Self.read(Array(semicolons.utf8), delimiter: ";").map(\.name) == ["Bệnh viện"])
    #expect(try Self.read(Array(("sep=;\n" + semicolons).utf8)).map(\.name) == ["Bệnh viện"])
    var wide: [UInt8] = [0xFF, 0xFE]
    for unit in text.utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    #expect(try Self.read(wide).map(\.name) == ["Bệnh viện"])
    let stop = #expect(throws: Stop.self) { try Self.read(Array(semicolons.utf8)) }
    #expect(stop?.finding.remedy.contains("delimiter: \";\"") == true)
  }

  static let wrong: [(rows: String, faults: [String])] = [
    ("1028,,,,\n", ["2: code: 4 characters, as if a leading zero were lost"]),
    (",X,,,\n", ["2: code: nothing"]),
    ("010288,,,,\n", ["2: code: 6 characters"]),
    ("0I028,,,,\n", ["2: code: other characters"]),
    ("01028,,,,\n01 - 028,,,,\n", ["3: code: that of line 2 again"]),
    (
      "01028,,74,,\n",
      ["2: province_2025: 74, which was Bình Dương and belongs to 79 Thành phố Hồ Chí Minh now"]
    ),
    ("01028,,99,,\n", ["2: province_2025: something else"]),
    ("01028,,1,,\n", ["2: province_2025: something else"]),
    ("01028,,,01029,2026-01-01\n", ["2: successor: 01029, which it lacks"]),
    ("01028,,,01029,\n01029,,,,\n", ["2: successor_from: nothing"]),
    ("01028,,,01029,2026\n01029,,,,\n", ["2: successor_from: something else"]),
    ("01028,,,01029,2026-02-30\n01029,,,,\n", ["2: successor_from: something else"]),
    ("01028,,,,2026-01-01\n", ["2: successor_from: one"]),
    ("01028,,,2,2026-01-01\n", ["2: successor: 1 character"]),
    ("01028,,,01028,2026-01-01\n", ["2: successor: 01028 → 01028"]),
    (
      "01001,,,01002,2026-01-01\n01002,,,01003,2027-01-01\n01003,,,01002,2028-01-01\n",
      ["3: successor: 01002 → 01003 → 01002"]
    ),
    ("01028,a,b\n", ["2: : another number of fields"]),
    ("01028,\"a\u{1}b\",,,\n", ["2: name: a character that is none of a name"]),
    ("01028,\(String(repeating: "a", count: 256)),,,\n", ["2: name: 256 characters"]),
    ("", ["0: : no facility"]),
    (
      "1,,,,\n01028,,98,,\n2,,,,\n",
      ["2: code: 1 character", "3: province_2025: something else", "4: code: 1 character"]
    ),
  ]

  @Test("a wrong row is named by its line and field", arguments: wrong)
  func faults(rows: String, faults: [String]) throws {
    #expect(try Self.faults(Self.header + rows) == faults)
  }

  @Test("a file that is no table is refused, and one with many faults shows a hundred")
  func noTable() throws {
    #expect(try Self.faults("ma,ten\n01028,Mẫu\n") == ["1: code: no column code"])
    #expect(throws: Stop.self) { try Self.read([]) }
    #expect(throws: Stop.self) { try Self.read(Array("PK\u{3}\u{4}rest of a workbook".utf8)) }
    let missing = #expect(throws: Stop.self) { try FacilityTable(path: "/nowhere/facilities.csv").read() }
    #expect(missing?.exit == .exportMissing)
    let many = try Self.faults(Self.header + String(repeating: "1,,,,\n", count: 250))
    #expect(many.count == 101 && many.last == "0: : 150 more")
  }

  @Test("a table without faults has no chain that meets itself", arguments: UInt64(0)..<60)
  func cycles(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let count = Int.random(in: 2...8, using: &random)
    let next = (0..<count).map { _ in
      Bool.random(using: &random) ? Int.random(in: 0..<count, using: &random) : nil
    }
    let rows = next.enumerated().map { i, next in
      "0100\(i),,,\(next.map { "0100\($0),2026-01-01" } ?? ",")\n"
    }
    // The slow way: from each code, as many steps as there are codes.
    let isSound = (0..<count).allSatisfy { start in
      var at: Int? = start
      for _ in 0...count { at = at.flatMap { next[$0] } }
      return at == nil
    }
    #expect(try Self.faults(Self.header + rows.joined()).isEmpty == isSound)
  }
}
