// Counts allocations on the clean path, from a file's bytes to staged records, against the limits in the file
// allocation-limits. The modules on that path are optimized in the tests too, so that the limits apply to
// release code.

import AllocationCount
import Extract
import Foundation
import Support
import Testing
import Values

@Suite("Allocations")
struct AllocationTests {
  static let limits: [String: Int] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "allocation-limits")
    let lines = (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n") ?? []
    let pairs = lines.filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), Int($0[1]) ?? 0) })
  }()
  static let columns = ["SoDinhDanh", "HoVaTen", "NgaySinh", "GioiTinh"]

  static func csv(_ count: Int, name: String = "NGUYỄN VĂN MẪU") -> String {
    columns.joined(separator: ",") + "\n"
      + (0..<count).map { "00109\(1_000_000 + $0),\(name),05/03/1990,Nam\n" }.joined()
  }
  static func xml(_ count: Int) -> String {
    "<D>"
      + (0..<count).map { i in
        "<R><SoDinhDanh>00109\(1_000_000 + i)</SoDinhDanh><HoVaTen>TRẦN THỊ HOA</HoVaTen><NgaySinh>1990</NgaySinh><GioiTinh>Nữ</GioiTinh></R>\n"
      }.joined() + "</D>"
  }

  /// The allocations of reading and staging a file on this thread.
  static func allocations(_ text: String, _ kind: ExportFormat.Kind, held: Int) throws -> Int {
    let workshop = try Workshop()
    let folder = workshop.path
    try Data(text.utf8).write(to: URL(filePath: folder + "/export"))
    let before = cardlink_allocation_count()
    let extractor = try Extractor(
      ExportFile(path: folder + "/export", name: "export"), format: ExportFormat(kind: kind, columns: columns)
    )
    let staging = ExportRules(
      export: .population,
      fields: [.personalID: .slot(0), .fullName: .slot(1), .birthDate: .slot(2), .sex: .slot(3)],
      sexCodes: [(Array("Nam".utf8), .male), (Array("Nữ".utf8), .female)],
      datePatterns: patterns("dd/MM/yyyy", "yyyy"),
      asOf: businessDate)
    var stager = Stager(rules: staging, fileIndex: 0, folder: folder, name: "part", bufferBytes: 64 << 20)
    var batch = RawBatch(slotCount: columns.count)
    while try extractor.nextBatch(into: &batch) { try stager.stage(batch) }
    let counted = cardlink_allocation_count() - before
    #expect(stager.recordCount == extractor.tally.records)
    #expect(try stager.finish().quarantinedCount == held)
    return counted
  }

  /// The allocations of 1,000 more records: the difference between a long file and a short one.
  static func perThousand(_ make: (Int) -> String, _ kind: ExportFormat.Kind, allHeld: Bool = false) throws
    -> Int
  {
    let (few, many) = (4_000, 24_000)
    let short = try allocations(make(few), kind, held: allHeld ? few : 0)
    let long = try allocations(make(many), kind, held: allHeld ? many : 0)
    return (long - short) * 1_000 / (many - few)
  }

  @Test("clean CSV asks for memory no more often than the limit says")
  func csv() throws {
    let count = try Self.perThousand({ Self.csv($0) }, .csv(delimiter: 44))
    let limit = try #require(Self.limits["csv"])
    #expect(count <= limit)
  }

  @Test("clean XML asks for memory no more often than the limit says")
  func xml() throws {
    let count = try Self.perThousand({ Self.xml($0) }, .xml(record: "R"))
    let limit = try #require(Self.limits["xml"])
    #expect(count <= limit)
  }

  @Test("the count sees what it should: records that are held take memory")
  func canFail() throws {
    let count = try Self.perThousand({ Self.csv($0, name: "123") }, .csv(delimiter: 44), allHeld: true)
    let limit = try #require(Self.limits["csv"])
    #expect(count > limit)
  }
}
