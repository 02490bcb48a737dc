// Card checks for clerks against a pipeline's store or a facility's package, one at a time or a file of them.
// Invariant: a check against a store is in the audit log before its answer is given, a batch before its first
// answer. Questions and answers go only to the caller. A package is read without writing anything, and
// refused if it was altered or is no longer valid.

package import CardCheck
import Files
package import Package
import Pipeline
import Rules
import Run
import Store
import Synchronization
package import Values

/// Answers card checks.
package final class CardDesk: Sendable {
  package typealias PackageCheck = Package.PackageCheck
  private enum Place {
    case store(Desk, known: KnownTime?)
    case package(String, PackageCheck?)
  }

  private let place: Place
  private let day: CalendarDate
  private let doubts = Mutex<(vietnamese: String, english: String)?>(nil)

  /// How many days after its business date a store may be used, if the store doesn't say.
  package static let daysOfUse = 3

  /// - Parameters:
  ///   - desk: the desk of the pipeline whose store answers.
  ///   - day: the day asked about.
  ///   - time: answers with what was known then; nil for what is known now.
  package init(store desk: Desk, on day: CalendarDate, known time: KnownTime? = nil) {
    place = .store(desk, known: time)
    self.day = day
  }

  /// - Parameters:
  ///   - path: the folder of a package, its encrypted file, or its CSV, SQLite, XML or NDJSON file alone.
  ///   - check: how it is verified first; nil to read it unverified.
  package init(package path: String, on day: CalendarDate, check: PackageCheck? = PackageCheck()) {
    place = .package(path, check)
    self.day = day
  }

  /// Answers the first nonempty line, without waiting for another.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is none.
  package func answerOne(_ input: String, form: AnswerForm) throws(Stop) -> String {
    try answerOne(form) { () throws(Stop) in try firstQuestion(input) }
  }

  /// Answers a line as it was typed or scanned.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if it is empty.
  package func answer(typed line: String, form: AnswerForm) throws(Stop) -> String {
    try answerOne(form) { () throws(Stop) in
      var reader = QuestionReader()
      var batch = QuestionBatch()
      reader.read(Array(line.utf8).span, number: 1, into: &batch)
      guard !batch.questions.isEmpty else { throw Self.nothing("the form") }
      return batch
    }
  }

  private func answerOne(
    _ form: AnswerForm, _ question: () throws(Stop) -> QuestionBatch
  ) throws(Stop) -> String {
    switch place {
    case .store(let desk, nil):
      return try answerOne(question, from: desk.cards(daysOfUse: Self.daysOfUse), form)
    case .store(let desk, let time?):
      return try answerOne(question, from: desk.cards(at: point(time, desk)), form)
    case .package(let path, let check):
      return try answerOne(question, from: checkedPackage(path, check), form)
    }
  }

  /// Answers all lines of a file.
  ///
  /// - Parameter write: takes the answers, some hundred kilobytes at a time.
  package func answerAll(
    _ input: String, form: AnswerForm, memoryBytes: Int, write: (Span<UInt8>) throws(Stop) -> Void
  ) throws(Stop) -> BatchReport {
    switch place {
    case .store(let desk, let time?):
      return try answerAll(input, from: desk.cards(at: point(time, desk)), form, memoryBytes, write)
    case .store(let desk, nil):
      return try answerAll(
        input, from: desk.cards(daysOfUse: Self.daysOfUse, memoryBytes: memoryBytes), form, memoryBytes, write
      )
    case .package(let path, let check):
      return try answerAll(input, from: checkedPackage(path, check), form, memoryBytes, write)
    }
  }

  /// Nil at a facility, which has no workspace and so no audit log.
  private var desk: Desk? { if case .store(let desk, _) = place { desk } else { nil } }

  /// The earlier time that is asked about, for the audit log.
  private var knownDetail: [String: String] {
    guard case .store(_, let time?) = place else { return [:] }
    switch time {
    case .on(let date): return ["known_on": date.text]
    case .at(let run): return ["known_at": String(run)]
    }
  }

  /// The store that was in force then, which the answer's doubt names.
  private func point(_ time: KnownTime, _ desk: Desk) throws(Stop) -> HistoryPoint {
    let point = try desk.point(time)
    let words = point.words
    doubts.withLock {
      $0 = (
        "Trả lời theo dữ liệu đã biết khi đó: \(words.vietnamese). Không tra được bản ghi bị giữ lại khi đó.",
        "Answered with what was known then: \(words.english). Records held back then are not known."
      )
    }
    return point
  }

  /// The names of facilities by the pipeline's table; none at a facility, and none where the table can't be read: a card is
  /// checked without it.
  private var names: FacilityNames {
    FacilityNames(desk.flatMap { try? $0.pipeline.facilities(on: day) } ?? Facilities())
  }

  /// What is unknown about a package's origin, or which earlier store answered, in Vietnamese and English; nil for neither.
  ///
  /// Available after the first question.
  package var doubt: (vietnamese: String, english: String)? { doubts.withLock { $0 } }

  private func checkedPackage(_ path: String, _ check: PackageCheck?) throws(Stop) -> MemoryCards {
    let opened = try FacilityPackage.open(path, check, on: day)
    if let doubt = opened.doubt { doubts.withLock { $0 = (doubt.vietnamese, doubt.english) } }
    return MemoryCards(opened.people)
  }

  private func answerOne(
    _ question: () throws(Stop) -> QuestionBatch, from source: consuming some CardSource & ~Copyable,
    _ form: AnswerForm
  ) throws(Stop) -> String {
    var checker = CardChecker(source, on: day)
    var writer = AnswerWriter(form, checker.standing, on: day, names: names)
    var batch = try question()
    writer.begin()
    try checker.check(&batch) { (answer, people) throws(Stop) in
      try desk?.audit(
        .cardChecked, person: answer.personalID,
        detail: ["code": answer.code.text].merging(knownDetail) { $1 })
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
    throw Self.nothing(input == "-" ? "standard input" : input)
  }

  private static func nothing(_ place: String) -> Stop {
    Stop(
      .usage, at: place, expected: "a QR code, or number, name and birth date", found: "nothing",
      remedy: "Scan a card, or type: number, name, birth date.", next: "cardlink check-card --help")
  }

  private func answerAll(
    _ input: String, from source: consuming some CardSource & ~Copyable, _ form: AnswerForm,
    _ memoryBytes: Int,
    _ write: (Span<UInt8>) throws(Stop) -> Void
  ) throws(Stop) -> BatchReport {
    var lines = try LineReader(input)
    var checker = CardChecker(source, on: day)
    // A question with its person and cards takes some 300 bytes; use a quarter of the memory.
    let atOnce = max(16_384, min(1 << 20, memoryBytes / 4 / 300))
    try desk?.audit(.cardBatchBegan, detail: knownDetail)
    let report = try checkBatch(
      &lines, with: &checker, on: day, form: form, names: names, questionsAtOnce: atOnce, write: write)
    var counts = ["questions": String(report.questions)]
    for (code, count) in report.codes { counts[code.text] = String(count) }
    try desk?.audit(.cardBatchDone, detail: counts)
    return report
  }
}

extension CardDesk {
  /// What a clerk reads first in the answer with this code.
  package static func verdict(of code: String) -> Bilingual? {
    ResultCode.allCases.first { $0.text == code }.map {
      Bilingual("\($0.verdict.vietnamese)", "\($0.verdict.english)")
    }
  }
}
