// The desk's data file: what it holds, opened here by other code than wrote it, and what publishing does without a key.

import Crypto
import CryptoExtras
import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Package
@testable import Publish

/// A data file, cut and opened as docs/desk.md describes it.
private struct OpenedDesk {
  var header: [String: Any]
  var trailer: [String: Any]
  var text: String
  var frames: Int
  var isSigned: Bool

  init(_ file: Data, passphrase: String) throws {
    let file = Data(file)
    let end = try #require(file.firstIndex(of: 0x0A)) + 1
    header = try #require(JSONSerialization.jsonObject(with: file[..<end]) as? [String: Any])
    var frames: [Data] = []
    var at = end
    while true {
      let count = file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      at += 4
      guard count > 0 else { break }
      frames.append(file[at..<at + count])
      at += count
    }
    self.frames = frames.count
    trailer = try #require(JSONSerialization.jsonObject(with: file[at...]) as? [String: Any])
    let digest = SHA256.hash(data: file[..<at]).map { String(format: "%02x", $0) }.joined()
    #expect(trailer["sha256"] as? String == digest)
    func bytes(_ object: [String: Any], _ key: String) -> Data? {
      (object[key] as? String).flatMap { Data(base64Encoded: $0) }
    }
    isSigned = false
    if let key = bytes(trailer, "public_key"), let signature = bytes(trailer, "signature") {
      let signed = "cardlink-desk 1\n\(digest)\n\(trailer["persons"] as? Int ?? -1)\n"
      isSigned = try Curve25519.Signing.PublicKey(rawRepresentation: key)
        .isValidSignature(signature, for: Data(signed.utf8))
    }
    var plain = frames
    if let key = header["key"] as? [String: Any] {
      let derived = try KDF.Insecure.PBKDF2.deriveKey(
        from: Data(passphrase.utf8), salt: try #require(bytes(key, "salt")), using: .sha256,
        outputByteCount: 32, rounds: try #require(key["rounds"] as? Int))
      let fileKey = HKDF<SHA256>.deriveKey(
        inputKeyMaterial: derived, salt: try #require(bytes(key, "file_salt")),
        info: Data("cardlink-desk data".utf8), outputByteCount: 32)
      plain = try frames.enumerated().map { i, frame in
        var nonce = Data(count: 7)
        nonce += [UInt8(i >> 24), UInt8(i >> 16 & 255), UInt8(i >> 8 & 255), UInt8(i & 255)]
        nonce.append(i == frames.count - 1 ? 1 : 0)
        return try AES.GCM.open(
          AES.GCM.SealedBox(
            nonce: AES.GCM.Nonce(data: nonce), ciphertext: frame.dropLast(16), tag: frame.suffix(16)),
          using: fileKey, authenticating: file[..<end])
      }
    }
    text = String(decoding: plain.reduce(Data(), +), as: UTF8.self)
  }
}

@Suite("Desks")
struct DeskTests {
  private static func policy(_ workshop: Workshop, passphrases: String) -> PublishPolicy {
    var policy = PublishPolicy()
    policy.rules = [PackageRule(.all, name: "all-people", formats: [.csv, .desk], passphrases: passphrases)]
    policy.rules[0].attributes = Attribute.allCases
    return policy
  }

  @Test(
    "the data file holds the people and cards of the tables, plain or encrypted, signed or not",
    arguments: UInt64(0)..<8)
  func content(seed: UInt64) throws {
    let people = People(seed: seed, count: seed == 7 ? 12_000 : 40)
    let workshop = try Workshop()
    var policy = Self.policy(workshop, passphrases: PackageRule.plainDesk)
    var passphrase = ""
    if seed % 2 == 1 {
      policy.rules[0].passphrases = workshop.path + "/desks"
      passphrase = try DeskPassphrase.make(at: workshop.path + "/desks/all-people.desk")
    }
    if seed % 4 < 2 {
      policy.signingKey = workshop.path + "/key"
      try SigningKey().write(to: workshop.path + "/key")
    }
    try people.publish(in: workshop, policy)
    let data = workshop.current + "/all-people/data"
    let desk = try OpenedDesk(Data(contentsOf: URL(filePath: data + "/people.desk")), passphrase: passphrase)
    #expect(desk.isSigned == (seed % 4 < 2))
    #expect((desk.header["key"] is NSNull) == (seed % 2 == 0))
    #expect(desk.trailer["persons"] as? Int == people.all.count)
    if seed == 7 { #expect(desk.frames > 1) }
    #expect(desk.header["as_of"] as? String == "2026-11-23")
    #expect(desk.header["valid_until"] as? String == "2026-11-26")

    func rows(_ name: String) -> [[String]] {
      guard let text = try? String(contentsOfFile: data + "/" + name, encoding: .utf8) else { return [] }
      return Array(slowRows(text).dropFirst())
    }
    var cards = Dictionary(grouping: rows("other-cards.csv"), by: { $0[0] })
    var expected: [[String]] = []
    for person in rows("people.csv") {
      // No value of a store holds a control character; the tests invent some.
      expected.append(
        person.map { String(String.UnicodeScalarView($0.unicodeScalars.filter { $0.value >= 0x20 })) })
      expected += (cards.removeValue(forKey: person[0]) ?? []).map { ["+"] + $0.dropFirst() }
    }
    let found = desk.text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(found == expected)
    #expect(try String(contentsOfFile: data + "/desk.html", encoding: .utf8) == DeskPage.html)
  }

  @Test("a package whose desk has no key is not published, or is left out")
  func missingKey() throws {
    let workshop = try Workshop()
    var policy = Self.policy(workshop, passphrases: workshop.path + "/desks")
    let people = People(seed: 1)
    let stop = #expect(throws: Stop.self) { try people.publish(in: workshop, policy) }
    #expect(stop?.exit == .pipelineWrong)
    #expect(stop?.finding.expected == "a key CODE.desk for each desk, made by cardlink keys passphrase")
    #expect(stop?.finding.found == "none for 1 of them: all-people")
    policy.leavesOutWithoutKey = true
    try people.publish(in: workshop, policy)
    #expect(try !Folder.exists(workshop.current + "/all-people"))
  }

  @Test("a key that others may read, or another file, is refused")
  func wrongKeys() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/desks/01028.desk"
    _ = try DeskPassphrase.make(at: path)
    let again = #expect(throws: Stop.self) { try DeskPassphrase.make(at: path) }
    #expect(again?.exit == .cannotCreate)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let readable = #expect(throws: Stop.self) { try DeskKey(file: path) }
    #expect(readable?.finding.found == "one that others may read")
    let other = try workshop.file("cardlink-desk-key 1000 AAAA AAAA\n".utf8, named: "other")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: other)
    let wrong = #expect(throws: Stop.self) { try DeskKey(file: other) }
    #expect(wrong?.finding.found == "another file")
  }

  @Test("passphrases are words of which an input method changes nothing, and have 75 bits or more")
  func words() {
    let words = DeskPassphrase.words
    #expect(Set(words).count == words.count)
    #expect(Double(DeskPassphrase.wordCount) * log2(Double(words.count)) > 75)
    for word in words {
      #expect(word.wholeMatch(of: /[a-eghiklmnopqrstuvxy]{2,}/) != nil, "\(word)")
      #expect(!"aeod".contains { letter in word.count { $0 == letter } > 1 }, "\(word)")
      // Telex reads s, f, r, x and j after a vowel as tones.
      #expect(word.firstMatch(of: /[aeiouy].*[sfrxj]/) == nil, "\(word)")
    }
  }
}
