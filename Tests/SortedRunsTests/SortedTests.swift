// Sorting on disk: the merge of the runs is the sorted input, whatever the buffers and ranges.

import Files
import Foundation
import Support
import Testing
import Values
@testable import SortedRuns

@Suite("Sorting on disk")
struct SortedTests {
  struct Item: Hashable, Comparable {
    var key: UInt64
    var place: UInt64
    static func < (a: Item, b: Item) -> Bool { (a.key, a.place) < (b.key, b.place) }
    var payload: [UInt8] { Array(repeating: UInt8(truncatingIfNeeded: place), count: Int(key % 40)) }
  }

  /// Items in random order.
  static func items(_ random: inout SeededGenerator) -> [Item] {
    let keys = UInt64.random(in: 1...200, using: &random)
    let places = 0..<UInt64.random(in: 0..<3000, using: &random)
    return places.shuffled(using: &random).map { Item(key: random.next() % keys, place: $0) }
  }

  static func read(_ runs: [SortedRun], _ folder: String, from: UInt64 = 0, to: UInt64 = .max) throws
    -> [Item]
  {
    var found: [Item] = []
    var merge = try Merge(runs, in: folder, from: from, to: to)
    while merge.hasRecord {
      let item = Item(key: merge.key, place: merge.place)
      try merge.withPayload { (payload) throws(Stop) in
        #expect(payload.byteCount == item.payload.count)
        #expect(payload.byteCount == 0 || (payload.integer(at: 0) as UInt8) == item.payload[0])
      }
      found.append(item)
      try merge.advance()
    }
    return found
  }

  /// Word by word, in turn over four sums; the bytes that fill no 32 go to the first sum.
  static func slowChecksum(_ bytes: [UInt8]) -> UInt64 {
    var sums = (0..<4).map { (0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)) &+ UInt64($0) }
    func add(_ word: UInt64, _ i: Int) {
      sums[i] = (sums[i] ^ word) &* 0xBF58_476D_1CE4_E5B9
      sums[i] ^= sums[i] >> 29
    }
    let words = bytes.count / 32 * 4
    for i in 0..<words { add((0..<8).reduce(0) { $0 | UInt64(bytes[8 * i + $1]) << (8 * $1) }, i % 4) }
    for i in 1..<4 { add(sums[i], 0) }
    for byte in bytes.dropFirst(8 * words) { add(UInt64(byte), 0) }
    return sums[0]
  }

  @Test("the checksum is the sum of its words", arguments: UInt64(0)..<100)
  func checksums(seed: UInt64) {
    var random = SeededGenerator(seed)
    let bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    #expect(checksum(bytes.span.bytes) == Self.slowChecksum(bytes))
  }

  @Test("a merge gives what sorting gives, over any ranges", arguments: UInt64(0)..<40)
  func merging(seed: UInt64) throws {
    let workshop = try Workshop()
    let folder = workshop.path
    var random = SeededGenerator(seed)
    let items = Self.items(&random)
    var sorter = Sorter(folder: folder, name: "run", bufferBytes: 4096 + Int(seed) * 1000)
    for item in items { try sorter.append(key: item.key, place: item.place, item.payload.span) }
    let runs = try compacted(try sorter.finish(), in: folder, name: "run")
    let expected = items.sorted()
    #expect(try Self.read(runs, folder) == expected)
    let cuts = [0] + (try splitKeys(of: runs, in: folder, parts: 4)) + [UInt64.max]
    var joined: [Item] = []
    for (start, end) in zip(cuts, cuts.dropFirst()) {
      joined += try Self.read(runs, folder, from: start, to: end)
    }
    #expect(joined == expected)
    for key in [UInt64(0), 1, 50, 199, 1000] {
      #expect(try Self.read(runs, folder, from: key, to: key + 1) == expected.filter { $0.key == key })
    }
  }

  @Test("sorters that use one memory after another sort as each by itself", arguments: UInt64(0)..<10)
  func lentMemory(seed: UInt64) throws {
    let workshop = try Workshop()
    let folder = workshop.path
    var random = SeededGenerator(seed)
    var memory = SorterMemory()
    for round in 0..<4 {
      let items = Self.items(&random)
      var sorter = Sorter(
        folder: folder, name: "run-\(round)", bufferBytes: 8192, memory: SorterMemory(taking: &memory))
      for item in items { try sorter.append(key: item.key, place: item.place, item.payload.span) }
      let runs = try sorter.finish(returning: &memory)
      #expect(try Self.read(runs, folder) == items.sorted(), "\(round)")
    }
  }

  @Test("a run that the disk does not get is told to whoever waits")
  func syncing() throws {
    let workshop = try Workshop()
    let folder = workshop.path
    var sorter = Sorter(folder: folder, name: "run", bufferBytes: 4096, synced: false)
    var random = SeededGenerator(3)
    for item in Self.items(&random) { try sorter.append(key: item.key, place: item.place, item.payload.span) }
    let runs = try sorter.finish()
    #expect(runs.count > 1)
    for failing in 0...runs.count {
      Faults.fail(at: failing, under: folder, as: .once)
      let sync = RunSync(folder: folder)
      sync.add([runs[0]])
      sync.add(Array(runs[1...]))
      if failing == 0 {
        try sync.wait()
      } else {
        #expect(throws: Stop.self, "\(failing)") { try sync.wait() }
      }
      sync.abandon()
      #expect(Faults.end(under: folder)[.sync, default: 0] > 0)
    }
  }

  @Test("keys and places of any size come back", arguments: UInt64(0)..<20)
  func sizes(seed: UInt64) throws {
    let workshop = try Workshop()
    let folder = workshop.path
    var random = SeededGenerator(seed)
    var items: Set<Item> = []
    for bits in UInt64(1)..<64 {
      for _ in 0..<10 {
        let place = random.next() >> (seed % 2 == 0 ? bits : 16)
        items.insert(Item(key: random.next() >> bits, place: place))
      }
    }
    var runs: [SortedRun] = []
    for part in 0..<(1 + seed % 5) {
      var sorter = Sorter(folder: folder, name: "run-\(part)", bufferBytes: 4096, synced: false)
      for item in items where item.place % (1 + seed % 5) == part {
        try sorter.append(key: item.key, place: item.place, item.payload.span)
      }
      runs += try sorter.finish()
    }
    #expect(try Self.read(runs, folder) == items.sorted())
  }

  @Test("skipping finds the first record from a key on", arguments: UInt64(0)..<20)
  func skipping(seed: UInt64) throws {
    let workshop = try Workshop()
    let folder = workshop.path
    var random = SeededGenerator(seed)
    let items = Self.items(&random)
    var sorter = Sorter(folder: folder, name: "run", bufferBytes: 4096 + Int(seed) * 500)
    for item in items { try sorter.append(key: item.key, place: item.place, item.payload.span) }
    let runs = try sorter.finish()
    let sorted = items.sorted()
    var merge = try Merge(runs, in: folder)
    var wanted: UInt64 = 0
    while true {
      try merge.skip(to: wanted)
      let expected = sorted.first { $0.key >= wanted }
      #expect(merge.hasRecord == (expected != nil))
      guard let expected, merge.hasRecord else { break }
      #expect(Item(key: merge.key, place: merge.place) == expected)
      wanted = expected.key + 1 + seed % 7
    }
  }

  @Test("a file that is damaged or cut short is recognised", arguments: [0, 20, 200, -1, -20, -40])
  func damage(position: Int) throws {
    let workshop = try Workshop()
    let folder = workshop.path
    var sorter = Sorter(folder: folder, name: "run", bufferBytes: 1 << 20)
    for i in 0..<100 { try sorter.append(key: UInt64(i), place: 0, Array("payload".utf8).span) }
    let runs = try sorter.finish()
    let path = folder + "/" + runs[0].name
    var bytes = try Data(contentsOf: URL(filePath: path))
    if position >= 0 { bytes[position] ^= 0x40 } else { bytes.removeLast(-position) }
    try bytes.write(to: URL(filePath: path))
    #expect(throws: Stop.self) { try Self.read(runs, folder) }
  }
}
