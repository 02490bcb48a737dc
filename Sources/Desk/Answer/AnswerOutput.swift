// Writes the answers in the order of the request file, which is read a second time for its references.
// Invariant: each request of the file gets one answer; anything else stops before the package is finished.
// Load: one thread; some two hundred nanoseconds for a request.

import Extract
import Files
import Package
import Pipeline
import Rules
import SortedRuns
import Values

struct AnswerOutput {
  let file: FoundFile
  let policy: ConsumerPolicy
  let format: ExportFormat
  /// The results by place.
  let answers: [SortedRun]
  let folder: String

  /// Writes all answers.
  ///
  /// - Returns: how many there are of each code.
  func write(to writer: inout AnswerWriter) throws(Stop) -> [AnswerCode: Int] {
    let referenceSlot = slot("reference")
    let consentSlot = policy.needsConsent ? slot("consent") : nil
    let empty = EmptyValues(policy.requests.emptyValues.map { Array($0.utf8) })
    var results = try merged(answers, in: folder, 0..<UInt64.max)
    let extractor = try Extractor(ExportFile(file), format: format)
    var batch = RawBatch(slotCount: format.columns.count)
    var counts = [Int](repeating: 0, count: AnswerCode.allCases.count)
    while try extractor.nextBatch(into: &batch) {
      let bytes = batch.bytes
      for i in 0..<batch.count {
        let raw = batch.record(i)
        let place = Place(file: 0, ordinal: Int(raw.ordinal)).packed
        // A line that is no record has no answer.
        guard results.key <= place else { continue }
        guard results.key == place else { throw .unanswered }
        let reference = Self.value(batch, i, referenceSlot, bytes.span)
        let consent = consentSlot.map { Self.value(batch, i, $0, bytes.span) }
        let lacksConsent =
          policy.needsConsent && (consent.map { empty.contains(bytes.span.extracting($0)) } ?? true)
        try results.withPayload { payload throws(Stop) in
          var code = AnswerCode(rawValue: payload.integer(at: 0)) ?? .malformed
          var values = payload.extracting(1...)
          if lacksConsent, code != .malformed {
            (code, values) = (.consentMissing, payload.extracting(0..<0))
          }
          counts[Int(code.rawValue)] += 1
          if code == .malformed {
            // It may be what is not UTF-8.
            let text = Array(String(decoding: bytes[reference], as: UTF8.self).utf8)
            try writer.append(line: raw.line, reference: text.span, code: Int(code.rawValue), values: values)
          } else {
            try writer.append(
              line: raw.line, reference: bytes.span.extracting(reference), code: Int(code.rawValue),
              values: values)
          }
        }
        try results.advance()
      }
    }
    guard !results.hasRecord, writer.count == answers.reduce(0, { $0 + $1.recordCount }) else {
      throw .unanswered
    }
    try file.checkUnchanged()
    return Dictionary(
      uniqueKeysWithValues: AnswerCode.allCases.compactMap { code in
        counts[Int(code.rawValue)] > 0 ? (code, counts[Int(code.rawValue)]) : nil
      })
  }

  private func slot(_ field: String) -> Int? {
    policy.requests.fields[field]?.columns.first.flatMap { format.columns.firstIndex(of: $0) }
  }

  private static func value(
    _ batch: borrowing RawBatch, _ record: Int, _ slot: Int?, _ bytes: Span<UInt8>
  ) -> Range<Int> {
    guard let slot, let range = batch.range(record, slot) else { return 0..<0 }
    return trimmed(bytes, range)
  }
}

extension Stop {
  static let unanswered = Stop(
    .internalError, at: "answers", expected: "one answer for each request", found: "another number",
    remedy: "Nothing was answered. This is a defect of cardlink: please report it.")
}
