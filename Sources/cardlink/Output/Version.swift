// What --version says: the version, and where it is known the commit and the date of its sources.

import CBuild
import Foundation

enum Version {
  static let number = "0.2.0"

  /// The number alone is the first word, for scripts.
  static let text = unsafe describe(
    commit: String(cString: cardlink_commit()), sourceDate: String(cString: cardlink_source_date()))

  /// - Parameters:
  ///   - commit: of the build; empty where it is not known.
  ///   - sourceDate: SOURCE_DATE_EPOCH: seconds since 1970; empty where it is not known.
  static func describe(commit: String, sourceDate: String) -> String {
    var known: [String] = []
    if !commit.isEmpty { known.append("commit \(commit)") }
    if let seconds = Int(sourceDate) {
      let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
      known.append("built from sources of \(date)")
    }
    return number + (known.isEmpty ? "" : " (\(known.joined(separator: ", ")))")
  }
}
