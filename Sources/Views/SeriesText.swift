// The text of a series of deliveries.

package import Desk
import Run
import Values

extension SeriesStatus {
  /// How far it is, in a few words.
  var text: String {
    var words = "\(export): full export \(base)"
    if let baseAsOf, let baseAgeDays {
      words += " of \(baseAsOf), \(baseAgeDays) day\(baseAgeDays == 1 ? "" : "s") old"
    }
    words += applied == 0 ? ", no delta applied" : ", \(applied) delta\(applied == 1 ? "" : "s") applied"
    if applied > 0, let last { words += " up to \(last)" }
    let changes = DeltaOutcome.allCases.compactMap { outcome in
      self.changes[outcome.name].map { "\(FigureText.grouped($0)) \(outcome.name)" }
    }
    if !changes.isEmpty { words += "; this run · lượt này: " + changes.joined(separator: ", ") }
    return words
  }

  /// What waits, is missing or not known.
  var warnings: [String] {
    var lines: [String] = []
    if let refused { lines.append(refused.replacing("\n  ", with: " ")) }
    if waiting > 0 { lines.append("\(waiting) waiting for the next run · đang chờ lượt chạy sau") }
    if !hasDeletes, let baseAgeDays {
      lines.append(
        "deletes known up to the full export, \(baseAgeDays) day\(baseAgeDays == 1 ? "" : "s") ago · chỉ biết bản ghi bị xóa đến tệp đầy đủ"
      )
    }
    return lines
  }
}

extension SeriesLedger {
  /// The sum that gives the records in force.
  var balance: String {
    var sum = "\(FigureText.grouped(base)) of full export \(baseSequence)"
    if repeats > 0 { sum += " − \(FigureText.grouped(repeats)) repeated" }
    sum +=
      " + \(FigureText.grouped(total(.inserted))) inserted − \(FigureText.grouped(total(.deleted))) deleted"
    return sum + " = \(FigureText.grouped(inForce)) in force · đang có hiệu lực"
  }

  /// What its full export and the series before it disagree in, in a line, if it closed one.
  var closedText: [String] { closed.map { ["\(export.name): \($0.text(of: baseSequence))"] } ?? [] }

  /// Changes in quarantine, in a line, if there are any.
  var openText: [String] {
    open > 0
      ? ["\(export.name): \(FigureText.grouped(open)) changes in quarantine · thay đổi đang cách ly"] : []
  }
}

extension Reconciliation {
  /// The differences by kind.
  ///
  /// - Parameter number: that of the full export.
  func text(of number: Int) -> String {
    func counts(_ counts: [(String, Int)]) -> String {
      counts.filter { $0.1 > 0 }.map { "\(FigureText.grouped($0.1)) \($0.0)" }.joined(separator: ", ")
    }
    let kinds = counts([("missing", missing), ("added", added), ("changed", changed)])
    let fields = counts(fields.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) })
    return "full export \(number) against \(base) and its deltas up to \(last): "
      + (kinds.isEmpty ? "no difference · không sai khác" : kinds + " · sai khác")
      + (fields.isEmpty ? "" : " (\(fields))")
  }
}

extension DeltaLedger {
  /// Its number and what became of its records.
  var text: String {
    let counts = DeltaOutcome.allCases.filter { self[$0] > 0 }.map {
      "\(FigureText.grouped(self[$0])) \($0.name)"
    }
    return "delta \(sequence): " + (counts.isEmpty ? "no record" : counts.joined(separator: ", "))
  }
}

extension SeriesTable {
  /// A line for each delivery.
  package static func table(_ all: [SeriesTable]) -> Table {
    let outcomes = DeltaOutcome.allCases.map(\.name)
    return Table(
      columns: ["export", "number", "state", "file", "as_of", "bytes", "records"] + outcomes,
      rows: all.flatMap { one in
        one.series.deliveries.map { delivery in
          let delta = one.ledger?.deltas.first {
            delivery.state == .applied && $0.sequence == delivery.sequence
          }
          let records =
            delivery.state == .base && delivery.sequence == one.ledger?.baseSequence
            ? one.ledger?.base : delta?.records
          return [
            one.series.export.name, String(delivery.sequence), delivery.state.rawValue, delivery.file?.name,
            delivery.file?.totals?.asOf, delivery.file.map { String($0.byteCount) }, records.map(String.init),
          ] + DeltaOutcome.allCases.map { outcome in delta.map { String($0[outcome]) } }
        }
      }, numeric: Set(["number", "bytes", "records"] + outcomes))
  }

  /// The balance of the store in force, and why the next run refuses the series.
  package var notes: [String] {
    var lines: [String] = []
    if let ledger {
      lines = ["\(series.export.name): \(ledger.balance)"] + ledger.openText + ledger.closedText
    }
    if let held {
      lines +=
        ["! run \(held.run) is held · lượt chạy đang tạm giữ"] + held.ledger.closedText.map { "  " + $0 }
    }
    return lines + series.faults.map { "! " + $0.finding.description.replacing("\n  ", with: " ") }
  }
}
