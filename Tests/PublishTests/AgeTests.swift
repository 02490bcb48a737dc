// The age format: compared with the real `age` if it is installed, and with every bit flipped.

import Foundation
import Seal
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Files in the age format")
struct AgeTests {
  static let sizes = [0, 1, 500, 65_535, 65_536, 65_537, 131_072, 131_073, 200_000]

  static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  static func encrypt(_ bytes: [UInt8], to path: String, for keys: [EncryptionKey]) throws {
    var file = try EncryptedOutput(creating: path, for: keys)
    // Write in pieces of different sizes.
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, 1 + done % 70_001)
      try file.append(bytes[done..<done + count].span)
      done += count
    }
    try file.finishUnsynced()
  }

  /// The decrypted bytes of a file, or the failure.
  static func decrypt(_ path: String, _ keys: [DecryptionKey]) throws -> [UInt8] {
    var (all, chunk) = ([] as [UInt8], [] as [UInt8])
    do throws(EncryptedInput.Failure) {
      var file = try EncryptedInput(path, with: keys)
      while try file.next(&chunk) { all += chunk }
    } catch {
      switch error {
      case .fault(let fault): throw fault
      case .stop(let stop): throw stop
      }
    }
    return all
  }

  @Test("what is encrypted to several keys is read with each, and with no other", arguments: sizes)
  func roundTrip(size: Int) throws {
    let workshop = try Workshop()
    let (path, keys) = (workshop.path + "/file.age", (0..<3).map { _ in DecryptionKey() })
    let text = Self.bytes(size)
    try Self.encrypt(text, to: path, for: keys.map(\.encryption))
    for key in keys { #expect(try Self.decrypt(path, [DecryptionKey(), key]) == text) }
    #expect(throws: EncryptedFault.otherKey) { try Self.decrypt(path, [DecryptionKey()]) }
  }

  @Test(
    "age reads what we write, and we read what age writes",
    .enabled(if: Installed.age, "age is not installed"),
    arguments: sizes)
  func age(size: Int) throws {
    let workshop = try Workshop()
    let (plain, path) = (workshop.path + "/plain", workshop.path + "/file.age")
    // A key of ours and one of age's.
    let ours = DecryptionKey()
    try ours.write(to: workshop.path + "/ours")
    #expect(try Workshop.run("age-keygen", ["-o", workshop.path + "/theirs"])?.exit == 0)
    let theirs = try #require(try DecryptionKey.all(inFile: workshop.path + "/theirs").first)
    let shown = try Workshop.run("age-keygen", ["-y", workshop.path + "/theirs"])
    #expect(shown?.output == theirs.encryption.text + "\n")
    #expect(
      try Workshop.run("age-keygen", ["-y", workshop.path + "/ours"])?.output == ours.encryption.text + "\n")

    let text = Self.bytes(size)
    try Self.encrypt(text, to: path, for: [ours.encryption, theirs.encryption])
    for key in ["ours", "theirs"] {
      let done = try Workshop.run("age", ["-d", "-i", workshop.path + "/" + key, "-o", plain, path])
      #expect(done?.exit == 0, "\(done?.output ?? "")")
      // age writes no file for empty input.
      let decrypted = size == 0 ? Data() : try Data(contentsOf: URL(filePath: plain))
      #expect(decrypted == Data(text))
    }
    try Data(text).write(to: URL(filePath: plain))
    let done = try Workshop.run(
      "age", ["-R", workshop.path + "/ours.pub", "-r", theirs.encryption.text, "-o", path, plain])
    #expect(done?.exit == 0, "\(done?.output ?? "")")
    for key in [ours, theirs] { #expect(try Self.decrypt(path, [key]) == text) }
  }

  /// A file encrypted to many keys, and the last of these.
  private static func encrypt(toKeys count: Int, in workshop: Workshop) throws -> (
    path: String, key: DecryptionKey
  ) {
    let (path, key) = (workshop.path + "/file.age", DecryptionKey())
    let others = (1..<count).map { _ in DecryptionKey().encryption }
    try encrypt(bytes(100), to: path, for: others + [key.encryption])
    return (path, key)
  }

  @Test("a header to hundreds of keys is read", arguments: [9, 10, 11, 400])
  func manyKeys(count: Int) throws {
    let workshop = try Workshop()
    let (path, key) = try Self.encrypt(toKeys: count, in: workshop)
    #expect(try Self.decrypt(path, [key]) == Self.bytes(100))
  }

  @Test(
    "age reads a header to hundreds of keys", .enabled(if: Installed.age, "age is not installed"),
    arguments: [9, 10, 11, 400])
  func manyKeysByAge(count: Int) throws {
    let workshop = try Workshop()
    let (path, key) = try Self.encrypt(toKeys: count, in: workshop)
    try key.write(to: workshop.path + "/key")
    #expect(
      try Workshop.run("age", ["-d", "-i", workshop.path + "/key", "-o", path + ".plain", path])?.exit == 0)
  }

  @Test("any one bit flipped is refused")
  func bits() throws {
    let workshop = try Workshop()
    let (path, key) = (workshop.path + "/file.age", DecryptionKey())
    try Self.encrypt(Self.bytes(20), to: path, for: [key.encryption])
    let whole = try Data(contentsOf: URL(filePath: path))
    for bit in 0..<whole.count * 8 {
      var flipped = whole
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      try flipped.write(to: URL(filePath: path))
      #expect(throws: EncryptedFault.self, "bit \(bit)") { try Self.decrypt(path, [key]) }
    }
  }

  @Test("a file that was cut anywhere, at the boundary of a chunk too, or lengthened is refused")
  func cuts() throws {
    let workshop = try Workshop()
    let (path, key) = (workshop.path + "/file.age", DecryptionKey())
    let url = URL(filePath: path)
    try Self.encrypt(Self.bytes(65_536 * 3), to: path, for: [key.encryption])
    let whole = try Data(contentsOf: url)
    let payload = whole.count - 3 * 65_552
    let boundaries = [payload, payload + 65_552, payload + 2 * 65_552]
    for cut in Array(0...30) + [payload / 2, payload - 16, payload - 1] + boundaries
      + boundaries.flatMap({ [$0 + 1, $0 + 15, $0 + 16, $0 + 17] })
    {
      try whole[..<cut].write(to: url)
      #expect(throws: EncryptedFault.self, "cut at \(cut)") { try Self.decrypt(path, [key]) }
    }
    for cut in boundaries {
      try whole[..<cut].write(to: url)
      #expect(throws: EncryptedFault.cutShort) { try Self.decrypt(path, [key]) }
    }
    for more in [Data([0]), Data(count: 16), whole[(payload + 2 * 65_552)...]] {
      try (whole + more).write(to: url)
      #expect(throws: EncryptedFault.altered) { try Self.decrypt(path, [key]) }
    }
    // Two chunks of equal length exchanged, and a missing chunk.
    let (first, second, third) = (
      whole[payload..<boundaries[1]], whole[boundaries[1]..<boundaries[2]], whole[boundaries[2]...]
    )
    for changed in [second + first + third, first + third, second + third] {
      try (whole[..<payload] + changed).write(to: url)
      #expect(throws: EncryptedFault.altered) { try Self.decrypt(path, [key]) }
    }
    try whole.write(to: url)
    #expect(try Self.decrypt(path, [key]).count == 65_536 * 3)
  }

  @Test("a key with any one character changed is refused, and so are capitals and other kinds of keys")
  func slips() throws {
    // From age's documentation.
    let known = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    #expect(EncryptionKey(known)?.text == known)
    for i in known.indices {
      for letter in "qx8dslb1" where known[i] != letter {
        var changed = known
        changed.replaceSubrange(i...i, with: [letter])
        #expect(EncryptionKey(changed) == nil, "\(changed)")
      }
    }
    #expect(EncryptionKey(known.uppercased()) == nil)
    #expect(EncryptionKey(String(known.dropLast())) == nil)
    #expect(EncryptionKey(known + "q") == nil)
    #expect(EncryptionKey("") == nil && DecryptionKey("") == nil && DecryptionKey(known) == nil)
    let workshop = try Workshop()
    try DecryptionKey().write(to: workshop.path + "/key")
    let text = try String(contentsOfFile: workshop.path + "/key", encoding: .utf8)
    let secret = try #require(text.split(separator: "\n").last.map(String.init))
    #expect(secret.hasPrefix("AGE-SECRET-KEY-1") && secret.count == 74)
    #expect(DecryptionKey(secret) != nil && DecryptionKey(secret.lowercased()) == nil)
    #expect(EncryptionKey(secret) == nil)
  }

  @Test("a private key that others may read, or that isn't one, is refused; none is written over")
  func keyFiles() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/keys/facility.key"
    let key = DecryptionKey()
    try key.write(to: path)
    #expect(throws: Stop.self) { try key.write(to: path) }
    #expect(try DecryptionKey.all(inFile: path).map(\.encryption) == [key.encryption])
    chmod(path, 0o640)
    #expect(throws: Stop.self) { try DecryptionKey.all(inFile: path) }
    chmod(path + ".pub", 0o600)
    #expect(throws: Stop.self) { try DecryptionKey.all(inFile: path + ".pub") }
    #expect(throws: Stop.self) { try DecryptionKey.all(inFile: workshop.path + "/none") }
  }
}
