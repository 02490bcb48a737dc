// The gates, one by one, and a run that is held and released.

import Files
import Foundation
import Match
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Seal
@testable import Views
@testable import Workspace

@Suite("Gates", .serialized)
struct GateTests {
  /// A run with its own match and these counts.
  private static func run(
    _ id: Int, population: Int = 10_000, insurance: Int = 10_000, linked: Int = 9_000, quarantined: Int = 100,
    blankFacility: Int = 500, missingByGroup: [String: Int] = [:], blankID: Int = 0, province: Int = 5_000,
    own: (cards: Double, numbers: Double)? = (0.05, 0.04), state: RunState = .done
  ) -> RunRecord {
    var run = RunRecord(
      id: id, command: "run", pipeline: "test", pipelineText: "", asOf: "2026-11-\(10 + id)", startedAt: "",
      state: state)
    func line(_ export: String, _ outcome: Outcome, _ records: Int) -> LedgerLine {
      LedgerLine(export: export, sourceFile: "f", outcome: outcome.name, records: records)
    }
    run.matched.ledger = [
      line("population", .registered, population - 50), line("population", .quarantined, 50),
      line("insurance", .linked, linked), line("insurance", .quarantined, quarantined),
      line("insurance", .disputed, insurance - linked - quarantined),
    ]
    run.extracted.blanks = ["insurance.facility_code": blankFacility, "insurance.personal_id": blankID]
    run.matched.missingByGroup = missingByGroup
    if let own {
      var counted = OwnNumbers()
      counted.linked = linked
      counted.cardNumbers = Int((own.cards * Double(linked)).rounded())
      counted.insuranceNumbers = Int((own.numbers * Double(linked)).rounded())
      run.matched.ownNumbers = counted
    }
    run.matched.places = ["001": ["linked": province, "disputed": 7], "002": ["linked": 12]]
    run.stages = [
      .init(stage: .match, run: id, seconds: 1, records: 1, madeFrom: ["extract": "\(id)"])
    ]
    return run
  }

  private static func failures(
    _ run: RunRecord, after earlier: [RunRecord] = [], limits: GateLimits = GateLimits()
  ) -> [String] {
    Gates(limits, run: run, earlier: earlier).verdicts.filter { !$0.passed }.map {
      "\($0.name): expected \($0.expected), found \($0.found)"
    }
  }

  private static let seven = (1...7).map { run($0) }

  @Test("an ordinary run passes, the first one and the eighth")
  func ordinary() {
    #expect(Self.failures(Self.run(8)) == [])
    #expect(Self.failures(Self.run(8), after: Self.seven) == [])
    #expect(Self.failures(Self.run(8, linked: 8_800, quarantined: 250), after: Self.seven) == [])
  }

  @Test("each absolute limit holds, and says so letter by letter")
  func absolute() {
    #expect(
      Self.failures(Self.run(1, insurance: 0, linked: 0, quarantined: 0)) == [
        "records of insurance: expected at least 1 records, found 0"
      ])
    #expect(
      Self.failures(Self.run(1, linked: 8_000, quarantined: 1_500)) == [
        "quarantine of insurance: expected at most 10.00 % in quarantine, found 15.00 %"
      ])
    #expect(
      Self.failures(Self.run(1, linked: 4_000)) == [
        "link_rate of insurance: expected at least 50.00 % linked, found 40.00 %"
      ])
    #expect(
      Self.failures(Self.run(1, linked: 10_000, quarantined: 0)) == [
        "link_rate of insurance: expected at most 99.95 % linked; more suggests that the matching rules were not applied, found 100.00 %"
      ])
    var limits = GateLimits()
    limits.maxBlank = ["insurance.facility_code": 0.04]
    #expect(
      Self.failures(Self.run(1), limits: limits) == [
        "blank of insurance.facility_code: expected at most 4.00 % without a value, found 5.00 %"
      ])
  }

  @Test(
    "a group that the pipeline file adds to the armed forces is left out of this run and of the earlier ones")
  func addedGroup() {
    let earlier = (1...7).map { Self.run($0, linked: 8_000, missingByGroup: ["XX": 1_000], blankID: 1_000) }
    var run = Self.run(8, insurance: 9_000, linked: 8_000, missingByGroup: ["XX": 0], blankID: 0)
    #expect(Self.failures(run, after: earlier).map { $0.prefix(9) } == ["link_rate"])
    run.matched.armedForces = ["XX"]
    #expect(Self.failures(run, after: earlier) == [])
    #expect(Figures(run: earlier[0]).armedForcesWithoutNumber == 0)
    #expect(Figures(run: earlier[0], ArmedForces(adding: ["XX"])).armedForcesWithoutNumber == 1_000)
  }

  @Test("a renumbering holds the run unless it is announced for the business date")
  func renumbering() {
    let after = Self.run(8, own: (0.98, 0.99))
    let held = [
      "renumbered of insurance.card_number: expected 4.00 % to 6.00 % of the linked cards with the person's own ID "
        + "number (1.00 points around 5.00 %, the figure of the run before), found 98.00 %",
      "renumbered of insurance.insurance_number: expected 3.00 % to 5.00 % of the linked cards with the person's own "
        + "ID number (1.00 points around 4.00 %, the figure of the run before), found 99.00 %",
    ]
    #expect(Self.failures(after, after: Self.seven) == held)
    var limits = GateLimits()
    func announced(_ from: UInt32, _ until: UInt32) -> [String] {
      limits.renumbering = .init(from: CalendarDate(packed: from), until: CalendarDate(packed: until))
      return Self.failures(after, after: Self.seven, limits: limits)
    }
    #expect(announced(2026_11_18, 2026_11_18) == [])
    #expect(announced(2026_11_19, 2026_11_30) == held)
    #expect(announced(2026_11_01, 2026_11_17) == held)
    // The night after it is an ordinary one, and a night that goes back is held, announced or not.
    #expect(Self.failures(Self.run(9, own: (0.981, 0.991)), after: Self.seven + [after]) == [])
    #expect(Self.failures(Self.run(9), after: Self.seven + [after]).count == 2)
    limits.renumbering = .init(
      from: CalendarDate(packed: 2026_11_01), until: CalendarDate(packed: 2026_11_30))
    #expect(
      Self.failures(Self.run(9), after: Self.seven + [after], limits: limits).first
        == "renumbered of insurance.card_number: expected at least 97.00 % of the linked cards with the person's own "
        + "ID number, found 5.00 %")
    limits.renumberedChange = nil
    #expect(Self.failures(Self.run(9), after: Self.seven + [after], limits: limits) == [])
    // Runs of versions that did not count them, and small runs, are not judged.
    #expect(Self.failures(after, after: [Self.run(1, own: nil)]) == [])
    #expect(Self.failures(after, after: []) == [])
  }

  @Test("each limit against the last seven runs holds, and says so letter by letter")
  func relative() {
    #expect(
      Self.failures(Self.run(8, population: 7_000), after: Self.seven) == [
        "records of population: expected 8,000 to 12,000 records (20.00 % around 10,000, the median of the last 7 "
          + "runs), found 7,000"
      ])
    #expect(
      Self.failures(Self.run(8, population: 13_000), after: Self.seven).count == 1)
    #expect(
      Self.failures(Self.run(8, linked: 8_900, quarantined: 400), after: Self.seven) == [
        "quarantine of insurance: expected at most 3.00 % in quarantine (2.00 points above 1.00 %, the median of the "
          + "last 7 runs), found 4.00 %"
      ])
    #expect(
      Self.failures(Self.run(8, linked: 8_600), after: Self.seven) == [
        "link_rate of insurance: expected 87.00 % to 93.00 % linked (3.00 points around 90.00 %, the median of the "
          + "last 7 runs), found 86.00 %"
      ])
    #expect(
      Self.failures(Self.run(8, linked: 9_400), after: Self.seven) == [
        "link_rate of insurance: expected 87.00 % to 93.00 % linked (3.00 points around 90.00 %, the median of the "
          + "last 7 runs), found 94.00 %"
      ])
    #expect(
      Self.failures(Self.run(8, blankFacility: 1_100), after: Self.seven) == [
        "blank of insurance.facility_code: expected at most 10.00 % without a value (5.00 points above 5.00 %, the "
          + "median of the last 7 runs), found 11.00 %"
      ])
    #expect(
      Self.failures(Self.run(8, province: 3_900), after: Self.seven) == [
        "province of 001 Hà Nội: expected 4,000 to 6,000 linked records (20.00 % around 5,000, the median of the last "
          + "7 runs), found 3,900"
      ])
    #expect(
      Self.failures(Self.run(8, linked: 8_600), after: [Self.run(1)]) == [
        "link_rate of insurance: expected 87.00 % to 93.00 % linked (3.00 points around 90.00 %, the figure of the "
          + "run before), found 86.00 %"
      ])
  }

  @Test("the median is that of the last seven done runs, rolled-back and held ones left out")
  func history() {
    // Nine bad runs, long ago.
    let old = (1...9).map { Self.run($0, linked: 3_000) }
    let good = (10...16).map { Self.run($0) }
    #expect(Self.failures(Self.run(17), after: old + good) == [])
    let held = (17...24).map { Self.run($0, linked: 3_000, state: .held) }
    #expect(Self.failures(Self.run(25), after: good + held) == [])
    // Four of the last seven were bad, and rolled back.
    let bad = (17...20).map { Self.run($0, linked: 6_000) }
    let undone = bad.map { run in
      var rollback = Self.run(run.id + 10)
      rollback.rollback = Rollback(from: run.id, to: 16)
      return rollback
    }
    #expect(Self.failures(Self.run(31), after: good + bad) != [])
    #expect(Self.failures(Self.run(31), after: good + bad + undone) == [])
  }

  @Test("cards of the armed forces without a number don't count against the link rate")
  func armedForces() {
    let run = Self.run(
      8, insurance: 12_000, linked: 9_000, missingByGroup: ["QN": 1_500, "CA": 500, "DN": 40])
    #expect(Self.failures(run, after: Self.seven) == [])
    // The same number of records of other groups counts.
    let other = Self.run(8, insurance: 12_000, linked: 9_000, missingByGroup: ["DN": 2_000])
    #expect(Self.failures(other, after: Self.seven).count == 1)
    // They don't count as blank numbers either.
    let blank = Self.run(8, insurance: 12_000, linked: 9_000, missingByGroup: ["QN": 2_000], blankID: 2_100)
    #expect(Self.failures(blank, after: Self.seven) == [])
  }

  @Test("a field that is read for the first time has no history; one that is always filled has")
  func newField() {
    var run = Self.run(8)
    run.extracted.blanks["insurance.area_code"] = 9_999
    #expect(Self.failures(run, after: Self.seven) == [])
    let filled = Self.seven.map { run in
      var run = run
      run.extracted.blanks["insurance.area_code"] = 0
      return run
    }
    #expect(Self.failures(run, after: filled).count == 1)
  }

  /// What a hold most likely comes from, in words.
  private static func causes(_ run: RunRecord, after earlier: [RunRecord] = seven) -> [String] {
    var gates = Gates(GateLimits(), run: run, earlier: earlier)
    gates.judgeAge(of: run, earlier: earlier)
    return run.likelyCauses(of: gates.verdicts.filter { !$0.passed }, among: earlier).map(\.text.english)
  }

  @Test("the likely cause of a hold is named, files before fields")
  func causes() {
    func file(_ digest: String, _ bytes: Int) -> FoundFile {
      FoundFile(
        export: .insurance, path: "/\(digest)", name: digest, byteCount: bytes, modified: 1, digest: digest)
    }
    var before = Self.run(7)
    before.exports = [file("a", 100), file("b", 100)]
    let earlier = Array(Self.seven.dropLast()) + [before]
    var run = Self.run(8, insurance: 5_000, linked: 4_500, quarantined: 50)
    run.exports = [file("c", 100)]
    #expect(
      Self.causes(run, after: earlier) == [
        "the insurance export has 1 of the 2 files that run 7 had: files are missing"
      ])
    run.exports = [file("c", 50), file("d", 52)]
    #expect(
      Self.causes(run, after: earlier) == [
        "the insurance export has 51 % of the bytes of run 7: probably a file that was only partly copied"
      ])
    run = Self.run(8, linked: 8_600)
    run.exports = before.exports
    #expect(
      Self.causes(run, after: earlier).first
        == "the insurance export is byte for byte that of run 7: probably yesterday's file")
    #expect(
      Self.causes(Self.run(8, insurance: 15_000, linked: 13_500, quarantined: 150), after: earlier) == [
        "the insurance export has 150 % of the records of run 7: a file may be there twice"
      ])
    #expect(
      Self.causes(Self.run(8, blankFacility: 1_100)) == [
        "the field insurance.facility_code has lost its values: its column may be renamed, moved or left empty"
      ])
    var spoiled = Self.run(8, linked: 8_000, quarantined: 1_500)
    spoiled.matched.reasons = ["quarantined/birth_date_format": 1_400, "disputed/name": 20]
    #expect(
      Self.causes(spoiled) == [
        "1,400 insurance records (0 in the run before): \(Reason.birthDateFormat.meaning.english) (birth_date_format). "
          + "The supplier may have changed how it writes this"
      ])
    var older = Self.run(8)
    older.asOf = "2026-11-01"
    #expect(
      Self.causes(older) == ["the business date is older than that of run 7: probably yesterday's file"])
    #expect(Self.causes(Self.run(8, province: 3_900)).count == 1)
  }

  @Test("a record holds its causes, and one with a cause that another version wrote is read without")
  func causesInRecords() throws {
    var run = Self.run(8)
    run.gated.causes = [
      .reason(.birthDateFormat, .quarantined, .insurance, records: 7, before: nil),
      .outcome(.personUnknown, records: 2, before: 1), .places(3, since: 7), .rolledBack(run: 2),
    ]
    let text = String(decoding: try JSONEncoder().encode(run), as: UTF8.self)
    #expect(try JSONDecoder().decode(RunRecord.self, from: Data(text.utf8)) == run)
    let other = try JSONDecoder().decode(
      RunRecord.self, from: Data(text.replacing("rolledBack", with: "unheardOf").utf8))
    #expect(other.gated.causes == nil && other.gated.verdicts == run.gated.verdicts && other.id == 8)
  }

  @Test("places beyond their limits are one line that names the five that changed most")
  func manyPlaces() throws {
    func run(_ id: Int, _ counts: [Int]) -> RunRecord {
      var run = Self.run(id)
      run.matched.places = [:]
      for (i, count) in counts.enumerated() {
        run.matched.places["\(["001", "079", "031", "048", "092", "036", "038"][i])"] = ["linked": count]
      }
      return run
    }
    let earlier = (1...7).map { run($0, Array(repeating: 2_000, count: 7)) }
    let now = run(8, [1_900, 1_000, 200, 3, 3_500, 1_500, 1_590])
    let lines = Gates(GateLimits(), run: now, earlier: earlier).verdicts.linesOfFailed
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(line.name == "province of 6 places")
    #expect(
      line.figure.english
        == "48 Đà Nẵng (048) −100 %, 31 Hải Phòng (031) −90 %, 92 Cần Thơ (092) +75 %, 79 Thành phố Hồ Chí Minh (079) −50 %, 37 Ninh Bình (036) −25 % and 1 more"
    )
    #expect(line.figure.vietnamese.hasSuffix("37 Ninh Bình (036) −25 % và 1 nơi khác"))
    #expect(line.limit.english == "at most 20.00 % around the median of the last 7 runs, linked records")
    // One place is shown as it is.
    let one = Gates(GateLimits(), run: run(8, [1_000] + Array(repeating: 2_000, count: 6)), earlier: earlier)
      .verdicts
    #expect(one.linesOfFailed.map(\.name) == ["province of 001 Hà Nội"])
  }

  @Test("a former province that is missing is noticed, and shown with its province of today")
  func formerProvince() throws {
    func run(_ id: Int, _ counts: [String: Int]) -> RunRecord {
      var run = Self.run(id)
      run.matched.places = counts.mapValues { ["linked": $0] }
      return run
    }
    // 077 is a tenth of today's 79, less than the limit for a province of today would notice.
    let usual = ["079": 7_000, "074": 2_000, "077": 1_000, "001": 2_000]
    let earlier = (1...7).map { run($0, usual) }
    var missing = usual
    missing["077"] = 0
    let one = Gates(GateLimits(), run: run(8, missing), earlier: earlier).verdicts.linesOfFailed
    #expect(one.map(\.name) == ["province of 077 Bà Rịa - Vũng Tàu"])
    #expect(one.first?.about.english == "077 Bà Rịa - Vũng Tàu, now in 79 Thành phố Hồ Chí Minh")
    (missing["074"], missing["001"]) = (500, 1_000)
    let lines = Gates(GateLimits(), run: run(8, missing), earlier: earlier).verdicts.linesOfFailed
    #expect(lines.map(\.figure.english) == ["79 Thành phố Hồ Chí Minh (074, 077) −83 %, 01 Hà Nội −50 %"])
    #expect(lines.map(\.about.english) == ["2 places of birth registration, by province of today"])
  }

  @Test("few records are not judged by shares, and off takes a gate away")
  func small() {
    #expect(Self.failures(Self.run(1, population: 900, insurance: 900, linked: 10, quarantined: 800)) == [])
    var limits = GateLimits()
    (limits.minLinkRate, limits.maxQuarantine) = (nil, nil)
    #expect(Self.failures(Self.run(1, linked: 4_000, quarantined: 4_000), limits: limits) == [])
  }

  @Test("an export older than the last one is held, by business date or by the files' time")
  func older() {
    var before = Self.run(1)
    before.exports = [
      FoundFile(export: .insurance, path: "/a", name: "a", byteCount: 1, modified: 2_000_000_000_000)
    ]
    var now = Self.run(2)
    now.exports = [
      FoundFile(export: .insurance, path: "/b", name: "b", byteCount: 1, modified: 1_000_000_000_000)
    ]
    now.asOf = "2026-11-01"
    var gates = Gates(GateLimits(), run: now, earlier: [before])
    gates.judgeAge(of: now, earlier: [before])
    #expect(
      gates.verdicts.filter { !$0.passed }.map { "\($0.subject): \($0.expected); \($0.found)" } == [
        "business date: a business date not before 2026-11-11, that of run 1; 2026-11-01",
        "insurance: files not older than 1970-01-01T07:33:20+07:00, the time of those of run 1; "
          + "1970-01-01T07:16:40+07:00",
      ])
  }

  @Test("a manifest beside an export must agree with it")
  func checksums() throws {
    let workshop = try Workshop()
    let (a, b) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
    try "\(a)  one.csv\n\(b) *two.csv\n# remark\n".write(
      toFile: workshop.path + "/SHA256SUMS", atomically: true, encoding: .utf8)
    try b.uppercased().write(toFile: workshop.path + "/three.xml.sha256", atomically: true, encoding: .utf8)
    let manifest = try ChecksumManifest(folder: workshop.path)
    #expect(manifest.faults.isEmpty)
    #expect(["one.csv", "two.csv", "three.xml", "four.csv"].map { manifest[$0] } == [a, b, b, nil])
    var run = Self.run(1)
    run.exports = ["one.csv", "two.csv", "four.csv"].map { name in
      FoundFile(
        export: .insurance, path: workshop.path + "/" + name, name: name, byteCount: 1, modified: 0, digest: a
      )
    }
    var gates = Gates(GateLimits(), run: run, earlier: [])
    try gates.judgeChecksums(of: run, .ifPresent, [])
    #expect(gates.verdicts.filter { !$0.passed }.map(\.subject) == ["two.csv"])
    try gates.judgeChecksums(of: run, .required, [])
    #expect(gates.verdicts.filter { !$0.passed }.map(\.subject) == ["two.csv", "two.csv", "four.csv"])
  }

  @Test("a file that a manifest names and a pattern matches must be there", arguments: [".csv", ".csv.gz"])
  func missing(ending: String) throws {
    let workshop = try Workshop()
    let digest = String(repeating: "a", count: 64)
    let names = ["i-1.csv", "i-2\(ending)", "other/i-3.csv", "p.csv", "readme.txt"]
    _ = try workshop.file(names.map { "\(digest)  \($0)\n" }.joined().utf8, named: "SHA256SUMS")
    var run = Self.run(1)
    func failures(_ found: [String], _ pattern: FilePattern) throws -> [String] {
      run.exports = found.map { name in
        FoundFile(
          export: .insurance, path: workshop.path + "/" + name, name: name, byteCount: 1, modified: 0,
          digest: digest)
      }
      var gates = Gates(GateLimits(), run: run, earlier: [])
      try gates.judgeChecksums(of: run, .ifPresent, [pattern])
      return gates.verdicts.filter { !$0.passed }.map { "\($0.name): \($0.expected); \($0.found)" }
    }
    let pattern = FilePattern(stringLiteral: workshop.path + "/i-*.csv*")
    #expect(
      try failures(["i-1.csv"], pattern)
        == ["checksums of i-2\(ending): the file that a manifest names; none"])
    #expect(try failures(["i-1.csv", "i-2.csv.gz"], pattern).isEmpty, "its compressed form is there")
    var newest = pattern
    newest.isNewestOnly = true
    #expect(try failures(["i-1.csv"], newest).isEmpty, "older files are not read")
    #expect(try failures(["i-1.csv"], FilePattern(stringLiteral: workshop.path + "/i-[13].csv")).isEmpty)
  }

  @Test("a manifest is understood in every form that says clearly which file has which digest")
  func manifestForms() {
    let digest = String(repeating: "0a", count: 32)
    func read(_ bytes: some Sequence<UInt8>, _ name: String = "SHA256SUMS") -> ChecksumManifest {
      var manifest = ChecksumManifest()
      manifest.read(Array(bytes), name)
      return manifest
    }
    for text in [
      "\(digest)  i.csv\n", "\(digest) *i.csv\r\n", "\u{FEFF}\(digest.uppercased())\ti.csv",
      "SHA256 (i.csv) = \(digest)\n",
      "SHA2-256(i.csv)= \(digest)\n", "\n# a remark\n\(digest)  ./i.csv\n", "\(digest)  C:\\out\\i.csv\r\n",
      "\(digest)  .\\i.csv\n", "\(digest)  /mnt/out/i.csv\n", "\(digest)  i.csv\n\(digest)  i.csv\n",
      "\(digest)  i.csv\n\(String(repeating: "1", count: 64))  old/i.csv\n",
    ] {
      let manifest = read(text.utf8)
      #expect(manifest["i.csv"] == digest && manifest.faults.isEmpty, "\(text)")
    }
    let little: [UInt8] = [0xFF, 0xFE] + utf16("\(digest)  i.csv\r\n")
    let big: [UInt8] = [0xFE, 0xFF] + utf16("SHA256 (i.csv) = \(digest)").swappingPairs
    for bytes in [little, big] { #expect(read(bytes)["i.csv"] == digest) }
    #expect(read("\\\(digest)  a\\\\b.csv\n".utf8)["a\\b.csv"] == digest, "as sha256sum writes a backslash")
    #expect(read("\(digest)\n".utf8, "i.csv.sha256")["i.csv"] == digest)
  }

  @Test("a line of a manifest that is not understood is a fault with its number")
  func manifestFaults() {
    let digest = String(repeating: "0a", count: 32)
    let zeros = utf16("\(digest)  i.csv\n")
    let cases: [([UInt8], Int, ManifestLine)] = [
      ([], 1, .nothing), (Array(" \r\n# x\n".utf8), 1, .nothing), (zeros, 1, .notText),
      ([0xC3, 0x28], 1, .notText),
      (Array("\(digest.dropLast())  i.csv\n".utf8), 1, .digits(63)),
      (Array("\(digest)  i.csv\n\(digest)\n".utf8), 2, .noName),
      (Array("\n\ni.csv \(digest)\n".utf8), 3, .otherForm),
      (Array("MD5 (i.csv) = \(digest)\n".utf8), 1, .otherForm),
      (Array("\(digest)  i.csv\n\(String(repeating: "1", count: 64))  i.csv\n".utf8), 2, .otherDigest),
    ]
    for (bytes, line, found) in cases {
      var manifest = ChecksumManifest()
      manifest.read(bytes, "SHA256SUMS")
      #expect(
        manifest.faults == [ChecksumManifest.Fault(file: "SHA256SUMS", line: line, found: found)],
        "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  @Test("a manifest that is not understood holds the run, and so does one that can't be opened")
  func manifestHolds() throws {
    let workshop = try Workshop()
    var run = Self.run(1)
    run.exports = [
      FoundFile(
        export: .insurance, path: workshop.path + "/i.csv", name: "i.csv", byteCount: 1, modified: 0,
        digest: "")
    ]
    func failures(_ checksums: GateLimits.Checksums = .ifPresent) throws -> [String] {
      var gates = Gates(GateLimits(), run: run, earlier: [])
      try gates.judgeChecksums(of: run, checksums, [])
      return gates.verdicts.filter { !$0.passed }.map { "\($0.name): \($0.expected); \($0.found)" }
    }
    _ = try workshop.file("abc\n".utf8, named: "SHA256SUMS")
    #expect(
      try failures() == [
        "checksums of SHA256SUMS line 1: a SHA-256 of 64 hexadecimal digits, two spaces and the name of a file; "
          + "a line of another form"
      ])
    #expect(try failures(.ignored) == [])
    try Folder.remove(workshop.path + "/SHA256SUMS")
    #expect(unsafe mkfifo(workshop.path + "/i.csv.sha256", 0o600) == 0)
    #expect(try failures().count == 1, "and nothing waits for a writer")
  }

  @Test("a file that an earlier night has read is held where it lies beside new ones, and only there")
  func readBefore() {
    func run(_ id: Int, _ files: [(name: String, digest: String)]) -> RunRecord {
      var run = Self.run(id)
      run.exports = files.map { file in
        FoundFile(
          export: .insurance, path: "/" + file.name, name: file.name, byteCount: 1, modified: id,
          digest: file.digest)
      }
      return run
    }
    func held(_ files: [(name: String, digest: String)], after earlier: [RunRecord]) -> [String] {
      let run = run(9, files)
      var gates = Gates(GateLimits(), run: run, earlier: earlier)
      gates.judgeAge(of: run, earlier: earlier)
      return gates.verdicts.filter { !$0.passed }.map { "\($0.subject): \($0.found)" }
    }
    let earlier = [run(1, [("i-22.csv", "a")]), run(2, [("i-23.csv", "b")])]
    #expect(held([("i-24.csv", "c")], after: earlier) == [])
    #expect(held([("i-23.csv", "b")], after: earlier) == [], "the same exports once more")
    let yesterday = "the file that run 2 has read, byte for byte"
    #expect(held([("i-23.csv", "b"), ("i-24.csv", "c")], after: earlier) == ["i-23.csv: \(yesterday)"])
    #expect(held([("copy.csv", "b"), ("i-24.csv", "c")], after: earlier) == ["copy.csv: \(yesterday)"])
    #expect(
      held([("i-22.csv", "a"), ("i-24.csv", "c")], after: earlier)
        == ["i-22.csv: the file that run 1 has read, byte for byte"])
    // Parts that are replaced every night, one of them without a change, or under new names.
    let parts = [run(1, [("01.csv", "a"), ("79.csv", "b")])]
    #expect(held([("01.csv", "a"), ("79.csv", "c")], after: parts) == [])
    #expect(held([("01-24.csv", "a"), ("79-24.csv", "c")], after: parts) == [])
    // Half of tonight's delivery, which a held run found.
    var heldRun = run(8, [("01-24.csv", "x")])
    (heldRun.state, heldRun.asOf) = (.held, run(9, []).asOf)
    #expect(held([("01-24.csv", "x"), ("79-24.csv", "c")], after: earlier + [heldRun]) == [])
    heldRun.asOf = "2026-11-18"
    #expect(held([("01-24.csv", "x"), ("79-24.csv", "c")], after: earlier + [heldRun]).count == 1)
  }

  @Test("a held run keeps the old store in force until it is released, and says how")
  func heldAndReleased() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(1_500, seed: 21, xml: false, in: workshop.path)
    let first = try Cardlink.run(["run", pipeline.path, "--as-of", "2026-11-23"])
    #expect(first.exit == 0)
    let before = try WalkTests.rows(pipeline)
    let records = try #require(try Desk(pipeline, for: .user()).runs().last).count(.insurance)

    // The next export lacks half of its records.
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    let bytes = try Data(contentsOf: URL(filePath: export.path))
    let half = try #require(bytes[..<(bytes.count / 2)].lastIndex(of: UInt8(ascii: "\n")))
    try bytes[...half].write(to: URL(filePath: export.path))
    let night = ["run", pipeline.path, "--as-of", "2026-11-24"]
    let held = try Cardlink.run(night)
    #expect(held.exit == 65)
    let kept = try #require(try Desk(pipeline, for: .user()).runs().last).count(.insurance)
    #expect(kept < records * 6 / 10)
    let (low, high) = (Int((Double(records) * 0.8).rounded(.up)), Int(Double(records) * 1.2))
    #expect(
      held.errors.hasPrefix(
        """
        run 2: gate records of insurance: expected \(FigureText.grouped(low)) to \(FigureText.grouped(high)) records \
        (20.00 % around \(FigureText.grouped(records)), the figure of the run before), found \(kept)
          Likely cause: the insurance export has 50 % of the bytes of run 1: probably a file that was only partly copied.
          Nguyên nhân có thể: dữ liệu bảo hiểm chỉ bằng 50 % của lượt chạy 1: có thể tệp mới chép được một phần.
          Likely cause: the population export is byte for byte that of run 1: probably yesterday's file.

        """), "\(held.errors)")
    #expect(
      held.errors.hasSuffix(
        """
        The run is held and the store of run 1 stays in force. Look at the cause, ask the supplier and run again; \
        if the data is right, release it.
        Try next: cardlink check \(pipeline.path)
        Then, if the data is right: cardlink release 2 \(pipeline.path) --because "…"

        """), "\(held.errors)")
    #expect(try WalkTests.rows(pipeline) == before)
    #expect(try Desk(pipeline, for: .user()).runs().map(\.state) == [.done, .held])

    // The same run is held again, and no other command loads it.
    #expect(try Cardlink.run(night).exit == 65)
    #expect(try Cardlink.run(["rerun", "load", pipeline.path, "--as-of", "2026-11-24"]).exit == 65)
    #expect(try WalkTests.rows(pipeline) == before)
    #expect(try Desk(pipeline, for: .user()).runs().map(\.state) == [.done, .held, .held])

    #expect(try Cardlink.run(["release", pipeline.path, "2"]).exit == 64)
    #expect(try Cardlink.run(["release", pipeline.path, "2", "--because", " "]).exit == 64)
    #expect(try Cardlink.run(["release", pipeline.path, "1", "--because", "why not"]).exit == 64)
    let released = try Cardlink.run(["release", pipeline.path, "3", "--because", "half is right, letter 7"])
    #expect(released.exit == 0, "\(released.errors)")
    #expect(try WalkTests.rows(pipeline) != before)
    let run = try #require(try Desk(pipeline, for: .user()).runs().last)
    #expect(run.gated.released?.because == "half is right, letter 7")
    #expect(run.gated.released?.gates.contains("records of insurance") == true)
    #expect(run.state == .done)
    let events = try Audit(pipeline.workspace).reading().lines.map(\.event)
    #expect(
      events == [
        "run_began", "run_done", "run_began", "run_held", "run_resumed", "run_held", "run_began", "run_held",
        "released", "run_done", "pruned",
      ])
    // A run that a later one replaced can't be released.
    let late = try Cardlink.run(["release", pipeline.path, "2", "--because", "late"])
    #expect(
      late.errors == """
        run 2: expected a run that is held, found one that run 3 has overtaken
          Its data is older than what is in force; run again instead.
        Try next: cardlink runs \(pipeline.path)

        """)
  }

  @Test("limits are read from the pipeline file, and wrong ones are refused with their line")
  func limits() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(20, seed: 1, xml: false, in: workshop.path)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    func read(_ gates: String) throws -> GateLimits {
      try (text + "\n" + gates).write(toFile: pipeline.path, atomically: true, encoding: .utf8)
      return try Pipeline(file: pipeline.path).gates
    }
    let limits = try read(
      """
      gates:
        judged_from: 5_000
        min_link_rate: 97.5%
        max_link_rate: off
        max_blank: { insurance: { facility_code: 0.25 } }
        max_change: { province: 10%, link_rate: off }
        older_exports: allow
        checksums: required
      """)
    var expected = GateLimits()
    (expected.judgedFrom, expected.minLinkRate, expected.maxLinkRate) = (5000, 0.975, nil)
    expected.maxBlank = ["insurance.facility_code": 0.25]
    (expected.provinceChange, expected.linkRateChange) = (0.1, nil)
    (expected.holdsOlderExports, expected.checksums) = (false, .required)
    #expect(limits == expected)
    for (wrong, found) in [
      ("gates: { max_quarantin: 1% }", "Did you mean max_quarantine?"),
      (
        "gates: { max_quarantine: 110% }",
        "expected a share from 0% to 100% or from 0 to 1, or off, found `110%`"
      ),
      ("gates: { checksums: always }", "expected one of if_present, required, ignored, found `always`"),
    ] {
      #expect {
        try read(wrong)
      } throws: { error in
        (error as? Stop)?.finding.description.contains(found) ?? false
      }
    }
  }
}

/// Little-endian UTF-16.
private func utf16(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  for unit in text.utf16 { bytes += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
  return bytes
}

extension [UInt8] {
  fileprivate var swappingPairs: [UInt8] { indices.map { self[$0 ^ 1] } }
}
