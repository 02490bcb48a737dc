// Accounts of the console's own: hashes and digits against their standards' vectors, the file, and who gets in.

import Foundation
import Support
import Synchronization
import Testing
import Values
import Workspace
@testable import Console
@testable import Seal

@Suite("Accounts of the console", .serialized)
struct AccountTests {
  // RFC 6238, appendix B, with SHA-1.
  static let digits = [
    (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
  ]

  @Test("digits are those of RFC 6238", arguments: digits)
  func vectors(seconds: Int, digits: String) {
    let code = OneTimeCode(secret: Data("12345678901234567890".utf8))
    #expect(code.digits(at: seconds / 30, count: 8) == digits)
    #expect(code.base32 == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    #expect(OneTimeCode(base32: code.base32) == code)
  }

  @Test("digits serve within half a minute of their time, and once")
  func once() throws {
    let code = OneTimeCode()
    let now = 1_800_000_015
    let (before, present, after) = (
      code.digits(at: now / 30 - 1), code.digits(at: now / 30), code.digits(at: now / 30 + 1)
    )
    #expect(code.step(of: before, at: now, after: nil) != nil)
    #expect(code.step(of: "\(present.prefix(3)) \(present.suffix(3))", at: now, after: nil) == now / 30)
    let used = try #require(code.step(of: after, at: now, after: nil))
    for typed in [before, present, after] { #expect(code.step(of: typed, at: now, after: used) == nil) }
    #expect(code.step(of: code.digits(at: now / 30 - 2), at: now, after: nil) == nil)
    #expect(code.step(of: "", at: now, after: nil) == nil)
  }

  @Test("the hash is that of RFC 7914")
  func hash() throws {
    let hash = try #require(
      PassphraseHash.hash("pleaseletmein", Data("SodiumChloride".utf8), 16384, 8, 1, length: 64))
    #expect(
      hash.map { String(format: "%02x", $0) }.joined()
        == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    let kept = PassphraseHash(of: "năm từ bất kỳ")
    #expect(PassphraseHash(kept.text) == kept)
    #expect(kept.matches("năm từ bất kỳ") && !kept.matches("năm từ bất kì") && !kept.matches(""))
    #expect(PassphraseHash(of: "năm từ bất kỳ") != kept)
  }

  @Test(
    "a hash that is weak, or takes the machine's memory, is none",
    arguments: [
      "scrypt 2 8 1", "scrypt 1048576 8 1", "scrypt 65536 8 1000", "scrypt 65535 8 2", "scrypt 65536 1024 2",
      "scrypt -65536 8 2", "argon2 65536 8 2",
    ])
  func weak(start: String) {
    let (salt, hash) = (Data(count: 16).base64EncodedString(), Data(count: 32).base64EncodedString())
    #expect(PassphraseHash("scrypt 65536 8 2 \(salt) \(hash)") != nil)
    #expect(PassphraseHash("\(start) \(salt) \(hash)") == nil)
  }

  // MARK: The file

  @Test("an account is set, changed and kept beside the others, with comments in place")
  func file() throws {
    let workshop = try Workshop()
    let path = try workshop.file("# officers\nhoa: viewer\n".utf8, named: "accounts")
    let (hash, code) = (PassphraseHash(of: "một"), OneTimeCode())
    try Accounts.set(Account("tran.c", [.officer, .supervisor], passphrase: hash, code: code), in: path)
    var accounts = try Accounts(file: path)
    #expect(accounts["tran.c"]?.passphrase == hash && accounts["tran.c"]?.code == code)
    #expect(accounts["tran.c"]?.roles == [.officer, .supervisor] && accounts["hoa"]?.roles == [.viewer])
    #expect(!accounts.areComplete)
    try Accounts.set(Account("tran.c", [.clerk]), in: path)
    accounts = try Accounts(file: path)
    #expect(accounts["tran.c"] == Account("tran.c", [.clerk]))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "# officers\nhoa: viewer\ntran.c: clerk\n")
    for name in ["", "a b", "a:b", "a;b", "#a", String(repeating: "a", count: 65)] {
      #expect(throws: Stop.self) { try Accounts.set(Account(name, [.clerk]), in: path) }
    }
    #expect(throws: Stop.self) { try Accounts.set(Account("a", []), in: path) }
  }

  @Test("a file of secrets that others may read is refused, as is a line that can't be read")
  func refused() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/accounts"
    try Accounts.set(Account("a", [.officer], passphrase: PassphraseHash(of: "một")), in: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let stop = #expect(throws: Stop.self) { try Accounts(file: path) }
    #expect(stop?.text.contains("chmod 600") == true)
    for line in ["a: officer; scrypt 1 2", "a: officer; totp !", "a: officer; other", "a: officer;", ";"] {
      let wrong = try workshop.file("# one\n\(line)\n".utf8, named: "wrong")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: wrong)
      let stop = #expect(throws: Stop.self) { try Accounts(file: wrong) }
      #expect(stop?.finding.origin.line == 2)
    }
  }

  // MARK: Signing in

  private struct Office {
    let site: Site
    let path: String
    let code = OneTimeCode()
    private let workshop: Workshop

    init(_ sample: SampleSite, isSecure: Bool = true) throws {
      workshop = try Workshop()
      path = workshop.path + "/accounts"
      try Accounts.set(
        Account("tran.c", [.officer], passphrase: PassphraseHash(of: "mot hai ba"), code: code), in: path)
      try Accounts.set(Account("le.d", [.viewer], passphrase: PassphraseHash(of: "bon nam sau")), in: path)
      site = Site(
        [ServedPipeline(sample.pipeline, file: sample.file)], hosts: [SampleSite.host], program: "/bin/false",
        door: .accounts(try AccountDoor(path)), isSecure: isSecure)
    }

    func signIn(_ name: String, _ passphrase: String, _ code: String = "") -> Response {
      site.answer(
        Request(
          .post, "/sign-in", headers: [("host", SampleSite.host), ("sec-fetch-site", "same-origin")],
          body: Array(Form.text([("name", name), ("passphrase", passphrase), ("code", code)]).utf8)))
    }

    func digits(later steps: Int = 0) -> String {
      code.digits(at: Int(Date().timeIntervalSince1970) / 30 + steps)
    }

    func get(_ path: String, _ cookie: String) -> Response {
      site.answer(Request(.get, path, headers: [("host", SampleSite.host), ("cookie", cookie)]))
    }
  }

  private func cookie(_ response: Response) throws -> String {
    String(try #require(response.value("set-cookie")).prefix { $0 != ";" })
  }

  @Test("passphrase and digits sign in, are in the audit log, and the digits serve once")
  func signsIn() throws {
    let sample = try SampleSite.shared.get()
    let office = try Office(sample)
    let digits = office.digits()
    let answer = office.signIn("tran.c", " Mot  hai BA ", digits)
    #expect(answer.status == 303)
    let text = try #require(answer.value("set-cookie"))
    #expect(
      text.hasPrefix("__Host-cardlink=") && text.contains("; Secure") && text.contains("HttpOnly")
        && text.contains("SameSite=Strict") && text.contains("Path=/;"))
    let page = office.get(sample.path(.work), try cookie(answer))
    #expect(page.status == 200 && page.text.contains("tran.c"))
    #expect(office.get(sample.path(.audit), try cookie(answer)).status == 403)
    let line = try #require(
      try Audit(sample.pipeline.workspace).reading().lines.last { $0.event == "signed_in" })
    #expect(line.user == "tran.c" && line.door == "console")
    #expect(office.signIn("tran.c", "mot hai ba", digits).status == 403)
    #expect(office.signIn("le.d", "bon nam sau").status == 303)
  }

  @Test("what is wrong is answered alike, whether the account exists or not")
  func alike() throws {
    let office = try Office(try SampleSite.shared.get())
    let tries = [
      ("tran.c", "sai", office.digits()), ("tran.c", "mot hai ba", "000000x"), ("tran.c", "mot hai ba", ""),
      ("nobody", "mot hai ba", office.digits()), ("", "", ""),
    ]
    var texts: Set<String> = []
    for (name, passphrase, code) in tries {
      let answer = office.signIn(name, passphrase, code)
      #expect(answer.status == 403 && answer.value("set-cookie") == nil)
      texts.insert(answer.text.replacing("value=\"\(name)\"", with: ""))
    }
    #expect(texts.count == 1)
    let get = office.site.answer(Request(.get, "/sign-in?token=x", headers: [("host", SampleSite.host)]))
    #expect(get.status == 401)
    #expect(office.site.sessions.metrics.contains("cardlink_console_sign_ins_refused_total 5"))
  }

  @Test("after five wrong tries the name waits, whatever it then types; others don't")
  func waits() throws {
    let sample = try SampleSite.shared.get()
    let office = try Office(sample)
    for _ in 0..<AccountDoor.freeTries { #expect(office.signIn("le.d", "sai").status == 403) }
    let answer = office.signIn("le.d", "bon nam sau")
    #expect(answer.status == 429 && answer.value("set-cookie") == nil)
    #expect(office.signIn("tran.c", "mot hai ba", office.digits()).status == 303)
    let lines = try Audit(sample.pipeline.workspace).reading().lines.filter { $0.event == "sign_in_refused" }
    #expect(lines.last?.user == "le.d")
    // What was typed as a name is in no log: it may be a passphrase.
    for _ in 0..<AccountDoor.freeTries { _ = office.signIn("toi-go-nham", "x") }
    let log = try String(contentsOfFile: Audit(sample.pipeline.workspace).path, encoding: .utf8)
    #expect(!log.contains("toi-go-nham") && log.contains("unknown account"))
  }

  @Test("a line that is changed or taken out ends the account's sessions at once")
  func ends() throws {
    let sample = try SampleSite.shared.get()
    let office = try Office(sample)
    let first = try cookie(office.signIn("tran.c", "mot hai ba", office.digits()))
    let second = try cookie(office.signIn("le.d", "bon nam sau"))
    #expect(office.get(sample.path(.work), first).status == 200)
    try Accounts.set(
      Account("tran.c", [.officer], passphrase: PassphraseHash(of: "moi"), code: office.code), in: office.path
    )
    #expect(office.get(sample.path(.work), first).status == 401)
    #expect(office.get(sample.path(.tonight), second).status == 200)
    try FileManager.default.removeItem(atPath: office.path)
    #expect(office.get(sample.path(.tonight), second).status == 401)
  }

  @Test("many tries at once are worked off one by one, or told to come again")
  func many() throws {
    let office = try Office(try SampleSite.shared.get())
    let found = Mutex<[Int]>([])
    DispatchQueue.concurrentPerform(iterations: 12) { i in
      let status = office.signIn("name\(i)", "sai").status
      found.withLock { $0.append(status) }
    }
    #expect(found.withLock { Set($0).isSubset(of: [403, 503]) && $0.contains(403) })
  }

  @Test("accounts without a passphrase need a proxy")
  func incomplete() throws {
    let workshop = try Workshop()
    let path = try workshop.file("hoa: viewer\n".utf8, named: "accounts")
    #expect(throws: Stop.self) { try AccountDoor(path) }
  }
}
