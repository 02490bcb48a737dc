// Facilities and persons' packages: what the pages say is what the manifests and the packages themselves hold.

import Foundation
import Support
import Testing
import Values
@testable import Console
@testable import Desk

@Suite("Facilities and packages at the console", .serialized)
struct FacilityTests {
  /// Two nights of a pipeline whose packages hold changes, of which the second changes little.
  private final class Nights: Sendable {
    let sample: SampleSite
    static let shared = Result { try Nights() }

    init() throws {
      sample = try SampleSite(people: 900, checkpointEvery: 3)
      _ = try Program.run(["run", sample.file, "--as-of", "2026-11-24"])
    }

    /// A manifest's packages, as a plain reader of JSON sees them.
    func manifest(_ publication: String) throws -> [String: [String: Any]] {
      let path = "\(sample.pipeline.workspace)/packages/\(publication)/manifest.json"
      let data = try Data(contentsOf: URL(filePath: path))
      let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let folders = try #require(object["folders"] as? [[String: Any]])
      return Dictionary(uniqueKeysWithValues: folders.map { ($0["folder"] as? String ?? "", $0) })
    }
  }

  @Test("each recipient of the manifest is listed once, with its figures")
  func list() throws {
    let nights = try Nights.shared.get()
    let manifest = try nights.manifest("current")
    #expect(manifest.count > 100)
    let cookie = try nights.sample.signIn([.viewer])
    var rows: [String] = []
    var next: String? = nights.sample.path(.facilities)
    while let target = next {
      let page = nights.sample.get(target, cookie)
      #expect(page.status == 200)
      let shown = page.text.matches(of: /<tr><th scope="row"><a href="[^"]*code=([^"]*)">(.*)<\/tr>/)
      #expect(shown.count <= 50)
      for row in shown {
        rows.append(String(row.1))
        let package = try #require(manifest[String(row.1)])
        let isDelta = package["kind"] as? String == "delta"
        #expect(row.2.contains(isDelta ? "changes" : "full"))
        let persons = try #require(package["persons"] as? Int)
        #expect(row.2.contains("data-label=\"Records\">\(FigureText.grouped(persons))</td>"))
        #expect(row.2.contains("plain"))
      }
      next = page.text.firstMatch(of: /rel="next" href="([^"]*)"/).map {
        String($0.1).replacing("&amp;", with: "&")
      }
    }
    #expect(rows == manifest.keys.sorted())
    // By how a code begins; in small letters too.
    let code = try #require(rows.last)
    let found = nights.sample.get(nights.sample.path(.facilities, "code=\(code.lowercased())"), cookie)
    #expect(found.text.contains("<b>1</b>") && found.text.contains("code=\(code)\""))
    #expect(
      nights.sample.get(nights.sample.path(.facilities, "code=%3Cb%3E"), cookie).text.contains("<b>0</b>"))
  }

  @Test("one recipient's page tells each publication that is kept, and shows no person")
  func one() throws {
    let nights = try Nights.shared.get()
    let sample = nights.sample
    let (first, second) = (try nights.manifest("run-0001"), try nights.manifest("run-0002"))
    let cookie = try sample.signIn([.viewer])
    for code in second.keys.sorted().prefix(5) {
      let page = sample.get(sample.path(.facility, "code=\(code)"), cookie)
      #expect(page.status == 200 && page.text.contains("Facility \(code)"))
      let province = try #require(ProvinceOfToday.of(Int(code.prefix(2)) ?? 0))
      #expect(page.text.contains("<small>\(province.text) \(province.name)</small>"))
      #expect(page.text.matches(of: /<tr><th scope="row">/).count == 2)
      for manifest in [first, second] {
        let persons = try #require(manifest[code]?["persons"] as? Int)
        #expect(page.text.contains("data-label=\"Records\">\(FigureText.grouped(persons))</td>"))
      }
      let isDelta = second[code]?["kind"] as? String == "delta"
      #expect(page.text.contains("after the full one of run 1") == isDelta)
      #expect(page.text.firstMatch(of: /[0-9]{12}/) == nil)
    }
    for code in ["", "ZZZZZ", "..%2F..", "%3Cscript%3E"] {
      #expect(sample.get(sample.path(.facility, "code=\(code)"), cookie).status == 404)
    }
  }

  @Test("a receipt is shown with its day and how far the facility is behind")
  func receipt() throws {
    let sample = try SampleSite(people: 300, checkpointEvery: 3, isSigned: true)
    let cookie = try sample.signIn([.viewer])
    #expect(sample.get(sample.path(.facilities), cookie).text.contains("none has sent a receipt"))
    let current = sample.pipeline.workspace + "/packages/current"
    let code = try #require(
      FileManager.default.contentsOfDirectory(atPath: current).filter { $0.count == 5 }.sorted().first)
    let sent = sample.workshop.path + "/sent"
    _ = try Program.run(["verify", "\(current)/\(code)", "--on", "2026-11-23", "--receipt", sent])
    _ = try Program.run(["receipts", sample.file, sent])
    let list = sample.get(sample.path(.facilities), cookie)
    #expect(list.text.contains("up to date") && list.text.contains("never sent a receipt"))
    let up = sample.get(sample.path(.facilities, "state=current"), cookie)
    #expect(up.text.contains("code=\(code)\"") && up.text.contains("<b>1</b>"))
    _ = try Program.run(["run", sample.file, "--as-of", "2026-11-24"])
    let behind = sample.get(sample.path(.facility, "code=\(code)"), cookie)
    #expect(behind.text.contains("1 night behind") && behind.text.contains("received"))
  }

  @Test("a person's packages are those whose files hold the person; the audit log says so", arguments: [7])
  func holding(persons: Int) throws {
    let sample = try Nights.shared.get().sample
    let folder = sample.pipeline.workspace + "/packages/run-0001"
    // Each package's own file of people.
    var holders: [String: Set<String>] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.count == 5 {
      let files = try #require(FileManager.default.enumerator(atPath: "\(folder)/\(name)/data"))
      for case let file as String in files where file.hasSuffix(".csv") {
        let text = try String(contentsOfFile: "\(folder)/\(name)/data/\(file)", encoding: .utf8)
        for number in text.matches(of: /[0-9]{12}/) { holders[String(number.0), default: []].insert(name) }
      }
    }
    let cookie = try sample.signIn([.officer], name: "pham.g")
    var seen = 0
    for id in holders.keys.sorted() where seen < persons {
      guard let number = try? PersonalID(id.utf8.span),
        try Desk(sample.pipeline, for: Actor(name: "test", door: .console)).card(of: number).card != nil
      else { continue }
      seen += 1
      let page = sample.post(sample.path(.findPerson), cookie, [("number", id)])
      let shown = Set(page.text.matches(of: /facilities\/one\?code=([0-9A-Z]+)"/).map { String($0.1) })
      #expect(shown == holders[id])
    }
    #expect(seen == persons)
    let lines = try Desk(sample.pipeline, for: Actor(name: "test", door: .console)).auditLog().lines
    #expect(
      lines.count { $0.user == "pham.g" && $0.detail?["of"] == "packages" && $0.person != nil } == persons)
  }
}
