// Shows the progress of a run: a moving line on a terminal, plain lines in cron, objects for programs.
// Invariant: standard error only. On a terminal one line is redrawn, each time with one write and narrower
// than the terminal; elsewhere a stage has a line at its beginning, one a minute, and one at its end.
// Load: called some thousand times a second by any thread, draws five times a second.

import Foundation
import Logging
import Run
import Synchronization
import Values
import Views
import Workspace

/// Shows a run's progress on standard error.
final class RunProgress: Run.Progress {
  private struct State {
    var run: Int?
    var stage: StageName?
    var began = ContinuousClock.now
    var done = 0
    var total = 0
    var unit = ""
    var pace = Pace()
    var lastSeconds: [StageName: Double] = [:]
    /// When the line was last drawn, or, without a terminal, when a line was last written.
    var shown = ContinuousClock.now
    var hasLine = false
    var hasTicker = false
  }
  private let state = Mutex<State>(State())
  private let isTerminal: Bool
  private let log = Log.logger

  init() {
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
    isTerminal = isatty(2) == 1 && Log.form == .text && kind != "dumb"
  }

  // MARK: Messages of the stages

  func begin(_ stage: StageName, note: String) {
    let run = state.withLock { state in
      state.stage = stage
      (state.began, state.shown) = (.now, .now)
      (state.done, state.total, state.unit, state.pace) = (0, 0, "", Pace())
      if isTerminal { draw(&state) }
      return state.run
    }
    if isTerminal {
      startTicker()
    } else {
      log.info("stage began", metadata: Self.metadata("stage_began", run: run, stage))
    }
  }

  func advance(_ stage: StageName, done: Int, of total: Int, unit: String) {
    let report: (Logger.Metadata)? = state.withLock { state in
      guard state.stage == stage else { return nil }
      (state.done, state.total, state.unit) = (max(done, state.done), total, unit)
      let seconds = (ContinuousClock.now - state.began) / .seconds(1)
      state.pace.note(done: state.done, at: seconds)
      if isTerminal { return nil }
      guard ContinuousClock.now - state.shown >= .seconds(60) else { return nil }
      state.shown = .now
      var metadata = Self.metadata("stage_at_work", run: state.run, stage)
      let line = line(state)
      metadata["seconds"] = .stringConvertible(Self.rounded(seconds))
      metadata["done"] = .stringConvertible(state.done)
      metadata["total"] = .stringConvertible(total)
      metadata["unit"] = "\(unit)"
      if let rate = line?.rate { metadata["per_second"] = .stringConvertible(Int(rate)) }
      if let left = line?.secondsLeft { metadata["seconds_left"] = .stringConvertible(Int(left)) }
      return metadata
    }
    if let report { log.info("stage at work", metadata: report) }
  }

  func end(_ stage: StageName, records: Int, seconds: Double, note: String) {
    let rate = seconds > 0 ? Int(Double(records) / seconds) : 0
    let run = state.withLock { state in
      state.stage = nil
      if isTerminal {
        write(
          "\(stage.rawValue.leftAligned(7))  \(FigureText.grouped(records)) records in \(Self.text(seconds)) s, \(FigureText.grouped(rate))/s",
          &state)
      }
      return state.run
    }
    guard !isTerminal else { return }
    var metadata = Self.metadata("stage_done", run: run, stage)
    metadata["seconds"] = .stringConvertible(Self.rounded(seconds))
    metadata["records"] = .stringConvertible(records)
    metadata["records_per_second"] = .stringConvertible(rate)
    log.info("stage done", metadata: metadata)
  }

  /// Stops drawing, after a failure outside of a run.
  func stop() {
    state.withLock { state in
      state.stage = nil
      if isTerminal { clear(&state) }
    }
  }

  func note(_ text: String) {
    if isTerminal {
      state.withLock { write(text, &$0) }
    } else {
      let run = state.withLock { $0.run }
      log.info(
        "\(text)",
        metadata: run.map { ["event": "note", "run": .stringConvertible($0)] } ?? ["event": "note"])
    }
  }

  func event(_ event: RunEvent) {
    state.withLock { state in
      if let run = event.run { state.run = run }
      if !event.lastSeconds.isEmpty { state.lastSeconds = event.lastSeconds }
      if [.runDone, .runHeld, .runFailed].contains(event.name) { state.stage = nil }
      if isTerminal {
        if event.isForTerminal { write(event.text, &state) } else if state.stage == nil { clear(&state) }
      }
    }
    guard !isTerminal else { return }
    var metadata = Self.metadata(event.name.rawValue, run: event.run, event.stage)
    for (key, value) in event.values {
      switch value {
      case .text(let text): metadata[key] = .string(text)
      case .count(let count): metadata[key] = .stringConvertible(count)
      case .seconds(let seconds): metadata[key] = .stringConvertible(Self.rounded(seconds))
      }
    }
    let level: Logger.Level =
      switch event.level {
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    log.log(level: level, "\(event.text)", metadata: metadata)
  }

  private static func metadata(_ event: String, run: Int?, _ stage: StageName?) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["event": "\(event)"]
    if let run { metadata["run"] = .stringConvertible(run) }
    if let stage { metadata["stage"] = "\(stage.rawValue)" }
    return metadata
  }

  // MARK: The line on a terminal

  /// Redraws even while a stage reports nothing.
  private func startTicker() {
    let isNew = state.withLock { state in
      defer { state.hasTicker = true }
      return !state.hasTicker
    }
    guard isNew else { return }
    Thread.detachNewThread { [weak self] in
      while true {
        Thread.sleep(forTimeInterval: 0.2)
        guard let self else { return }
        self.state.withLock { if $0.stage != nil { self.draw(&$0) } }
      }
    }
  }

  private func line(_ state: State) -> ProgressLine? {
    guard let stage = state.stage else { return nil }
    let seconds = (ContinuousClock.now - state.began) / .seconds(1)
    var line = ProgressLine(stage: stage, seconds: seconds)
    (line.done, line.total, line.unit) = (state.done, state.total, state.unit)
    line.rate = state.pace.rate(done: state.done, at: seconds)
    line.lastSeconds = state.lastSeconds[stage]
    let after = StageName.allCases.filter { $0 > stage }.map { state.lastSeconds[$0] }
    if after.allSatisfy({ $0 != nil }) { line.secondsAfter = after.reduce(0) { $0 + ($1 ?? 0) } }
    return line
  }

  private func draw(_ state: inout State) {
    guard let line = line(state) else { return }
    let now = (Int(Date().timeIntervalSince1970) + 7 * 3600) % 86_400
    // Overwrites the previous line and clears its rest, so that the line never flickers.
    raw("\r" + line.text(width: (Terminal.columns(of: 2) ?? 80) - 1, now: now) + "\u{1B}[K")
    state.hasLine = true
  }

  /// Writes a line above the moving one.
  private func write(_ text: String, _ state: inout State) {
    raw((state.hasLine ? "\r\u{1B}[K" : "") + text + "\n")
    state.hasLine = false
    if state.stage != nil { draw(&state) }
  }

  private func clear(_ state: inout State) {
    if state.hasLine { raw("\r\u{1B}[K") }
    state.hasLine = false
  }

  private func raw(_ text: String) { StandardError.raw(text) }

  private static func text(_ seconds: Double) -> String { String(format: "%.2f", seconds) }
  private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
