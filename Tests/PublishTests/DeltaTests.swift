// Packages of changes: applied by a facility, they give the full package.

import Files
import Foundation
import GRDB
import Seal
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Packages of changes")
struct DeltaTests {
  static func policy(checkpointEvery: Int) -> PublishPolicy {
    var policy = PublishPolicy()
    policy.checkpointEvery = checkpointEvery
    policy.rules = [
      PackageRule(.all, name: "all-people", isCopy: true, formats: [.csv, .sqlite]),
      PackageRule(.province("01"), formats: PackageFormat.ofTables),
      PackageRule(
        .facility("79*"), formats: [.csv, .xml],
        attributes: [.personalID, .fullName, .sex, .cardNumber, .areaCode]),
      PackageRule(.all, formats: [.csv, .fhir]),
    ]
    return policy
  }

  /// The people of the next run: some removed, added, moved or changed.
  static func nextNight(_ people: People, _ random: inout SeededGenerator) -> People {
    var next = people
    next.all.removeAll { _ in random.chance(5) }
    for i in next.all.indices where random.chance(15) {
      let other = People.someone(next.all[i].id, &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: next.all[i].serving.facility = other.serving.facility
      case 1: next.all[i].name = other.name
      case 2: next.all[i].serving.validTo = other.serving.validTo
      case 3: next.all[i].others = other.others
      default: next.all[i] = other
      }
    }
    let known = Set(next.all.map(\.id))
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      let id = PersonalID(packed: UInt64.random(in: 1_090_000_000...90_000_000_000, using: &random))
      if !known.contains(id), !next.all.contains(where: { $0.id == id }) {
        next.all.append(People.someone(id, &random))
      }
    }
    next.all.sort { $0.id < $1.id }
    return next
  }

  /// The payload of a package: text files byte for byte, SQLite row for row.
  static func payload(_ folder: String) throws -> [String: Data] {
    var files = try contents(of: folder + "/data")
    guard files["/people.sqlite"] != nil else { return files }
    let queue = try DatabaseQueue(path: folder + "/data/people.sqlite")
    let rows = try queue.read { db in
      try ["package", "card_attribute", "other_card"].filter { try db.tableExists($0) }.flatMap { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY 1").map { "\($0)" }
      }
    }
    files["/people.sqlite"] = Data(rows.joined(separator: "\n").utf8)
    return files
  }

  static func info(_ folder: String) throws -> BagInfo {
    BagInfo(try String(contentsOfFile: folder + "/bag-info.txt", encoding: .utf8))
  }

  @Test(
    "applying what was received gives what full packages give, whichever nights were missed",
    arguments: UInt64(0)..<12)
  func nights(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let (sender, full, facility) = (try Workshop(), try Workshop(), try Workshop())
    var policy = Self.policy(checkpointEvery: Int.random(in: 2...5, using: &random))
    if random.chance(50) {
      policy.signingKey = sender.path + "/key"
      try SigningKey().write(to: sender.path + "/key")
    }
    // Some packages are encrypted.
    let keys = try FacilityKeys(in: sender, for: FacilityKeys.codes)
    for i in policy.rules.indices where seed % 4 == 0 && i % 2 == 0 {
      policy.rules[i].encryptTo = [keys.folder]
    }
    var people = People(seed: seed, count: 120)
    var (deltas, applied) = (0, 0)
    for night in 0..<9 {
      let (run, asOf) = (7 + night, CalendarDate(packed: UInt32(2026_11_01 + night)).text)
      // Sometimes the rules change, which makes all packages full.
      if random.chance(10) { policy.rules[2].attributes = [.personalID, .fullName] }
      let report = try people.publish(in: sender, run: run, asOf: asOf, policy, threads: [1, 2].any(&random))
      var plain = policy
      plain.checkpointEvery = 1
      for i in plain.rules.indices { plain.rules[i].encryptTo = [] }
      try people.publish(in: full, run: run, asOf: asOf, plain)
      deltas += report.deltas
      for name in try Folder.names(in: full.current) where name != "manifest.json" && random.chance(60) {
        let received = try Folder.names(in: sender.packages).filter { $0.hasPrefix("run-") }
          .flatMap { run in [name, name + ".age"].map { sender.packages + "/\(run)/\($0)" } }
          .filter { try Folder.exists($0) }.shuffled(using: &random)
        let home = facility.path + "/" + name
        let done = try apply(
          ApplyRequest(
            packages: received, folder: home, keyFile: policy.signingKey.map { $0 + ".pub" },
            identityFile: keys.folder + "/" + name, day: CalendarDate(iso: asOf) ?? .none))
        #expect(done.faults.isEmpty, "\(name), night \(night): \(done.faults)")
        #expect(
          try Self.payload(home + "/current") == Self.payload(full.current + "/" + name),
          "\(name), night \(night)")
        let verdict = try verify(
          VerifyRequest(
            folder: home + "/current", keyFile: policy.signingKey.map { $0 + ".pub" },
            day: CalendarDate(iso: asOf) ?? .none))
        #expect(verdict.faults.isEmpty, "\(name), night \(night): \(verdict.faults)")
        if verdict.kind == .applied { applied += 1 }
      }
      people = Self.nextNight(people, &random)
    }
    #expect(deltas > 0 && applied > 0)
  }

  @Test("a removal has its reason, and a person who moved is a removal here and new there")
  func reasons() throws {
    let workshop = try Workshop()
    let policy = Self.policy(checkpointEvery: 3)
    var people = People(seed: 4, count: 200)
    try people.publish(in: workshop, run: 1, policy)
    let here = people.all.filter { $0.serving.facility.text == "01028" }
    let (moved, gone, disputed) = (here[0].id, here[1].id, here[2].id)
    people.all.removeAll { $0.id == gone || $0.id == disputed }
    let i = try #require(people.all.firstIndex { $0.id == moved })
    people.all[i].serving.facility = ShortCode(Array("79025".utf8).span) ?? .none
    let report = try people.publish(in: workshop, run: 2, policy) { id, _ throws(Stop) in
      id == moved ? .registeredElsewhere : id == disputed ? .outcome(.disputed) : .notInExport
    }
    #expect(report.deltas == report.packages)
    func changes(_ name: String) throws -> [[String]] {
      slowRows(
        try String(contentsOfFile: workshop.current + "/\(name)/data/changes.csv", encoding: .utf8)
      ).dropFirst().map { Array($0.prefix(3)) }
    }
    let expected = [
      ["remove", "registered_elsewhere", moved.text], ["remove", "not_in_export", gone.text],
      ["remove", "disputed", disputed.text],
    ]
    #expect(try changes("01028") == expected.sorted { $0[2] < $1[2] })
    #expect(try changes("79025") == [["put", "", moved.text]])
    // The removed persons, but not the moved one; an attribute that a recipient doesn't see is not a change.
    #expect(try changes("all-people").map { $0[0] }.sorted() == ["put", "remove", "remove"])
    #expect(try changes("31313").isEmpty)
    #expect(try Self.info(workshop.current + "/01028")["Cardlink-Persons-Removed"] == "3")
  }

  @Test("a change of what a recipient may not see is no change to it")
  func unseen() throws {
    let workshop = try Workshop()
    let policy = Self.policy(checkpointEvery: 3)
    var people = People(seed: 4, count: 200)
    try people.publish(in: workshop, run: 1, policy)
    for i in people.all.indices where people.all[i].serving.facility.text == "79025" {
      people.all[i].birthDate = CalendarDate(packed: 1901_01_01)
    }
    try people.publish(in: workshop, run: 2, policy)
    #expect(try Self.info(workshop.current + "/79025")["Cardlink-Persons-Put"] == "0")
    #expect(try Self.info(workshop.current + "/all-people")["Cardlink-Persons-Put"] != "0")
  }

  @Test("packages are full after n, after another rule, and after a rollback")
  func checkpoints() throws {
    let workshop = try Workshop()
    var policy = Self.policy(checkpointEvery: 3)
    var random = SeededGenerator(1)
    var people = People(seed: 1)
    func kinds(_ run: Int) throws -> Set<String> {
      people = Self.nextNight(people, &random)
      try people.publish(in: workshop, run: run, policy)
      let names = try Folder.names(in: workshop.current).filter { $0 != "manifest.json" }
      return Set(try names.map { try Self.info(workshop.current + "/" + $0).kind.rawValue })
    }
    #expect(try kinds(1) == ["full"])
    #expect(try kinds(2) == ["delta"])
    #expect(try kinds(3) == ["delta"])
    #expect(try kinds(4) == ["full"])
    #expect(try kinds(5) == ["delta"])
    policy.rules[1].formats = [.csv]
    #expect(try kinds(6) == ["full"])
    #expect(try kinds(7) == ["delta"])
    try Folder.point(workshop.current, to: "run-0006")
    #expect(try kinds(8) == ["full"])
    policy.checkpointEvery = 1
    #expect(try kinds(9) == ["full"])
    #expect(try Folder.names(in: workshop.packages).filter { $0.hasSuffix(".people") }.isEmpty)
    policy.checkpointEvery = 3
    #expect(try kinds(10) == ["full"])
    #expect(try kinds(11) == ["delta"])
    #expect(try Folder.names(in: workshop.packages).filter { $0.hasSuffix(".people") } == ["run-0011.people"])
  }

  /// A sender with a full package and two packages of changes for one recipient, and a facility that has the
  /// full one.
  static func sent() throws -> (sender: Workshop, home: String, packages: [String]) {
    let sender = try Workshop()
    var policy = Self.policy(checkpointEvery: 9)
    policy.signingKey = sender.path + "/key"
    try SigningKey().write(to: sender.path + "/key")
    var random = SeededGenerator(8)
    var people = People(seed: 8)
    for run in 1...3 {
      try people.publish(in: sender, run: run, policy)
      people = Self.nextNight(people, &random)
    }
    let packages = (1...3).map { sender.packages + "/run-000\($0)/01028" }
    let home = sender.path + "/home"
    _ = try apply(ApplyRequest(packages: [packages[0]], folder: home, day: VerifyTests.today))
    return (sender, home, packages)
  }

  @Test("publications on which others build stay, also where a damaged manifest doesn't say which they are")
  func earlier() throws {
    let workshop = try Workshop()
    let policy = Self.policy(checkpointEvery: 9)
    var random = SeededGenerator(9)
    var people = People(seed: 9)
    for run in 1...4 {
      try people.publish(in: workshop, run: run, policy)
      people = Self.nextNight(people, &random)
    }
    func publications() throws -> [String] {
      try Folder.names(in: workshop.packages).filter { RunFolders.place(of: $0) != nil }
    }
    let all = (1...4).map { "run-000\($0)" }
    #expect(try publications() == all)
    let manifests = all.suffix(2).map { workshop.packages + "/\($0)/manifest.json" }
    let texts = try manifests.map { try #require(try Folder.read($0)) }
    for path in manifests { try Folder.writeWhole("{", to: path) }
    try removeEarlierPublications(in: workshop.packages, threads: 2)
    #expect(try publications() == all)
    // Full packages need no others.
    for (path, text) in zip(manifests, texts) {
      try Folder.writeWhole(text.replacing("run-0001", with: ""), to: path)
    }
    try removeEarlierPublications(in: workshop.packages, threads: 2)
    #expect(try publications() == Array(all.suffix(2)))
  }

  @Test("changes that don't follow are refused, and nothing of what was there changes")
  func gap() throws {
    let (sender, home, packages) = try Self.sent()
    let before = try contents(of: home + "/current")
    let refused = try apply(ApplyRequest(packages: [packages[2]], folder: home, day: VerifyTests.today))
    #expect(refused.faults.map(\.kind) == [.outOfChain])
    #expect(try contents(of: home + "/current") == before)
    // A recipient's first package never holds changes.
    let nothing = try apply(
      ApplyRequest(packages: [packages[1]], folder: sender.path + "/new", day: VerifyTests.today))
    #expect(nothing.faults.map(\.kind) == [.outOfChain])
    let both = try apply(
      ApplyRequest(packages: [packages[2], packages[1], packages[0]], folder: home, day: VerifyTests.today))
    #expect(both.faults.isEmpty && both.applied == [packages[1], packages[2]] && both.passedOver == 1)
    // Out of date, so not used.
    let late = try apply(
      ApplyRequest(
        packages: packages, folder: sender.path + "/late", day: CalendarDate(packed: 2027_01_01)))
    #expect(late.faults.map(\.kind) == [.expired])
  }

  @Test("people who were altered where they lie are not changed further")
  func altered() throws {
    let (sender, home, packages) = try Self.sent()
    defer { withExtendedLifetime(sender) {} }
    let url = URL(filePath: home + "/current/data/people.csv")
    let text = try String(contentsOf: url, encoding: .utf8)
    try text.replacing("male", with: "mole").write(to: url, atomically: true, encoding: .utf8)
    #expect(throws: Stop.self) {
      try apply(ApplyRequest(packages: [packages[1]], folder: home, day: VerifyTests.today))
    }
    #expect(try Folder.target(ofLink: home + "/current") == "run-0001")
  }

  @Test("any one bit flipped in a package of changes or in what was put together is refused")
  func bits() throws {
    let (sender, home, packages) = try Self.sent()
    defer { withExtendedLifetime(sender) {} }
    _ = try apply(ApplyRequest(packages: packages, folder: home, day: VerifyTests.today))
    var random = SeededGenerator(5)
    for folder in [packages[2], home + "/current"] {
      #expect(try VerifyTests.faults(folder).isEmpty)
      for (name, data) in try contents(of: folder) {
        let bits =
          data.count <= 100
          ? Array(0..<data.count * 8)
          : (0..<100).map { _ in Int.random(in: 0..<data.count * 8, using: &random) }
        for bit in bits {
          var flipped = data
          flipped[bit / 8] ^= 1 << UInt8(bit % 8)
          try flipped.write(to: URL(filePath: folder + name))
          #expect(try !VerifyTests.faults(folder).isEmpty, "\(name), bit \(bit)")
        }
        try data.write(to: URL(filePath: folder + name))
      }
      #expect(try VerifyTests.faults(folder).isEmpty)
    }
  }

  @Test("one who alters what was put together, and all digests beside it, is found out by what came signed")
  func forgery() throws {
    let (sender, home, packages) = try Self.sent()
    defer { withExtendedLifetime(sender) {} }
    _ = try apply(ApplyRequest(packages: packages, folder: home, day: VerifyTests.today))
    let folder = home + "/current"
    let url = URL(filePath: folder + "/data/people.csv")
    try String(contentsOf: url, encoding: .utf8).replacing(",male,", with: ",female,").write(
      to: url, atomically: true, encoding: .utf8)
    for (manifest, file) in [
      (BagName.manifest, BagName.people), (BagName.tagManifest, BagName.manifest),
    ] {
      let url = URL(filePath: folder + "/" + manifest)
      let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
        line.hasSuffix("  " + file)
          ? try Digest.text(ofFile: folder + "/" + file) + "  " + file : String(line)
      }
      try (lines.joined(separator: "\n") + "\n").write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try VerifyTests.faults(folder) == ["altered data/people.csv"])
  }

  @Test(
    "a failure at any operation leaves the facility what it had, whole", .serialized,
    arguments: Faults.Kind.allCases)
  func everyOperation(kind: Faults.Kind) throws {
    let (sender, home, packages) = try Self.sent()
    let before = try contents(of: home + "/current")
    let elsewhere = sender.path + "/elsewhere"
    _ = try apply(ApplyRequest(packages: [packages[0]], folder: elsewhere, day: VerifyTests.today))
    Faults.count(under: elsewhere)
    _ = try apply(ApplyRequest(packages: [packages[1]], folder: elsewhere, day: VerifyTests.today))
    let operations = Faults.end(under: elsewhere).count(kind)
    #expect(operations > 20)
    for n in 1...operations {
      Faults.fail(at: n, under: home, as: kind)
      #expect(throws: Stop.self, "operation \(n)") {
        try apply(ApplyRequest(packages: [packages[1]], folder: home, day: VerifyTests.today))
      }
      Faults.end(under: home)
      #expect(try VerifyTests.faults(home + "/current").isEmpty, "operation \(n)")
      guard try contents(of: home + "/current") != before else { continue }
      // The package is in force; only remembering it failed.
      try Folder.point(home + "/current", to: "run-0001")
      for name in try Folder.names(in: home) where name.hasPrefix("run-0002") {
        try Folder.remove(home + "/" + name)
      }
    }
    let done = try apply(ApplyRequest(packages: [packages[1]], folder: home, day: VerifyTests.today))
    #expect(done.faults.isEmpty && done.applied.count == 1)
  }

  @Test(
    "a failure at any operation of a publication of changes leaves the packages before, and the next one works",
    arguments: Faults.Kind.allCases)
  func everyOperationOfSender(kind: Faults.Kind) throws {
    let policy = Self.policy(checkpointEvery: 5)
    let (workshop, elsewhere) = (try Workshop(), try Workshop())
    let people = People(seed: 1, count: 60)
    var random = SeededGenerator(1)
    let next = Self.nextNight(people, &random)
    for place in [workshop, elsewhere] { try people.publish(in: place, run: 1, policy) }
    let before = try contents(of: workshop.current)
    let saved = try Workshop()
    try FileManager.default.copyItem(atPath: workshop.packages, toPath: saved.packages)
    Faults.count(under: elsewhere.path)
    try next.publish(in: elsewhere, run: 2, policy)
    let operations = Faults.end(under: elsewhere.path).count(kind)
    let after = try contents(of: elsewhere.current)
    // All of the last operations, which put things in force, and some of those before.
    for n in 1...operations where n > operations - 40 || n % 7 == 0 {
      Faults.fail(at: n, under: workshop.path, as: kind)
      var full: PublishReport?
      do { full = try next.publish(in: workshop, run: 2, policy) } catch is Stop {}
      let requested = Faults.end(under: workshop.path).count(kind)
      if requested < n {
        // Two threads share the work, so that some operations vary in number: this publication had fewer than the counted one.
        #expect(full != nil && requested > operations - 8, "operation \(n) of \(requested)")
        #expect(try contents(of: workshop.current) == after, "operation \(n)")
        return
      }
      if let full {
        // The sorted rows of the publication before can't be read: every package is full.
        #expect(kind == .unread && full.deltas == 0, "operation \(n)")
        try FileManager.default.removeItem(atPath: workshop.packages)
        try FileManager.default.copyItem(atPath: saved.packages, toPath: workshop.packages)
        continue
      }
      let now = try contents(of: workshop.current)
      #expect(now == before || now == after, "operation \(n)")
      // After the link is renamed, a failure leaves the new packages in force.
      if now == after { return }
      for name in try Folder.names(in: workshop.packages) where name.hasPrefix("run-0002") {
        try Folder.remove(workshop.packages + "/" + name)
      }
    }
    let report = try next.publish(in: workshop, run: 2, policy)
    #expect(report.deltas == report.packages)
    #expect(try contents(of: workshop.current) == after)
  }
}

@Suite("What a receiver remembers")
struct SeenTests {
  @Test("the key is pinned on first use, and what is older or out of chain is named")
  func pinning() throws {
    let sender = try Workshop()
    let state = sender.path + "/seen"
    var policy = DeltaTests.policy(checkpointEvery: 9)
    policy.signingKey = sender.path + "/key"
    try SigningKey().write(to: sender.path + "/key")
    var random = SeededGenerator(8)
    var people = People(seed: 8)
    func publish(_ run: Int) throws {
      try people.publish(in: sender, run: run, policy)
      people = DeltaTests.nextNight(people, &random)
    }
    for run in 1...3 { try publish(run) }
    func faults(_ run: Int) throws -> [String] {
      try verify(
        VerifyRequest(
          folder: sender.packages + "/run-000\(run)/01028", state: state, day: VerifyTests.today)
      ).faults.map { $0.kind.rawValue }
    }
    #expect(try faults(1) == [])
    let text = try #require(try Folder.read(state))
    #expect(text.hasPrefix("cardlink seen packages 1\nkey MCow"))
    #expect(try faults(3) == ["out_of_chain"])
    #expect(try Folder.read(state) == text)
    #expect(try faults(2) == [])
    #expect(try faults(3) == [])
    #expect(try faults(3) == [])
    #expect(try faults(2) == ["older"])
    // Signed with another key, and unsigned.
    policy.signingKey = sender.path + "/other"
    try SigningKey().write(to: sender.path + "/other")
    try publish(4)
    #expect(try faults(4) == ["other_key"])
    policy.signingKey = nil
    try publish(5)
    #expect(try faults(5) == ["signature_absent"])
    try "something else\n".write(toFile: state, atomically: true, encoding: .utf8)
    #expect(throws: Stop.self) { try faults(4) }
  }
}
