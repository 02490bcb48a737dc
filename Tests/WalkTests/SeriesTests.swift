// Nights with deltas: each gives the store of the full export with the same content, whatever arrives late, twice or
// together; what must not be read is refused, and nothing changes.

import Files
import Foundation
import Generate
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
import Views
@testable import Workspace

@Suite("Series of deltas", .serialized)
struct SeriesTests {
  private static func walk(_ pipeline: Pipeline, _ night: Int) throws -> RunRecord {
    try WalkTests.walk(pipeline, asOf: CalendarDate(packed: UInt32(2026_11_01 + night)))
  }

  @Test("base and deltas give the store of a full export, night after night", arguments: UInt64(0)..<12)
  func nights(seed: UInt64) throws {
    let series = try InventedSeries(seed: seed)
    var random = SeededGenerator(seed ^ 99)
    for night in 0..<7 {
      if night > 0 {
        // Some nights nothing comes, some bring several deltas.
        for _ in 0..<Int.random(in: 0...2, using: &random) { try series.night() }
        // A new base closes the series; its deltas stay in the folder.
        if random.chance(15) {
          try series.deliver()
          _ = try Self.walk(series.pipeline, night)
          try series.writeBase()
          series.forgetOutcomes()
        }
        // A gap: the run is refused until it is filled.
        if series.waiting.count > 1, random.chance(40), let late = series.waiting.first {
          try series.deliver { $0 == late }
          let stop = #expect(throws: Stop.self) { try Self.walk(series.pipeline, night) }
          #expect(stop?.exit == .dataRefused && stop?.finding.found.hasSuffix("missing") == true)
        }
        try series.deliver()
      }
      let run = try Self.walk(series.pipeline, night)
      _ = try Self.walk(series.full, night)
      #expect(
        try InventedSeries.content(series.pipeline) == InventedSeries.content(series.full), "night \(night)")
      let ledger = try #require(run.extracted.series?.first)
      #expect(
        Dictionary(uniqueKeysWithValues: DeltaOutcome.allCases.map { ($0, ledger.total($0)) }).filter {
          $0.value > 0
        }
          == series.outcomes)
      #expect(run.count(.insurance) == ledger.inForce + ledger.open)
    }
  }

  @Test("a generated series ends as its truth says, and comes to its full export", arguments: [UInt64(3), 8])
  func generated(seed: UInt64) throws {
    let workshop = try Workshop(inMemory: true)
    var options = GeneratorOptions(people: 1500, seed: seed)
    (options.nights, options.change) = (5, 0.2)
    _ = try generate(into: workshop.path, options)
    let run = try Self.walk(try Pipeline(file: workshop.path + "/pipeline.yaml"), 22)
    let truth = try String(contentsOfFile: workshop.path + "/truth.csv", encoding: .utf8)
    var expected: [String: [String: Int]] = [:]
    for line in truth.split(separator: "\n") where line.hasPrefix("insurance_delta,") {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      expected[fields[1], default: [:]][fields[3], default: 0] += 1
    }
    let deltas = try #require(run.extracted.series?.first).deltas
    #expect(Dictionary(uniqueKeysWithValues: deltas.map { ($0.file, $0.outcomes) }) == expected)
    #expect(deltas.count == 5 && deltas.allSatisfy { $0.records > 100 })
    for outcome in DeltaOutcome.allCases { #expect(deltas.contains { $0[outcome] > 0 }, "\(outcome.name)") }
    let after = try Pipeline(file: workshop.path + "/after.yaml")
    _ = try Self.walk(after, 22)
    let pipeline = try Pipeline(file: workshop.path + "/pipeline.yaml")
    #expect(try InventedSeries.content(pipeline) == InventedSeries.content(after))
  }

  @Test("a series that must not be read is refused, and the store in force stays")
  func refused() throws {
    let series = try InventedSeries(seed: 5)
    for _ in 0..<3 { try series.night() }
    try series.deliver()
    _ = try Self.walk(series.pipeline, 1)
    let before = try InventedSeries.content(series.pipeline)
    let folder = series.workshop.path + "/in/"
    let deltas = try Folder.names(in: folder).filter { $0.hasSuffix("-delta.csv") }
    func fault() throws -> Stop {
      let stop = try #require(throws: Stop.self) { try Self.walk(series.pipeline, 2) }
      #expect(stop.exit == .dataRefused)
      #expect(try InventedSeries.content(series.pipeline) == before)
      return stop
    }
    let name = try #require(deltas.first { $0.contains("\(series.number)-") })
    let bytes = try Data(contentsOf: URL(filePath: folder + name))

    // It ends before what is in force.
    try Folder.remove(folder + name)
    #expect(
      try fault().finding.expected == "deliveries up to number \(series.number), which run 1 has applied")
    // Another content under its number.
    try (String(decoding: bytes, as: UTF8.self) + "\n").write(
      toFile: folder + name, atomically: true, encoding: .utf8)
    #expect(try fault().finding.found == "another content under the same number")
    try bytes.write(to: URL(filePath: folder + name))
    // Two contents for one number.
    try (String(decoding: bytes, as: UTF8.self) + "\n").write(
      toFile: folder + "insurance-000\(series.number)-delta.csv", atomically: true, encoding: .utf8)
    #expect(try fault().finding.expected == "one content for delta \(series.number)")
    // A copy is not read.
    try bytes.write(to: URL(filePath: folder + "insurance-000\(series.number)-delta.csv"))
    _ = try Self.walk(series.pipeline, 2)
    #expect(try InventedSeries.content(series.pipeline) == before)
    let states = try Desk(series.pipeline, for: .user()).series()[0].series.deliveries.map(\.state)
    #expect(states == [.base, .applied, .applied, .applied, .copy])
    try Folder.remove(folder + "insurance-000\(series.number)-delta.csv")
    // A delta that is not after the base, and that no run knows.
    try bytes.write(to: URL(filePath: folder + "insurance-1-delta.csv"))
    try (String(decoding: bytes, as: UTF8.self) + "\n").write(
      toFile: folder + "insurance-1-delta.csv", atomically: true, encoding: .utf8)
    #expect(try fault().finding.found == "number 1, which no run has applied")
    try Folder.remove(folder + "insurance-1-delta.csv")
    // A name without a number.
    try bytes.write(to: URL(filePath: folder + "insurance-x-delta.csv"))
    #expect(try fault().finding.expected == "a number in the name, as exports.insurance.sequence says")
    try Folder.remove(folder + "insurance-x-delta.csv")
    _ = try Self.walk(series.pipeline, 3)
  }

  @Test("after a rollback a corrected delta is taken under the same number")
  func corrected() throws {
    let series = try InventedSeries(seed: 11)
    _ = try Self.walk(series.pipeline, 1)
    try series.night()
    try series.deliver()
    let name = try #require(
      try Folder.names(in: series.workshop.path + "/in").first { $0.contains("\(series.number)-delta") })
    _ = try Self.walk(series.pipeline, 2)
    _ = try rollback(
      series.pipeline, to: 1, because: "wrong delta", in: Workspace(series.pipeline.workspace),
      options: RunOptions(
        asOf: WalkTests.asOf, threads: 1, memoryBytes: 64 << 20, pages: NightPages()),
      progress: SilentProgress())
    let path = series.workshop.path + "/in/" + name
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try Self.walk(series.pipeline, 3).state == .done)
  }

  @Test(
    "whichever operation of a night with deltas fails, the store is that of before or after", arguments: 0..<3
  )
  func faults(shard: Int) throws {
    let series = try InventedSeries(seed: 21)
    _ = try Self.walk(series.pipeline, 1)
    let before = try InventedSeries.content(series.pipeline)
    for _ in 0..<2 { try series.night() }
    try series.deliver()
    let (workspace, saved) = (series.pipeline.workspace, series.workshop.path + "/saved")
    try FileManager.default.copyItem(atPath: workspace, toPath: saved)
    Faults.count(under: series.workshop.path)
    _ = try WalkTests.walk(series.pipeline, threads: 1, asOf: CalendarDate(packed: 2026_11_03))
    let count = Faults.end(under: series.workshop.path).count(.once)
    let after = try InventedSeries.content(series.pipeline)
    #expect(before != after && count > 100)
    for n in stride(from: 1 + shard, through: count, by: 3) {
      try FileManager.default.removeItem(atPath: workspace)
      try FileManager.default.copyItem(atPath: saved, toPath: workspace)
      Faults.fail(at: n, under: series.workshop.path, as: .gone)
      _ = Result { try WalkTests.walk(series.pipeline, threads: 1, asOf: CalendarDate(packed: 2026_11_03)) }
      _ = Faults.end(under: series.workshop.path)
      let found = try InventedSeries.content(series.pipeline)
      #expect(found == before || found == after, "operation \(n)")
      _ = try WalkTests.walk(series.pipeline, threads: 1, asOf: CalendarDate(packed: 2026_11_03))
      #expect(try InventedSeries.content(series.pipeline) == after, "operation \(n), and the next run")
    }
  }
}
