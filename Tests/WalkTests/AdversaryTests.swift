// Hostile exports as files: everything under one number, nothing in common, ties and empty values everywhere.
// The store is the same whatever the threads, the memory and the order of files and records.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

enum HostileExports: String, CaseIterable, Sendable {
  case oneID, oneInsuranceNumber, noMatch, ties, emptyValues
}

@Suite("Hostile exports")
struct AdversaryTests {
  private static let persons = 40
  private static let fileCount = 3

  private static func id(_ i: Int) -> String { "00109000\(1000 + i)" }
  private static func name(_ i: Int) -> String { "NGUYỄN VĂN \(["AN", "BA", "CẢ", "DŨNG", "EM"][i % 5])" }

  /// The records of both exports, without their headers.
  private static func records(_ kind: HostileExports, seed: UInt64) -> (
    population: [String], insurance: [String]
  ) {
    var (population, insurance): ([String], [String]) = ([], [])
    func pick(_ i: Int, _ count: Int) -> Int {
      Int(digest64(Array("\(seed) \(i)".utf8).span.bytes, seed: seed) % UInt64(count))
    }
    let blanks = ["", "-", "NULL", " "]
    for i in 0..<persons {
      let one = kind == .oneID
      population.append("\(id(one ? 0 : i)),,\(name(one ? 0 : i)),05/03/1990,Nam,1")
      for card in 0..<1 + pick(i, 3) {
        var number = "01000\(10000 + i)"
        var field = id(one ? 0 : i)
        var cardNumber = "DN401\(number)"
        var (facility, end) = ("0100\(1 + card)", "31/12/202\(6 + pick(i + card, 3))")
        switch kind {
        case .oneID: break
        case .oneInsuranceNumber: (number, cardNumber) = ("0100000101", "DN4010100000101")
        case .noMatch: field = "07919000\(1000 + i)"
        case .ties: (facility, end) = ("01001", "31/12/2026")
        case .emptyValues:
          field = (blanks + ["000000000000", "000000000"])[pick(i, 6)]
          (facility, end) = (blanks[pick(i + 1, 4)], blanks[pick(i + 2, 4)])
          if card == 1 { number = blanks[pick(i + 3, 4)] }
          if card == 2 { (number, cardNumber) = (blanks[pick(i, 4)], blanks[pick(i + 4, 4)]) }
        }
        insurance.append(
          "\(number),\(cardNumber),\(field),\(name(one ? 0 : i)),05/03/1990,1,\(facility),01/01/2026,\(end)")
      }
    }
    return (population, insurance)
  }

  /// Distributes the records over files, and writes a pipeline that names them in this order.
  private static func write(
    _ records: (population: [String], insurance: [String]), files: [Int], to folder: String
  ) throws -> Pipeline {
    let headers = [
      "SoDinhDanh,SoCMND,HoVaTen,NgaySinh,GioiTinh,TrangThai",
      "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen",
    ]
    for (name, header, lines) in [
      ("population", headers[0], records.population), ("insurance", headers[1], records.insurance),
    ] {
      for file in 0..<fileCount {
        let own = lines.enumerated().filter { $0.offset % fileCount == file }.map(\.element)
        // Two files of the same bytes would be refused; blank lines make them differ.
        let end = String(repeating: "\n", count: file + 1)
        try ([header] + own).joined(separator: "\n").appending(end).write(
          toFile: folder + "/\(name)-\(file).csv", atomically: true, encoding: .utf8)
      }
    }
    func list(_ name: String) -> String { files.map { "\(name)-\($0).csv" }.joined(separator: ", ") }
    try """
    name: case
    workspace: var
    exports:
      population:
        format: csv
        files: [\(list("population"))]
        fields: { personal_id: SoDinhDanh, legacy_id: SoCMND, full_name: HoVaTen, birth_date: NgaySinh, sex: GioiTinh, status: TrangThai }
        values: { sex: { Nam: male, Nữ: female }, status: { "1": active, "2": dead } }
        dates: [dd/MM/yyyy]
      insurance:
        format: csv
        files: [\(list("insurance"))]
        fields: { insurance_number: MaSoBHXH, card_number: MaTheBHYT, personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, sex: GioiTinh, facility_code: MaDKBD, valid_from: GtTheTu, valid_to: GtTheDen }
        values: { sex: { "1": male, "2": female } }
        dates: [dd/MM/yyyy]
    store: { sqlite: card-attributes.sqlite }

    """.write(toFile: folder + "/pipeline.yaml", atomically: true, encoding: .utf8)
    return try Pipeline(file: folder + "/pipeline.yaml")
  }

  @Test(
    "the store is the same on any machine and in any order of files and records",
    arguments: HostileExports.allCases, UInt64(0)..<3)
  func anyOrder(kind: HostileExports, seed: UInt64) throws {
    let workshop = try Workshop()
    let records = Self.records(kind, seed: seed)
    var first: [String] = []
    var run: RunRecord?
    for (threads, memory, files) in [
      (1, 64 << 20, [0, 1, 2]), (2, 1 << 20, [2, 1, 0]), (8, 1 << 30, [1, 2, 0]),
    ] {
      let pipeline = try Self.write(records, files: files, to: workshop.path)
      try? Folder.remove(pipeline.workspace)
      run = try WalkTests.walk(pipeline, threads: threads, memory: memory)
      let rows = try WalkTests.rows(pipeline)
      #expect(first.isEmpty || rows == first)
      first = rows
    }
    // The records in another order within their files.
    func shuffled(_ lines: [String]) -> [String] {
      var groups = (0..<Self.fileCount).map { file in
        lines.enumerated().filter { $0.offset % Self.fileCount == file }.map(\.element).reversed().map(\.self)
      }
      return lines.indices.map { groups[$0 % Self.fileCount].removeFirst() }
    }
    let other = (population: shuffled(records.population), insurance: shuffled(records.insurance))
    #expect(other.insurance != records.insurance)
    let pipeline = try Self.write(other, files: [0, 1, 2], to: workshop.path)
    try Folder.remove(pipeline.workspace)
    let again = try WalkTests.walk(pipeline)
    #expect(Self.withoutLines(try WalkTests.rows(pipeline)) == Self.withoutLines(first))

    let linked = try #require(run).count(.insurance, .linked)
    #expect(again.count(.insurance, .linked) == linked)
    let people = first.count { $0.hasPrefix("CardAttribute") }
    switch kind {
    case .oneID:
      #expect(people == 1 && linked == records.insurance.count)
      #expect(run?.count(.population, .repeated) == Self.persons - 1)
    case .oneInsuranceNumber:
      #expect(people == 0 && run?.count(.insurance, .numberShared) == records.insurance.count)
    case .noMatch: #expect(people == 0 && run?.count(.insurance, .personUnknown) == records.insurance.count)
    case .ties: #expect(people == Self.persons && linked == records.insurance.count)
    case .emptyValues:
      #expect(people == 0)
      #expect(run?.count(.insurance, .idMissing) ?? 0 > Self.persons)
      #expect(run?.count(.insurance, .quarantined) ?? 0 > 0, "neither insurance number nor card number")
    }
  }

  private static func withoutLines(_ rows: [String]) -> [String] {
    rows.map { $0.replacing(/source(File|Line): ("[^"]*"|[0-9]+)/, with: "") }.sorted()
  }
}
