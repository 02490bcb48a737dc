// Reads a wallet provider's request file, record by record; it is read several times, in the same order.
// Invariant: each record of the file is one request; what can't be read is one without a number.

import Extract
import Files
import Pipeline
import Rules
import Run
import Values

struct RequestReading {
  /// One request.
  struct One {
    var line: UInt32
    /// Nil if the number is not twelve digits, or the record can't be read.
    var id: PersonalID?
    var reference = ""
    var key = ""
    var proof = ""
    var hasConsent = false
  }

  private let file: FoundFile
  private let format: ExportFormat
  private let empty: EmptyValues
  private let slots: [String: Int]

  init(_ file: FoundFile, _ policy: ConsumerPolicy, on day: CalendarDate, _ pipeline: String) throws(Stop) {
    self.file = file
    let format = try policy.requests.export(asOf: day, pipeline: pipeline).format
    self.format = format
    empty = EmptyValues(policy.requests.emptyValues.map { Array($0.utf8) })
    var slots: [String: Int] = [:]
    for (name, source) in policy.requests.fields {
      slots[name] = source.columns.first.flatMap { format.columns.firstIndex(of: $0) }
    }
    self.slots = slots
  }

  /// Passes on all requests.
  ///
  /// - Returns: how many there are.
  func each(_ take: (One) throws(Stop) -> Void) throws(Stop) -> Int {
    let extractor = try Extractor(ExportFile(file), format: format)
    var batch = RawBatch(slotCount: format.columns.count)
    var count = 0
    while try extractor.nextBatch(into: &batch) {
      for i in 0..<batch.count {
        let raw = batch.record(i)
        count += 1
        func text(_ name: String) -> String {
          guard let slot = slots[name], let range = batch.range(i, slot) else { return "" }
          let value = trimmed(batch.bytes.span, range)
          guard !empty.contains(batch.bytes.span.extracting(value)) else { return "" }
          return String(decoding: batch.bytes[value], as: UTF8.self)
        }
        var one = One(line: raw.line, reference: text("reference"))
        if raw.fault == .none {
          one.id = try? PersonalID(Array(text("personal_id").utf8).span)
          (one.key, one.proof) = (text("holder_jwk"), text("proof"))
          one.hasConsent = !text("consent").isEmpty
        }
        try take(one)
      }
    }
    return count
  }
}
