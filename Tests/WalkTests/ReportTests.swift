// The report of a run: well formed, equal to the ledger, complete in both languages, without personal data.

import Foundation
import FoundationXML
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("The report")
struct ReportTests {
  /// A page read as XML: its elements, and the text of each language.
  final class Reader: NSObject, XMLParserDelegate {
    struct Element {
      var name: String
      var attributes: [String: String]
      var text = ""
    }
    private(set) var elements: [Element] = []
    private var open: [Int] = []
    var problem: String?

    init(_ html: String) {
      super.init()
      let parser = XMLParser(data: Data(html.utf8))
      parser.delegate = self
      if !parser.parse() { problem = "line \(parser.lineNumber): \(String(describing: parser.parserError))" }
    }
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      open.append(elements.count)
      elements.append(Element(name: name, attributes: attributes))
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) {
      for i in open { elements[i].text += string }
    }
    func parser(
      _ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?
    ) { open.removeLast() }
  }

  /// A pipeline that ran twice, with its runs.
  static func walked(_ workshop: Workshop) throws -> (pipeline: Pipeline, runs: [RunRecord]) {
    let pipeline = try WalkTests.invented(1500, seed: 11, xml: false, in: workshop.path, files: 2)
    _ = try WalkTests.walk(pipeline)
    _ = try WalkTests.walk(pipeline, from: .match)
    return (pipeline, try Desk(pipeline, for: .user()).runs())
  }

  @Test("each run leaves a page that is well formed and fetches nothing")
  func wellFormed() throws {
    let workshop = try Workshop()
    let (pipeline, runs) = try Self.walked(workshop)
    for run in runs {
      let html = try String(
        contentsOfFile: WorkspaceReader(pipeline.workspace).reportPath(of: run.id), encoding: .utf8)
      let page = Reader(html)
      #expect(page.problem == nil)
      #expect(page.elements.count > 300)
      for element in page.elements {
        #expect(!["script", "link", "img", "iframe", "object"].contains(element.name))
        for name in ["src", "href", "srcset", "xlink:href"] { #expect(element.attributes[name] == nil) }
        #expect(!element.attributes.keys.contains { $0.hasPrefix("on") })
      }
      #expect(!html.contains("url(") && !html.contains("@import"))
      #expect(!html.replacing("http://www.w3.org/1999/xhtml", with: "").contains("://"))
    }
  }

  @Test("the page's figures are the ledger's")
  func figures() throws {
    let workshop = try Workshop()
    let (pipeline, runs) = try Self.walked(workshop)
    let run = try #require(runs.last)
    let html = ReportPage(run, among: runs, pipeline: pipeline.path).html
    let plain = html.replacing(/<span[^>]*lang="vi"[^>]*>[^<]*<\/span>/, with: "")
    for (export, outcomes) in [
      (ExportKind.insurance, Outcome.ofInsurance), (.population, Outcome.ofPopulation),
    ] {
      let card = try #require(
        plain.components(separatedBy: "\(export.title.english): from files to outcomes").last)
      let list = try #require(card.components(separatedBy: "<ol class=\"to\">").dropFirst().first)
      var shown: [String: Int] = [:]
      for item in list.components(separatedBy: "</ol>")[0].components(separatedBy: "<li").dropFirst() {
        let text = item.drop { $0 != ">" }.dropFirst().replacing(/<[^>]*>/, with: "|")
        let parts = text.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
          !$0.isEmpty
        }
        shown[parts[0]] = Int(parts[1].replacing(",", with: ""))
      }
      for outcome in outcomes {
        let count = run.count(export, outcome)
        #expect(shown[outcome.title.english] ?? 0 == count, "\(export.name) \(outcome.name)")
      }
      #expect(shown.values.reduce(0, +) == run.count(export))
    }
    for cause in run.causes.filter({ $0.word != "armed_forces" }).prefix(6) {
      #expect(plain.contains(">\(cause.name)</span>"))
    }
    #expect(run.causes.count > 10)
  }

  @Test("each text of the page stands there in both languages")
  func languages() throws {
    let workshop = try Workshop()
    let (pipeline, runs) = try Self.walked(workshop)
    let run = try #require(runs.last)
    let spans = Reader(ReportPage(run, among: runs, pipeline: pipeline.path).html).elements.filter {
      $0.name == "span" && $0.attributes["lang"] != nil
    }
    #expect(spans.count > 200)
    for pair in stride(from: 0, to: spans.count, by: 2) {
      #expect(spans[pair].attributes["lang"] == "vi" && spans[pair + 1].attributes["lang"] == "en")
      #expect(!spans[pair].text.isEmpty && !spans[pair + 1].text.isEmpty)
      #expect(spans[pair].text != spans[pair + 1].text)
    }
  }

  @Test("no name and no number of a person stands on the page or in the run's record")
  func nobody() throws {
    let workshop = try Workshop()
    let (pipeline, runs) = try Self.walked(workshop)
    let values = try PersonalValues(pipeline)
    #expect(values.values.count > 5000)
    for run in runs {
      let reader = WorkspaceReader(pipeline.workspace)
      for path in [reader.reportPath(of: run.id), reader.folder(of: run.id) + "/run.json"] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(values.found(in: text) == [], "\(path)")
      }
    }
    // The search finds existing values.
    let export = String(
      decoding: try Data(contentsOf: URL(filePath: runs[0].exports[0].path)), as: UTF8.self)
    #expect(values.found(in: export).count > 500)
  }

  @Test("a run that fails leaves its page too, with the reason and what to do")
  func failed() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(300, seed: 12, xml: false, in: workshop.path)
    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path, asOf: .none).first)
    let header = try String(contentsOfFile: export.path, encoding: .utf8).prefix { $0 != "\n" }
    try (header + "\n").write(toFile: export.path, atomically: true, encoding: .utf8)
    #expect(throws: Stop.self) { try WalkTests.walk(pipeline) }
    let run = try #require(try Desk(pipeline, for: .user()).runs().last)
    #expect(run.state == .failed)
    let html = try String(
      contentsOfFile: WorkspaceReader(pipeline.workspace).reportPath(of: run.id), encoding: .utf8)
    #expect(Reader(html).problem == nil)
    #expect(html.contains("expected at least one record"))
    // What it means, in both languages.
    #expect(html.contains("Dữ liệu bị từ chối") && html.contains("The data was refused"))
    #expect(html.contains("The previous store stays in force."))
  }

  @Test(
    "the places add up to the ledger, and no count below five can be read from the page",
    arguments: UInt64(0)..<60)
  func places(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var places: [String: [String: Int]] = [:]
    for place in BirthPlace.all where Bool.random(using: &random) {
      let most = [3, 8, 400].randomElement(using: &random) ?? 8
      places[place.code] = [
        "linked": Int.random(in: 0...most, using: &random),
        "disputed": Int.random(in: 0...most, using: &random),
      ]
    }
    let today = PlaceRate.all(places)
    let former = PlaceRate.former(places)
    for rate in today + former {
      #expect(rate.records >= PlaceRate.fewest)
      guard let place = rate.place else { continue }
      let codes =
        place.code.count == 2
        ? ProvinceOfToday.all.first { $0.text == place.code }?.former.map { BirthPlace.province($0).code }
          ?? []
        : [place.code]
      func count(_ outcome: String) -> Int { codes.reduce(0) { $0 + (places[$1]?[outcome] ?? 0) } }
      let (linked, others) = (count("linked"), count("disputed"))
      #expect(rate.records == linked + others)
      switch rate.rate {
      case .exactly(let hundredths):
        #expect(linked == 0 || linked >= 5)
        #expect(others == 0 || others >= 5)
        #expect(hundredths == (linked * 20_000 + rate.records) / (2 * rate.records))
      case .atLeast(let percent):
        #expect((1..<5).contains(others))
        #expect(percent * rate.records <= linked * 100)
        // The bound is the same for any count from one to four.
        #expect(percent == (rate.records - 4) * 100 / rate.records)
      case .atMost(let percent):
        #expect((1..<5).contains(linked))
        #expect(percent * rate.records >= linked * 100)
      }
    }
  }

  @Test(
    "the former provinces of one province of today are shown with exact rates or not at all",
    arguments: UInt64(0)..<60)
  func formerPlaces(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var places: [String: [String: Int]] = [:]
    for place in BirthPlace.all {
      let most = [3, 400, 400, 400].randomElement(using: &random) ?? 400
      places[place.code] = [
        "linked": Int.random(in: 0...most, using: &random),
        "disputed": Int.random(in: 0...most, using: &random),
      ]
    }
    let shown = Dictionary(
      uniqueKeysWithValues: PlaceRate.former(places).map { ($0.place?.code ?? "", $0.rate) })
    #expect(shown["abroad"] == nil && shown[""] == nil)
    for province in ProvinceOfToday.all where province.former.count > 1 {
      let codes = province.former.map { BirthPlace.province($0).code }
      let found = codes.filter { shown[$0] != nil }
      let hasSmall = codes.contains { code in
        (places[code] ?? [:]).values.contains { (1..<5).contains($0) }
          || (1..<5).contains((places[code] ?? [:]).values.reduce(0, +))
      }
      if hasSmall {
        #expect(found.isEmpty, "\(province.label)")
      } else {
        #expect(found == codes.filter { (places[$0] ?? [:]).values.reduce(0, +) > 0 })
        for code in found {
          guard case .exactly = shown[code] else {
            Issue.record("a bound for \(code)")
            continue
          }
        }
      }
    }
  }

  @Test("a place's bar is its difference from the run before, or from the mean in the first run")
  func placeDifferences() {
    func counts(_ linked: Int, _ others: Int) -> [String: Int] { ["linked": linked, "disputed": others] }
    let now = [
      "001": counts(900, 100), "079": counts(950, 50), "092": counts(500, 500), "031": counts(998, 2),
    ]
    let then = [
      "001": counts(800, 200), "079": counts(960, 40), "092": counts(900, 100), "031": counts(990, 10),
    ]
    func bars(_ rates: [PlaceRate]) -> [String] {
      rates.map { "\($0.place?.code ?? "") \($0.difference.map(String.init) ?? "–")" }
    }
    #expect(
      bars(PlaceRate.compared(PlaceRate.all(now), with: PlaceRate.all(then), orMean: 8370))
        == ["92 -4000", "79 -100", "31 –", "01 1000"])
    #expect(
      bars(PlaceRate.compared(PlaceRate.all(now), with: [], orMean: 8370))
        == ["92 -3370", "31 –", "01 630", "79 1130"])
  }

  @Test("former provinces count for the province of today that they belong to")
  func mergedPlaces() {
    let places = [
      "079": ["linked": 90, "disputed": 10], "074": ["linked": 50, "disputed": 50], "077": ["linked": 100],
    ]
    let today = PlaceRate.all(places)
    #expect(today.map { $0.place?.code } == ["79"])
    #expect(today.map(\.records) == [300] && today.map(\.rate) == [.exactly(8000)])
    #expect(PlaceRate.former(places).map { $0.place?.code } == ["074", "079", "077"])
  }

  @Test("the trend has one point for each business date: its last finished run")
  func trend() throws {
    let workshop = try Workshop()
    let (pipeline, runs) = try Self.walked(workshop)
    let tomorrow = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: 2026_11_26))
    let html = ReportPage(tomorrow, among: runs + [tomorrow], pipeline: "p.yaml").html
    #expect(html.contains("The last 2 business dates"))
    let axis = try #require(html.components(separatedBy: "class=\"axis\"").dropFirst().first)
    #expect(axis.contains("23/11/2026") && axis.contains("26/11/2026") && axis.contains("2026-11-26"))
    #expect(html.contains("d=\"M0 26.0L100.0 26.0\"") || html.contains("d=\"M0.0 26.0L100.0 26.0\""))
  }

  @Test("figures are written as each language writes them")
  func writing() {
    #expect(FigureText.count(1_234_567) == Bilingual("1.234.567", "1,234,567"))
    #expect(FigureText.percent(8741) == Bilingual("87,41\u{A0}%", "87.41\u{A0}%"))
    #expect(FigureText.points(-5) == Bilingual("−0,05\u{A0}điểm %", "−0.05\u{A0}points"))
    #expect(FigureText.share(1, of: 3) == 3333)
    #expect(FigureText.share(2, of: 3) == 6667)
    #expect(FigureText.share(0, of: 0) == nil)
    #expect(FigureText.duration(59.94) == "60 s")
    #expect(FigureText.duration(3725) == "1 h 2 min")
    #expect(FigureText.bilingualDuration(75).vietnamese == "1 phút 15 giây")
  }

  @Test("no text of an export, a pipeline file or a person becomes markup")
  func escaping() throws {
    let workshop = try Workshop()
    let (_, runs) = try Self.walked(workshop)
    let evil = "<script>alert('1')</script>&\"{{pipeline}}\u{1}\u{85}"
    var run = try #require(runs.last)
    run.pipeline = evil
    run.asOf = evil
    run.startedAt = evil
    run.exports[0].name = evil
    run.extracted.damaged = ["\(run.exports[0].export.name)/\(evil)": evil]
    run.matched.ledger[0].sourceFile = evil
    run.gated.released = Release(because: evil, at: evil, by: evil, gates: [])
    run.gated.verdicts = [
      GateVerdict(.blank, of: evil, .written(evil), found: .written(evil), passed: false),
      GateVerdict(.checksums, of: evil, .dateNotBefore(evil, run: 1), found: .time(evil), passed: true),
    ]
    run.gated.causes = [.otherFile(evil), .blankField(evil)]
    for state in [RunState.done, .failed, .held] {
      run.state = state
      run.failure = evil
      let html = ReportPage(run, among: runs + [run], pipeline: evil).html
      let page = Reader(html)
      #expect(page.problem == nil)
      #expect(!page.elements.contains { $0.name == "script" } && !html.contains("<script"))
      #expect(
        page.elements.contains { $0.text == "<script>alert('1')</script>&\"{{pipeline}}\u{FFFD}\u{FFFD}" })
    }
  }

  @Test("a command on the page can be copied into a shell")
  func commands() {
    #expect(shellQuoted("a b's.yaml") == "'a b'\\''s.yaml'")
    #expect(shellQuoted("đường/dẫn.yaml") == "đường/dẫn.yaml")
  }
}
