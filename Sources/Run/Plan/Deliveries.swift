// The numbers and control totals of the deliveries of a series.
// Invariant: a number has up to 18 digits and compares as a number, wherever it is. A side file with another key or value
// than the ones it may have is refused.
// Load: the beginning of each file.

import Extract
package import Files
import Foundation
package import Pipeline
import SortedRuns
package import Values

extension ExportSpec {
  /// The files that a run finds, with the number and the control totals of each delivery.
  package func deliveries(pipeline: String, asOf: CalendarDate) throws(Stop) -> [FoundFile] {
    guard delta.isOn else { return try foundFiles(pipeline: pipeline, asOf: asOf) }
    let found = try foundFiles(pipeline: pipeline, asOf: asOf) { file throws(Stop) in
      switch delta.numbers {
      case .fileName: try number(of: file)
      case .column: try number(in: file, extractFormat.kind)
      case .envelope: try number(in: file, .xml(record: delta.numberElement ?? ""))
      case .control: try statedNumber(of: file)
      }
    }
    guard delta.control != nil else { return found }
    var files: [FoundFile] = []
    for file in found {
      var file = file
      file.totals = try totals(of: file)
      files.append(file)
    }
    return files
  }

  /// The number in the first record, or in the first element of another name.
  private func number(in file: FoundFile, _ kind: ExportFormat.Kind) throws(Stop) -> Int {
    let format = ExportFormat(
      kind: kind, encoding: encoding.flatMap { TextEncoding(rawValue: $0) },
      columns: [delta.numberField ?? ""])
    let extractor = try Extractor(ExportFile(file), format: format)
    var batch = RawBatch(slotCount: 1)
    if try extractor.nextBatch(into: &batch), batch.count > 0,
      let number = batch.range(0, 0).flatMap({ deliveryNumber(in: batch.bytes.span.extracting($0)) })
    {
      return number
    }
    let place = delta.numbers == .column ? "its first record" : delta.numberElement ?? ""
    throw Stop(
      .dataRefused, at: file.name,
      expected:
        "a number in \(delta.numberField ?? "") of \(place), as exports.\(self.kind.name).sequence says",
      found: "none",
      remedy:
        "Ask the supplier for the number, or correct sequence in the pipeline file; nothing was changed.")
  }

  private func statedNumber(of file: FoundFile) throws(Stop) -> Int {
    if let number = try totals(of: file).sequence { return number }
    throw refused(file, "the sequence", "none")
  }

  // MARK: Control totals

  /// What the side file of a delivery states.
  private func totals(of file: FoundFile) throws(Stop) -> ControlTotals {
    guard let text = try Folder.read(file.path + (delta.control ?? "")) else {
      throw Stop(
        .dataRefused, at: file.name,
        expected: "its control totals in \(Folder.name(of: file.path))\(delta.control ?? "") beside it",
        found: "none",
        remedy: "Wait until the supplier has delivered them, or ask for them; nothing was changed.")
    }
    guard let stated = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] else {
      throw refused(file, "a JSON object", "something else")
    }
    var totals = ControlTotals()
    for (key, value) in stated {
      let count = (value as? NSNumber).flatMap { Int(exactly: $0.doubleValue) }.flatMap { $0 < 0 ? nil : $0 }
      switch key {
      case "as_of": totals.asOf = value as? String
      case "previous_digest": totals.previousDigest = (value as? String)?.lowercased()
      case "sequence": totals.sequence = count ?? (value as? String).flatMap { Int($0) }
      case "upserts": totals.upserts = count
      case "deletes": totals.deletes = count
      case "in_force_after": totals.inForceAfter = count
      default:
        throw refused(
          file, "as_of, sequence, previous_digest, upserts, deletes and in_force_after only", "`\(key)`")
      }
    }
    for (key, isRead) in [
      ("as_of", totals.asOf.map { CalendarDate(iso: String($0.prefix(10))) != nil } ?? false),
      ("previous_digest", totals.previousDigest != nil), ("sequence", totals.sequence != nil),
      ("upserts", totals.upserts != nil), ("deletes", totals.deletes != nil),
      ("in_force_after", totals.inForceAfter != nil),
    ] where stated[key] != nil && !isRead {
      throw refused(file, "a value of \(key) that can be read", "another one")
    }
    return totals
  }

  private func refused(_ file: FoundFile, _ expected: String, _ found: String) -> Stop {
    Stop(
      .dataRefused, at: file.name + (delta.control ?? ""), expected: expected, found: found,
      remedy: "Ask the supplier for the control totals again; nothing was changed.",
      next: "cardlink series PIPELINE")
  }
}

extension Pipeline {
  /// Compares the deliveries that were read with what the supplier states about them.
  ///
  /// A change in quarantine may be an insert, an update or a delete, so `in_force_after` may differ by as many.
  ///
  /// - Parameters:
  ///   - read: what was read of each file.
  ///   - series: what became of the records.
  func checkTotals(
    _ files: [FoundFile], _ read: [StagedFile], _ series: [SeriesLedger]
  ) throws(Stop) {
    for (i, file) in files.enumerated() {
      guard let totals = file.totals, let ledger = series.first(where: { $0.export == file.export }) else {
        continue
      }
      let base = files.filter { $0.export == file.export && $0.holdsChanges == false }
      if file.holdsChanges == true, let digest = totals.previousDigest, let before = files[i - 1].digest,
        files[i - 1].holdsChanges == true || base.count == 1, digest != before
      {
        throw .differs(
          file, "the delivery before it with the SHA-256 \(digest.prefix(12))…", "\(before.prefix(12))…")
      }
      for (name, stated, found) in [
        ("upserts", totals.upserts, read[i].upsertCount), ("deletes", totals.deletes, read[i].deleteCount),
      ] {
        if let stated, let found, stated != found {
          throw .differs(file, "\(stated) \(name)", "\(found)")
        }
      }
      guard let stated = totals.inForceAfter, file.holdsChanges == true || base.count == 1 else { continue }
      let deltas = ledger.deltas.filter { $0.sequence <= file.sequence ?? 0 && file.holdsChanges == true }
      let found = deltas.reduce(ledger.base) { $0 + $1[.inserted] - $1[.deleted] }
      let open = deltas.reduce(file.holdsChanges == true ? ledger.repeats : 0) { $0 + $1[.quarantined] }
      guard abs(stated - found) > open else { continue }
      throw .differs(
        file, "\(stated) records in force after it",
        "\(found)" + (open > 0 ? ", and \(open) changes in quarantine or of repeated records" : ""))
    }
  }
}

extension Stop {
  fileprivate static func differs(_ file: FoundFile, _ expected: String, _ found: String) -> Stop {
    Stop(
      .dataRefused, at: file.name, expected: expected + ", as its control totals say", found: found,
      remedy:
        "The supplier's records and ours have come apart. Ask for the delivery again, or for a full export. Nothing was changed.",
      next: "cardlink series PIPELINE")
  }
}
