// The clerk's desk: card checks against a pipeline's store or a facility's package, one at a time or a file of them.
// Invariant: a check against a store is in the audit log before its answer goes out, a batch before its first answer.
// What was asked and answered goes to the caller and nowhere else; a package's reader writes nothing, and answers nothing
// from a package that is not as it was sent or not for use any more.

package import CardCheck
import Files
package import Pipeline
import Publish
import Seal
import Synchronization
package import Values
import Workspace

/// Answers card checks.
package final class CardDesk: Sendable {
  private enum Place {
    case store(String)
    case package(String, PackageCheck?)
  }

  /// How a package is looked at before anything is asked of it.
  package struct PackageCheck: Sendable {
    /// The publisher's public key, received another way.
    package var key: String?
    /// What `cardlink apply` or `verify --state` remembers: the publisher's key, and the newest package.
    package var state: String?
    /// The facility's private key.
    package var identity: String?

    package init(key: String? = nil, state: String? = nil, identity: String? = nil) {
      (self.key, self.state, self.identity) = (key, state, identity)
    }
  }
  private let place: Place
  private let day: CalendarDate
  /// Nil at a facility, which has no workspace.
  private let audit: Audit?
  private let because: String?
  private let doubts = Mutex<(vietnamese: String, english: String)?>(nil)

  /// How long after its business date a store that says nothing of it may be used.
  package static let daysOfUse = 3

  /// - Parameters:
  ///   - day: the day for which is asked.
  ///   - because: the reason given, for the audit log.
  package init(store pipeline: Pipeline, on day: CalendarDate, because: String? = nil) {
    place = .store(pipeline.storePath(in: pipeline.workspace))
    self.day = day
    audit = Audit(pipeline.workspace)
    self.because = because
  }

  /// - Parameters:
  ///   - path: the folder of a package, its encrypted file, or its CSV, SQLite, XML or NDJSON file alone.
  ///   - check: how it is looked at before; nil not to.
  package init(package path: String, on day: CalendarDate, check: PackageCheck? = PackageCheck()) {
    place = .package(path, check)
    self.day = day
    (audit, because) = (nil, nil)
  }

  /// Answers the first line that isn't empty, without waiting for another.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is none.
  package func answerOne(_ input: String, form: AnswerForm) throws(Stop) -> String {
    switch place {
    case .store(let path):
      return try answerOne(input, from: StoredCards(path: path, daysOfUse: Self.daysOfUse), form)
    case .package(let path, let check):
      return try answerOne(input, from: checkedPackage(path, check), form)
    }
  }

  /// Answers all lines of a file.
  ///
  /// - Parameter write: takes the answers, some hundred kilobytes at a time.
  package func answerAll(
    _ input: String, form: AnswerForm, memoryBytes: Int, write: (Span<UInt8>) throws(Stop) -> Void
  ) throws(Stop) -> BatchReport {
    switch place {
    case .store(let path):
      return try answerAll(
        input, from: StoredCards(path: path, daysOfUse: Self.daysOfUse, memoryBytes: memoryBytes), form,
        memoryBytes, write)
    case .package(let path, let check):
      return try answerAll(input, from: checkedPackage(path, check), form, memoryBytes, write)
    }
  }

  /// What can't be told of the package's origin, in Vietnamese and English; nil if there is nothing of that kind to say.
  ///
  /// Known once something was asked.
  package var doubt: (vietnamese: String, english: String)? { doubts.withLock { $0 } }

  private func checkedPackage(_ path: String, _ check: PackageCheck?) throws(Stop) -> MemoryCards {
    // A table by itself has nothing that it could be held against.
    let isEncrypted = EncryptedInput.isEncrypted(path)
    let root =
      isEncrypted ? path : [path, Folder.parent(of: path)].first { Folder.exists($0 + "/bagit.txt") }
    guard let check, let root, Folder.exists(path) else {
      guard check?.key == nil, check?.state == nil else {
        throw Stop(
          .exportMissing, at: path, expected: "a whole package, to be verified",
          found: Folder.exists(path) ? "a table by itself" : "nothing",
          remedy: "Name the folder of the package as it was received, or give neither --key nor --state.",
          next: "cardlink check-card --help")
      }
      note(
        "Chưa kiểm tra gói: không biết dữ liệu có đúng như khi gửi hay không.",
        "The package was not verified: whether it is as it was sent can't be told.")
      return try FacilityPackage.open(path)
    }
    var request = VerifyRequest(
      folder: root, keyFile: check.key, state: check.state, identityFile: check.identity, day: day)
    request.remembers = false
    // Where `cardlink apply` has put a package, what it remembers stands beside it.
    let beside = Folder.parent(of: path) + "/seen.txt"
    if check.state == nil, check.key == nil, Folder.name(of: path) == "current", Folder.exists(beside) {
      request.state = beside
    }
    let package = try openPackage(request) { FacilityPackage.tables(among: $0) }
    if let fault = package.verdict.faults.first {
      let more = package.verdict.faults.count - 1
      throw Stop(
        .dataRefused, at: path, expected: "a package as it was sent, and for use on \(day.text)",
        found:
          "\(fault.kind.rawValue)\(fault.file.isEmpty ? "" : " \(fault.file)")\(more > 0 ? " and \(more) more" : ""): "
          + "\(fault.kind.vietnamese); \(fault.kind.english)",
        remedy: "Nothing was answered. Đề nghị bên gửi gửi gói mới.", next: "cardlink verify \(path)")
    }
    if package.verdict.signedBy == nil {
      note(
        "Gói không có chữ ký: không thể biết ai đã gửi.",
        "The package is not signed: who sent it can't be told.")
    } else if !package.verdict.isKeyKnown {
      note(
        "Chữ ký khớp với khóa trong gói; chưa chắc là của bên gửi: dùng --key hoặc --state.",
        "Signed with the key that came in the package; whose it is can't be told: give --key or --state.")
    }
    guard isEncrypted else { return try FacilityPackage.open(path) }
    let names = FacilityPackage.tables(among: package.tables.keys.sorted())
    defer { withExtendedLifetime(package.tables) {} }
    return try FacilityPackage.open(
      path, tables: names.compactMap { name in package.tables[name].map { (name, $0.path) } },
      facts: package.facts)
  }

  private func note(_ vietnamese: String, _ english: String) {
    doubts.withLock { $0 = (vietnamese, english) }
  }

  private func answerOne(
    _ input: String, from source: consuming some CardSource & ~Copyable, _ form: AnswerForm
  ) throws(Stop) -> String {
    var checker = CardChecker(source, on: day)
    var writer = AnswerWriter(form, checker.standing, on: day)
    var batch = try firstQuestion(input)
    writer.begin()
    try checker.check(&batch) { (answer, people) throws(Stop) in
      try audit?.append(
        .cardChecked, person: answer.personalID, because: because, detail: ["code": answer.code.text])
      writer.append(answer, people)
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func firstQuestion(_ input: String) throws(Stop) -> QuestionBatch {
    var lines = try LineReader(input)
    var reader = QuestionReader()
    var batch = QuestionBatch()
    while let range = try lines.next() {
      let line = lines.buffer.span.extracting(range)
      if lines.isTooLong { reader.refuseLongLine(number: 1, into: &batch) }
      for i in line.indices where line[i] > 0x20 && batch.questions.isEmpty {
        reader.read(line, number: 1, into: &batch)
      }
      if !batch.questions.isEmpty { return batch }
    }
    throw Stop(
      .usage, at: input == "-" ? "standard input" : input,
      expected: "a QR code, or number, name and birth date", found: "nothing",
      remedy: "Scan a card, or type: number, name, birth date.", next: "cardlink check-card --help")
  }

  private func answerAll(
    _ input: String, from source: consuming some CardSource & ~Copyable, _ form: AnswerForm,
    _ memoryBytes: Int,
    _ write: (Span<UInt8>) throws(Stop) -> Void
  ) throws(Stop) -> BatchReport {
    var lines = try LineReader(input)
    var checker = CardChecker(source, on: day)
    // A question with its person and cards is some 300 bytes; a quarter of the memory is for them.
    let atOnce = max(16_384, min(1 << 20, memoryBytes / 4 / 300))
    try audit?.append(.cardBatchBegan, because: because)
    let report = try checkBatch(
      &lines, with: &checker, on: day, form: form, questionsAtOnce: atOnce, write: write)
    var counts = ["questions": String(report.questions)]
    for (code, count) in report.codes { counts[code.text] = String(count) }
    try audit?.append(.cardBatchDone, because: because, detail: counts)
    return report
  }
}
