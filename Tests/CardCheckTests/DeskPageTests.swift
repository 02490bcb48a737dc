// The desk in headless Chromium: the page answers as `check-card` does, refuses damaged files, and shows no markup of names.
// Skipped on a machine without Chromium.

import Files
import Foundation
import Publish
import Rules
import Seal
import Support
import Testing
import Values
@testable import CardCheck
@testable import Package

/// Headless Chromium.
enum Browser {
  static let path = ["chromium", "chromium-browser", "google-chrome"].map { "/usr/bin/" + $0 }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// What a page logs: the text between two marks, which its program writes with `console.log`.
  static func log(of html: String, in workshop: Workshop) throws -> String {
    let page = try workshop.file(html.utf8, named: "page.html")
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: try #require(path))
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
      "--user-data-dir=\(workshop.path)/profile", "file://" + page,
    ]
    process.standardError = output
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    // A page that hangs ends the test here.
    let watch = Task.detached { [process] in
      try await Task.sleep(for: .seconds(120))
      process.terminate()
    }
    defer { watch.cancel() }
    var text = Data()
    while case let more = output.fileHandleForReading.availableData, !more.isEmpty {
      text += more
      guard let end = text.range(of: Data("[END]".utf8)) else { continue }
      guard let start = text.range(of: Data("[BEGIN]".utf8)) else { continue }
      return String(decoding: text[start.upperBound..<end.lowerBound], as: UTF8.self)
    }
    Issue.record("the page logged nothing: \(String(decoding: text.suffix(2000), as: UTF8.self))")
    return ""
  }

  /// The objects that an expression of the page gives.
  static func value<Value: Decodable>(
    _ type: Value.Type, of expression: String, after scripts: [String], in workshop: Workshop
  ) throws -> Value {
    // Base64 keeps the log's own escapes out.
    let report = """
      const logged = (value) => {
        let text = "";
        for (const byte of bytesOf(JSON.stringify(value))) text += String.fromCharCode(byte);
        console.log("[BEGIN]" + btoa(text) + "[END]");
      };
      (async () => \(expression))().then(logged, (error) => logged(String(error)));
      """
    let html = DeskPage.template.replacing("{policy}", with: "").replacing("{style}", with: "")
      .replacing("{script}", with: ([DeskPage.program] + scripts + [report]).joined(separator: "\n"))
    let log = try log(of: html, in: workshop)
    let data = try #require(Data(base64Encoded: log))
    return try #require(
      try? JSONDecoder().decode(type, from: data), "\(String(decoding: data.prefix(500), as: UTF8.self))")
  }

  static func script(_ name: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "DeskPage")
    return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }
}

/// A published package with a desk, and the tables that the command reads.
struct DeskWorkshop {
  static let passphrase = "ba cam hoa lan mai nam sao"
  let workshop: Workshop
  var package: String { workshop.path + "/packages/current/all-people" }

  init(_ people: PersonBatch, sealed: Bool = false, signed: Bool = false) throws {
    workshop = try Workshop()
    var people = people
    people.persons.sort { $0.personalID < $1.personalID }
    for person in people.persons { people.cards[person.cards.lowerBound].isServing = true }
    let published = people
    var policy = PublishPolicy()
    var rule = PackageRule(.all, name: "all-people", formats: [.csv, .desk])
    rule.attributes = Attribute.allCases
    rule.passphrases = PackageRule.plainDesk
    if sealed {
      rule.passphrases = workshop.path + "/desks"
      try DeskKey(passphrase: Self.passphrase).write(to: workshop.path + "/desks/all-people.desk")
    }
    if signed {
      policy.signingKey = workshop.path + "/key"
      try SigningKey().write(to: workshop.path + "/key")
    }
    policy.rules = [rule]
    _ = try publish(
      PublishRequest(
        folder: workshop.path + "/packages", pipeline: "nightly", runID: 7, asOf: Town.day, policy: policy,
        memoryBytes: 1 << 20, threads: 1),
      persons: PeopleParts(count: 1) { _, take throws(Stop) in try take(published) })
  }

  var file: Data { get throws { try Data(contentsOf: URL(filePath: package + "/data/people.desk")) } }
}

@Suite("The desk in a browser", .enabled(if: Browser.path != nil), .serialized)
struct DeskPageTests {
  /// People whose names, dates, numbers and chains of cards are of every kind.
  private static func people(_ seed: UInt64) -> PersonBatch {
    var random = SeededGenerator(seed)
    func pick(_ words: [String]) -> String { words[Int.random(in: 0..<words.count, using: &random)] }
    var people = PersonBatch()
    for i in 0..<400 {
      let (number, id) = ("79" + String(10_000_000 + i), "0790900" + String(10_000 + i))
      let shared = random.chance(3) ? "7900000000" : number
      let name = [
        pick(["NGUYỄN", "ĐỖ", "TRẦN", "HUỲNH", "LÊ", "Y", "K'", "VÕ", "ÂU", "Quách"]),
        pick(["VĂN", "THỊ", "ĐỨC", "HOÀI", "Ngọc", "XUÂN"]),
        pick(["HÒA", "ẤN", "Đạt", "THUÝ", "BLĂK", "Niê", "Út", "Ý", "QUÝ", "AN", "Ñandu", "Thoòng"]),
      ].joined(separator: " ")
      let heads = ["DN479", "GD479", "DN379", "DN401", "QN579", "CN379", "LH279", "TE179"]
      let cards = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        var words = CardWords(
          pick(["", pick(heads) + number, pick(heads) + number, pick(heads) + id]),
          pick([number, shared, id]),
          pick(["2025-01-01", "2026", "2026-10", "2026-11-24", "2026-11-25", "2026-11-26"]),
          pick(["", "2026-10", "2026-11-23", "2026-11-25", "2026-12-31", "2027-12-31"]))
        words.facility = pick(["79024", "01028", "", "01C54"])
        return words
      }
      people.add(
        id, name, pick(["1990-02-01", "1975-12-31", "1990-02", "1990", "2026-11-01"]),
        [.male, .female, .unknown][Int.random(in: 0..<3, using: &random)], cards)
      let serving = people.persons[i].cards.lowerBound
      people.cards[serving].graceUntil =
        CalendarDate(iso: pick(["", "", "", "2026-11-24", "2026-12-06"])) ?? .none
      people.cards[serving].area = ShortCode(Array(pick(["", "K1"]).utf8).span) ?? .none
      people.cards[serving].fiveYearsFrom = CalendarDate(iso: pick(["", "2028-07-01", "2028"])) ?? .none
    }
    return people
  }

  private struct Answers: Decodable {
    var questions: [String]
    var answers: [String]
  }

  @Test(
    "20,000 questions have byte for byte the answers of check-card",
    arguments: zip(UInt64(0)..<4, [20_261_123, 20_261_125, 20_261_130, 20_270_115] as [UInt32]))
  func sameAnswers(seed: UInt64, day: UInt32) throws {
    let desk = try DeskWorkshop(Self.people(seed))
    let found = try Browser.value(
      Answers.self,
      of: """
        {
          const file = cutDeskFile(base64Bytes("\(desk.file.base64EncodedString())"));
          const people = new People(file.frames[0]);
          const questions = drawnQuestions(people, 5000, \(seed));
          const standing = { asOf: packedDate(file.header.as_of), validUntil: packedDate(file.header.valid_until) };
          const answers = questions.map((line, i) =>
            answerLine(checkCard(line, people, \(day), i + 1), standing, \(day)));
          return { questions, answers };
        }
        """, after: [Browser.script("questions.js")], in: desk.workshop)
    #expect(found.questions.count == 5000)
    let expected = try SourceTests.answers(
      FacilityPackage.cards(desk.package), found.questions, on: CalendarDate(packed: day))
    #expect(expected.count == 5000)
    #expect(Set(expected.compactMap { $0.firstMatch(of: /"maKetQua":"(\d+)"/)?.1 }).count > 8)
    for (i, (answer, right)) in zip(found.answers, expected).enumerated() where answer != right {
      Issue.record("\(found.questions[i])\npage:    \(answer)\ncommand: \(right)")
    }
  }

  @Test("a file that isn't whole, of another kind or with a wrong passphrase is refused with its own message")
  func damagedFiles() throws {
    let desk = try DeskWorkshop(Town.people, sealed: true, signed: true)
    let file = try desk.file
    var files = [("whole", file), ("half", file.prefix(file.count / 2)), ("end", file.dropLast(3))]
    files += [("other", Data("PK, not a desk".utf8)), ("empty", Data())]
    func changed(_ at: Int) -> Data {
      var bytes = [UInt8](file)
      bytes[at] ^= 4
      return Data(bytes)
    }
    let frames = try #require(file.range(of: Data("}\n".utf8))).upperBound
    let trailer = try #require(file.range(of: Data("{\"persons\"".utf8))).lowerBound
    // Byte 52 is a letter of the pipeline's name.
    files += [("frame", changed(frames + 40)), ("header", changed(52))]
    let end = String(decoding: file[trailer...], as: UTF8.self)
    files.append(("persons", file[..<trailer] + end.replacing("\"persons\":8", with: "\"persons\":9").utf8))
    files.append(("newer", Data("{\"format\":\"cardlink-desk\",\"version\":2}\n".utf8)))
    // Made by somebody without the sender's key: digest and text agree, and the frame doesn't decrypt.
    var forged = [UInt8](file[..<trailer])
    forged[frames + 40] ^= 4
    let digest = Digest.text(of: forged)
    files.append(("unsigned", Data(forged) + "{\"persons\":8,\"sha256\":\"\(digest)\"}\n".utf8))
    let calls = files.map { "[\"\($0.0)\", \"\($0.1.base64EncodedString())\"]" }.joined(separator: ",")
    let found = try Browser.value(
      [String: String].self,
      of: """
        {
          const found = {};
          for (const [name, text] of [\(calls)]) {
            found[name] = (await choose(text)) || (await unlock("\(DeskWorkshop.passphrase)"));
          }
          await choose("\(file.base64EncodedString())");
          found.passphrase = await unlock("ba cam hoa lan mai nam an");
          found.typed = await unlock("  Bà-CẤM hoa lan, mai nam SAO ");
          return found;
        }
        """, after: [Browser.script("driver.js")], in: desk.workshop)
    #expect(
      found == [
        "whole": "", "typed": "", "half": "Tệp bị cắt cụt, thiếu phần cuối.",
        "end": "Tệp bị cắt cụt, thiếu phần cuối.", "other": "Đây không phải tệp people.desk.",
        "empty": "Đây không phải tệp people.desk.", "frame": "Tệp đã bị thay đổi so với khi gửi.",
        "header": "Tệp đã bị thay đổi so với khi gửi.", "persons": "Chữ ký sai.",
        "newer": "Tệp dùng định dạng mới hơn trang này.", "unsigned": "Tệp đã bị thay đổi so với khi gửi.",
        "passphrase": "Cụm mật khẩu không đúng.",
      ])
  }

  private struct Shown: Decodable {
    var code: String
    var text: String
    var elements: Int
    var keyboard: Bool
  }

  @Test("data out of date, another key and a browser without Ed25519 need the clerk's confirmation or say so")
  func doubts() throws {
    let desk = try DeskWorkshop(Town.people, sealed: true, signed: true)
    let other = try DeskWorkshop(Town.people, sealed: true, signed: true)
    let plain = try DeskWorkshop(Town.people)
    let found = try Browser.value(
      [String: String].self,
      of: """
        {
          const found = {};
          await choose("\(desk.file.base64EncodedString())");
          found.expired = String($("found").checkValidity()) + $("doubts").textContent;
          await unlock("\(DeskWorkshop.passphrase)");
          found.right = $("standing").textContent;
          await choose("\(other.file.base64EncodedString())");
          found.otherKey = $("doubts").textContent;
          await choose("\(plain.file.base64EncodedString())");
          found.plain = $("doubts").textContent;
          const importKey = crypto.subtle.importKey.bind(crypto.subtle);
          crypto.subtle.importKey = async (form, key, algorithm, ...rest) => {
            if (algorithm.name === "Ed25519") throw new DOMException("", "NotSupportedError");
            return importKey(form, key, algorithm, ...rest);
          };
          await choose("\(desk.file.base64EncodedString())");
          found.oldBrowser = (await unlock("\(DeskWorkshop.passphrase)")) + $("standing").textContent;
          found.answer = askLine("079090000123, Nguyễn Văn Hòa, 01/02/1990").code;
          return found;
        }
        """, after: [Browser.script("driver.js")], in: desk.workshop)
    // The tests run after the last day of use.
    #expect(found["expired"]?.hasPrefix("falseDữ liệu đã quá hạn dùng.") == true)
    #expect(found["right"]?.contains("Chữ kýĐúng") == true)
    #expect(found["otherKey"]?.contains("Chữ ký không phải của khóa đã biết.") == true)
    #expect(found["plain"]?.contains("Không kiểm tra được ai đã gửi") == true)
    #expect(found["oldBrowser"]?.contains("Trình duyệt này không kiểm tra được") == true)
    #expect(["000", "010"].contains(found["answer"]))
  }

  @Test("the page makes the receipt that the publisher counts, and none of a file that isn't signed")
  func receipt() throws {
    let desk = try DeskWorkshop(Town.people, sealed: true, signed: true)
    let plain = try DeskWorkshop(Town.people)
    let found = try Browser.value(
      [String: String].self,
      of: """
        {
          const found = {};
          await choose("\(desk.file.base64EncodedString())");
          await unlock("\(DeskWorkshop.passphrase)");
          found.isHidden = String($("receipt").hidden);
          let saved = null;
          URL.createObjectURL = (blob) => { saved = blob; return "blob:"; };
          HTMLAnchorElement.prototype.click = function () { found.name = this.download; };
          await saveReceipt();
          found.text = await saved.text();
          await choose("\(plain.file.base64EncodedString())");
          await unlock("");
          found.isHiddenInPlain = String($("receipt").hidden) + (await receiptText(file, today()));
          return found;
        }
        """, after: [Browser.script("driver.js")], in: desk.workshop)
    #expect(found["isHidden"] == "false" && found["isHiddenInPlain"] == "truenull")
    #expect(found["name"] == "all-people.receipt")
    let (receipt, seal) = try #require(Receipt.read(Array((found["text"] ?? "").utf8)))
    #expect(receipt.isSealed(with: seal, by: try SigningKey(file: desk.workshop.path + "/key")))
    #expect(receipt.door == .desk && receipt.package.runID == 7 && receipt.asOf == Town.day)
    #expect(receipt.version == "desk 1")
  }

  @Test("names and questions with markup are shown as text")
  func markup() throws {
    var people = PersonBatch()
    let name = "LÊ <b>AN</b> <img src=x onerror=alert()>"
    people.add(
      "079090000123", name, "1990-02-01", .male,
      [CardWords("DN4797912345678", "7912345678", "2026-01-01", "2026-12-31")])
    let desk = try DeskWorkshop(people)
    let shown = try Browser.value(
      Shown.self,
      of: """
        {
          await choose("\(desk.file.base64EncodedString())");
          await unlock("");
          return askLine("079090000123, \(name), 01/02/1990");
        }
        """, after: [Browser.script("driver.js")], in: desk.workshop)
    #expect(shown.elements == 0 && shown.text.contains(name))
    #expect(["000", "010"].contains(shown.code))
  }

  /// What a scanner sends, and what arrives while an input method is on.
  static let typed: [(text: String, isGarbled: Bool)] = [
    // VNI: e1 is é, c4 nothing, a6 â; TE1 is TÉ, D9 is Đ.
    ("7912345678|4e677579ébb856e2056c4836e2041|01/02/1990|1|-|79 - 024|01/01/2026|-|01/01/2026|1|$", true),
    ("7912345678|4c45âa6e|01/02/1990|1|-|79 - 024|01/01/2026|-|01/01/2026|1|$", true),
    ("TÉ797912345678, Lê An, 01/02/1990", true),
    ("tạ797912345678;Lê An;01/02/1990", true),
    // Telex: aa is â, dd đ, af à, ee ê.
    ("7912345678|54râe1baaf|01/02/1990|1|-|79 - 024|01/01/2026|-|01/01/2026|1|$", true),
    ("7912345678|4e677579e1bb856e20c491|01/02/1990|1|-|79 - 024|01/01/2026|-|01/01/2026|1|kđ|$", true),
    // As it was sent: marks belong into names, addresses and the sex; some scanners and cards send dashes and a mark.
    ("7912345678|4e677579e1bb856e2056c4836e2041|01/02/1990|1|-|79 – 024|01/01/2026|-|01/01/2026|1|$", false),
    ("\u{FEFF}079090000123||Nguyễn Văn Hòa|01021990|Nữ|Số 1, Phố Mẫu|15052021", false),
    ("079090000123, Nguyễn Văn Hòa, 01/02/1990, Nữ", false),
    ("Nguyễn Văn Hòa, 01/02/1990", false),
    ("{\"maThe\":\"TE1797912345678\",\"hoTen\":\"Lê Ẩn\",\"ngaySinh\":\"1990\"}", false),
  ]

  @Test("a scan that an input method garbled is recognized, and no other one")
  func inputMethods() throws {
    let workshop = try Workshop()
    let lines = String(decoding: try JSONEncoder().encode(Self.typed.map(\.text)), as: UTF8.self)
    let found = try Browser.value(
      [Bool].self, of: "\(lines).map(isGarbledByKeyboard)", after: [], in: workshop)
    #expect(found == Self.typed.map(\.isGarbled))
  }

  @Test("the published page runs under its own policy")
  func policy() throws {
    let workshop = try Workshop()
    // The page sets its title from its own program only.
    let html = DeskPage.html.replacing(
      "<title>Tra cứu thẻ BHYT</title>", with: "<title>another</title>")
    let page = try workshop.file(html.utf8, named: "desk.html")
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: try #require(Browser.path))
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(workshop.path)/profile",
      "--dump-dom", "file://" + page,
    ]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(text.contains("<title>Tra cứu thẻ BHYT</title>"))
    #expect(text.contains("default-src 'none'"))
  }
}

@Suite("The desk's page")
struct DeskPageDigestTests {
  @Test("docs/desk.md publishes the digest of the page")
  func digest() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/desk.md"), encoding: .utf8)
    #expect(page.contains(DeskPage.digest), "write \(DeskPage.digest) into docs/desk.md")
  }
}
