// Which files a pattern of the pipeline file finds, and what stops the run instead of being left unread.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Pipeline

@Suite("Patterns of export files")
struct FilePatternTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  /// Writes files, each with its own name in it.
  private func write(_ names: String...) throws {
    for name in names {
      let path = workshop.path + "/" + name
      try Folder.create(Folder.parent(of: path))
      try Data(name.utf8).write(to: URL(filePath: path))
    }
  }

  private static let day = CalendarDate(packed: 2026_11_24)

  /// The files that a pattern finds, by their paths seen from the workshop.
  private func found(_ pattern: String, base: String = "", newest: Bool = false) throws -> [String] {
    var pattern = FilePattern(pattern, base: workshop.path + base)
    pattern.isNewestOnly = newest
    return try pattern.matches(on: Self.day).map { String($0.dropFirst(workshop.path.count + 1)) }
  }

  private func spec(_ patterns: String...) -> ExportSpec {
    var spec = ExportSpec(kind: .insurance)
    spec.files = patterns.map { FilePattern($0, base: workshop.path) }
    return spec
  }

  private func stop(_ spec: ExportSpec) throws -> Stop {
    try #require(throws: Stop.self) { try spec.foundFiles(pipeline: "p.yaml", asOf: Self.day) }
  }

  @Test("only the pipeline file's text is a pattern, not the folder that it is in")
  func folderOfThePipeline() throws {
    try write("data [ab]/x.csv", "data a/x.csv", "b*/x.csv", "bc/x.csv", "a\\b{date}/x.csv")
    #expect(try found("x.csv", base: "/data [ab]") == ["data [ab]/x.csv"])
    #expect(try found("*.csv", base: "/b*") == ["b*/x.csv"])
    #expect(try found("*.csv", base: "/a\\b{date}") == ["a\\b{date}/x.csv"])
    #expect(try found("../data a/*.csv", base: "/data [ab]") == ["data a/x.csv"])
  }

  @Test(
    "stars, question marks and brackets match within one name; a name with brackets that is there is meant")
  func wildcards() throws {
    try write("01/p-1.csv", "01/p-2.csv", "79/p-1.csv", "79/.p-3.csv", "q [1].csv", "q 1.csv", "readme.txt")
    #expect(try found("*/p-?.csv") == ["01/p-1.csv", "01/p-2.csv", "79/p-1.csv"])
    #expect(try found("[0-6]*/p-[2-9].csv") == ["01/p-2.csv"])
    #expect(try found("q [1].csv") == ["q [1].csv"])
    #expect(try found("q \\[1\\].csv") == ["q [1].csv"])
    #expect(try found("p-*.csv").isEmpty && found("no/where/*.csv").isEmpty)
    // A letter and its mark as one character or as two, as other systems write names.
    try write("du\u{31B}\u{303} lie\u{323}\u{302}u-1.csv")
    #expect(try found("dữ liệu-*.csv").count == 1)
  }

  @Test("the business date stands in a name in any order of year, month and day")
  func dates() throws {
    try write("p-2026-11-24.csv", "p-2026-11-23.csv", "p-20261124.csv", "p-24.11.2026.csv", "p-23112026.csv")
    #expect(try found("p-{date}.csv") == ["p-2026-11-24.csv"])
    #expect(try found("p-{date-1}.csv") == ["p-2026-11-23.csv"])
    #expect(try found("p-{date:yyyyMMdd}.csv") == ["p-20261124.csv"])
    #expect(try found("p-{date:dd.MM.yyyy}.c*") == ["p-24.11.2026.csv"])
    #expect(try found("p-{date-1:ddMMyyyy}.csv") == ["p-23112026.csv"])
    for wrong in [
      "{date:ddMM}", "{date:ddMMyyyydd}", "{date+1}", "{date", "{date:yyyyMMddHH}", "{date:yyyyMMmdd}",
    ] {
      #expect(FilePattern("p-\(wrong).csv", base: "/").unknownDate != nil, "\(wrong)")
    }
    let stop = try stop(spec("q-{date:yyyyMMdd}.csv"))
    #expect(stop.exit == .exportMissing)
    #expect(stop.finding.expected == "at least one file like \(workshop.path)/q-20261124.csv")
  }

  @Test("newest reads the file that was written last")
  func newest() throws {
    try write("p-1.csv", "p-2.csv", "p-3.csv")
    for (name, seconds) in [("p-1.csv", 100), ("p-2.csv", 300), ("p-3.csv", 200)] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: TimeInterval(seconds))],
        ofItemAtPath: workshop.path + "/" + name)
    }
    #expect(try found("p-*.csv", newest: true) == ["p-2.csv"])
    #expect(try found("q-*.csv", newest: true).isEmpty)
  }

  @Test(
    "a folder or a share that can't be read stops with its name, and is never an empty one", arguments: 1...20
  )
  func unreadable(n: Int) throws {
    try write("01/p.csv", "79/p.csv")
    Faults.fail(at: n, under: workshop.path + "/79", as: .unread)
    let found = Result { try spec("*/p.csv").foundFiles(pipeline: "p.yaml", asOf: Self.day) }
    let met = Faults.end(under: workshop.path + "/79").count(.unread)
    switch found {
    case .success(let files): #expect(files.count == 2 && met < n)
    case .failure(let error):
      let stop = try #require(error as? Stop)
      #expect(stop.exit == .exportMissing && stop.finding.origin.file.hasPrefix(workshop.path + "/79"))
    }
  }

  @Test("a link that leads nowhere is no missing province")
  func deadLinks() throws {
    try write("01/p.csv", "02/p.csv")
    try Folder.point(workshop.path + "/79", to: "not-mounted")
    #expect(try stop(spec("*/p.csv")).finding.origin.file == workshop.path + "/79")
    try Folder.remove(workshop.path + "/79")
    try Folder.point(workshop.path + "/02/q.csv", to: "not-mounted")
    let stop = try stop(spec("*/*.csv"))
    #expect(stop.exit == .exportMissing && stop.finding.found == "a link that leads nowhere")
  }

  @Test("what is no file is refused without being opened; a folder only where an export is meant")
  func otherKinds() throws {
    try write("p-1.csv")
    #expect(unsafe mkfifo(workshop.path + "/p-2.csv", 0o600) == 0)
    let stop = try stop(spec("p-*.csv"))
    #expect(stop.exit == .exportMissing && stop.finding.found == "a named pipe")
    #expect(stop.finding.origin.file == workshop.path + "/p-2.csv")
    try Folder.remove(workshop.path + "/p-2.csv")
    try write("p-3.csv/p-3.csv")
    #expect(try self.stop(spec("p-*.csv")).finding.found == "a folder")
    #expect(try found("*") == ["p-1.csv"])
  }

  @Test("what a desktop leaves among exports is no export")
  func desktops() throws {
    try write("p-1.csv", "Thumbs.db", "desktop.ini", ".DS_Store", "._p-1.csv", "~$p-1.csv")
    #expect(try found("*") == ["p-1.csv"])
    #expect(try found("*.csv") == ["p-1.csv"])
  }

  @Test("a file with two names is refused with both")
  func twoNames() throws {
    try write("i.csv", "j.csv")
    #expect(try spec("*.csv", "i.csv").foundFiles(pipeline: "p.yaml", asOf: Self.day).count == 2)
    for link in ["symbolic", "hard"] {
      let name = workshop.path + "/k.csv"
      if link == "hard" {
        try Folder.link(workshop.path + "/i.csv", as: name)
      } else {
        try Folder.point(name, to: "i.csv")
      }
      let stop = try stop(spec("*.csv"))
      #expect(stop.exit == .dataRefused && stop.finding.origin.file == "k.csv")
      #expect(stop.finding.found == "i.csv, which is the same file")
      try Folder.remove(name)
    }
    try write("i.csv.gz")
    let stop = try stop(spec("*.csv*"))
    #expect(stop.exit == .dataRefused)
    #expect(stop.finding.origin.file == "i.csv" && stop.finding.found == "i.csv.gz beside it")
  }
}
