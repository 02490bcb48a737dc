// The keys of `publish.consumers`: policies of those besides the facilities who get answers.
// Invariant: a policy has an end, a purpose and a legal basis, and compares at least a name or a birth date: a number alone
// tells nothing.

import Files
import Publish
import Values
import Yams

extension PipelineKeys {
  /// A list of policies, or a folder with a file for each.
  static var consumers: Kind<[ConsumerPolicy]> {
    let list = Kind.list(of: .group(consumer, from: ConsumerPolicy()))
    return Kind(
      words: "a list of consumers, or a folder with a file NAME.yaml for each", example: "policies",
      schema: ["anyOf": [list.schema, ["type": "string", "minLength": 1]]], rows: list.rows,
      written: { _ in nil }
    ) { (node, reader) throws(Mistake) in
      guard let path = node.scalar?.string, !path.isEmpty else { return try list.read(node, &reader) }
      return try policies(in: Paths.join(reader.base, path), &reader)
    }
  }

  private static func policies(
    in folder: String, _ reader: inout PipelineReader
  ) throws(Mistake) -> [ConsumerPolicy] {
    let names: [String]
    do throws(Stop) {
      names = try Folder.names(in: folder).filter { $0.hasSuffix(".yaml") }.sorted()
    } catch {
      throw Mistake(found: "a folder that can't be read")
    }
    guard !names.isEmpty else { throw Mistake(found: "no file that ends in .yaml there") }
    var policies: [ConsumerPolicy] = []
    // The file of each consumer.
    var files: [String: String] = [:]
    for name in names {
      let path = folder + "/" + name
      guard let text = try? Folder.read(path) else {
        throw Mistake(found: "\(name) there, which can't be read")
      }
      var inner = PipelineReader(file: path, base: folder)
      if let policy = policy(text, named: name, &files, &inner) { policies.append(policy) }
      reader.take(inner, text)
    }
    return policies
  }

  /// The policy in a file; nil after a mistake that leaves none to check.
  private static func policy(
    _ text: String, named name: String, _ files: inout [String: String], _ reader: inout PipelineReader
  ) -> ConsumerPolicy? {
    // What can't be read as UTF-8 was replaced by this character.
    if let place = text.firstIndex(of: "\u{FFFD}") {
      reader.report(notUTF8: text[..<place])
      return nil
    }
    var policy = ConsumerPolicy()
    do {
      let node = try Yams.compose(yaml: text) ?? Node("")
      consumer.read(node, into: &policy, &reader)
      guard !policy.name.isEmpty, let first = files.updateValue(name, forKey: policy.name) else {
        return policy
      }
      reader.report(
        node.mapping?["consumer"] ?? node, key: "consumer", expected: "another name for each consumer",
        found: "`\(policy.name)`, as in \(first)",
        remedy: "Give each consumer its own name, or remove a file.")
    } catch {
      reader.report(YAMLMistake(error, in: text))
    }
    return nil
  }

  private static let line = #"[^\r\n]+"#

  private static var consumer: KeyGroup<ConsumerPolicy> {
    KeyGroup(
      [
        Key(
          "consumer",
          .text("small letters, digits and hyphens", matching: "[a-z0-9]+(-[a-z0-9]+)*", upTo: 40),
          \.name, isRequired: true, "Its name in commands, answers and the audit log",
          "Tên trong lệnh, trong gói trả lời và nhật ký", example: "bank-a"),
        Key(
          "purpose",
          KeyGroup([
            Key(
              "vi", .text("one line of text", matching: line, upTo: 300), \.purposeVietnamese,
              isRequired: true,
              "In Vietnamese", "Bằng tiếng Việt", example: "Xác minh khách hàng mở tài khoản"),
            Key(
              "en", .text("one line of text", matching: line, upTo: 300), \.purpose, isRequired: true,
              "In English", "Bằng tiếng Anh", example: "Verify customers who open an account"),
          ]), \.self, isRequired: true,
          "What the answers are used for; written into every answer package and line of the audit log",
          "Mục đích sử dụng; ghi trong mọi gói trả lời và dòng nhật ký"),
        Key(
          "basis", .text("one line of text", matching: line, upTo: 300), \.basis, isRequired: true,
          "The legal basis", "Căn cứ pháp lý", example: "Circular 17/2024/TT-NHNN, art. 17"),
        Key("from", .day, \.from, "The first day on which answers go out", "Ngày đầu tiên được trả lời"),
        Key(
          "until", .day, \.until, isRequired: true, "The last day; after it nothing goes out",
          "Ngày cuối cùng; sau ngày này không gửi gì nữa", example: "2027-11-30"),
        Key(
          "persons", persons, \.persons,
          "Who may be confirmed: `asked` for everybody in the register, or the people of facilities, `{ facilities: [\"01*\"], province_2025: \"79\" }`; others count as unknown",
          "Được xác nhận về ai: `asked` là mọi người trong CSDL dân cư; hoặc người đăng ký tại các cơ sở đã nêu, người khác coi như không có"
        ),
        Key(
          "identifier", .choice(ConsumerIdentifier.allCases.map { ($0.rawValue, $0) }), \.identifier,
          "How an answer names the person: number, a pseudonym of this consumer alone (pairwise), or none, by the request's reference",
          "Trả lời ghi người bằng số định danh, bằng mã riêng của nơi nhận này (pairwise), hay không ghi, chỉ có mã tham chiếu của yêu cầu"
        ),
        Key(
          "key", .path, \.keyFile, "The file of the key for pseudonyms, made by `cardlink keys pairwise`",
          "Tệp khóa tạo mã riêng, lập bằng `cardlink keys pairwise`", example: "keys/bank-a.pairwise"),
        Key(
          "release", .list(of: .group(releaseKeys, from: Release(.fullName, .exact))), \.release,
          isRequired: true,
          "What is told, and in which form; a value only if all that is compared agrees",
          "Được biết gì, dưới dạng nào; chỉ cho biết giá trị khi mọi nội dung đối chiếu đều khớp",
          example: "[{ attribute: full_name, as: agrees }]"),
        Key(
          "hide", hidden, \.hidesAbsence,
          "Gives persons who are unknown and persons who are not active one code, not_confirmed",
          "Dùng chung một mã not_confirmed cho người không có trong dữ liệu và người không còn hoạt động",
          example: "[person_unknown, person_inactive]"),
        Key(
          "consent", .choice([("none", false), ("reference_required", true)]), \.needsConsent,
          "Whether a request needs the reference of the person's consent",
          "Yêu cầu có bắt buộc mã chấp thuận của người dân không"),
        Key(
          "limits",
          KeyGroup([
            Key(
              "per_day", .count(1...1_000_000_000), \.perDay,
              "Requests a day; a file that exceeds it is refused whole",
              "Số yêu cầu mỗi ngày; tệp vượt quá bị từ chối cả tệp", example: "200000"),
            Key(
              "per_person_per_day", .count(1...1000), \.perPersonPerDay,
              "Requests a day for one number; those beyond get limit_reached",
              "Số lần hỏi mỗi ngày cho một số định danh; quá thì trả limit_reached", example: "3"),
            Key(
              "failures_alarm", .share, \.failuresAlarm,
              "The share of persons not confirmed from which the sender is warned",
              "Tỷ lệ không xác nhận được mà từ đó phải cảnh báo bên gửi", example: "2%"),
          ]), \.self, "Limits for requests", "Giới hạn số yêu cầu"),
        Key(
          "retention_days", .count(1...3660), \.retentionDays, isRequired: true,
          "How long the consumer may keep the answers; written into them",
          "Nơi nhận được lưu câu trả lời bao nhiêu ngày; ghi trong gói trả lời", example: "30"),
        Key(
          "attest", .flag, \.attests,
          "It is a wallet provider: it gets attestations of cards by `cardlink attest`, and no answers",
          "Là bên cung cấp ví: nhận xác nhận thẻ bằng `cardlink attest`, không nhận câu trả lời"),
        Key(
          "encrypt_to", recipients, \.encryptTo,
          "Public keys (age1…), files of keys or folders with a file CONSUMER.pub; without it answers are not encrypted",
          "Khóa công khai (age1…), tệp khóa hoặc thư mục có tệp TÊN.pub; không ghi thì câu trả lời không mã hóa",
          example: "keys/bank-a.pub"),
        Key(
          "formats",
          .list(of: .choice(AnswerFormat.allCases.map { ($0.rawValue, $0) })).map(
            written: { $0.map(\.rawValue) },
            { formats, _ in AnswerFormat.allCases.filter { formats.contains($0) } }), \.formats,
          "Formats of the answers", "Định dạng câu trả lời"),
        Key(
          "requests", requests, \.requests, isRequired: true, "How the consumer's request files are read",
          "Cách đọc tệp yêu cầu của nơi nhận"),
      ], check: checkTogether)
  }

  private static func checkTogether(
    _ policy: inout ConsumerPolicy, _ read: ReadKeys, _ reader: inout PipelineReader
  ) {
    if let node = read["release"], !policy.release.isEmpty {
      policy.release.sort()
      if Set(policy.release).count < policy.release.count {
        reader.report(
          node, key: "release", expected: "each attribute and form once", found: "one twice",
          remedy: "Remove the second line.")
      }
      if !policy.attests, !policy.compares(.fullName), !policy.compares(.birthDate) {
        reader.report(
          node, key: "release", expected: "full_name or birth_date as agrees", found: "neither",
          remedy:
            "Add { attribute: full_name, as: agrees }: without a comparison, a number alone would be enough.")
      }
    }
    checkAttests(&policy, read, &reader)
    if let node = read["until"], policy.until.packed < policy.from.packed {
      reader.report(
        node, key: "until", expected: "a day not before from", found: "an earlier one",
        remedy: "Correct one of the two days.")
    }
    let isPairwise = policy.identifier == .pairwise
    if let node = read[isPairwise ? "identifier" : "key"], isPairwise != read.has("key") {
      reader.report(
        node, key: isPairwise ? "identifier" : "key",
        expected: isPairwise
          ? "the key of the pseudonyms beside pairwise" : "identifier: pairwise beside a key",
        found: "none",
        remedy: isPairwise
          ? "Make one, cardlink keys pairwise keys/\(policy.name).pairwise, and write key: with that file."
          : "Write identifier: pairwise, or remove the key.")
    }
  }

  private static var releaseKeys: KeyGroup<Release> {
    KeyGroup(
      [
        Key(
          "attribute", .choice(ReleasedAttribute.allCases.map { ($0.rawValue, $0) }), \.attribute,
          isRequired: true, "The attribute", "Thông tin"),
        Key(
          "as", .choice(ReleaseForm.allCases.map { ($0.rawValue, $0) }), \.form, isRequired: true,
          "agrees: yes or no; exact; year alone; over_18; valid_on_day: whether a card is valid on the day of the answer",
          "agrees: khớp hay không; exact: nguyên giá trị; year: chỉ năm; over_18: từ 18 tuổi; valid_on_day: có thẻ còn giá trị trong ngày trả lời"
        ),
      ],
      check: { release, read, reader in
        guard let node = read["as"], read.has("attribute"), !release.attribute.forms.contains(release.form)
        else {
          return
        }
        let forms = release.attribute.forms.map(\.rawValue)
        reader.report(
          node, key: "as", expected: "a form of \(release.attribute.rawValue)",
          found: "`\(release.form.rawValue)`",
          remedy: "Write \(forms.joined(separator: " or ")).")
      })
  }

  private static var hidden: Kind<Bool> {
    let words = ["person_unknown", "person_inactive"]
    return Kind.list(of: .choice(words)).map(written: { $0 ? words : nil }) { (list, _) throws(Mistake) in
      guard Set(list) == Set(words) else {
        throw Mistake(
          expected: "both person_unknown and person_inactive", found: "one of them",
          remedy: "Write hide: [person_unknown, person_inactive], or remove it.")
      }
      return true
    }
  }

  /// The people of some facilities, or everybody who is asked about.
  private static var persons: Kind<[PackageRule.Selection]> {
    struct Scope {
      var facilities: [String] = []
      var province: ProvinceOfToday?
    }
    let group = KeyGroup<Scope>(
      [
        Key(
          "facilities",
          .list(of: .text("a facility's code, with * and ? for what varies", matching: "[!-~]{1,16}")),
          \.facilities, "", ""),
        Key("province_2025", provinceOfToday, \.province, "", ""),
      ], anyOf: ["facilities", "province_2025"])
    return Kind(
      words: "asked, or facilities and province_2025", example: "asked",
      schema: ["anyOf": [["const": "asked"], group.schema(Scope())]],
      written: { $0.isEmpty ? "asked" : nil }
    ) { (node, reader) throws(Mistake) in
      if node.scalar?.string == "asked" { return [] }
      guard node.mapping != nil else { throw Mistake() }
      let scope = try Kind<Scope>.group(group, from: Scope()).read(node, &reader)
      return scope.facilities.map { .facility($0) } + (scope.province.map { [.province2025($0.code)] } ?? [])
    }
  }

  // MARK: Request files

  private static let requestKeys = [
    "format", "encoding", "delimiter", "quote", "escape", "skip_lines", "header", "footer", "empty", "record",
    "dates",
  ]

  private static var requests: KeyGroup<ExportSpec> {
    var group = export(.population)
    group.keys.removeAll { !requestKeys.contains($0.name) }
    group.keys.append(
      Key(
        "fields",
        KeyGroup<[String: ExportSpec.Source]>([
          Key(
            "personal_id", .source, \.["personal_id"], isRequired: true, "Personal ID number",
            "Số định danh cá nhân"),
          Key(
            "full_name", .source, \.["full_name"], "Full name; required without attest",
            "Họ và tên; bắt buộc nếu không có attest"),
          Key(
            "birth_date", .source, \.["birth_date"], "Date of birth; required without attest",
            "Ngày sinh; bắt buộc nếu không có attest"),
          Key("sex", .source, \.["sex"], "Sex", "Giới tính"),
          Key(
            "reference", column, \.["reference"], isRequired: true,
            "The consumer's reference, which the answer repeats",
            "Mã tham chiếu của bên hỏi, được ghi lại trong câu trả lời"),
          Key(
            "holder_jwk", column, \.["holder_jwk"],
            "With attest: the holder's public key as JSON (JWK)",
            "Khi có attest: khóa công khai của người giữ, dạng JSON (JWK)"),
          Key(
            "proof", column, \.["proof"],
            "With attest: the wallet's proof that it has the private key (key proof JWT of OpenID4VCI)",
            "Khi có attest: bằng chứng ví giữ khóa riêng (key proof JWT của OpenID4VCI)"),
          Key(
            "consent", column, \.["consent"], "The reference of the person's consent",
            "Mã chấp thuận của người dân"),
        ]), \.fields, isRequired: true, "Canonical name: column (CSV) or path (XML)",
        "Tên chuẩn: cột (CSV) hoặc đường dẫn (XML)"))
    group.keys.append(
      Key(
        "values",
        KeyGroup<ExportSpec>([
          Key(
            "sex", .codes(for: Sex.allCases.map(\.name)), \.sexCodes, "Codes of `sex`", "Mã giới tính",
            example: "{ \"1\": male, \"2\": female }")
        ]), \.self, "What the codes mean", "Ý nghĩa các mã"))
    group.together = formTogether
    group.check = together
    return group
  }

  private static var column: Kind<ExportSpec.Source> {
    Kind.text("a column").map { text, _ in .column(text) }
  }
}
