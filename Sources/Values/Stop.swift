// The error that ends a run, and the description of one fault.
// Invariant: a stop has the exit code and a sentence that names the place, what was expected, what was found
// and what to do. It never contains a value from a record, only its shape.

/// The exit codes of the command, after sysexits.h.
package enum Exit: Int32, Sendable, Hashable {
  case done = 0
  /// What was asked for isn't there: no such person, no card.
  case none = 1
  case usage = 64
  /// A gate or the ledger refused the data.
  case dataRefused = 65
  case exportMissing = 66
  case storeUnavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case inputOutput = 74
  /// Another run holds the workspace; try later.
  case runInProgress = 75
  case pipelineWrong = 78
}

/// The place a value came from: a file, a line and a column counted from 1, a field.
package struct Origin: Hashable, Sendable {
  package var file: String
  package var line: Int?
  package var column: Int?
  package var field: String?

  package init(file: String, line: Int? = nil, column: Int? = nil, field: String? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.field = field
  }
}

extension Origin: CustomStringConvertible {
  package var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if let column { text += ":\(column)" }
    if let field { text += ": \(field)" }
    return text
  }
}

/// One fault at one place.
package struct Finding: Hashable, Sendable {
  package var origin: Origin
  package var expected: String
  /// The shape of what was found, never the value: personal data stays out of logs.
  package var found: String
  package var remedy: String
  /// The line of a pipeline file, and below it a caret; nil for data.
  package var excerpt: String?

  package init(_ origin: Origin, expected: String, found: String, remedy: String) {
    self.origin = origin
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }
}

extension Finding: CustomStringConvertible {
  package var description: String {
    let shown = excerpt.map { "\n    " + $0.replacing("\n", with: "\n    ") } ?? ""
    return "\(origin): expected \(expected), found \(found)\(shown)\n  \(remedy)"
  }
}

/// Ends a run: thrown once, caught once, in the command, where it becomes the exit code.
package struct Stop: Error, Hashable, Sendable {
  package var exit: Exit
  package var finding: Finding
  /// Further faults.
  package var others: [Finding] = []
  /// The command to try next; if nil, the command line chooses one.
  package var next: String?
  /// The command to try after that one has shown that the data is right.
  package var then: String?

  package init(_ exit: Exit, _ finding: Finding, others: [Finding] = [], next: String? = nil) {
    self.exit = exit
    self.finding = finding
    self.others = others
    self.next = next
  }

  /// All faults as text.
  package var text: String { ([finding] + others).map(\.description).joined(separator: "\n") }

  /// A stop at a place, in one line.
  package init(
    _ exit: Exit, at file: String, line: Int? = nil, field: String? = nil, expected: String, found: String,
    remedy: String, next: String? = nil
  ) {
    self.init(
      exit,
      Finding(Origin(file: file, line: line, field: field), expected: expected, found: found, remedy: remedy),
      next: next)
  }
}
