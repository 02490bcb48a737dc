// Packages encrypted to the facility's key: the same packages, unreadable with other keys.

import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Package
@testable import Publish

/// A facility's key for each package, in a folder.
struct FacilityKeys {
  let folder: String
  private(set) var keys: [String: DecryptionKey] = [:]

  init(in workshop: Workshop, for names: [String]) throws {
    folder = workshop.path + "/keys"
    try Folder.create(folder)
    for name in names { try add(name) }
  }

  mutating func add(_ name: String) throws {
    keys[name] = DecryptionKey()
    for file in [name, name + ".pub"] { try Folder.remove(folder + "/" + file) }
    try keys[name]?.write(to: folder + "/" + name)
  }

  static let codes = ["01028", "01C54", "01001", "79025", "79A1B", "31313", "97", "all-people"]
}

@Suite("Encrypted packages")
struct EncryptionTests {
  /// A signed, encrypted package of all people in all formats, with the facility's key beside it.
  static func workshop(count: Int = 3) throws -> (Workshop, PublishPolicy, keys: FacilityKeys) {
    let workshop = try Workshop()
    let keys = try FacilityKeys(in: workshop, for: ["all-people"])
    var policy = PublishPolicy()
    policy.rules = [
      PackageRule(.all, name: "all-people", formats: PackageFormat.ofTables, encryptTo: [keys.folder])
    ]
    policy.signingKey = workshop.path + "/key"
    try SigningKey().write(to: workshop.path + "/key")
    try People(seed: 1, count: count).publish(in: workshop, policy)
    return (workshop, policy, keys)
  }

  static func verdict(
    _ path: String, _ identity: String?, key: String? = nil, after: String? = nil, state: String? = nil
  ) throws -> PackageVerdict {
    try verify(
      VerifyRequest(
        folder: path, keyFile: key, after: after, state: state, identityFile: identity,
        day: VerifyTests.today))
  }

  @Test("an encrypted package is one file, and is in it what the folder would have been, byte for byte")
  func same() throws {
    let (workshop, policy, keys) = try Self.workshop(count: 300)
    var plain = policy
    plain.rules[0].encryptTo = []
    let other = try Workshop()
    try People(seed: 1, count: 300).publish(in: other, plain)
    #expect(try Folder.names(in: workshop.current) == ["all-people.age", "manifest.json"])
    let opened = workshop.path + "/opened"
    try EncryptedPackage.unpack(
      workshop.current + "/all-people.age", with: [try #require(keys.keys["all-people"])], to: opened)
    var (found, expected) = (try contents(of: opened), try contents(of: other.current + "/all-people"))
    // Ed25519 signatures of this library are randomized.
    for name in ["/" + BagName.signature] {
      #expect(found.removeValue(forKey: name)?.count == expected.removeValue(forKey: name)?.count)
    }
    #expect(found == expected)
    let verdict = try Self.verdict(
      workshop.current + "/all-people.age", keys.folder + "/all-people", key: workshop.path + "/key.pub")
    #expect(verdict.faults.isEmpty && verdict.isKeyKnown && verdict.persons == 300)
    #expect(verdict.recipient == "all-people" && verdict.validUntil == "2026-11-26")
  }

  @Test("age and tar give the folder, which verifies", .enabled(if: Installed.age, "age is not installed"))
  func outside() throws {
    let (workshop, _, keys) = try Self.workshop(count: 300)
    let (tar, folder) = (workshop.path + "/bag.tar", workshop.path + "/received")
    try Folder.create(folder)
    let decrypted = try Workshop.run(
      "age",
      ["-d", "-i", keys.folder + "/all-people", "-o", tar, workshop.current + "/all-people.age"])
    #expect(decrypted?.exit == 0)
    let unpacked = try Workshop.run("tar", ["-x", "-f", tar, "-C", folder])
    #expect(unpacked?.exit == 0 && unpacked?.output == "")
    #expect(
      try VerifyTests.faults(folder + "/all-people", key: workshop.path + "/key.pub").isEmpty)
    // The reverse: an archive made by GNU tar with folders in it, encrypted by age.
    #expect(try Workshop.run("tar", ["-c", "-f", tar, "-C", folder, "all-people"])?.exit == 0)
    let path = workshop.path + "/again.age"
    #expect(try Workshop.run("age", ["-R", keys.folder + "/all-people.pub", "-o", path, tar])?.exit == 0)
    let verdict = try Self.verdict(path, keys.folder + "/all-people", key: workshop.path + "/key.pub")
    #expect(verdict.faults.isEmpty && verdict.persons == 300)
  }

  @Test(
    "any one bit flipped in an encrypted package, full or of changes, is refused", arguments: [false, true])
  func bits(isDelta: Bool) throws {
    var (workshop, policy, keys) = try Self.workshop()
    if isDelta {
      policy.checkpointEvery = 5
      try People(seed: 1, count: 3).publish(in: workshop, run: 8, policy)
      try People(seed: 1, count: 4).publish(in: workshop, run: 9, policy)
    }
    let (path, identity) = (workshop.current + "/all-people.age", keys.folder + "/all-people")
    #expect(try Self.verdict(path, identity).faults.isEmpty)
    #expect(try Self.verdict(path, identity).kind == (isDelta ? .delta : .full))
    let whole = try Data(contentsOf: URL(filePath: path))
    var random = SeededGenerator(5)
    // AgeTests flips every bit of a file; this test checks that the command reports it.
    let bits = (0..<150).map { Int.random(in: 0..<($0 % 2 == 0 ? 300 : whole.count) * 8, using: &random) }
    for bit in bits {
      var flipped = whole
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      try flipped.write(to: URL(filePath: path))
      // A file that no longer begins like an encrypted one is not a package.
      do throws(Stop) {
        let verdict = try verify(
          VerifyRequest(folder: path, identityFile: identity, day: VerifyTests.today))
        #expect(!verdict.faults.isEmpty, "bit \(bit)")
      } catch {
        #expect(error.exit == .exportMissing && bit < 19 * 8, "bit \(bit)")
      }
    }
  }

  @Test("another facility's key reads nothing, and without a key one is asked for")
  func otherKey() throws {
    let (workshop, _, keys) = try Self.workshop()
    try DecryptionKey().write(to: workshop.path + "/other")
    let path = workshop.current + "/all-people.age"
    let verdict = try Self.verdict(path, workshop.path + "/other")
    #expect(verdict.faults == [PackageFault(.otherReader, "all-people.age")])
    #expect(throws: Stop.self) { try Self.verdict(path, nil) }
    let whole = try Data(contentsOf: URL(filePath: path))
    try whole.dropLast(1).write(to: URL(filePath: path))
    #expect(try Self.verdict(path, keys.folder + "/all-people").faults.map(\.kind) == [.cutShort])
  }

  @Test("the state and the package before are compared with an encrypted package as with a folder")
  func chain() throws {
    let (workshop, policy, keys) = try Self.workshop()
    let identity = keys.folder + "/all-people"
    try People(seed: 2, count: 3).publish(in: workshop, run: 8, policy)
    let (seven, eight) = (
      workshop.packages + "/run-0007/all-people.age", workshop.packages + "/run-0008/all-people.age"
    )
    #expect(try Self.verdict(eight, identity, after: seven).succession == .next)
    #expect(try Self.verdict(seven, identity, after: eight).faults.map(\.kind) == [.older])
    let state = workshop.path + "/seen"
    #expect(try Self.verdict(eight, identity, state: state).isKeyPinnedNow)
    #expect(try Self.verdict(seven, identity, state: state).faults.map(\.kind) == [.older])
  }

  @Test("a facility without a key stops the publication, and what was in force stays", arguments: [1, 2])
  func missing(threads: Int) throws {
    let workshop = try Workshop()
    var keys = try FacilityKeys(in: workshop, for: ["01028", "01C54"])
    try DecryptionKey().write(to: workshop.path + "/escrow")
    var policy = PublishPolicy()
    policy.rules = [
      // The second key can read every package, but doesn't replace the facility's own key.
      PackageRule(
        .province("01"), formats: [.csv], encryptTo: [keys.folder, workshop.path + "/escrow.pub"]),
      PackageRule(.facility("*")),
    ]
    var plain = policy
    plain.rules = [PackageRule(.facility("79*"))]
    let people = People(seed: 1)
    try people.publish(in: workshop, plain)
    let before = try contents(of: workshop.current)
    do throws(Stop) {
      _ = try people.publishing(in: workshop, run: 8, policy, threads: threads)
      Issue.record("published")
    } catch {
      #expect(error.exit == .pipelineWrong)
      #expect(error.finding.origin.file == keys.folder)
      #expect(error.finding.found == "none for 1 of them: 01001")
    }
    #expect(try contents(of: workshop.current) == before)
    #expect(try Folder.names(in: workshop.packages) == ["current", "run-0007"])

    policy.leavesOutWithoutKey = true
    let report = try people.publish(in: workshop, run: 8, policy, threads: threads)
    #expect(report.leftOut == ["01001"] && report.encrypted == 2)
    #expect(
      try Folder.names(in: workshop.current).filter { $0.hasPrefix("01") } == ["01028.age", "01C54.age"])
    // A malformed key always stops.
    try "age1nokey\n".write(toFile: keys.folder + "/01001.pub", atomically: true, encoding: .utf8)
    #expect(throws: Stop.self) { try people.publish(in: workshop, run: 9, policy) }
    try keys.add("01001")
    #expect(try people.publish(in: workshop, run: 9, policy).leftOut.isEmpty)
    for name in ["/01001", "/escrow"] {
      let identity = (name == "/escrow" ? workshop.path : keys.folder) + name
      #expect(try Self.verdict(workshop.current + "/01001.age", identity).faults.isEmpty)
    }
  }

  @Test(
    "whom no package holds because it was left out is counted apart, and the counts are all of the store",
    arguments: UInt64(0)..<20)
  func leftOut(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let workshop = try Workshop()
    var policy = RecipientTests.randomPolicy(&random)
    let names = (FacilityKeys.codes + policy.rules.compactMap(\.name)).filter { _ in random.chance(60) }
    let keys = try FacilityKeys(in: workshop, for: Array(Set(names)))
    for i in policy.rules.indices where random.chance(70) { policy.rules[i].encryptTo = [keys.folder] }
    (policy.leavesOutWithoutKey, policy.checkpointEvery) = (true, [1, 4].any(&random))
    let people = People(seed: seed, count: 150)
    // The expected result, from the rules and the folder of keys.
    var (leftOut, persons, copies) = (Set<String>(), 0, 0)
    var (personsLeftOut, personsElsewhere) = (0, 0)
    for someone in people.all {
      let packages = RecipientTests.slowRecipients(someone, policy).map(\.name)
      let wanting = try packages.filter { name in
        let code = ShortCode(Array(name.utf8).span).map {
          Recipients(policy.rules).recipient(of: $0.packed).rule
        }
        let rule = policy.rules.first { $0.name == name } ?? code
        return try rule?.encryptTo.isEmpty == false && !Folder.exists(keys.folder + "/\(name).pub")
      }
      leftOut.formUnion(wanting)
      let written = packages.count - wanting.count
      if packages.isEmpty {
        personsElsewhere += 1
      } else if written == 0 {
        personsLeftOut += 1
      } else {
        persons += 1
        copies += written - 1
      }
    }
    for (run, threads) in [(7, 1), (8, 2)] {
      let report = try people.publish(in: workshop, run: run, policy, threads: threads)
      #expect(report.leftOut == leftOut.sorted())
      #expect((report.persons, report.copies) == (persons, copies))
      #expect(report.personsLeftOut == personsLeftOut)
      #expect(report.personsWithoutFacility + report.personsNotSelected == personsElsewhere)
      #expect(
        report.persons + report.personsLeftOut + report.personsWithoutFacility + report.personsNotSelected
          == people.all.count)
      let manifest = try String(contentsOfFile: workshop.current + "/manifest.json", encoding: .utf8)
      #expect(manifest.contains("\"persons_left_out\": \(personsLeftOut),"))
    }
  }

  @Test("a facility that gets its key a night later gets a full package, and loses it with the key")
  func keyComesLater() throws {
    let workshop = try Workshop()
    var keys = try FacilityKeys(in: workshop, for: FacilityKeys.codes.filter { $0 != "01001" })
    var policy = PublishPolicy()
    (policy.checkpointEvery, policy.leavesOutWithoutKey) = (9, true)
    policy.rules = [PackageRule(.facility("*"), encryptTo: [keys.folder])]
    let people = People(seed: 1)
    let there = people.all.filter { $0.serving.facility.text == "01001" }.count
    #expect(there > 0)
    #expect(try people.publish(in: workshop, run: 1, policy).personsLeftOut == there)
    try keys.add("01001")
    let second = try people.publish(in: workshop, run: 2, policy)
    #expect(second.personsLeftOut == 0 && second.leftOut.isEmpty && second.packages - second.deltas == 1)
    let verdict = try Self.verdict(workshop.current + "/01001.age", keys.folder + "/01001")
    #expect(verdict.faults.isEmpty && verdict.kind == .full && verdict.persons == there)
    try Folder.remove(keys.folder + "/01001.pub")
    #expect(try people.publish(in: workshop, run: 3, policy).leftOut == ["01001"])
    // The recipient has no people any more, but would have got the removals.
    var fewer = people
    fewer.all.removeAll { $0.serving.facility.text == "01001" }
    #expect(try fewer.publish(in: workshop, run: 4, policy).personsLeftOut == 0)
  }

  @Test("one file may hold the keys of all facilities, and what is no key in it stops the publication")
  func table() throws {
    let workshop = try Workshop()
    let (own, common) = (DecryptionKey(), DecryptionKey())
    let file = workshop.path + "/keys.txt"
    try "# keys\n\(common.encryption.text)\r\n 01028\t\(own.encryption.text)\n\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    let rule = PackageRule(.all, encryptTo: [file])
    var policy = PublishPolicy()
    policy.rules = [rule]
    let keys = try PackageKeys(policy)
    #expect(try keys.keys(of: "01028", rule) == [own.encryption, common.encryption])
    #expect(throws: Stop.self) { try keys.keys(of: "01029", rule) }
    for wrong in ["01028 age1x", "01028", "01028 \(own.encryption.text) more", ""] {
      try wrong.write(toFile: file, atomically: true, encoding: .utf8)
      #expect(throws: Stop.self, "\(wrong)") { try PackageKeys(policy) }
    }
    try Folder.remove(file)
    #expect(throws: Stop.self) { try PackageKeys(policy) }
  }

  @Test(
    "over random rules nobody can read another's package, and nothing that should be encrypted lies about",
    arguments: UInt64(0)..<16)
  func randomPolicies(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let workshop = try Workshop()
    var policy = RecipientTests.randomPolicy(&random)
    let names = FacilityKeys.codes + policy.rules.compactMap(\.name)
    let keys = try FacilityKeys(in: workshop, for: names)
    for i in policy.rules.indices where random.chance(60) { policy.rules[i].encryptTo = [keys.folder] }
    policy.checkpointEvery = [1, 4].any(&random)
    let people = People(seed: seed, count: 80)
    for run in 7...8 { try people.publish(in: workshop, run: run, policy, threads: [1, 2].any(&random)) }
    let recipients = Recipients(policy.rules)
    var found: Set<String> = []
    for name in try Folder.names(in: workshop.current) where name != "manifest.json" {
      let package = name.hasSuffix(".age") ? String(name.dropLast(4)) : name
      found.insert(package)
      let named = policy.rules.first { $0.name == package }
      let code = ShortCode(Array(package.utf8).span).map { recipients.recipient(of: $0.packed).rule }
      let rule = try #require(named ?? code)
      #expect(name.hasSuffix(".age") == !rule.encryptTo.isEmpty, "\(name)")
      guard name.hasSuffix(".age") else { continue }
      for (holder, key) in keys.keys {
        do throws(ArchiveFailure) {
          let opened = try ReceivedPackage(workshop.current + "/" + name, with: [key])
          #expect(holder == package)
          #expect(opened.has(run8: policy))
        } catch {
          guard case .fault(.otherReader) = error else {
            Issue.record("\(error)")
            continue
          }
          #expect(holder != package)
        }
      }
    }
    let expected = people.all.flatMap {
      RecipientTests.slowRecipients($0, policy).map(\.name)
    }
    #expect(found == Set(expected))
    // No file that should be encrypted contains a person's name.
    for (name, data) in try contents(of: workshop.current) where name.hasSuffix(".age") {
      #expect(data.firstRange(of: Data("personal_id".utf8)) == nil, "\(name)")
      #expect(data.starts(with: Data("age-encryption.org/v1\n".utf8)))
    }
  }

  @Test("a file that lost its end is said to be cut, wherever, and one with a changed byte to be altered")
  func cut() throws {
    let workshop = try Workshop()
    let keys = try FacilityKeys(in: workshop, for: ["all-people"])
    var policy = PublishPolicy()
    policy.rules = [PackageRule(.all, name: "all-people", formats: [.csv, .xml], encryptTo: [keys.folder])]
    try People(seed: 3, count: 400).publish(in: workshop, policy)
    let path = workshop.current + "/all-people.age"
    let whole = try Data(contentsOf: URL(filePath: path))
    #expect(whole.count > 2 * 65_536)
    func kinds() throws -> [PackageFault.Kind] {
      try verify(
        VerifyRequest(folder: path, identityFile: keys.folder + "/all-people", day: VerifyTests.today)
      ).faults.map(\.kind)
    }
    var random = SeededGenerator(4)
    // Also where USB sticks cut, at blocks.
    let lengths =
      (1...60).map { _ in Int.random(in: 250..<whole.count, using: &random) }
      + stride(from: 4096, to: whole.count, by: 4096)
    for length in lengths {
      try whole.prefix(length).write(to: URL(filePath: path))
      #expect(try kinds() == [.cutShort], "\(length) of \(whole.count)")
    }
    for _ in 0..<40 {
      var altered = whole
      altered[Int.random(in: 250..<whole.count, using: &random)] ^= 4
      try altered.write(to: URL(filePath: path))
      #expect(try kinds() == [.altered])
    }
  }

  @Test("fingerprints look alike for all kinds of keys")
  func fingerprints() throws {
    let keys = [SigningKey().verifying.fingerprint, DecryptionKey().encryption.fingerprint]
    for key in keys {
      #expect(key.count == 64)
      let spoken = spokenFingerprint(key)
      #expect(spoken.wholeMatch(of: /([0-9a-f]{4} ){7}[0-9a-f]{4}/) != nil)
      #expect(key.hasPrefix(spoken.replacing(" ", with: "")))
    }
  }

  @Test("a facility with a new key gets a full package, though the others get changes")
  func newKey() throws {
    let workshop = try Workshop()
    var keys = try FacilityKeys(in: workshop, for: FacilityKeys.codes)
    var policy = PublishPolicy()
    policy.checkpointEvery = 9
    policy.rules = [PackageRule(.facility("*"), encryptTo: [keys.folder])]
    let people = People(seed: 1)
    let facilities = Set(people.all.flatMap { RecipientTests.slowRecipients($0, policy).map(\.name) })
    try people.publish(in: workshop, run: 1, policy)
    #expect(try people.publish(in: workshop, run: 2, policy).deltas == facilities.count)
    try keys.add("01028")
    #expect(try people.publish(in: workshop, run: 3, policy).deltas == facilities.count - 1)
    let packages = (1...3).map { workshop.packages + "/run-000\($0)/01028.age" }
    let done = try apply(
      ApplyRequest(
        packages: packages, folder: workshop.path + "/home", identityFile: keys.folder + "/01028",
        day: VerifyTests.today))
    // The two earlier packages are encrypted to the lost key; the full one doesn't need them.
    #expect(done.faults.isEmpty && done.applied == [packages[2]])
    #expect(done.unreadable.map(\.fault.kind) == [.otherReader, .otherReader])
    let refused = try apply(
      ApplyRequest(
        packages: [packages[1]], folder: workshop.path + "/home", identityFile: keys.folder + "/01028",
        day: VerifyTests.today))
    #expect(refused.faults.map(\.kind) == [.otherReader])
  }
}

extension ReceivedPackage {
  /// Whether it is of run 8.
  fileprivate func has(run8 policy: PublishPolicy) -> Bool {
    (try? Bag.held(in: self))?.point.runID == 8 && (try? has(BagName.manifest)) == true
  }
}
