// Compares rehearsals with real reruns, and differences between runs with dictionaries.

import Files
import Foundation
import Seal
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Comparing", .serialized)
struct ComparingTests {
  private static func options(_ asOf: CalendarDate = WalkTests.asOf, threads: Int = 2) -> RunOptions {
    RunOptions(asOf: asOf, threads: threads, memoryBytes: 64 << 20, pages: NightPages())
  }

  /// All files below a folder with digest, time and inode.
  private static func state(of folder: String) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return try names.sorted().map { name in
      let path = folder + "/" + name
      if let target = try Folder.target(ofLink: path) { return "\(name) → \(target)" }
      if try Folder.isFolder(path) { return name }
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(name) \(try Digest.text(ofFile: path)) \(time) \(attributes[.systemFileNumber] ?? 0)"
    }
  }

  /// Each insurance record in the store by line and file, with outcome and reasons.
  private static func outcomes(_ pipeline: Pipeline) throws -> [String: (outcome: String, reasons: String)] {
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    var found: [String: (outcome: String, reasons: String)] = [:]
    var people: [String] = []
    try store.forEachCardAttribute { (person) throws(Stop) in people.append(person.personalID) }
    for id in people {
      for card in try store.cards(of: id) { found["\(card.sourceFile):\(card.sourceLine)"] = ("linked", "") }
    }
    try store.findings { finding in
      guard finding.export == "insurance" else { return }
      found["\(finding.sourceFile):\(finding.sourceLine)"] = (finding.outcome, finding.reasons ?? "")
    }
    return found
  }

  /// The card of each person, as the store shows it.
  static func cards(_ store: Store) throws -> [String: LinkedCard] {
    var cards: [String: LinkedCard] = [:]
    try store.forEachCardAttribute { (person) throws(Stop) in cards[person.personalID] = person.card }
    return cards
  }

  @Test("a rehearsal says what the rerun then gives, and changes nothing", arguments: UInt64(0)..<3)
  func rehearsal(seed: UInt64) throws {
    let workshop = try Workshop()
    let pipeline = try DecisionTests.done(600, seed: 60 + seed, in: workshop)
    let list = try DecisionTests.workList(pipeline, in: workshop) { finding in
      guard finding.outcome == "disputed" || finding.candidates == 1 else { return nil }
      return finding.sourceLine % 3 == 0 ? "reject" : "accept"
    }
    _ = try Desk(pipeline, for: .user()).decide(workList: list, named: "decisions.csv", by: nil)
    let asOf = seed == 0 ? WalkTests.asOf : CalendarDate(packed: seed == 1 ? 2027_06_30 : 2028_01_01)
    let was = try Self.outcomes(pipeline)
    let oldCards = try Self.cards(Store(path: pipeline.storePath(in: pipeline.workspace)))
    let before = try Self.state(of: pipeline.workspace)
    let found = try rehearse(
      pipeline, options: Self.options(asOf, threads: 1 + Int(seed)), progress: SilentProgress())
    #expect(try Self.state(of: pipeline.workspace) == before)
    #expect(found.base.id == 1)

    do {
      let workspace = try Workspace(pipeline.workspace)
      _ = try Run.walk(
        pipeline, in: workspace, from: .match, options: Self.options(asOf), progress: SilentProgress())
    }
    let now = try Self.outcomes(pipeline)
    var counts: [String: Int] = [:]
    var others: [String: Int] = [:]
    for (record, end) in now {
      let start = try #require(was[record])
      counts["\(start.outcome) \(end.outcome)", default: 0] += 1
      if start.outcome == end.outcome, start.reasons != end.reasons { others[end.outcome, default: 0] += 1 }
    }
    var told: [String: Int] = [:]
    for change in try #require(found.changes) {
      told["\(change.from.name) \(change.to.name)"] = change.records
      if change.from == change.to { #expect(change.otherReasons == others[change.to.name] ?? 0) }
      #expect(change.from == change.to || !change.examples.isEmpty)
      for example in change.examples {
        let record = found.origin(example)
        #expect(was[record]?.outcome == change.from.name)
        #expect(now[record]?.outcome == change.to.name)
        #expect(was[record]?.reasons == example.was.text)
        #expect(now[record]?.reasons == example.now.text)
      }
    }
    #expect(told == counts)
    #expect(counts["disputed linked"] ?? 0 > 0)

    let newCards = try Self.cards(Store(path: pipeline.storePath(in: pipeline.workspace)))
    expectEqual(found.cards, oldCards, newCards)
  }

  private static func place(_ prefix: String) -> String {
    BirthPlace.all.contains { $0.code == prefix }
      ? prefix : (101...295).contains(Int(prefix) ?? 0) ? "abroad" : "unknown"
  }

  /// Whether the texts of two cards differ only in numbers, of which the later ones are the person's own.
  private static func isRenumbered(_ id: String, _ old: [String?], _ new: [String?]) -> Bool {
    guard old.dropFirst(2) == new.dropFirst(2) else { return false }
    let (number, card) = (old[0] ?? "", old[1] ?? "")
    let numbers = [number, number.count == 10 ? id : number]
    let cards = [card, card.count == 15 ? card.prefix(5) + id : card]
    return numbers.contains(new[0] ?? "") && cards.contains(new[1] ?? "")
  }

  /// Compares counts with those of the simple way.
  private func expectEqual(
    _ found: CardDifferences, _ old: [String: LinkedCard], _ new: [String: LinkedCard]
  ) {
    func shown(_ card: LinkedCard) -> [String?] {
      [
        card.insuranceNumber, card.cardNumber, card.facilityCode, card.validFrom, card.validTo,
        card.fiveYearsFrom, card.areaCode,
      ]
    }
    #expect(found.before == old.count)
    #expect(found.after == new.count)
    var total = CardCounts()
    var provinces: [String: Int] = [:]
    var facilities: [String: CardCounts] = [:]
    // By the first two digits, and by the province of today of Hà Nội, Bắc Ninh and Hồ Chí Minh City.
    var facilityPlaces: [String: CardCounts] = [:]
    var facilityProvinces: [String: CardCounts] = [:]
    let today = ["01": "01", "24": "24", "27": "24", "74": "79", "77": "79", "79": "79"]
    var fields = [0, 0, 0, 0, 0, 0, 0]
    for id in Set(old.keys).union(new.keys) {
      let (a, b) = (old[id], new[id])
      let (from, to) = (a?.facilityCode ?? "", b?.facilityCode ?? "")
      let (fromPlace, toPlace) = (String(from.prefix(2)), String(to.prefix(2)))
      let (fromToday, toToday) = (today[fromPlace] ?? "", today[toPlace] ?? "")
      func add(_ change: WritableKeyPath<CardCounts, Int>, _ isOld: Bool) {
        facilityPlaces[isOld ? fromPlace : toPlace, default: CardCounts()][keyPath: change] += 1
        facilityProvinces[isOld ? fromToday : toToday, default: CardCounts()][keyPath: change] += 1
      }
      if let a, let b {
        guard shown(a) != shown(b) else { continue }
        if Self.isRenumbered(id, shown(a), shown(b)) {
          total.renumbered += 1
          facilities[to, default: CardCounts()].renumbered += 1
          add(\.renumbered, false)
          provinces[Self.place(String(id.prefix(3))), default: 0] += 1
          continue
        }
        total.changed += 1
        facilities[to, default: CardCounts()].changed += 1
        add(\.changed, false)
        if fromPlace != toPlace {
          facilityPlaces[toPlace, default: CardCounts()].came += 1
          facilityPlaces[fromPlace, default: CardCounts()].went += 1
        }
        if fromToday != toToday {
          facilityProvinces[toToday, default: CardCounts()].came += 1
          facilityProvinces[fromToday, default: CardCounts()].went += 1
        }
        if from != to {
          facilities[to, default: CardCounts()].came += 1
          facilities[from, default: CardCounts()].went += 1
        }
        for i in fields.indices where shown(a)[i] != shown(b)[i] { fields[i] += 1 }
      } else if a == nil {
        total.gained += 1
        facilities[to, default: CardCounts()].gained += 1
        add(\.gained, false)
      } else {
        total.lost += 1
        facilities[from, default: CardCounts()].lost += 1
        add(\.lost, true)
      }
      provinces[Self.place(String(id.prefix(3))), default: 0] += 1
    }
    #expect(found.total == total)
    #expect(found.byFacility.count == facilities.count)
    for (code, counts) in found.byFacility { #expect(counts == facilities[code], "\(code)") }
    #expect(found.byProvince.reduce(0) { $0 + $1.counts.all } == total.all)
    for (place, counts) in found.byProvince where place.code.first?.isNumber ?? false {
      #expect(counts.all == provinces[place.code], "\(place.code)")
    }
    for (province, counts) in found.byProvinceOfToday {
      let codes = province.former.map { BirthPlace.province($0).code }
      #expect(counts.all == codes.reduce(0) { $0 + (provinces[$1] ?? 0) }, "\(province.label)")
    }
    for (place, counts) in found.byFacilityPlace {
      #expect(counts == facilityPlaces[String(place.code.suffix(2))], "\(place.code)")
    }
    for (province, counts) in found.byFacilityProvince where today.values.contains(province.text) {
      #expect(counts == facilityProvinces[province.text], "\(province.label)")
    }
    #expect(CardField.allCases.map { found.fields[$0] ?? 0 } == fields)
  }

  /// Changes in how the exports are read, some of them in how they are cut into records.
  private static let edits: [(old: String, new: String)] = [
    ("dates: [dd/MM/yyyy", "dates: [MM/dd/yyyy"), ("Nam: male", "Nam: female"),
    ("legacy_id: SoCMND", "legacy_id: SoDinhDanh"), ("facility_code: MaDKBD", "facility_code: MaKV"),
    ("name: generated", "# nothing\nname: generated"),
  ]

  @Test(
    "a rehearsal of extract reads the exports anew, says what the rerun then gives, and changes nothing",
    arguments: 0..<5)
  func rehearsalOfExtract(edit: Int) throws {
    let workshop = try Workshop()
    var pipeline = try DecisionTests.done(400, seed: 90 + UInt64(edit), in: workshop)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    let (old, new) = Self.edits[edit]
    try #require(text.contains(old), "\(text)")
    try text.replacing(old, with: new).write(toFile: pipeline.path, atomically: true, encoding: .utf8)
    pipeline = try Pipeline(file: pipeline.path)
    let was = try Self.outcomes(pipeline)
    let oldCards = try Self.cards(Store(path: pipeline.storePath(in: pipeline.workspace)))
    let before = try Self.state(of: pipeline.workspace)
    let found = try rehearse(
      pipeline, from: .extract, options: Self.options(threads: 1 + edit % 2), progress: SilentProgress())
    #expect(found.stage == .extract && found.extractKeys.isEmpty == (edit == 4))
    // A rehearsal of match reads no export, and says so.
    let ofMatch = try rehearse(pipeline, options: Self.options(), progress: SilentProgress())
    #expect(ofMatch.extractKeys == found.extractKeys)
    #expect(ofMatch.changes?.allSatisfy { $0.from == $0.to } == true && ofMatch.cards.total.all == 0)
    #expect(try Self.state(of: pipeline.workspace) == before)

    let run = try nextNight(pipeline, from: .extract)
    for total in found.totals {
      #expect(total.now == run.count(total.export, total.outcome), "\(total.outcome.name)")
    }
    let now = try Self.outcomes(pipeline)
    var counts: [String: Int] = [:]
    for (record, end) in now {
      counts["\(try #require(was[record]).outcome) \(end.outcome)", default: 0] += 1
    }
    let told = try #require(found.changes).map { ("\($0.from.name) \($0.to.name)", $0.records) }
    #expect(Dictionary(uniqueKeysWithValues: told) == counts)
    for example in try #require(found.changes).flatMap(\.examples) {
      #expect(was[found.origin(example)]?.reasons.replacing(/=[^,]*/, with: "") == example.was.text)
      #expect(now[found.origin(example)]?.reasons.replacing(/=[^,]*/, with: "") == example.now.text)
    }
    expectEqual(
      found.cards, oldCards, try Self.cards(Store(path: pipeline.storePath(in: pipeline.workspace))))
  }

  @Test(
    "where the exports are cut into records otherwise, none is followed, and the totals are those of the rerun"
  )
  func unfollowed() throws {
    let workshop = try Workshop()
    var pipeline = try DecisionTests.done(200, seed: 96, in: workshop)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    // Facility and dates as parallel lists: a card with two facilities makes two records.
    let path = try #require(try pipeline.foundFiles(asOf: .none).first { $0.export == .insurance }).path
    let bytes = try String(contentsOfFile: path, encoding: .isoLatin1)
    try bytes.replacing(/,([0-9]{5}),/) { ",\($0.1)|01028," }.write(
      toFile: path, atomically: true, encoding: .isoLatin1)
    _ = try nextNight(pipeline)
    try text.replacing(
      "  insurance:\n", with: "  insurance:\n    split: { by: \"|\", fields: [facility_code] }\n"
    ).write(
      toFile: pipeline.path, atomically: true, encoding: .utf8)
    pipeline = try Pipeline(file: pipeline.path)
    let before = try Self.state(of: pipeline.workspace)
    let found = try rehearse(pipeline, from: .extract, options: Self.options(), progress: SilentProgress())
    #expect(try Self.state(of: pipeline.workspace) == before)
    #expect(found.changes == nil)
    let run = try nextNight(pipeline, from: .extract)
    for total in found.totals { #expect(total.now == run.count(total.export, total.outcome)) }
    let shown = try Cardlink.run(["rerun", "extract", pipeline.path, "--dry-run", "--as-of", "2026-11-23"])
    #expect(shown.exit == 0)
  }

  @Test("exports that are not those of the run are not compared with it, whatever is different about them")
  func otherExports() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(60, seed: 97, xml: false, in: workshop.path)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    try text.replacing(/\[insurance-[^\]]*\]/, with: "[\"insurance-*.csv\"]").write(
      toFile: pipeline.path, atomically: true, encoding: .utf8)
    pipeline = try Pipeline(file: pipeline.path)
    _ = try WalkTests.walk(pipeline)
    let file = try #require(try pipeline.foundFiles(asOf: .none).first { $0.export == .insurance })
    let bytes = try Data(contentsOf: URL(filePath: file.path))
    func refusal() throws -> Stop {
      let before = try Self.state(of: pipeline.workspace)
      let stop = try #require(throws: Stop.self) {
        try rehearse(pipeline, from: .extract, options: Self.options(), progress: SilentProgress())
      }
      #expect(stop.exit == .exportMissing)
      #expect(try Self.state(of: pipeline.workspace) == before)
      return stop
    }
    try (bytes + bytes.suffix(60)).write(to: URL(filePath: file.path))
    #expect(try refusal().finding.found == "another file, or none, of that name")
    // The same size, other bytes.
    var changed = bytes
    changed[bytes.count - 12] ^= 1
    try changed.write(to: URL(filePath: file.path))
    #expect(try refusal().finding.found == "another file, or none, of that name")
    try bytes.write(to: URL(filePath: file.path))
    let more = file.path.replacing("insurance-", with: "insurance-0")
    try bytes.write(to: URL(filePath: more))
    #expect(try refusal().finding.found == "a file that run 1 has not read")
    try FileManager.default.removeItem(atPath: more)
    #expect(
      try rehearse(pipeline, from: .extract, options: Self.options(), progress: SilentProgress()).cards.total
        .all == 0)
    try FileManager.default.removeItem(atPath: file.path)
    #expect(try refusal().finding.found == "none")
  }

  @Test("a difference is read from the store of record, whether a PostgreSQL server is there or not")
  func withoutServer() throws {
    let workshop = try Workshop()
    let pipeline = try DecisionTests.done(60, seed: 98, in: workshop)
    _ = try WalkTests.walk(pipeline, from: .load)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    try #require(text.contains("sqlite: card-attributes.sqlite"))
    func shown(_ store: String) throws -> (exit: Int32, output: String, errors: String) {
      try text.replacing(/store:[^\n]*\n?( +sqlite:[^\n]*)?/, with: store).write(
        toFile: pipeline.path, atomically: true, encoding: .utf8)
      return try Cardlink.run(["diff", pipeline.path, "1", "2"])
    }
    #if PostgreSQL
      let both = try shown("store: { sqlite: card-attributes.sqlite, postgresql: host=/nowhere }")
      #expect(both.exit == 0 && both.output.contains("run 2 for 2026-11-23"), "\(both.errors)")
    #endif
    // A server alone is not enough: packages, lookup, diff and rollback read the file.
    let alone = try shown("store: { postgresql: host=/nowhere }")
    #expect(alone.exit == 78)
    #expect(
      alone.errors.contains("store: expected the key sqlite, found none"), "\(alone.errors)")
    #expect(
      alone.errors.contains("Add sqlite: card-attributes.sqlite here. Packages, lookup, diff"))
  }

  /// A line with the personal ID number as insurance number, as the card's tail, or as both.
  private static func renumbered(_ line: String, _ way: Int) -> String {
    var fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard fields.count > 3, fields[0].count == 10, fields[1].count == 15, fields[2].count == 12 else {
      return line
    }
    if way != 1 { fields[0] = fields[2] }
    if way != 2 { fields[1] = fields[1].prefix(5) + fields[2] }
    return fields.joined(separator: ",")
  }

  @Test(
    "a difference between two runs is the obvious one, whichever way it is asked", arguments: UInt64(0)..<3)
  func diff(seed: UInt64) throws {
    let workshop = try Workshop()
    let pipeline = try DecisionTests.done(500, seed: 80 + seed, in: workshop)
    let old = try Self.cards(Store(path: pipeline.storePath(in: pipeline.workspace)))
    // The next exports: some lines removed, some moved to another facility, some with a later end.
    let path = try #require(try pipeline.foundFiles(asOf: .none).first { $0.export == .insurance }).path
    // Byte for byte, because some lines are not UTF-8.
    var lines = try String(contentsOfFile: path, encoding: .isoLatin1).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
    for i in lines.indices.dropFirst() {
      switch digest64(Array(lines[i].utf8).span.bytes, seed: seed) % 12 {
      case 0: lines[i] = ""
      case 1: lines[i] = lines[i].replacing(",01001,", with: ",79024,").replacing("/2026,", with: "/2028,")
      case 2: lines[i] = lines[i].replacing(/,[0-9]{5},/, with: ",48001,")
      case 3...5: lines[i] = Self.renumbered(lines[i], i % 3)
      default: break
      }
    }
    try lines.filter { !$0.isEmpty }.joined(separator: "\n").appending("\n").write(
      toFile: path, atomically: true, encoding: .isoLatin1)
    let run = try nextNight(pipeline)
    #expect(run.id == 2)
    let new = try Self.cards(Store(path: pipeline.storePath(in: pipeline.workspace)))
    let before = try Self.state(of: pipeline.workspace)
    var people: [String: String] = [:]
    var lastID = ""
    let found = try ComparedRuns(Desk(pipeline, for: .user()), .run(1), .run(2)).persons { difference in
      people[difference.person.text] = difference.change.rawValue
      #expect(difference.person.text > lastID)
      lastID = difference.person.text
    }
    #expect(found.total.lost > 0)
    #expect(found.total.changed > 0)
    #expect(found.total.renumbered > 0)
    expectEqual(found, old, new)
    // The audit log names who listed the persons, and nothing else has changed.
    let line = try #require(try Audit(pipeline.workspace).reading().lines.last)
    #expect(line.event == "differences_read" && line.door == "command")
    #expect(people.count == found.total.all)
    for (id, change) in people {
      switch change {
      case "gained": #expect(old[id] == nil)
      case "lost": #expect(new[id] == nil)
      default: #expect(old[id] != nil && new[id] != nil)
      }
    }
    let back = try ComparedRuns(Desk(pipeline, for: .user()), .run(2), .run(1)).differences()
    expectEqual(back, new, old)
    #expect(try ComparedRuns(Desk(pipeline, for: .user()), .run(2), .run(2)).differences().total.all == 0)
    func withoutAudit(_ state: [String]) -> [String] { state.filter { !$0.hasPrefix("audit.log") } }
    #expect(withoutAudit(try Self.state(of: pipeline.workspace)) == withoutAudit(before))
  }

  /// Runs, and releases the run if a gate holds it.
  private func nextNight(_ pipeline: Pipeline, from stage: StageName? = nil) throws -> RunRecord {
    do {
      return try WalkTests.walk(pipeline, from: stage)
    } catch {
      let workspace = try Workspace(pipeline.workspace)
      let last = try #require(try Desk(pipeline, for: .user()).runs().last)
      return try Run.release(
        pipeline, run: last.id, because: "a test", in: workspace, options: Self.options(),
        progress: SilentProgress())
    }
  }

  @Test("a store that was removed, and a run that isn't there, say what can be compared")
  func gone() throws {
    let workshop = try Workshop()
    let pipeline = try DecisionTests.done(60, seed: 3, in: workshop)
    _ = try WalkTests.walk(pipeline, from: .load)
    func prune(_ change: (inout Retention) -> Void) throws {
      let workspace = try Workspace(pipeline.workspace)
      var keep = Retention()
      change(&keep)
      try workspace.prune(try workspace.prunable(pipeline, keeping: keep))
    }
    // A match result says the same as the store that was made from it.
    try prune { $0.stores = 0 }
    let same = try ComparedRuns(Desk(pipeline, for: .user()), .run(1), .run(2)).differences()
    #expect(same.total.all == 0 && same.before == same.after && same.after > 10)
    // And so does the history.
    try prune { ($0.stores, $0.staged) = (0, 0) }
    let past = try ComparedRuns(Desk(pipeline, for: .user()), .run(1), .run(2)).differences()
    #expect(past.total.all == 0 && past.before == same.before && past.after == same.after)
    try Folder.remove(pipeline.workspace + "/history")
    let removed = try #require(throws: Stop.self) {
      try ComparedRuns(Desk(pipeline, for: .user()), .run(1), .run(2))
    }
    #expect(removed.exit == .usage)
    #expect(removed.finding.found == "one whose results were removed")
    #expect(removed.next == "cardlink runs PIPELINE")
    #expect(throws: Stop.self) { try ComparedRuns(Desk(pipeline, for: .user()), .run(2), .run(7)) }
  }

  @Test("a scratch folder goes with its owner, and that of a killed process with the next command")
  func scratch() throws {
    let workshop = try Workshop()
    func names() throws -> [String] { try Folder.names(in: workshop.path) }
    do {
      let mine = try Scratch(in: workshop.path)
      #expect(try names().count == 1)
      #expect(!Scratch.isLeftover(mine.path))
      let other = try Scratch(in: workshop.path)
      #expect(try names().count == 2, "one that is in use stays")
      let mode = try FileManager.default.attributesOfItem(atPath: other.path)[.posixPermissions] as? Int
      #expect(mode == 0o700)
    }
    #expect(try names().isEmpty)
    try Folder.create(workshop.path + "/scratch-4711-1")
    try Folder.writeWhole("left", to: workshop.path + "/scratch-4711-1/file")
    #expect(Scratch.isLeftover(workshop.path + "/scratch-4711-1"))
    _ = try Workspace(workshop.path)
    #expect(try names() == ["lock", "runs"])
  }

  @Test(
    "whichever operation of a rehearsal fails, nothing is left behind",
    arguments: [StageName.match, .extract],
    Faults.Kind.allCases)
  func failing(stage: StageName, kind: Faults.Kind) throws {
    let workshop = try Workshop(inMemory: true)
    let pipeline = try DecisionTests.done(60, seed: 5, in: workshop)
    let before = try Self.state(of: pipeline.workspace)
    func rehearsal() throws {
      _ = try rehearse(pipeline, from: stage, options: Self.options(threads: 1), progress: SilentProgress())
    }
    Faults.count(under: pipeline.workspace)
    try rehearsal()
    let count = Faults.end(under: pipeline.workspace).count(kind)
    #expect(count > 5)
    for n in 1...count {
      Faults.fail(at: n, under: pipeline.workspace, as: kind)
      let found = Result { try rehearsal() }
      Faults.end(under: pipeline.workspace)
      // If nothing can be removed, the next command removes the rest. A process that another test starts
      // holds this process's locks until it executes its program.
      var tries = 0
      while kind != .full, tries < 100, try Self.state(of: pipeline.workspace) != before {
        if tries > 0 { usleep(20_000) }
        try Scratch.removeLeftovers(in: pipeline.workspace)
        tries += 1
      }
      #expect(try Self.state(of: pipeline.workspace) == before, "\(n)")
      guard case .failure(let error) = found else {
        #expect(kind != .full, "\(n): only what removes the folder may fail unnoticed")
        continue
      }
      #expect([.inputOutput, .cannotCreate].contains((error as? Stop)?.exit), "\(n): \(error)")
    }
  }
}
