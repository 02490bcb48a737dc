// Facilities: who got which package and when, by recipient and for one recipient over the nights; codes that the table lacks.
// Invariant: codes and figures only; no person.
// Load: 13,000 recipients, fifty a page; the list is read once for each publication.

import Desk
import Seal
import Values
import Views
import Workspace

struct FacilitiesPage {
  struct Code {
    var code: String
    var current: String?
    var name: String?
    var persons: String
  }
  struct Fact {
    var title: String
    var value: String
  }
  struct Package {
    var recipient: String
    var name: String
    var path: String
    var kind: String
    var chain: String
    var persons: String
    var bytes: String
    var key: String
    var isLeftOut: Bool
    var receipt: String
    var style: String
  }

  var from: String?
  var facts: [Fact]
  var typed: String?
  var states: [FindingsPage.Choice] = []
  var packages: [Package] = []
  var hasReceipts = false
  var range = ""
  var total = ""
  var previous: String?
  var following: String?
  var isFiltered = false
  var action: String
  var known: String?
  var unknown: [Code] = []
  var unknownTotal = "0"
  var replaced: [Code] = []
  var replacedTotal = "0"
  var provinces: [Code] = []
  var note: String?
}

struct FacilityPage {
  struct Night {
    var run: Int
    var asOf: String
    var published: String
    var kind: String
    var chain: String
    var persons: String
    var bytes: String
    var received: String
    var isReceived: Bool
    var isInForce: Bool
  }
  var code: String
  var name: String?
  var province: String?
  var facts: [FacilitiesPage.Fact]
  var keys: [String]
  var keysChanged: Bool
  var isLeftOut: Bool
  var isNone: Bool
  var nights: [Night]
  var hasReceipts: Bool
  var back: String
}

/// How far a recipient is; with one more for those without a package.
private enum Standing: String, CaseIterable {
  case current, behind
  case takenBack = "taken_back"
  case never
  case leftOut = "left_out"

  init?(_ row: PackageList.Row) {
    guard row.package != nil else {
      self = .leftOut
      return
    }
    guard let state = row.standing?.state else { return nil }
    self.init(rawValue: state.rawValue)
  }
}

extension Visit {
  private static let pageLength = 50
  private static let mostNights = 120

  func facilities() throws(Stop) -> Response {
    let desk = desk
    var page = FacilitiesPage(facts: [], typed: request.query["code"], action: path(.facilities))
    if let list = try site.packages(served, desk) { fill(&page, list) }
    try fillCodes(&page, desk)
    return show("facilities", page, title: Bilingual("Cơ sở", "Facilities"))
  }

  /// The packages in force, filtered, and one page of them.
  private func fill(_ page: inout FacilitiesPage, _ list: PackageList) {
    let publication = list.publication
    page.from = language.text(
      "Gói của lượt chạy \(publication.run), dùng đến \(language.date(publication.validUntil))",
      "Packages of run \(publication.run), to be used until \(language.date(publication.validUntil))")
    page.facts = [
      .init(
        title: language.text("Gói dữ liệu", "Packages"), value: language.count(publication.entries.count)),
      .init(
        title: language.text("Chỉ gồm thay đổi", "With changes only"),
        value: language.count(publication.entries.count(where: \.isDelta))),
      .init(
        title: language.text("Chưa có khóa, không nhận gói", "Without a key, so without a package"),
        value: language.count(publication.leftOut.count)),
    ]
    let wanted = request.query["state"].flatMap(Standing.init(rawValue:))
    let matching = list.rows(matching: page.typed ?? "")
    let counts = Dictionary(grouping: matching.compactMap { Standing($0) }, by: \.self).mapValues(\.count)
    page.states = Standing.allCases.filter { counts[$0] != nil || $0 == wanted }.map {
      .init(
        value: $0.rawValue, title: title($0), count: language.count(counts[$0] ?? 0), isChosen: $0 == wanted)
    }
    let rows = wanted == nil ? matching : matching.filter { Standing($0) == wanted }
    let pages = max(1, (rows.count + Self.pageLength - 1) / Self.pageLength)
    let number = min(max(1, request.query.number("page") ?? 1), pages)
    let range = (number - 1) * Self.pageLength..<min(rows.count, number * Self.pageLength)
    func link(_ page: Int) -> String? {
      (1...pages).contains(page)
        ? path(
          .facilities,
          [
            ("code", request.query["code"] ?? ""), ("state", wanted?.rawValue ?? ""), ("page", "\(page)"),
          ]) : nil
    }
    page.packages = rows[range].map { self.package($0, list) }
    page.hasReceipts = list.hasReceipts
    page.total = language.count(rows.count)
    page.range =
      rows.isEmpty ? "0" : "\(language.count(range.lowerBound + 1))–\(language.count(range.upperBound))"
    (page.previous, page.following) = (number > 1 ? link(number - 1) : nil, link(number + 1))
    page.isFiltered = page.typed != nil || wanted != nil
  }

  private func title(_ standing: Standing) -> String {
    switch standing {
    case .current: language.text("đã nhận gói này", "has this package")
    case .behind: language.text("chậm", "behind")
    case .takenBack: language.text("đang giữ gói đã thu hồi", "has a package that was taken back")
    case .never: language.text("chưa gửi biên nhận", "never sent a receipt")
    case .leftOut: language.text("chưa có khóa", "without a key")
    }
  }

  private func package(_ row: PackageList.Row, _ list: PackageList) -> FacilitiesPage.Package {
    .init(
      recipient: row.recipient, name: row.name, path: path(.facility, [("code", row.recipient)]),
      kind: row.package.map(kind) ?? "", chain: row.package.map(chain) ?? "",
      persons: row.package?.persons.map(language.count) ?? "–",
      bytes: row.package?.byteCount.map { language.text(FigureText.bytes($0)) } ?? "–",
      key: row.package.map { key($0, list) } ?? "", isLeftOut: row.package == nil,
      receipt: receipt(row.standing), style: row.standing?.state == .current ? "good" : "wait")
  }

  private func kind(_ package: PackageFacts) -> String {
    package.isDelta ? language.text("thay đổi", "changes") : language.text("đầy đủ", "full")
  }

  /// The place in the recipient's chain of packages.
  private func chain(_ package: PackageFacts) -> String {
    guard package.isDelta, let base = package.baseRun else { return "" }
    return language.text(
      "thứ \(package.deltas) sau gói đầy đủ của lượt \(base)",
      "no. \(package.deltas) after the full one of run \(base)")
  }

  /// The beginning of the key's fingerprint.
  private func key(_ package: PackageFacts, _ list: PackageList) -> String {
    guard package.encryptedTo != nil else { return language.text("không mã hóa", "plain") }
    guard let prints = list.fingerprints(of: package), let first = prints.first else {
      return language.text("khóa đã đổi từ đó", "key changed since")
    }
    return String(spokenFingerprint(first).prefix(9)) + (prints.count > 1 ? " +\(prints.count - 1)" : "")
  }

  private func receipt(_ standing: RecipientStanding?) -> String {
    guard let standing, standing.state != .never else {
      return standing == nil ? "" : language.text("chưa có", "none yet")
    }
    let nights = standing.nightsBehind ?? 0
    let behind =
      standing.state == .takenBack
      ? language.text("gói đã thu hồi", "taken back")
      : nights == 0
        ? language.text("mới nhất", "up to date")
        : language.text("chậm \(nights) đêm", nights == 1 ? "1 night behind" : "\(nights) nights behind")
    return "\(standing.receivedOn.map(language.date) ?? "") · \(behind)"
  }

  // MARK: One recipient

  func facility() throws(Stop) -> Response {
    let desk = desk
    // A code is letters, digits and hyphens; anything else names no package.
    guard let code = request.query["code"], code.utf8.count <= 64,
      code.utf8.allSatisfy({ $0 == 45 || $0 == 95 || (48...57).contains($0) || (65...90).contains($0 & 0xDF) }
      ),
      let list = try site.packages(served, desk)
    else { return site.notFound(language, session) }
    let row = list.rows.first { $0.recipient == code }
    let nights = try desk.nights(of: code)
    guard row != nil || nights.contains(where: { $0.package != nil || $0.isReceived }) else {
      return site.notFound(language, session)
    }
    let package = row?.package
    var facts: [FacilitiesPage.Fact] = []
    func fact(_ vietnamese: String, _ english: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      facts.append(.init(title: language.text(vietnamese, english), value: value))
    }
    if let package {
      fact(
        "Gói đang có hiệu lực", "Package in force", [kind(package), chain(package)].joined(separator: " "))
      fact("Lượt chạy", "Run", "\(list.publication.run) · \(language.date(list.publication.asOf))")
      fact("Dùng đến", "To be used until", language.date(list.publication.validUntil))
      fact("Bản ghi", "Records", package.persons.map(language.count))
      fact("Dung lượng", "Size", package.byteCount.map { language.text(FigureText.bytes($0)) })
    }
    if let standing = row?.standing {
      fact("Biên nhận gần nhất", "Last receipt", receipt(standing))
      fact("Qua", "By", standing.door.map { "cardlink \($0) \(standing.version ?? "")" })
    }
    let prints = package.flatMap { list.fingerprints(of: $0) }
    let short = ShortCode(Array(code.utf8).span) ?? .none
    let page = FacilityPage(
      code: code, name: row.flatMap { $0.name.isEmpty ? nil : $0.name },
      province: Facilities().province(of: short)?.label, facts: facts,
      keys: (prints ?? []).map(spokenFingerprint),
      keysChanged: package?.encryptedTo != nil && prints == nil, isLeftOut: row != nil && package == nil,
      isNone: row == nil, nights: nights.prefix(Self.mostNights).map { night($0, list) },
      hasReceipts: list.hasReceipts, back: path(.facilities))
    return show("facility", page, title: Bilingual("Cơ sở \(code)", "Facility \(code)"))
  }

  private func night(_ night: RecipientNight, _ list: PackageList) -> FacilityPage.Night {
    let none =
      night.isKept
      ? language.text("không có gói", "no package") : language.text("không còn lưu", "no longer kept")
    return .init(
      run: night.run, asOf: language.date(night.asOf),
      published: night.publishedAt.map(language.time) ?? "", kind: night.package.map(kind) ?? none,
      chain: night.package.map(chain) ?? "", persons: night.package?.persons.map(language.count) ?? "–",
      bytes: night.package?.byteCount.map { language.text(FigureText.bytes($0)) } ?? "–",
      received: night.isReceived ? language.text("đã nhận", "received") : "–", isReceived: night.isReceived,
      isInForce: night.run == list.publication.run)
  }

  // MARK: Codes

  private func fillCodes(_ page: inout FacilitiesPage, _ desk: Desk) throws(Stop) {
    if let run = try desk.runs().last(where: { $0.published != nil && $0.state == .done }) {
      page.provinces = ProvinceFigures.all(of: run, former: false).compactMap { province in
        province.personsByFacility.map {
          .init(
            code: province.code == "none" ? "–" : province.code, current: nil,
            name: province.name.isEmpty
              ? language.text("không thuộc tỉnh nào", "in no province") : province.name,
            persons: language.count($0))
        }
      }
    }
    do throws(Stop) {
      let (_, figures) = try desk.facilities(named: served.file, run: nil)
      page.known = language.count(figures.known)
      page.unknown = figures.unknown.map {
        .init(code: $0.code, current: nil, name: nil, persons: language.count($0.persons))
      }
      page.unknownTotal = language.count(figures.unknownPersons)
      page.replaced = figures.replaced.map {
        .init(code: $0.code, current: $0.current, name: $0.name, persons: language.count($0.persons))
      }
      page.replacedTotal = language.count(figures.replacedPersons)
    } catch {
      page.note = language.text(
        "Tệp cấu hình chưa có danh mục cơ sở (khóa facilities).",
        "The pipeline file names no table of facilities (key facilities).")
    }
  }
}
