// Received packages: sound, damaged, forged, late, out of order.

import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Verifying a package")
struct VerifyTests {
  static let today = CalendarDate(packed: 2026_11_23)

  /// A workshop with one package in all formats, signed or not, of few people so that each bit can be tried.
  static func workshop(signed: Bool, seed: UInt64 = 1, count: Int = 3) throws -> (Workshop, PublishPolicy) {
    let workshop = try Workshop()
    var policy = PublishPolicy()
    policy.rules = [PackageRule(.all, name: "all-people", formats: PackageFormat.ofTables)]
    if signed {
      policy.signingKey = workshop.path + "/key"
      try SigningKey().write(to: workshop.path + "/key")
    }
    try People(seed: seed, count: count).publish(in: workshop, policy)
    return (workshop, policy)
  }

  static func faults(
    _ folder: String, key: String? = nil, after: String? = nil, day: CalendarDate = today
  ) throws -> [String] {
    try verify(VerifyRequest(folder: folder, keyFile: key, after: after, day: day)).faults.map {
      $0.kind.rawValue + ($0.file.isEmpty ? "" : " " + $0.file)
    }
  }

  @Test("a package as it was sent is whole", arguments: [true, false])
  func whole(signed: Bool) throws {
    let (workshop, _) = try Self.workshop(signed: signed)
    let folder = workshop.current + "/all-people"
    let verdict = try verify(
      VerifyRequest(folder: folder, keyFile: signed ? workshop.path + "/key.pub" : nil, day: Self.today))
    #expect(verdict.faults.isEmpty)
    #expect(verdict.recipient == "all-people")
    #expect(verdict.persons == 3)
    #expect(verdict.runID == 7)
    #expect(verdict.asOf == "2026-11-23")
    #expect(verdict.validUntil == "2026-11-26")
    #expect(verdict.isKeyKnown == signed)
    #expect((verdict.signedBy != nil) == signed)
  }

  @Test("any one bit flipped in any file is refused", arguments: [true, false])
  func bits(signed: Bool) throws {
    let (workshop, _) = try Self.workshop(signed: signed)
    let folder = workshop.current + "/all-people"
    var random = SeededGenerator(5)
    for (name, data) in try contents(of: folder) {
      // Every bit of the small files, and sample bits of the payload, whose digest covers all alike.
      let bits =
        data.count <= 700
        ? Array(0..<data.count * 8)
        : (0..<200).map { _ in Int.random(in: 0..<data.count * 8, using: &random) }
      for bit in bits {
        var flipped = data
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        try flipped.write(to: URL(filePath: folder + name))
        #expect(try !Self.faults(folder).isEmpty, "\(name), bit \(bit)")
      }
      try data.write(to: URL(filePath: folder + name))
    }
    #expect(try Self.faults(folder).isEmpty)
  }

  @Test("files missing, altered, added, and links are named")
  func files() throws {
    let (workshop, _) = try Self.workshop(signed: true)
    let folder = workshop.current + "/all-people"
    for (name, data) in try contents(of: folder) {
      let url = URL(filePath: folder + name)
      try FileManager.default.removeItem(at: url)
      let missing = try Self.faults(folder)
      let short = name.dropFirst()
      #expect(
        missing.contains(
          name == "/tagmanifest-sha256.txt.sig" ? "signature_absent \(short)" : "missing \(short)"))
      try Data().write(to: url)
      #expect(try !Self.faults(folder).isEmpty, "\(name) emptied")
      try FileManager.default.removeItem(at: url)
      try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: "/dev/null")
      #expect(try Self.faults(folder).contains("added \(short)"), "\(name) a link")
      try FileManager.default.removeItem(at: url)
      try data.write(to: url)
    }
    for name in ["data/more.csv", "notes.txt", "data/fhir/x/y", "tagmanifest-md5.txt"] {
      try FileManager.default.createDirectory(
        atPath: Folder.parent(of: folder + "/" + name), withIntermediateDirectories: true)
      try Data().write(to: URL(filePath: folder + "/" + name))
      #expect(try Self.faults(folder) == ["added \(name)"])
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  @Test(
    "what a desktop leaves in a folder is to be deleted, and the package is whole then",
    arguments: [
      ".DS_Store", "data/Thumbs.db", "data/._people.csv", "Desktop.ini", "data/~$people.csv",
      "__MACOSX/data/x",
      "data/.~lock.people.csv#",
    ])
  func desktop(name: String) throws {
    let (workshop, _) = try Self.workshop(signed: true)
    let folder = workshop.current + "/all-people"
    try FileManager.default.createDirectory(
      atPath: Folder.parent(of: folder + "/" + name), withIntermediateDirectories: true)
    try Data([1]).write(to: URL(filePath: folder + "/" + name))
    #expect(try Self.faults(folder) == ["desktop_file \(name)"])
    #expect {
      try FacilityPackage.open(folder, PackageCheck(), on: Self.today)
    } throws: {
      ($0 as? Stop)?.finding.remedy.contains("xóa các tệp này") ?? false
    }
    try FileManager.default.removeItem(atPath: folder + "/" + name)
    #expect(try Self.faults(folder).isEmpty)
    // Beside a fault of the package the advice is to ask for it anew.
    let faults = [PackageFault(.desktopFile, name), PackageFault(.altered, "data/people.csv")]
    #expect(PackageFault.remedy(faults).contains("đề nghị bên gửi gửi lại"))
  }

  @Test("each package has its guide, which the tag manifest covers")
  func guide() throws {
    let (workshop, policy) = try Self.workshop(signed: true)
    var asked = policy
    asked.contact = "Phòng CNTT \"BHXH\"\n024"
    try People(seed: 1, count: 3).publish(in: workshop, run: 8, asked)
    let folder = workshop.current + "/all-people"
    let text = try #require(try Folder.read(folder + "/HUONG-DAN.txt"))
    #expect(text.hasPrefix("\u{FEFF}HƯỚNG DẪN") && text.contains("Hỏi Phòng CNTT BHXH024. "))
    #expect(!text.contains("{ask"))
    let bytes = Array(text.utf8)
    for i in bytes.indices where bytes[i] == 0x0A { #expect(bytes[i - 1] == 0x0D) }
    let tags = try #require(try Folder.read(folder + "/tagmanifest-sha256.txt"))
    #expect(tags.contains("  HUONG-DAN.txt\n"))
    #expect(
      try Folder.read(workshop.packages + "/run-0007/all-people/HUONG-DAN.txt")?.contains("Hỏi cơ quan BHXH")
        ?? false)
    try Data([0]).write(to: URL(filePath: folder + "/HUONG-DAN.txt"))
    #expect(try Self.faults(folder) == ["altered HUONG-DAN.txt"])
  }

  @Test(
    "a manifest that leads outside is not followed", arguments: ["../key", "/etc/hostname", "data/../../key"])
  func outside(path: String) throws {
    let (workshop, _) = try Self.workshop(signed: false)
    let folder = workshop.current + "/all-people"
    for name in [BagName.manifest, BagName.tagManifest] {
      let url = URL(filePath: folder + "/" + name)
      let text = try String(contentsOf: url, encoding: .utf8)
      try (String(repeating: "0", count: 64) + "  " + path + "\n").write(
        to: url, atomically: true, encoding: .utf8)
      #expect(try Self.faults(folder).contains("malformed \(name)"))
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
  }

  @Test("a package is refused from the day after its last on")
  func expiry() throws {
    let (workshop, _) = try Self.workshop(signed: false)
    let folder = workshop.current + "/all-people"
    #expect(try Self.faults(folder, day: CalendarDate(packed: 2026_11_26)).isEmpty)
    #expect(try Self.faults(folder, day: CalendarDate(packed: 2026_11_27)) == ["expired"])
  }

  @Test("another key, no signature, and a signature of another package are refused")
  func signatures() throws {
    let (workshop, policy) = try Self.workshop(signed: true)
    let folder = workshop.current + "/all-people"
    let key = workshop.path + "/key.pub"
    try SigningKey().write(to: workshop.path + "/other")
    #expect(try Self.faults(folder, key: key).isEmpty)
    #expect(try Self.faults(folder, key: workshop.path + "/other.pub") == ["other_key publisher.pem"])
    let signature = try Data(contentsOf: URL(filePath: folder + "/" + BagName.signature))
    try People(seed: 2, count: 3).publish(in: workshop, run: 8, policy)
    try signature.write(to: URL(filePath: folder + "/" + BagName.signature))
    #expect(try Self.faults(folder, key: key) == ["signature_wrong tagmanifest-sha256.txt.sig"])
    var unsigned = policy
    unsigned.signingKey = nil
    try People(seed: 2, count: 3).publish(in: workshop, run: 9, unsigned)
    #expect(try Self.faults(folder).isEmpty)
    #expect(try Self.faults(folder, key: key) == ["signature_absent tagmanifest-sha256.txt.sig"])
  }

  @Test("a package is compared with the one that the facility has")
  func chain() throws {
    let (workshop, policy) = try Self.workshop(signed: true)
    func keep(_ name: String) throws -> String {
      let kept = workshop.path + "/" + name
      try FileManager.default.copyItem(atPath: workshop.current + "/all-people/.", toPath: kept)
      return kept
    }
    let seven = try keep("seven")
    try People(seed: 1, count: 3).publish(in: workshop, run: 7, policy)
    let sevenAgain = try keep("seven-again")
    try People(seed: 2, count: 3).publish(in: workshop, run: 8, asOf: "2026-11-24", policy)
    let eight = try keep("eight")
    try People(seed: 3, count: 3).publish(in: workshop, run: 9, asOf: "2026-11-25", policy)
    let nine = try keep("nine")
    // Another history: run 8 is withdrawn, and 10 follows 7.
    try Folder.point(workshop.current, to: "run-0008")
    try People(seed: 4, count: 3).publish(in: workshop, run: 10, asOf: "2026-11-26", policy)
    let ten = try keep("ten")
    func succession(_ new: String, after old: String) throws -> PackageVerdict.Succession? {
      let verdict = try verify(VerifyRequest(folder: new, after: old, day: Self.today))
      #expect(verdict.faults.isEmpty)
      return verdict.succession
    }
    #expect(try succession(sevenAgain, after: seven) == .next)
    #expect(try succession(eight, after: sevenAgain) == .next)
    #expect(try succession(eight, after: eight) == .same)
    #expect(try succession(nine, after: seven) == .gap)
    #expect(try succession(ten, after: nine) == .takenBack)
    #expect(try Self.faults(seven, after: sevenAgain) == ["older"])
    #expect(try Self.faults(eight, after: nine) == ["older"])
    // A package of the same run with other people, and one that follows it.
    let (forged, _) = try Self.workshop(signed: false, seed: 9)
    #expect(try Self.faults(seven, after: forged.current + "/all-people") == ["out_of_chain"])
    #expect(try Self.faults(sevenAgain, after: forged.current + "/all-people") == ["out_of_chain"])
    #expect(throws: Stop.self) { try Self.faults(seven, after: workshop.path) }
    #expect(throws: Stop.self) { try Self.faults(workshop.path) }
  }

  @Test(
    "openssl checks the signature and reads the keys",
    .enabled(if: Installed.openssl, "openssl is not installed"))
  func openssl() throws {
    let (workshop, _) = try Self.workshop(signed: true)
    let folder = workshop.current + "/all-people"
    func check() throws -> Int32 {
      try #require(
        try Workshop.run(
          "openssl",
          [
            "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", workshop.path + "/key.pub", "-sigfile",
            folder + "/tagmanifest-sha256.txt.sig", "-in", folder + "/tagmanifest-sha256.txt",
          ])
      ).exit
    }
    #expect(try check() == 0)
    let derived = try #require(
      try Workshop.run("openssl", ["pkey", "-in", workshop.path + "/key", "-pubout"]))
    #expect(derived.output == (try String(contentsOfFile: workshop.path + "/key.pub", encoding: .utf8)))
    // A key that openssl made signs for us.
    let foreign = workshop.path + "/foreign"
    #expect(try Workshop.run("openssl", ["genpkey", "-algorithm", "ed25519", "-out", foreign])?.exit == 0)
    #expect(try SigningKey(file: foreign).verifying.pem.hasPrefix("-----BEGIN PUBLIC KEY-----\nMC"))
    let url = URL(filePath: folder + "/tagmanifest-sha256.txt")
    var text = try Data(contentsOf: url)
    text[10] ^= 1
    try text.write(to: url)
    #expect(try check() != 0)
  }

  @Test("a key that others may read doesn't sign, and no key is written over")
  func keys() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/keys/publish.key"
    try SigningKey().write(to: path)
    #expect(throws: Stop.self) { try SigningKey().write(to: path) }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    _ = try SigningKey(file: path)
    chmod(path, 0o640)
    #expect(throws: Stop.self) { try SigningKey(file: path) }
    chmod(path, 0o600)
    try text.dropLast(40).write(toFile: path)
    chmod(path, 0o600)
    #expect(throws: Stop.self) { try SigningKey(file: path) }
    #expect(throws: Stop.self) { try SigningKey(file: workshop.path + "/none") }
  }
}

extension StringProtocol {
  fileprivate func write(toFile path: String) throws {
    try String(self).write(toFile: path, atomically: true, encoding: .utf8)
  }
}

/// The outside tools that are installed.
enum Installed {
  static let openssl = (try? Workshop.run("openssl", ["version"])) != nil
  static let age = (try? Workshop.run("age", ["--version"])) != nil
  static let xmllint = (try? Workshop.run("xmllint", ["--version"])) != nil
}
