// The pseudonyms that consumers get.

import Seal
import Support
import Testing
import Values

@testable import Desk

@Suite("Pseudonyms of consumers")
struct PseudonymTests {
  @Test("a pseudonym is the consumer's own, and needs the key")
  func pairwise() throws {
    let workshop = try Workshop()
    let (a, b) = (workshop.path + "/a.key", workshop.path + "/b.key")
    try newPairwiseKey(at: a)
    try newPairwiseKey(at: b)
    #expect(throws: Stop.self) { try newPairwiseKey(at: a) }
    let id = PersonalID(packed: 1_090_000_101)
    let pseudonym = try PairwiseKey(file: a, consumer: "bank-a").pseudonym(of: id)
    #expect(pseudonym.count == 26 && !pseudonym.contains(id.text))
    #expect(try PairwiseKey(file: a, consumer: "bank-a").pseudonym(of: id) == pseudonym)
    #expect(try PairwiseKey(file: a, consumer: "bank-b").pseudonym(of: id) != pseudonym)
    #expect(try PairwiseKey(file: b, consumer: "bank-a").pseudonym(of: id) != pseudonym)
    // As Python's hmac and base64 have it.
    let known = try workshop.file(String(repeating: "0123456789abcdef", count: 4).utf8, named: "known.key")
    #expect(
      try PairwiseKey(file: known, consumer: "bank-a").pseudonym(of: id) == "77jh4q3nrwmtnsivgjxwsjffgy")
  }
}
