// The filters that spare the match sorting and folding: false positives are allowed, false negatives are not.

import Dispatch
import Names
import Rules
import Support
import Synchronization
import Testing
import Values
@testable import Match

@Suite("Filters")
struct FilterTests {
  @Test(
    "a key that was inserted is never denied, however little memory there is", arguments: [0, 200, 1 << 20])
  func noFalseNo(memoryBytes: Int) {
    var random = SeededGenerator(UInt64(memoryBytes))
    let keys = (0..<5000).map { _ in random.next() >> 22 }
    let filter = KeyFilter(keyCount: keys.count, memoryBytes: memoryBytes)
    for key in keys { filter.insert(key) }
    #expect(keys.allSatisfy { filter.mayContain($0) })
  }

  @Test("with the memory that it asks for, it lets few others through")
  func fewFalseYes() {
    let filter = KeyFilter(keyCount: 20_000, memoryBytes: 1 << 20)
    // Consecutive numbers, as insurance numbers are.
    for key in UInt64(0)..<20_000 { filter.insert(key) }
    let passed = (UInt64(1_000_000)..<1_020_000).count { filter.mayContain($0) }
    #expect(passed < 1000)
  }

  @Test("of threads that insert the same keys, all but one are told that they are there")
  func claims() {
    let filter = KeyFilter(keyCount: 3000, memoryBytes: 1 << 20)
    let met = Mutex<[UInt64: Int]>([:])
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      var random = SeededGenerator(UInt64(thread))
      for key in (UInt64(0)..<3000).shuffled(using: &random) where filter.insert(key) {
        met.withLock { $0[key, default: 0] += 1 }
      }
    }
    let counts = met.withLock { $0 }
    #expect((UInt64(0)..<3000).allSatisfy { counts[$0, default: 0] >= 3 })
  }

  @Test(
    "names of one bare form have one rough key",
    arguments: [
      "NGUYỄN VĂN AN", "Đỗ Ông Ích", "y blăk", "K'BRAI", "ĐẶNG", "Ā ồ ĕ", "Ắ", "Trần  Ðức", "a\u{300} B",
      "\u{301}An \u{301} Ê", "ÔNG ! Ủ", "ABCDEFG HIJKLMN OPQRSTU VWXYZ", "ABCDEFGH IJKLMNOP QRSTUVWX",
    ])
  func roughKeys(name: String) throws {
    var digester = FieldDigester()
    let birth = try #require(CalendarDate(year: 1990, month: 2, day: 3))
    let forms = NameFolder().forms(of: name)
    let keys = [forms.clean, forms.exact, forms.bare].map {
      digester.roughKey(ofClean: Array($0.utf8).span, birth, .female)
    }
    #expect(keys[0] != nil)
    #expect(keys[1] == keys[0])
    #expect(keys[2] == keys[0])
    #expect(digester.roughKey(ofClean: Array(forms.clean.utf8).span, birth, .male) != keys[0])
    #expect(digester.roughKey(ofClean: Array((forms.clean + " Z").utf8).span, birth, .female) != keys[0])
    #expect(digester.roughKey(ofClean: Array(forms.clean.utf8).span, .none, .female) == nil)
  }
}
