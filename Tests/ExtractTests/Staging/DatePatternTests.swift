import Extract
import Rules
import Support
import Testing
import Values

@Suite struct DatePatternTests {
  static let read: [(String, String, String)] = [
    ("dd/MM/yyyy", "02/03/2005", "2005-03-02"), ("d/M/yyyy", "2/3/2005", "2005-03-02"),
    ("d/M/yyyy", "02/03/2005", "2005-03-02"), ("d/M/yyyy", "12/11/2005", "2005-11-12"),
    ("yyyy", "1950", "1950"), ("MM/yyyy", "07/1950", "1950-07"), ("MMyyyy", "071950", "1950-07"),
    ("yyyyMMdd", "20240229", "2024-02-29"), ("ddMMyyyy", "20102010", "2010-10-20"),
    ("yyyyMMddHHmm", "199203041530", "1992-03-04"), ("yyyyMMddHHmm", "199000000000", "1990"),
    ("yyyyMMddHHmm", "199007000000", "1990-07"), ("yyyyMMdd", "19500000", "1950"),
    ("dd/MM/yyyy", "00/00/1950", "1950"), ("dd/MM/yyyy", "00/07/1950", "1950-07"),
    ("d/M/yyyy", "0/0/1950", "1950"), ("yyyy-MM-dd'T'HH:mm:ss", "1988-12-31T00:00:00", "1988-12-31"),
    ("dd/MM/yyyy HH:mm:ss", "31/12/1988 23:59:59", "1988-12-31"), ("dd-MM-yyyy", "29-02-2000", "2000-02-29"),
    ("yyyy''MM", "1950'07", "1950-07"), ("'năm 'yyyy", "năm 1950", "1950"),
    ("excel", "1", "1900-01-01"), ("excel", "59", "1900-02-28"), ("excel", "61", "1900-03-01"),
    ("excel", "45292", "2024-01-01"), ("excel", "45351", "2024-02-29"), ("excel", "45352.75", "2024-03-01"),
    ("excel", "2958465", "9999-12-31"),
  ]
  @Test("a date is read by its pattern", arguments: read)
  func reads(pattern: String, text: String, iso: String) throws {
    let date = try #require(CalendarDate(iso: iso))
    #expect(try #require(DatePattern(pattern)).read(Array(text.utf8).span) == .date(date))
  }

  static let impossible: [(String, String)] = [
    ("dd/MM/yyyy", "29/02/2023"), ("dd/MM/yyyy", "31/04/2020"), ("dd/MM/yyyy", "32/01/2020"),
    ("dd/MM/yyyy", "01/13/2020"), ("dd/MM/yyyy", "15/00/1950"), ("dd/MM/yyyy", "29/02/1900"),
    ("yyyy", "0000"),
    ("yyyyMMdd", "20231301"), ("yyyyMMddHHmm", "202302290000"), ("excel", "0"), ("excel", "60"),
    ("excel", "2958466"), ("MM/yyyy", "13/1950"),
  ]
  @Test("a day that does not exist is told from a value of another form", arguments: impossible)
  func impossibleDay(pattern: String, text: String) throws {
    #expect(try #require(DatePattern(pattern)).read(Array(text.utf8).span) == .impossible)
  }

  static let unmatched: [(String, String)] = [
    ("dd/MM/yyyy", "2/3/2005"), ("dd/MM/yyyy", "02-03-2005"), ("dd/MM/yyyy", "02/03/2005 "),
    ("dd/MM/yyyy", ""),
    ("dd/MM/yyyy", "02/03/20055"), ("dd/MM/yyyy", "aa/bb/cccc"), ("d/M/yyyy", "123/1/2005"),
    ("d/M/yyyy", "/1/2005"),
    ("yyyy", "195"), ("yyyy", "19500"), ("yyyy", "-195"), ("yyyyMMddHHmm", "199203042460"),
    ("yyyyMMddHHmm", "199203042400"), ("excel", "12a"), ("excel", "45292."), ("excel", "12345678"),
    ("excel", ".5"),
    ("yyyy-MM-dd'T'HH:mm:ss", "1988-12-31 00:00:00"),
  ]
  @Test("a value of another form matches nothing", arguments: unmatched)
  func noMatch(pattern: String, text: String) throws {
    #expect(try #require(DatePattern(pattern)).read(Array(text.utf8).span) == .noMatch)
  }

  @Test(
    "a pattern that says nothing sure is refused",
    arguments: [
      "", "dd/MM", "dd/yyyy", "yy", "dd/MM/yyy", "yyyyTMM", "x", "yyyy-QQ", "dMyyyy", "d1/MM/yyyy",
      "yyyy/yyyy",
      "dd/MM/yyyy'", "H/yyyy", "ddd/MM/yyyy", "Excel", "yyyy MM dd HH mm ss -------------------------",
    ])
  func refused(pattern: String) { #expect(DatePattern(pattern) == nil) }

  @Test("reading by places gives what reading step by step gives", arguments: UInt64(0)..<200)
  func fixedPlaces(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let texts = ["dd/MM/yyyy", "yyyyMMdd", "yyyy", "MM/yyyy", "dd-MM-yyyy", "MMyyyy", "d/M/yyyy"]
    let pattern = try #require(DatePattern(texts.randomElement(using: &random) ?? "yyyy"))
    for text in [
      "02/03/2005", "20050302", "1950", "07/1950", "29-02-2023", "071950", "31/04/1999", "00/00/1950",
    ] {
      var value = Array(text.utf8)
      if Bool.random(using: &random) {
        value[Int.random(in: value.indices, using: &random)] = UInt8.random(in: 0x20...0x7F, using: &random)
      }
      #expect(pattern.read(value.span) == pattern.readSteps(value.span))
    }
  }

  @Test("patterns are tried in order, and one that gives a date wins over one that matched no day")
  func order() throws {
    let list = patterns("dd/MM/yyyy", "MM/dd/yyyy", "yyyy")
    #expect(list.read(Array("03/25/1990".utf8).span) == .date(CalendarDate(packed: 1990_03_25)))
    #expect(list.read(Array("03/05/1990".utf8).span) == .date(CalendarDate(packed: 1990_05_03)))
    #expect(list.read(Array("31/31/1990".utf8).span) == .impossible)
    #expect(list.read(Array("1990-01-01".utf8).span) == .noMatch)
  }

  @Test("every day of four centuries is read back", arguments: [1900, 2000, 2100, 2299])
  func everyDay(century: Int) throws {
    let pattern = try #require(DatePattern("dd/MM/yyyy"))
    let serial = try #require(DatePattern("excel"))

    for year in century..<century + 5 {
      for month in 1...12 {
        for day in 1...31 {
          let text = padded(UInt64(day), to: 2) + "/" + padded(UInt64(month), to: 2) + "/\(year)"
          guard let date = CalendarDate(year: year, month: month, day: day) else {
            #expect(pattern.read(Array(text.utf8).span) == .impossible)
            continue
          }
          #expect(pattern.read(Array(text.utf8).span) == .date(date))
          // Day 61 of the spreadsheet is 1 March 1900; earlier days are off by one.
          let number =
            date.dayNumber - CalendarDate(packed: 1900_03_01).dayNumber + (date.packed < 1900_03_01 ? 60 : 61)
          #expect(serial.read(Array("\(number)".utf8).span) == .date(date))
        }
      }
    }
  }
}
