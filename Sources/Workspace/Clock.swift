// Times in run.json, the store and the logs: ISO 8601 at +07:00, the time of Asia/Ho_Chi_Minh all year.

import Foundation
package import Values

package enum Clock {
  private static func text(_ date: Date) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.timeZone = TimeZone(secondsFromGMT: 7 * 3600)
    return formatter.string(from: date)
  }

  package static func now() -> String { text(Date()) }

  /// A file's time, given in nanoseconds since 1970.
  package static func text(nanoseconds: Int) -> String {
    text(Date(timeIntervalSince1970: Double(nanoseconds) / 1e9))
  }

  /// A recorded time in seconds since 1970; nil if it can't be read.
  package static func seconds(_ text: String) -> Int? {
    ISO8601DateFormatter().date(from: text).map { Int($0.timeIntervalSince1970) }
  }

  /// Today's date in Asia/Ho_Chi_Minh.
  package static func today() -> CalendarDate {
    CalendarDate(iso: String(now().prefix(10))) ?? .none
  }

  /// Whole days since a recorded time; 0 if it can't be read.
  package static func days(since text: String) -> Int {
    seconds(text).map { (Int(Date().timeIntervalSince1970) - $0) / 86_400 } ?? 0
  }

  /// Whole days from one date to another, both in ISO 8601; 0 if one can't be read.
  package static func days(from: String, to: String) -> Int {
    guard let from = seconds(from + "T00:00:00+07:00"), let to = seconds(to + "T00:00:00+07:00") else {
      return 0
    }
    return (to - from) / 86_400
  }
}
