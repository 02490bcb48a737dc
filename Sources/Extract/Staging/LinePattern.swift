// The pattern of a line that is not a record: a total, a remark, the row count of a database program.
// Load: called only for lines that would be quarantined, if the pipeline file has patterns.

import Glibc
import Names

/// The beginning of a line, with `*` for any text and `?` for one character, as in file patterns.
package struct LinePattern: Hashable, Sendable {
  private let pattern: String

  package init(_ text: String) { pattern = Self.folded(Array(text.utf8).span) + "*" }

  /// Whether a line begins with this pattern; case, white space, quotes before it and Unicode's normal form don't matter.
  func matches(_ line: Span<UInt8>) -> Bool {
    let text = Self.folded(line).drop { $0 == "\"" || $0 == "'" || $0 == " " }
    return unsafe fnmatch(pattern, String(text), FNM_NOESCAPE) == 0
  }

  private static func folded(_ line: Span<UInt8>) -> String {
    let folder = NameFolder()
    var (clean, capitals): ([UInt8], [UInt8]) = ([], [])
    folder.clean(line, into: &clean)
    folder.exact(ofClean: clean.span, into: &capitals)
    return String(decoding: capitals, as: UTF8.self)
  }
}
