// Base and deltas give what a slow dictionary gives, whatever the threads and memory.

import Files
import Foundation
import Snapshot
import SortedRuns
import Support
import Testing
import Values

@Suite("The records in force of a series")
struct InForceTests {
  static func request(_ staged: StagedSeries, _ samples: [SeriesSample], threads: Int) -> SnapshotRequest {
    SnapshotRequest(
      snapshot: staged.snapshot, folder: staged.folder,
      identity: [.population: [.personalID], .insurance: [.cardNumber, .insuranceNumber]],
      ordered: Set(samples.filter(\.isOrdered).map(\.export)), threads: threads, memoryBytes: 1 << 20)
  }

  @Test(
    "base and deltas give the records, the quarantine and the counts of a dictionary",
    arguments: UInt64(0)..<400)
  func oracle(seed: UInt64) throws {
    let samples = [SeriesSample(.population, seed: seed), SeriesSample(.insurance, seed: seed + 1_000_000)]
    let workshop = try Workshop(inMemory: true)
    let staged = try StagedSeries(samples, in: workshop.path, bufferBytes: seed % 3 == 0 ? 4096 : 1 << 20)
    let snapshot = try inForce(Self.request(staged, samples, threads: 1 + Int(seed % 3)))
    for (i, sample) in samples.enumerated() {
      let expected = sample.expected()
      let records = try snapshot.records(sample.export, in: workshop.path)
      let quarantined = try snapshot.quarantined(sample.export, in: workshop.path)
      #expect(Set(records) == expected.inForce && records.count == expected.inForce.count)
      #expect(Set(quarantined) == expected.quarantine && quarantined.count == expected.quarantine.count)
      let ledger = try #require(snapshot.series?[i])
      #expect(ledger.base == expected.base && ledger.repeats == expected.repeats && ledger.baseSequence == 10)
      #expect(
        ledger.deltas.map(\.outcomes)
          == expected.outcomes.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.key.name, $0.value) }) })
      let changed = sample.deliveries.dropFirst().flatMap(\.self)
      let open = quarantined.count { record in changed.contains { $0.place == record.place } }
      #expect(ledger.open == open && ledger.inForce == records.count + quarantined.count - open)
      // Each file's count is the sum of what is in force of it and in quarantine.
      for (file, counted) in snapshot.files(of: sample.export).enumerated() {
        #expect(counted.recordCount == (records + quarantined).count { $0.place.file == file })
        #expect(counted.quarantinedCount == quarantined.count { $0.place.file == file })
      }
      let all = sample.deliveries.flatMap(\.self)
      let blank = records.count { record in
        all.contains { $0.place == record.place && StagedSeries.isBlank($0, sample.export) }
      }
      #expect(
        snapshot.blanks?[sample.export == .population ? "population.legacy_id" : "insurance.card_number"]
          == blank)
      if sample.export == .population {
        let numbers = records.filter { ($0.content?.legacy ?? 0) > 0 }.map {
          [
            LinkKey.legacy(LegacyID(packed: $0.content?.legacy ?? 0)).packed, $0.place.packed,
            $0.content?.person ?? 0,
          ]
        }
        #expect(Set(numbers) == Set(try snapshot.legacyNumbers(in: workshop.path)))
      }
    }
    // Nothing is left of the changes and of what they replaced.
    let runs = snapshot.population + snapshot.legacy + snapshot.insurance + snapshot.quarantine
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: workshop.path)) == Set(runs.map(\.name)))
    #expect(snapshot.changes == nil)
  }

  @Test("one to three threads give the same records in the same order", arguments: UInt64(0)..<40)
  func threads(seed: UInt64) throws {
    let samples = [SeriesSample(.population, seed: seed), SeriesSample(.insurance, seed: seed + 7)]
    var seen: [[SampleRecord]] = []
    for threads in 1...3 {
      let workshop = try Workshop(inMemory: true)
      let staged = try StagedSeries(samples, in: workshop.path, bufferBytes: 4096)
      let snapshot = try inForce(Self.request(staged, samples, threads: threads))
      seen.append(
        try snapshot.records(.insurance, in: workshop.path)
          + snapshot.quarantined(.population, in: workshop.path))
    }
    #expect(seen[0] == seen[1] && seen[1] == seen[2])
  }

  @Test("a full export and a series disagree in what a slow comparison finds", arguments: UInt64(0)..<120)
  func reconciliation(seed: UInt64) throws {
    let (a, b) = (try Workshop(inMemory: true), try Workshop(inMemory: true))
    let first = [SeriesSample(.population, seed: seed), SeriesSample(.insurance, seed: seed + 1_000_000)]
    var second = [
      SeriesSample(.population, seed: seed + 7), SeriesSample(.insurance, seed: seed + 1_000_007),
    ]
    for i in second.indices { second[i].deliveries = [second[i].deliveries[0]] }
    let staged = try StagedSeries(first, in: a.path, bufferBytes: 4096)
    let before = try inForce(Self.request(staged, first, threads: 2))
    let full = try StagedSeries(second, in: b.path, bufferBytes: 4096)
    let files = try FileManager.default.contentsOfDirectory(atPath: b.path)
    for export in ExportKind.allCases {
      var found = try reconcile(
        export, (before, a.path), with: (full.snapshot, b.path),
        Self.request(full, second, threads: 1 + Int(seed % 3)))
      #expect(
        found.fields.values.allSatisfy { $0 <= found.changed } && found.fields.isEmpty == (found.changed == 0)
      )
      found.fields = [:]
      let (old, new) = (
        try before.records(export, in: a.path), try full.snapshot.records(export, in: b.path)
      )
      var expected = Reconciliation()
      expected.records = old.count
      for identity in Set((old + new).map(\.identity)) {
        var was = old.filter { $0.identity == identity }.map(\.content)
        var now = new.filter { $0.identity == identity }.map(\.content)
        for content in was {
          guard let i = now.firstIndex(of: content), let j = was.firstIndex(of: content) else { continue }
          now.remove(at: i)
          was.remove(at: j)
        }
        expected.changed += min(was.count, now.count)
        expected.missing += max(0, was.count - now.count)
        expected.added += max(0, now.count - was.count)
      }
      #expect(found == expected, "\(export.name)")
    }
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: b.path)) == Set(files))
  }

  @Test("a ledger that doesn't balance stops the run, and says what is wrong")
  func unbalanced() throws {
    var ledger = SeriesLedger(export: .insurance, baseSequence: 4, base: 10, inForce: 10)
    var delta = DeltaLedger(file: "insurance-5.csv", sequence: 5, records: 2)
    delta[.updated] = 1
    ledger.deltas = [delta]
    let first = #expect(throws: Stop.self) { try ledger.check() }
    #expect(first?.exit == .dataRefused && first?.finding.origin.file == "insurance-5.csv")
    ledger.deltas[0][.inserted] = 1
    let second = #expect(throws: Stop.self) { try ledger.check() }
    #expect(second?.finding.expected == "10 + 1 - 0 records in force" && second?.finding.found == "10")
    ledger.inForce = 11
    try ledger.check()
  }
}
