import Testing
import Values

@Suite("Provinces since July 2025")
struct ProvinceOfTodayTests {
  @Test("there are 34, and each of the 63 former provinces belongs to exactly one of them")
  func all() {
    let today = ProvinceOfToday.all
    #expect(today.count == 34)
    #expect(Set(today.map(\.code)).count == 34 && Set(today.map(\.name)).count == 34)
    #expect(today.map(\.code) == today.map(\.code).sorted())
    #expect(today.flatMap(\.former).sorted() == IDPrefix.provinces.map(\.code))
    #expect(today.count { $0.former.count == 1 } == 11)
  }

  @Test("a code of either list leads to the same province of today")
  func eitherList() {
    for province in ProvinceOfToday.all {
      #expect(ProvinceOfToday.of(province.code) == province)
      for code in province.former { #expect(ProvinceOfToday.of(code) == province) }
    }
  }

  @Test(
    "the code of a merged province is not always that of the province whose name it has",
    arguments: [
      (10, 15, "Lào Cai"), (27, 24, "Bắc Ninh"), (45, 44, "Quảng Trị"), (64, 52, "Gia Lai"),
      (72, 80, "Tây Ninh"), (87, 82, "Đồng Tháp"), (89, 91, "An Giang"), (74, 79, "Thành phố Hồ Chí Minh"),
      (77, 79, "Thành phố Hồ Chí Minh"), (46, 46, "Huế"), (1, 1, "Hà Nội"),
    ])
  func merged(former: Int, code: Int, name: String) {
    let province = ProvinceOfToday.of(former)
    #expect(province?.code == code && province?.name == name)
  }

  @Test("a code of no province leads to none", arguments: [-1, 0, 3, 63, 97, 99, 100, 179])
  func none(code: Int) { #expect(ProvinceOfToday.of(code) == nil) }

  @Test("a residence is a province of today, by a code of either list")
  func residence() {
    for province in ProvinceOfToday.all {
      for code in province.former { #expect(Residence(code: code).text == province.text) }
    }
    #expect(Residence(code: 99) == .other && Residence(code: -1) == .other)
    #expect(
      Residence.none.text == "none" && Residence.other.text == "other" && Residence.notAsked.text == nil)
    #expect(Set((0..<100).map { Residence(code: $0).rawValue }).count == 35)
  }

  @Test("a facility's code names a province by its first two digits")
  func facility() {
    for (text, code) in [("74001", 74), ("01C54", 1), ("7", nil), ("A1001", nil)] as [(String, Int?)] {
      #expect(ShortCode(Array(text.utf8).span)?.provinceCode == code)
    }
    #expect(ShortCode.none.provinceCode == nil)
  }
}
