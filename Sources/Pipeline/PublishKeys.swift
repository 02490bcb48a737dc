// The keys below `publish` in the pipeline file: who gets which packages.
// Invariant: a rule says whom it selects; what no rule selects is not published.

import Package
import Publish
import Seal
import Values
import Yams

extension PipelineKeys {
  static var publish: KeyGroup<Pipeline> {
    KeyGroup(
      [
        Key(
          "valid_days", .count(0...3650), \.publish.validDays,
          "Days after the business date on which a package may still be used",
          "Số ngày gói còn được dùng sau ngày nghiệp vụ", example: "3"),
        Key(
          "contact", .text("one line of text", matching: #"[^\r\n]+"#, upTo: 300), \.publish.contact,
          "Whom facilities ask about their packages; written in each package's HUONG-DAN.txt",
          "Cơ sở hỏi ai về gói dữ liệu; ghi trong HUONG-DAN.txt của từng gói",
          example: "\"Phòng CNTT, BHXH tỉnh, 024 0000 0000\""),
        Key(
          "signing_key", .path, \.publish.signingKey,
          "Private key that signs the packages; without it they are unsigned",
          "Khóa riêng dùng để ký gói; không ghi thì gói không có chữ ký", example: "keys/publish.key"),
        Key(
          "checkpoint_every", .count(1...366), \.publish.checkpointEvery,
          "Every how many packages of a recipient one is full; the others hold what has changed",
          "Cứ bao nhiêu gói của một nơi nhận thì có một gói đầy đủ; các gói còn lại chỉ gồm thay đổi",
          example: "7"),
        Key(
          "missing_key", .choice([("stop", false), ("leave_out", true)]), \.publish.leavesOutWithoutKey,
          "A package has no key to encrypt it to: publish nothing, or leave out that package",
          "Gói chưa có khóa để mã hóa: không gửi gói nào, hay bỏ qua gói đó"),
        Key(
          "packages", .list(of: .group(rule, from: PackageRule())), \.publish.rules,
          "Rules; the first that selects a facility is the only one, except for copies. Without it each facility gets a CSV package of its own people",
          "Quy tắc gửi gói; quy tắc đầu tiên khớp là quy tắc được dùng, trừ bản sao (`copy`). Không ghi thì mỗi cơ sở nhận gói CSV về người của mình",
          example: "[{ facility: \"01*\", formats: [csv] }]"),
        Key(
          "fhir", fhir, \.publish.fhir, "Identifier systems and the payor's name in FHIR packages",
          "Hệ định danh và tên cơ quan chi trả trong gói FHIR"),
        Key(
          "consumers", consumers, \.consumers,
          "Who else gets answers about persons: a policy for each, here or in a folder of files",
          "Những nơi khác được trả lời về từng người: mỗi nơi một chính sách, ghi tại đây hoặc trong thư mục tệp",
          example:
            "[{ consumer: bank-a, purpose: { vi: …, en: … }, basis: …, until: 2027-11-30, release: [{ attribute: full_name, as: agrees }], retention_days: 30, requests: { format: csv, fields: { personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, reference: Ma }, dates: [dd/MM/yyyy] } }]"
        ),
        Key(
          "attestations", .group(attestations, from: AttestationTerms()), \.attestations,
          "How attestations for wallets are signed, and how long they last",
          "Cách ký xác nhận cho ví điện tử và thời hạn",
          example: "{ key: keys/attest.key, issuer: \"https://attest.example.vn\" }"),
      ],
      check: { pipeline, read, reader in
        if let node = read["consumers"], !read.has("attestations"),
          pipeline.consumers.contains(where: \.attests)
        {
          reader.report(
            node, key: "consumers", expected: "publish.attestations beside a consumer with attest: true",
            found: "none",
            remedy: "Make a key, cardlink keys attestation keys/attest.key, and write attestations: with it.")
        }
        var consumers: Set<String> = []
        for policy in pipeline.consumers where !policy.name.isEmpty && !consumers.insert(policy.name).inserted
        {
          guard let node = read["consumers"] else { continue }
          reader.report(
            node, key: "consumers", expected: "another name for each consumer",
            found: "`\(policy.name)` twice",
            remedy: "Give each consumer its own name.")
        }
        var names: Set<String> = []
        for (rule, node) in zip(pipeline.publish.rules, read["packages"]?.sequence ?? []) {
          guard let name = rule.name, let node = node.mapping?["name"], !names.insert(name).inserted else {
            continue
          }
          reader.report(
            node, key: "packages.name", expected: "another name for each package", found: "`\(name)` twice",
            remedy: "Give each rule its own name.")
        }
      })
  }

  private static var rule: KeyGroup<PackageRule> {
    KeyGroup(
      [
        Key(
          "facility",
          Kind.text("a facility's code, with * and ? for what varies", matching: "[!-~]{1,16}").map {
            text, _ in
            .facility(text)
          }, \.selection, "One package for each facility whose code matches",
          "Mỗi cơ sở có mã khớp nhận một gói", example: "\"01*\""),
        Key(
          "province",
          Kind.text("the two digits that facility codes begin with", matching: "[0-9]{2}").map { text, _ in
            .province(text)
          }, \.selection,
          "All facilities whose codes begin with these two digits: those of one province of before July 2025",
          "Mọi cơ sở có mã bắt đầu bằng hai số này, tức của một tỉnh trước tháng 7/2025", example: "\"74\""),
        Key(
          "province_2025", provinceOfToday.map { province, _ in .province2025(province.code) }, \.selection,
          "All facilities of one of the 34 provinces since July 2025, whichever former province their codes begin with",
          "Mọi cơ sở thuộc một trong 34 tỉnh, thành từ tháng 7/2025, dù mã còn theo tỉnh cũ",
          example: "\"79\""),
        Key(
          "all", .choice([("true", .all)]), \.selection, "All facilities", "Mọi cơ sở"),
        Key(
          "name",
          packageName,
          \.name, "One package of this name for all of them together; without it one for each facility",
          "Một gói chung mang tên này; không ghi thì mỗi cơ sở một gói", example: "province-79"),
        Key(
          "copy", .flag, \.isCopy,
          "In addition: later rules select as if this one weren't there; needs a name",
          "Gói gửi thêm: các quy tắc sau vẫn chọn như không có quy tắc này; phải có tên (`name`)"),
        Key(
          "formats", formats, \.formats, "Formats of the people in the package", "Định dạng dữ liệu trong gói"
        ),
        Key(
          "attributes", attributes, \.attributes, "What the package tells about a person",
          "Thông tin về mỗi người trong gói", example: "[personal_id, card_number, valid_to]"),
        Key(
          "card_number", .choice([("as_sent", .asSent), ("fifteen", .fifteen)]), \.cardNumber,
          "Card numbers of 17 characters as they are, or with the person's insurance number of 10 digits, for programs that refuse 17; empty if none is known",
          "Mã thẻ 17 ký tự giữ nguyên, hay ghi theo 15 ký tự với mã số BHXH 10 số cho phần mềm chưa nhận 17 ký tự; để trống nếu không biết mã số"
        ),
        Key(
          "encrypt_to", recipients, \.encryptTo,
          "Public keys (age1…), files of keys or folders with a file CODE.pub for each facility; without it packages are not encrypted",
          "Khóa công khai (age1…), tệp khóa hoặc thư mục có tệp MÃ.pub của từng cơ sở; không ghi thì gói không mã hóa",
          example: "keys/facilities"),
        Key(
          "passphrases", passphrases, \.passphrases,
          "For the format desk: the folder with a file CODE.desk for each facility, made by `cardlink keys passphrase`; or plain, without a passphrase",
          "Cho định dạng desk: thư mục có tệp MÃ.desk của từng cơ sở, tạo bằng `cardlink keys passphrase`; hoặc plain: không có cụm mật khẩu",
          example: "keys/desks"),
      ], oneOf: ["facility", "province", "province_2025", "all"],
      check: { rule, read, reader in
        if rule.isCopy, !read.has("name"), let node = read["copy"] {
          reader.report(
            node, key: "copy", expected: "a name beside it", found: "none",
            remedy: "Name the package, such as name: province-01, to tell it from the facilities' packages.")
        }
        guard rule.formats.contains(.desk), let node = read["formats"] else { return }
        if rule.passphrases == nil {
          reader.report(
            node, key: "formats", expected: "passphrases beside desk", found: "none",
            remedy:
              "Name the folder of the passphrases' keys, passphrases: keys/desks, or write passphrases: plain."
          )
        }
        if !rule.attributes.contains(.fullName) || !rule.attributes.contains(.birthDate) {
          reader.report(
            node, key: "formats", expected: "full_name and birth_date among the attributes of a desk",
            found: "others", remedy: "Add them: a card is checked by number, name and birth date.")
        }
      })
  }

  /// The name of a package, which is the name of its folder beside those of facilities.
  private static var packageName: Kind<String> {
    var kind = Kind.text(
      "small letters and digits with a hyphen, which no facility's code has",
      matching: "[a-z0-9]+(-[a-z0-9]+)+", upTo: 64)
    let read = kind.read
    kind.read = { (node, reader) throws(Mistake) in
      let text = node.scalar?.string ?? ""
      let isOneWord =
        !text.isEmpty && text.utf8.count <= 40 && text.allSatisfy { $0.isASCII && $0.isLetter || $0.isNumber }
      do throws(Mistake) {
        return try read(node, &reader)
      } catch {
        guard isOneWord else { throw error }
        throw Mistake(
          found: "`\(text)`, which may be a facility's code",
          remedy: "Write it with a hyphen: name: \(text.lowercased())-all")
      }
    }
    return kind
  }

  /// One of the 34 provinces since July 2025, by its code.
  static var provinceOfToday: Kind<ProvinceOfToday> {
    let codes = ProvinceOfToday.all.map(\.text)
    var kind = Kind.text("the code of a province since July 2025", matching: "[0-9]{2}")
    kind.schema = ["type": "string", "enum": codes]
    return kind.map { (text, _) throws(Mistake) in
      guard let code = Int(text), let province = ProvinceOfToday.of(code) else {
        throw Mistake(remedy: "Write one of \(codes.joined(separator: ", ")).")
      }
      guard province.code == code else {
        throw Mistake(
          found: "`\(text)`, which was \(IDPrefix.province(code) ?? "") before July 2025",
          remedy: "That province belongs to \(province.label) now: write province_2025: \"\(province.text)\"."
        )
      }
      return province
    }
  }

  private static var formats: Kind<[PackageFormat]> {
    .list(of: .choice(PackageFormat.allCases.map { ($0.rawValue, $0) })).map(
      written: { $0.map(\.rawValue) },
      { formats, _ in PackageFormat.allCases.filter { formats.contains($0) } })
  }

  private static var attributes: Kind<[Attribute]> {
    Kind.list(of: .choice(Attribute.ofEveryPackage.map { ($0.name, $0) })).map {
      (attributes, _) throws(Mistake) in
      guard attributes.contains(.personalID) else {
        throw Mistake(
          expected: "personal_id among them", found: "none",
          remedy: "Add personal_id: a package is looked up by it.")
      }
      return Attribute.ofEveryPackage.filter { attributes.contains($0) }
    }
  }

  /// Public keys, key files and folders of them.
  static var recipients: Kind<[String]> {
    Kind(
      words: keyWords, example: "keys/facilities",
      schema: ["type": ["string", "array"], "items": ["type": "string"], "minItems": 1], isSecret: true,
      written: { $0.isEmpty ? nil : $0 }
    ) { (node, reader) throws(Mistake) in
      guard node.sequence != nil else { return [try recipient.read(node, &reader)] }
      return try Kind.list(of: recipient).read(node, &reader)
    }
  }

  private static var passphrases: Kind<String?> {
    Kind.text("a folder, or plain").map { text, base in
      text == PackageRule.plainDesk ? text : Paths.join(base, text)
    }.optional
  }

  private static let keyWords = "public keys (age1…), or files or folders of them"

  private static var recipient: Kind<String> {
    var kind = Kind.text(keyWords)
    kind.isSecret = true
    return kind.map { (text, base) throws(Mistake) in
      guard !text.uppercased().hasPrefix("AGE-SECRET-KEY-") else {
        throw Mistake(found: "a private key, which must stay with its facility")
      }
      let isKey = text.lowercased().hasPrefix("age1")
      guard !isKey || EncryptionKey(text) != nil else {
        throw Mistake(found: "age1 and something that is no key")
      }
      return isKey ? text : Paths.join(base, text)
    }
  }

  private static var fhir: KeyGroup<FHIRNames> {
    func system(
      _ name: String, _ path: WritableKeyPath<FHIRNames, String>, _ english: String, _ vietnamese: String
    ) -> Key<FHIRNames> {
      Key(
        name, .text("a URI", matching: #"\S*:\S*"#), path, english, vietnamese,
        example: "https://example.vn/ids/\(name)")
    }
    return KeyGroup([
      system(
        "personal_id", \.personalID, "System of personal ID numbers", "Hệ định danh của số định danh cá nhân"),
      system(
        "insurance_number", \.insuranceNumber, "System of insurance numbers", "Hệ định danh của mã số BHXH"),
      system("card_number", \.cardNumber, "System of card numbers", "Hệ định danh của mã thẻ BHYT"),
      system("facility_code", \.facilityCode, "System of facility codes", "Hệ định danh của mã cơ sở KCB"),
      system(
        "definitions", \.definitions, "What the names of extensions and classes of coverage begin with",
        "Tiền tố tên của phần mở rộng và nhóm quyền lợi"),
      Key(
        "payor", .text, \.payor, "Name of the payor", "Tên cơ quan chi trả",
        example: "Bảo hiểm xã hội Việt Nam"),
    ])
  }
}
