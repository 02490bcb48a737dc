// The progress of a stage as one line on a terminal: a bar, the rate, the time left, and when the run will
// end.
// Invariant: the line is narrower than the terminal, so that it never wraps; it gives no estimate without
// data.

import Foundation
import Values
package import Workspace

/// The current rate of work, over the last 15 seconds, so that a slow start has no lasting effect.
package struct Pace: Sendable {
  private var samples: [(seconds: Double, done: Int)] = []
  private static let window = 15.0
  private static let step = 0.5

  package init() {}

  /// Records the amount done at a time in seconds after the beginning.
  package mutating func note(done: Int, at seconds: Double) {
    guard samples.last.map({ seconds - $0.seconds >= Self.step }) ?? true else { return }
    samples.append((seconds, done))
    // The oldest sample is at least as old as the window.
    while samples.count > 2, samples[1].seconds <= seconds - Self.window { samples.removeFirst() }
  }

  /// Units a second; nil during the first half second.
  package func rate(done: Int, at seconds: Double) -> Double? {
    let from = samples.first ?? (0, 0)
    let start = samples.count < 2 ? (seconds: 0, done: 0) : from
    guard seconds - start.seconds >= Self.step, done > start.done else { return nil }
    return Double(done - start.done) / (seconds - start.seconds)
  }
}

/// The values that the line shows.
package struct ProgressLine: Sendable {
  package var stage: StageName
  package var done = 0
  /// 0 if unknown.
  package var total = 0
  package var unit = ""
  /// Since the stage began.
  package var seconds: Double
  package var rate: Double?
  /// How long the stage took the last time.
  package var lastSeconds: Double?
  /// The total time of all later stages the last time; nil if one of them has not run yet.
  package var secondsAfter: Double?

  package init(stage: StageName, seconds: Double) {
    self.stage = stage
    self.seconds = seconds
  }

  /// The time left for the stage; nil if it is unknown.
  package var secondsLeft: Double? {
    if total > 0 {
      guard done < total, let rate, rate > 0 else { return nil }
      return Double(total - done) / rate
    }
    // A stage that exceeds its last time is not assumed to be at its end.
    return lastSeconds.flatMap { $0 > seconds ? $0 - seconds : nil }
  }

  /// The share done, from 0 to 1; nil if unknown.
  package var share: Double? {
    if total > 0 { return min(1, Double(done) / Double(total)) }
    return lastSeconds.map { min(0.99, seconds / max($0, 0.001)) }
  }

  /// The line, at most `width` columns.
  ///
  /// - Parameter now: the time of day in seconds at +07:00, for the end of the run.
  package func text(width: Int, now: Int) -> String {
    var parts: [String] = []
    let isEstimate = total == 0
    if let share {
      let percent = "\(isEstimate ? "~" : "")\(Int(share * 100)) %"
      parts.append(percent.rightAligned(5))
    }
    if total > 0 { parts.append(amount) } else if done > 0 { parts.append("\(short(done)) \(unit)") }
    if let rate, done < total { parts.append(short(Int(rate)) + "/s") }
    if total > 0, done >= total {
      parts.append("finishing, \(Self.clock(seconds.rounded(.down)))")
    } else if let left = secondsLeft {
      parts.append("\(isEstimate ? "about " : "")\(Self.clock(left)) left")
      if let after = secondsAfter {
        let end = (now + Int((left + after).rounded(.up))) % 86_400
        parts.append("ends \(Self.two(end / 3600)):\(Self.two(end / 60 % 60))")
      }
    } else {
      parts.append(Self.clock(seconds.rounded(.down)))
    }
    let name = stage.rawValue.leftAligned(7)
    // If there is no room, drop the least important part first.
    while parts.count > 1, name.count + parts.reduce(0, { $0 + $1.count + 2 }) > width { parts.removeLast() }
    let rest = parts.joined(separator: "  ")
    let room = min(24, width - name.count - rest.count - 4)
    guard let share, room >= 6 else { return String("\(name)  \(rest)".prefix(width)) }
    let full = Int(share * Double(room))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: room - full)
    return "\(name)  \(bar)  \(rest)"
  }

  private var amount: String {
    let what = unit == "bytes" ? "" : " " + unit
    let (a, b) = (short(done).split(separator: " "), short(total).split(separator: " "))
    // 3.1 of 8.2 GiB, but 812 MiB of 8.2 GiB.
    let isSame = a.count == 2 && a.last == b.last
    return (isSame ? "\(a[0]) of \(short(total))" : "\(short(done)) of \(short(total))") + what
  }

  private func short(_ count: Int) -> String {
    guard unit == "bytes" else {
      switch count {
      case 10_000_000...: return String(format: "%.1f M", Double(count) / 1e6)
      case 1_000_000...: return String(format: "%.2f M", Double(count) / 1e6)
      case 100_000...: return "\(count / 1000) k"
      default: return FigureText.grouped(count)
      }
    }
    return FigureText.bytes(count).english.replacing("\u{A0}", with: " ")
  }

  /// `41 s`, `3:05 min` or `2:04 h`.
  package static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60):\(two(whole % 60)) min" }
    return "\(whole / 3600):\(two(whole % 3600 / 60)) h"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
