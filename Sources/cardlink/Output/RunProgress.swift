// What a run shows while it works: a line that moves on a terminal, plain lines in cron.
// Invariant: standard error only; one line per stage and per note where nobody watches.

import Foundation
import Logging
import Record
import Run
import Synchronization

/// Shows a run's progress on standard error.
final class RunProgress: Run.Progress {
  private let isTerminal = isatty(2) == 1
  private let log: Logger
  private let start = Mutex<ContinuousClock.Instant>(.now)
  private let lastDrawn = Mutex<ContinuousClock.Instant>(.now - .seconds(1))

  init() {
    log = Logger(label: "cardlink") { StreamLogHandler.standardError(label: $0) }
  }

  func begin(_ stage: StageName, note: String) {
    start.withLock { $0 = .now }
    if isTerminal { draw("\(stage.rawValue) …") }
  }

  func advance(_ stage: StageName, done: Int, of total: Int, unit: String) {
    guard isTerminal else { return }
    let isDue = lastDrawn.withLock { last in
      guard ContinuousClock.now - last > .milliseconds(100) else { return false }
      last = .now
      return true
    }
    guard isDue else { return }
    let seconds = start.withLock { (ContinuousClock.now - $0) / .seconds(1) }
    let rate = seconds > 0 ? Double(done) / seconds : 0
    var text = "\(stage.rawValue)  \(grouped(done))"
    if total > 0 {
      text += " of \(grouped(total)) \(unit)  \(done * 100 / total) %"
      if rate > 0, done < total { text += "  \(Int(Double(total - done) / rate) + 1) s left" }
    } else {
      text += " \(unit)"
    }
    draw(text + "  \(grouped(Int(rate))) \(unit)/s")
  }

  func end(_ stage: StageName, records: Int, seconds: Double, note: String) {
    let rate = seconds > 0 ? Int(Double(records) / seconds) : 0
    if isTerminal {
      clear()
      let name = stage.rawValue + String(repeating: " ", count: 8 - stage.rawValue.count)
      StandardError.write(
        "\(name) \(grouped(records)) records in \(Self.text(seconds)) s, \(grouped(rate))/s")
    } else {
      log.info(
        "stage finished",
        metadata: [
          "stage": "\(stage.rawValue)", "records": "\(records)", "seconds": "\(Self.text(seconds))",
          "records_per_second": "\(rate)",
        ])
    }
  }

  func note(_ text: String) {
    if isTerminal {
      clear()
      StandardError.write(text)
    } else {
      log.info("\(text)")
    }
  }

  private static func text(_ seconds: Double) -> String { String(format: "%.2f", seconds) }
  private func draw(_ text: String) { FileHandle.standardError.write(Data("\r\u{1B}[2K\(text)".utf8)) }
  private func clear() { FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8)) }
}
