// The examples of RFC 9901, RFC 7638 and the status-list draft, byte by byte.

import Foundation
import Support
import Testing
import Values

@testable import Attest

@Suite("Published vectors")
struct VectorTests {
  /// RFC 9901, Appendix A.5.
  static let issuer =
    #"{"kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}"#

  struct Vector: Sendable, Decodable, CustomTestStringConvertible {
    var section: String
    var text: String
    /// The processed payload that the RFC prints.
    var processed: JSONValue?
    var testDescription: String { section }
  }

  static let vectors: [Vector] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "rfc9901.json")
    return (try? JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))) ?? []
  }()

  @Test("the examples of RFC 9901 are genuine and give the payloads that it prints", arguments: vectors)
  func rfc9901(_ vector: Vector) throws {
    let key = try #require(JSONValue(Array(Self.issuer.utf8)).flatMap(PublicJWK.init))
    let presentation = try Presentation(vector.text)
    #expect(presentation.jws.isSigned(by: key))
    let claims = try presentation.claims()
    if let processed = vector.processed { #expect(JSONValue.object(claims) == processed) }
    guard let binding = presentation.keyBinding else { return }
    let holder = try #require(claims["cnf"]?["jwk"].flatMap(PublicJWK.init))
    #expect(binding.type == "kb+jwt" && binding.isSigned(by: holder))
    #expect(binding.payload["sd_hash"]?.text == presentation.boundDigest)
    #expect(binding.payload["nonce"]?.text == "1234567890")
  }

  @Test("all of the examples are there")
  func count() {
    #expect(Self.vectors.count == 8)
    #expect(Self.vectors.count { $0.processed != nil } == 5)
    #expect(Self.vectors.count { !$0.text.hasSuffix("~") } == 3)
  }

  @Test("the digest of RFC 9901 §4.2.3")
  func disclosure() throws {
    let text = "WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    let disclosure = try #require(Disclosure(text))
    #expect(disclosure.digest == "uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY")
    #expect(disclosure.name == "family_name" && disclosure.value == .text("Möbius"))
  }

  @Test("the thumbprint of RFC 8037, Appendix A.3")
  func thumbprint() throws {
    let key = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    let jwk = try #require(JSONValue(Array(key.utf8)).flatMap(PublicJWK.init))
    #expect(jwk.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
  }

  @Test("the short lists of the status-list draft, in bytes")
  func shortLists() throws {
    var one = StatusBits(places: 16)
    for place in [0, 3, 4, 5, 7, 8, 9, 13, 15] { one[place] = 1 }
    #expect(one.bytes == [0xB9, 0xA3])
    #expect(
      one.compressed == [0x78, 0xDA, 0xDB, 0xB9, 0x18, 0x00, 0x02, 0x17, 0x01, 0x5D])
    #expect(one.json == #"{"bits":1,"lst":"eNrbuRgAAhcBXQ"}"#)
    var two = StatusBits(places: 12, bits: 2)
    for (place, status) in [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].enumerated() { two[place] = UInt8(status) }
    #expect(two.bytes == [0xC9, 0x44, 0xF9])
    #expect(two.json == #"{"bits":2,"lst":"eNo76fITAAPfAgc"}"#)
  }

  @Test("the long list of the draft's appendix, both ways")
  func longList() throws {
    let text =
      "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb"
    let places = [0, 1993, 25460, 159_495, 495_669, 554_353, 645_645, 723_232, 854_545, 934_534, 1_000_345]
    var bits = StatusBits(places: 1 << 20)
    for place in places { bits[place] = 1 }
    #expect(bits.json == #"{"bits":1,"lst":"\#(text)"}"#)
    let read = try #require(StatusBits(.object(["bits": .integer(1), "lst": .text(text)])))
    #expect(read.places == 1 << 20 && (0..<read.places).filter { read[$0] == 1 } == places)
  }

  @Test("a million places of which one in a hundred is revoked take 15,000 bytes at most")
  func size() {
    var random = SeededGenerator(20)
    var bits = StatusBits(places: 1_000_000)
    for place in Array(0..<1_000_000).shuffled(using: &random).prefix(10_000) { bits[place] = 1 }
    #expect(bits.compressed.count <= 15_000, "\(bits.compressed.count)")
  }

  @Test("statuses of every width come back, in any order", arguments: [1, 2, 4, 8], UInt64(0)..<5)
  func widths(bits: Int, seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var (list, slow) = (StatusBits(places: 300, bits: bits), [Int: UInt8]())
    for _ in 0..<500 {
      let place = Int.random(in: 0..<300, using: &random)
      let status = UInt8.random(in: 0...UInt8(1 << bits - 1), using: &random)
      list[place] = status
      slow[place] = status
    }
    let json = try #require(JSONValue(Array(list.json.utf8)))
    let read = try #require(StatusBits(json))
    for place in 0..<300 { #expect(read[place] == slow[place] ?? 0) }
  }

  @Test("a list that would fill the memory, and damaged ones, are refused")
  func hostileLists() {
    let bomb = StatusBits(places: 80 << 20)
    #expect(bomb.compressed.count < 20_000)
    #expect(
      StatusBits(.object(["bits": .integer(1), "lst": .text(Base64URL.text(of: bomb.compressed))])) == nil)
    var damaged = StatusBits(places: 1000).compressed
    damaged[damaged.count - 1] ^= 1
    for (bits, bytes) in [(1, damaged), (3, StatusBits(places: 8).compressed), (1, [])] {
      #expect(
        StatusBits(.object(["bits": .integer(bits), "lst": .text(Base64URL.text(of: bytes))])) == nil)
    }
  }

  @Test("base64url agrees with Foundation, and only one text is read for some bytes", arguments: 0..<70)
  func base64(count: Int) {
    var random = SeededGenerator(UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    let slow = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
    #expect(Base64URL.text(of: bytes) == slow && Base64URL.bytes(of: slow) == bytes)
    for other in [slow + "=", slow + "\n", slow + "A", slow + "+"] where Base64URL.bytes(of: other) != nil {
      #expect(
        other == slow + "A" && count % 3 != 0 || Base64URL.text(of: Base64URL.bytes(of: other) ?? []) == other
      )
    }
  }

  @Test("keys that are none, or bring their private part, are refused")
  func keys() {
    let x = "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ"
    for text in [
      Self.issuer.replacing("Xv5z", with: "Xv6z"), Self.issuer.replacing("}", with: #","d":"AAAA"}"#),
      Self.issuer.replacing("P-256", with: "P-384"), Self.issuer.replacing("EC", with: "OKP"),
      #"{"kty":"OKP","crv":"Ed25519","x":"\#(x)","y":"\#(x)"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
      Self.issuer.replacing("}", with: #","use":"enc"}"#), "[]", "7",
    ] {
      #expect(JSONValue(Array(text.utf8)).flatMap(PublicJWK.init) == nil, "\(text)")
    }
  }

  @Test("a key's file is read by its owner alone, never written over, and shown as a set of keys")
  func files() throws {
    let workshop = try Workshop()
    for kind in PublicJWK.Kind.allCases {
      let path = workshop.path + "/\(kind.rawValue).key"
      let key = AttestationKey(kind)
      try key.write(to: path)
      #expect(try AttestationKey(file: path).jwk == key.jwk)
      let text = try String(contentsOfFile: path + ".pub", encoding: .utf8)
      #expect(PublicJWK.keys(in: text) == [key.jwk])
      #expect(PublicJWK.keys(in: PublicJWK.set([key.jwk, key.jwk])) == [key.jwk, key.jwk])
      #expect(throws: Stop.self) { try key.write(to: path) }
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      #expect(throws: Stop.self) { try AttestationKey(file: path) }
    }
  }

  @Test("the metadata of the type is JSON with all attributes")
  func metadata() throws {
    let value = try #require(JSONValue(Array(AttestationType.metadata.utf8)))
    #expect(value["vct"]?.text == AttestationType.vct)
    let names = value["claims"]?.array?.compactMap { $0["path"]?.array?.first?.text }
    #expect(names?.prefix(9).elementsEqual(AttestationType.attributes.map(\.name)) == true)
  }
}
