import Testing
import Support
import Values

@Suite("The table of facilities")
struct FacilitiesTests {
  static func code(_ number: Int) -> ShortCode {
    ShortCode(Array(padded(UInt64(number), to: 5).utf8).span) ?? .none
  }

  @Test("a code leads to the last successor that has begun", arguments: UInt64(0)..<40)
  func successors(seed: UInt64) {
    var random = SeededGenerator(seed)
    // A successor has a greater number, so nothing leads back.
    let rows = (0..<30).map { i in
      var facility = Facility(code: Self.code(i))
      if i < 29, Bool.random(using: &random) {
        facility.successor = Self.code(Int.random(in: i + 1...29, using: &random))
        facility.successorFrom = CalendarDate(
          packed: UInt32(2026_11_20 + Int.random(in: 0...8, using: &random)))
      }
      return facility
    }
    for day in 2026_11_19...2026_11_29 {
      let table = Facilities(rows.shuffled(using: &random), on: CalendarDate(packed: UInt32(day)))
      for i in 0..<30 {
        // The slow way: by number, one step at a time.
        var slow = i
        while let next = (slow + 1..<30).first(where: { Self.code($0) == rows[slow].successor }),
          rows[slow].successorFrom.packed <= UInt32(day)
        {
          slow = next
        }
        #expect(table.current(Self.code(i)) == Self.code(slow))
        #expect(table.isRecoded(Self.code(i)) == (slow != i))
      }
    }
  }

  @Test("the table's province goes before that of the digits")
  func province() {
    let table = Facilities(
      [Facility(code: Self.code(74_001), name: "Mẫu"), Facility(code: Self.code(97_001), province: .of(79))],
      on: CalendarDate(packed: 2026_11_23))
    #expect(table.province(of: Self.code(74_001))?.code == 79)
    #expect(table.province(of: Self.code(97_001))?.code == 79)
    #expect(table.province(of: Self.code(98_001)) == nil)
    #expect(table.name(of: "74001") == "Mẫu" && table.name(of: "97001") == nil && table.name(of: "") == nil)
    #expect(Facilities().isEmpty && !Facilities().isRecoded(Self.code(74_001)))
  }
}
