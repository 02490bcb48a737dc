// Answers a file of questions line by line.
// Invariant: every input line gets exactly one answer, in input order; memory does not depend on the number
// of lines.
// Load: at least a hundred thousand lines a second on one core.

package import Files
package import Rules
package import Values

/// The counts of a batch.
package struct BatchReport: Sendable, Hashable {
  package var questions = 0
  /// How often each result code was given.
  package var codes: [ResultCode: Int] = [:]

  package init() {}
}

/// Answers all lines of an input.
///
/// - Parameters:
///   - input: its first line may be a header, which gets no answer.
///   - names: the names of facilities.
///   - questionsAtOnce: how many are held in memory, some 300 bytes each.
///   - write: takes the answers, some hundred kilobytes at a time, or those that there are before the input waits: what a
///     scanner types is answered line by line.
package func checkBatch<Source: CardSource & ~Copyable>(
  _ input: inout LineReader, with checker: inout CardChecker<Source>, on day: CalendarDate, form: AnswerForm,
  names: FacilityNames = FacilityNames(), questionsAtOnce: Int, write: (Span<UInt8>) throws(Stop) -> Void
) throws(Stop) -> BatchReport {
  var reader = QuestionReader()
  var batch = QuestionBatch()
  var answers = AnswerWriter(form, checker.standing, on: day, names: names)
  var report = BatchReport()
  var counts = [Int](repeating: 0, count: 256)
  var line = 0
  answers.begin()
  var hasMore = true
  while hasMore {
    batch.removeAll()
    var waits = false
    while batch.questions.count < questionsAtOnce {
      waits = input.mustWait
      if waits, !batch.questions.isEmpty { break }
      guard let range = try input.next() else {
        hasMore = false
        break
      }
      line += 1
      if input.isTooLong {
        reader.refuseLongLine(number: line, into: &batch)
        continue
      }
      let bytes = input.buffer.span.extracting(range)
      if line == 1, reader.takeHeader(bytes) { continue }
      reader.read(bytes, number: line, into: &batch)
    }
    try checker.check(&batch) { (answer, people) throws(Stop) in
      answers.append(answer, people)
      counts[Int(answer.code.rawValue)] += 1
      if answers.count >= 256 << 10 { try answers.flush(write) }
    }
    if waits, answers.count > 0 { try answers.flush(write) }
    report.questions += batch.questions.count
  }
  if answers.count > 0 { try answers.flush(write) }
  for code in ResultCode.allCases where counts[Int(code.rawValue)] > 0 {
    report.codes[code] = counts[Int(code.rawValue)]
  }
  return report
}
