// The facts that a package of answers states about itself, and its guide.
// Invariant: every value of bag-info.txt is one line.

import Seal
package import Values

package struct AnswerFacts: Sendable {
  package var pipeline: String
  package var consumer: String
  /// The newest run of the workspace, and the one whose data were asked.
  package var runID: Int
  package var dataRunID: Int
  /// Counts the consumer's answers.
  package var edition: Int
  /// The package of answers before.
  package var before: PackagePoint?
  package var asOf: CalendarDate
  /// The day of the answers, and the last day on which they may be kept.
  package var answeredOn: CalendarDate
  package var keepUntil: CalendarDate
  package var purpose: Bilingual
  package var basis: String
  /// The digest of the terms that were approved.
  package var policyDigest: String
  /// The SHA-256 of the request file.
  package var requestsDigest: String
  package var contact: String
  package var formats: [String]
  /// Those after `line`, `reference` and `result`.
  package var columns: [String]
  /// The words of the result and their meanings.
  package var codes: [(word: String, meaning: Bilingual)]

  package init(
    pipeline: String, consumer: String, runID: Int, dataRunID: Int, edition: Int, before: PackagePoint?,
    asOf: CalendarDate, answeredOn: CalendarDate, keepUntil: CalendarDate, purpose: Bilingual, basis: String,
    policyDigest: String, requestsDigest: String, contact: String, formats: [String], columns: [String],
    codes: [(word: String, meaning: Bilingual)]
  ) {
    (self.pipeline, self.consumer, self.runID, self.dataRunID) = (pipeline, consumer, runID, dataRunID)
    (self.edition, self.before, self.asOf) = (edition, before, asOf)
    (self.answeredOn, self.keepUntil, self.purpose, self.basis) = (answeredOn, keepUntil, purpose, basis)
    (self.policyDigest, self.requestsDigest, self.contact) = (policyDigest, requestsDigest, contact)
    (self.formats, self.columns, self.codes) = (formats, columns, codes)
  }

  static let ownColumns = ["line", "reference", "result"]

  /// The lines of bag-info.txt.
  ///
  /// - Parameter counts: answers by the word of their result; only those that occur.
  func info(_ payload: [BagEntry], counts: [(word: String, count: Int)], key: SigningKey?) -> String {
    let pairs: [(String, String)] =
      [
        ("Payload-Oxum", Bag.oxum(payload)),
        ("Cardlink-Schema-Version", "\(PackageFacts.schemaVersion)"),
        ("Cardlink-Kind", PackageKind.answers.rawValue),
        ("Cardlink-Pipeline", pipeline),
        ("Cardlink-Recipient", consumer),
        ("Cardlink-Run", "\(runID)"),
        ("Cardlink-Edition", "\(edition)"),
        ("Cardlink-Data-Run", "\(dataRunID)"),
        ("Cardlink-As-Of", asOf.text),
        ("Cardlink-Answered-On", answeredOn.text),
        ("Cardlink-Valid-Until", keepUntil.text),
        ("Cardlink-Persons", "\(counts.reduce(0) { $0 + $1.count })"),
      ] + counts.map { ("Cardlink-Result", "\($0.word) \($0.count)") } + [
        ("Cardlink-Formats", formats.joined(separator: " ")),
        ("Cardlink-Columns", (Self.ownColumns + columns).joined(separator: " ")),
        ("Cardlink-Purpose", "\(purpose.vietnamese) / \(purpose.english)"),
        ("Cardlink-Basis", basis),
        ("Cardlink-Policy", policyDigest),
        ("Cardlink-Requests", requestsDigest),
      ] + (contact.isEmpty ? [] : [("Cardlink-Contact", contact)]) + [
        ("Cardlink-Previous-Run", before.map { "\($0.runID)" } ?? "none"),
        ("Cardlink-Previous-Edition", before.map { "\($0.edition)" } ?? "none"),
        ("Cardlink-Previous-Package", before?.digest ?? "none"),
        ("Cardlink-Signature", Bag.signature(key)),
      ]
    return pairs.map { "\($0): \($1)\n" }.joined()
  }

  /// What the package is, for those who receive it.
  var guide: String {
    let width = codes.map(\.word.count).max() ?? 0
    func list(_ meaning: (Bilingual) -> String) -> String {
      codes.map { code in
        "  " + code.word + String(repeating: " ", count: width - code.word.count + 2) + meaning(code.meaning)
          + "\n"
      }.joined()
    }
    let text = """
      KẾT QUẢ TRẢ LỜI YÊU CẦU XÁC MINH
      (English below)

      Nơi nhận: \(consumer). Mục đích: \(purpose.vietnamese)
      Căn cứ: \(basis)
      Phải xóa sau ngày \(keepUntil.text). Không dùng vào mục đích khác, không chuyển cho bên thứ ba.
      Tệp trong thư mục data: mỗi yêu cầu một dòng, theo đúng thứ tự của tệp yêu cầu; cột line là số dòng trong tệp yêu cầu.
      Cột result:
      \(list(\.vietnamese))
      Kiểm tra chữ ký trước khi dùng, với khóa công khai nhận bằng đường khác:
          cardlink verify .  --key publish.key.pub
      Hỏi: \(contact.isEmpty ? "cơ quan đã gửi gói này" : contact)


      ANSWERS TO REQUESTS

      For \(consumer). Purpose: \(purpose.english)
      Basis: \(basis)
      To be deleted after \(keepUntil.text). Not to be used for another purpose or given to others.
      Files in the folder data: one line for each request, in the order of the request file; the column line is the line there.
      The column result:
      \(list(\.english))
      Check the signature before use, with the public key that came another way:
          cardlink verify .  --key publish.key.pub
      Ask: \(contact.isEmpty ? "the sender of this package" : contact)

      """
    return "\u{FEFF}" + text.replacing("\n", with: "\r\n")
  }
}
