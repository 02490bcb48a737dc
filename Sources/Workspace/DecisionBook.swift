// The officers' decisions of a workspace: everything that was ever decided or revoked, in an append-only
// file.
// Invariant: the decisions of one command are recorded as a whole or not at all. They count once their
// closing line is on disk; lines that a crash left without a closing line do not count. The closing lines are
// chained (see ChainedLog) and cover the lines above them, so damage stops the reader and never looks like
// fewer decisions. No run, rollback or prune changes the file.
//
//   workspace/decisions.log, mode 0600
//     d <number> <accept|reject> <person> <insurance number> <card number> <digest> <reason>   one decision, between tabs
//     {"at":…,"by":…,"decided":2,…,"hash":…}   closes the decisions above it, or revokes earlier ones
//     t    the lines above it without a closing line are incomplete because of a crash. A ~ ends the line before it, so
//          that a closing line without its line end does not count; if a crash cuts off the mark too, several ~ follow.

import Files
import Seal
package import Values

/// What one command decided or revoked, and who gave it.
package struct DecisionAct: Hashable, Sendable, ChainedContent {
  package var number = 0
  package var at: String
  /// Who decided: the name given to the command, else the user.
  package var by: String
  /// The user who ran the command, as in the audit log.
  package var user: String
  /// How many decisions the act holds.
  package var decided = 0
  /// The decisions that it revokes, by number.
  package var revoked: [Int]?
  /// Why they are revoked.
  package var because: String?

  package init(at: String, by: String, user: String, revoked: [Int]? = nil, because: String? = nil) {
    self.at = at
    self.by = by
    self.user = user
    self.revoked = revoked
    self.because = because
  }
}

/// One decision in the book.
package struct BookedDecision: Sendable {
  package var decision: Decision
  /// The index of its act in ``DecisionBook/acts``.
  package var act: Int
  /// The officer's reason; empty for none.
  package var because: String
  /// The index of the act that revoked it.
  package var revokedBy: Int?
}

/// The decisions of a workspace, all of them or those of its first acts.
package struct DecisionBook: Sendable {
  package private(set) var acts: [DecisionAct] = []
  /// By number; the index is the number less one.
  package private(set) var entries: [BookedDecision] = []
  fileprivate var chain = Chain()
  /// Whether the file ends with lines that have no closing line.
  fileprivate(set) var hasTornEnd = false

  package static func path(in workspace: String) -> String { workspace + "/decisions.log" }

  /// The decisions that were not revoked.
  package var inForce: [Decision] { entries.filter { $0.revokedBy == nil }.map(\.decision) }

  /// Equal for two books with the same decisions in force, in the same order.
  package var digest: String {
    var digest = Digest()
    var bytes: [UInt8] = []
    let inForce = inForce
    for decision in inForce {
      bytes.removeAll(keepingCapacity: true)
      decision.appendContent(to: &bytes)
      unsafe digest.update(bytes.span.bytes)
    }
    return inForce.isEmpty ? "none" : digest.text
  }

  /// Reads the book of a workspace; without a file it is empty.
  ///
  /// - Parameter acts: how many acts to read, to get what an earlier match knew; nil for all.
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if the file was altered.
  package init(_ workspace: String, upTo acts: Int? = nil) throws(Stop) {
    let path = Self.path(in: workspace)
    guard try Folder.exists(path), acts != 0 else { return }
    var reading = BookReading(path: path, mostActs: acts ?? .max)
    let rest = try InputFile(path).readLines { line throws(Stop) in try reading.take(line) }
    self = try reading.finish(rest: rest)
  }

  fileprivate init() {}

  /// Adds an act with its decisions.
  ///
  /// - Returns: false if it revokes a decision that the book does not have.
  fileprivate mutating func add(_ act: DecisionAct, _ decisions: [NewDecision]) -> Bool {
    entries += decisions.map { BookedDecision(decision: $0.decision, act: acts.count, because: $0.because) }
    for number in act.revoked ?? [] {
      guard entries.indices.contains(number - 1) else { return false }
      entries[number - 1].revokedBy = acts.count
    }
    acts.append(act)
    return true
  }
}

extension Decision {
  /// Appends the decision without its number.
  fileprivate func appendContent(to bytes: inout [UInt8]) {
    bytes.append(integer: person.packed)
    bytes.append(integer: insuranceNumber.packed)
    bytes.append(integer: cardNumber.head)
    bytes.append(integer: cardNumber.tail.packed)
    insurance.append(to: &bytes)
    population.append(to: &bytes)
    bytes.append(isAccepted ? 1 : 0)
  }

  /// Whether both are about the same insurance record, whatever its values were.
  func isOnRecord(of other: Decision) -> Bool {
    insuranceNumber == other.insuranceNumber && cardNumber == other.cardNumber
  }

  /// Whether both are about the same record and person with the same values.
  package func isOnPair(of other: Decision) -> Bool {
    isOnRecord(of: other) && person == other.person && judged == other.judged
  }
}

// MARK: Lines

/// A decision and the officer's reason, as a line of the book holds them.
package typealias NewDecision = (decision: Decision, because: String)

/// A decision's line.
private enum BookLine {
  /// The line, with its line end.
  static func text(_ new: NewDecision) -> String {
    let decision = new.decision
    return [
      "d", String(decision.number), decision.isAccepted ? "accept" : "reject", decision.person.text,
      decision.insuranceNumber.text, decision.cardNumber.text, decision.judged.text, escaped(new.because),
    ].joined(separator: "\t") + "\n"
  }

  /// Reads a line; nil if it holds no decision.
  static func decision(_ line: String) -> NewDecision? {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 8, parts[0] == "d", let number = UInt32(parts[1]),
      ["accept", "reject"].contains(parts[2]), let person = try? PersonalID(parts[3].utf8.span),
      let insuranceNumber = try? InsuranceNumber(parts[4].utf8.span),
      let card = parts[5].isEmpty ? CardNumber.none : try? CardNumber(parts[5].utf8.span),
      let judged = JudgedFields(text: parts[6]), let population = judged.population
    else { return nil }
    let decision = Decision(
      number: number, person: person, insuranceNumber: insuranceNumber, cardNumber: card,
      insurance: judged.insurance, population: population, isAccepted: parts[2] == "accept")
    return (decision, unescaped(parts[7]))
  }

  /// Characters and the letters that follow a backslash in their place.
  private static let escapes: [(scalar: Unicode.Scalar, letter: Unicode.Scalar)] = [
    ("\\", "\\"), ("\t", "t"), ("\r", "r"), ("\n", "n"),
  ]

  // Scalar by scalar, because Swift takes CR and LF together as one character.
  private static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let letter = escapes.first { $0.scalar == scalar }?.letter
      if letter != nil { escaped.append("\\") }
      escaped.append(letter ?? scalar)
    }
    return String(escaped)
  }

  private static func unescaped(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "\\", let next = scalars.next() else {
        plain.append(scalar)
        continue
      }
      plain.append(escapes.first { $0.letter == next }?.scalar ?? next)
    }
    return String(plain)
  }
}

// MARK: Reading

/// A book being read line by line.
private struct BookReading {
  let path: String
  let mostActs: Int
  private var book = DecisionBook()
  private var lineNumber = 0
  /// Decisions without a closing line so far.
  private var open: [NewDecision] = []
  /// The first unreadable line since the last closing line; a `t` must follow it.
  private var strange: (line: Int, isMarked: Bool)?

  init(path: String, mostActs: Int) { (self.path, self.mostActs) = (path, mostActs) }

  private var isDone: Bool { book.acts.count >= mostActs }

  mutating func take(_ bytes: [UInt8]) throws(Stop) {
    lineNumber += 1
    guard !isDone else { return }
    let isMarked = bytes.last == UInt8(ascii: "~")
    if bytes == [UInt8(ascii: "t")] { return dropOpenLines() }
    if let strange {
      // Another crash cut off the `t` after a `~`, and the next command wrote `~` again.
      guard strange.isMarked, isMarked else { throw damaged(strange.line) }
      return
    }
    let line = String(decoding: bytes, as: UTF8.self)
    if let new = BookLine.decision(line), Int(new.decision.number) == book.entries.count + open.count + 1 {
      open.append(new)
      return book.chain.add(lines: line + "\n")
    }
    guard let entry = ChainedEntry<DecisionAct>(bytes) else { return strange = (lineNumber, isMarked) }
    guard book.chain.advance(to: entry) == nil, entry.content.decided == open.count,
      book.add(entry.content, open)
    else { throw damaged(lineNumber) }
    dropOpenLines()
  }

  private mutating func dropOpenLines() {
    open.removeAll(keepingCapacity: true)
    book.chain.dropLines()
    strange = nil
  }

  private func damaged(_ line: Int) -> Stop {
    Stop(
      .inputOutput, at: path, line: line, expected: "decisions as cardlink wrote them",
      found: "something else",
      remedy:
        "Nothing was changed. Keep the file as evidence and bring it back from a backup; no run goes on without "
        + "the officers' decisions.", next: "cardlink audit show PIPELINE --event decided")
  }

  /// - Parameter rest: the bytes after the last line end.
  mutating func finish(rest: [UInt8]) throws(Stop) -> DecisionBook {
    // A crash leaves no line end: an unreadable line with one, at the end of the file, is damage.
    if let strange, rest.isEmpty, !isDone, !strange.isMarked { throw damaged(strange.line) }
    book.hasTornEnd = !open.isEmpty || !rest.isEmpty || strange != nil
    dropOpenLines()
    return book
  }
}

// MARK: Writing

/// What a command adds to the book.
package struct NewAct {
  var act: DecisionAct
  package var decisions: [NewDecision] = []

  package init(act: DecisionAct, decisions: [NewDecision] = []) {
    self.act = act
    self.decisions = decisions
  }
}

extension DecisionBook {
  /// Locks the book, adds an act, and waits until it is on disk.
  ///
  /// - Parameters:
  ///   - make: makes the act from the current book. If it throws or returns nil, the book is unchanged.
  ///   - announce: called with the act before it is written, for the audit log.
  /// - Throws: ``Stop``. The book is then unchanged, unless the disk fails to take the act back, which the
  ///   stop says.
  package static func append(
    to workspace: String, _ make: (DecisionBook) throws(Stop) -> NewAct?,
    announce: (NewAct) throws(Stop) -> Void
  ) throws(Stop) -> NewAct? {
    let path = path(in: workspace)
    // A refused act must not leave an empty book.
    if try !Folder.exists(path), try make(DecisionBook(workspace)) == nil { return nil }
    var file = try GrowingFile(path)
    // An earlier command's sync may have failed. What is read below must be on disk before anything builds on it.
    try file.sync()
    var book = try DecisionBook(workspace)
    guard var new = try make(book) else { return nil }
    (new.act.number, new.act.decided) = (book.acts.count + 1, new.decisions.count)
    try announce(new)
    let lines = new.decisions.map(BookLine.text).joined()
    book.chain.add(lines: lines)
    let closing = book.chain.append(new.act).line
    do throws(Stop) {
      try file.append((book.hasTornEnd ? "~\nt\n" : "") + lines + closing)
    } catch {
      // A command that reports a failure must not have recorded anything.
      guard file.takeBack() else { throw error.unknown(at: path) }
      throw error
    }
    return new
  }
}

extension Stop {
  /// A failure after which it is unknown whether the act is on disk.
  fileprivate func unknown(at path: String) -> Stop {
    Stop(
      exit, at: path, expected: finding.expected, found: finding.found,
      remedy: "Mend the disk. Then look whether it was recorded, and if not, give the command again.",
      next: "cardlink decisions PIPELINE")
  }
}
