// The officers' decisions of a workspace: everything that was ever decided or revoked, in a file that only grows.
// Invariant: what one command decides is in the book as a whole or not at all. It counts from the moment when the line
// that closes it is on the disk; lines before it that a crash left without one count for nothing. Each closing line
// bears a hash over what it closes and over the hash before, so that damage is noticed and never read as fewer
// decisions. No run, rollback or prune touches the file.
// Load: read once at the beginning of each match and for each question, in chunks; some 150 bytes a decision.
//
//   workspace/decisions.log, mode 0600
//     d <number> <accept|reject> <person> <insurance number> <card number> <digest> <reason>   between tabs; one each
//     {"at":…,"by":…,"decided":2,…,"hash":…}   closes the decisions above it, or revokes earlier ones
//     t                                        what stands before it was torn off by a crash; a ~ before it sees to it
//                                              that a closing line which lacked but its line end is none; there may be
//                                              several, if a crash tore off the mark too

import Files
import Foundation
import Seal
package import Values

/// What one command decided or revoked, and who did it.
package struct DecisionAct: Hashable, Sendable, Codable {
  /// Counts from 1.
  package var number: Int
  package var at: String
  /// Who decided, as the command was told, else the user.
  package var by: String
  /// The user who gave the command, as in the audit log.
  package var user: String
  /// How many decisions the act holds.
  package var decided: Int
  /// The decisions that it revokes, by number.
  package var revoked: [Int]?
  /// Why they are revoked.
  package var because: String?

  package init(
    number: Int, at: String, by: String, user: String, decided: Int, revoked: [Int]? = nil,
    because: String? = nil
  ) {
    self.number = number
    self.at = at
    self.by = by
    self.user = user
    self.decided = decided
    self.revoked = revoked
    self.because = because
  }
}

/// One decision as the book has it.
package struct BookedDecision: Sendable {
  package var decision: Decision
  /// Its place among ``DecisionBook/acts``.
  package var act: Int
  /// Why, in the officer's words; empty for none.
  package var because: String
  /// The act that revoked it, by its place.
  package var revokedBy: Int?
}

/// The decisions of a workspace as they stand, or as they stood at an earlier moment.
package struct DecisionBook: Sendable {
  package private(set) var acts: [DecisionAct] = []
  /// By number, which is the place plus one.
  package private(set) var entries: [BookedDecision] = []
  /// The hash of the last closing line.
  private(set) var head = Self.firstHash
  /// Whether lines at the end were never closed.
  private(set) var hasTornEnd = false

  static let firstHash = String(repeating: "0", count: 64)

  package static func path(in workspace: String) -> String { workspace + "/decisions.log" }

  /// Those that were not revoked.
  package var inForce: [Decision] { entries.filter { $0.revokedBy == nil }.map(\.decision) }

  /// What a match makes of the book: equal for two books with the same decisions in force, in the same order.
  package var digest: String {
    var digest = Digest()
    var bytes: [UInt8] = []
    var count = 0
    for entry in entries where entry.revokedBy == nil {
      bytes.removeAll(keepingCapacity: true)
      entry.decision.appendContent(to: &bytes)
      digest.update(bytes.span.bytes)
      count += 1
    }
    return count == 0 ? "none" : digest.text
  }

  /// Reads the book of a workspace; one that isn't there is empty.
  ///
  /// - Parameter acts: only so many of its acts, for what an earlier match knew; nil for all.
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if it is not as it was written.
  package init(_ workspace: String, upTo acts: Int? = nil) throws(Stop) {
    let path = Self.path(in: workspace)
    guard Folder.exists(path), acts != 0 else { return }
    var reading = BookReading(path: path, mostActs: acts ?? .max)
    let file = try InputFile(path)
    var chunk: [UInt8] = []
    var offset = 0
    while offset < file.byteCount, !reading.isDone {
      try file.read(at: offset, count: min(1 << 20, file.byteCount - offset), into: &chunk)
      offset += chunk.count
      try reading.take(chunk)
    }
    (self.acts, entries, head, hasTornEnd) = try reading.finish()
  }
}

extension Decision {
  /// What was decided, without its number.
  fileprivate func appendContent(to bytes: inout [UInt8]) {
    bytes.append(integer: person.packed)
    bytes.append(integer: insuranceNumber.packed)
    bytes.append(integer: cardNumber.head)
    bytes.append(integer: cardNumber.tail.packed)
    insurance.append(to: &bytes)
    population.append(to: &bytes)
    bytes.append(isAccepted ? 1 : 0)
  }

  /// Whether both are about the same insurance record, whatever was judged of it.
  func isOnRecord(of other: Decision) -> Bool {
    insuranceNumber == other.insuranceNumber && cardNumber == other.cardNumber
  }

  /// Whether both are about the same record and person with the same values.
  package func isOnPair(of other: Decision) -> Bool {
    isOnRecord(of: other) && person == other.person && judged == other.judged
  }
}

// MARK: Lines

/// The book's lines, as text.
enum BookLine {
  /// A decision's line, with its line end.
  package static func text(_ decision: Decision, because: String) -> String {
    [
      "d", String(decision.number), decision.isAccepted ? "accept" : "reject", decision.person.text,
      decision.insuranceNumber.text, decision.cardNumber.text, decision.judged.text, escaped(because),
    ].joined(separator: "\t") + "\n"
  }

  /// Reads a decision's line; nil if it is none.
  static func decision(_ line: String) -> (decision: Decision, because: String)? {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 8, parts[0] == "d", let number = UInt32(parts[1]),
      ["accept", "reject"].contains(parts[2]), let person = try? PersonalID(parts[3].utf8.span),
      let insuranceNumber = try? InsuranceNumber(parts[4].utf8.span),
      let judged = JudgedFields(text: parts[6]),
      let population = judged.population
    else { return nil }
    var card = CardNumber.none
    if !parts[5].isEmpty {
      guard let read = try? CardNumber(parts[5].utf8.span) else { return nil }
      card = read
    }
    let decision = Decision(
      number: number, person: person, insuranceNumber: insuranceNumber, cardNumber: card,
      insurance: judged.insurance, population: population, isAccepted: parts[2] == "accept")
    return (decision, unescaped(parts[7]))
  }

  /// The line that closes an act, with its line end, and its hash.
  ///
  /// - Parameter lines: the decisions' lines before it.
  static func closing(_ act: DecisionAct, lines: String, after previous: String) -> (
    text: String, hash: String
  ) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let body = (try? encoder.encode(act)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    let hash = Digest.text(of: previous + lines + body)
    return (body.dropLast() + ",\"hash\":\"\(hash)\"}\n", hash)
  }

  /// Reads a closing line: the act, the line without its hash, and the hash.
  static func act(_ line: String) -> (act: DecisionAct, body: String, hash: String)? {
    guard line.utf8.count > 80, line.hasSuffix("\"}"),
      let cut = line.range(of: ",\"hash\":\"", options: .backwards)
    else { return nil }
    let body = line[..<cut.lowerBound] + "}"
    guard let act = try? JSONDecoder().decode(DecisionAct.self, from: Data(body.utf8)) else { return nil }
    return (act, String(body), String(line[cut.upperBound...].dropLast(2)))
  }

  // Scalar by scalar: CR and LF together are one character.
  private static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
      case "\t": escaped.append(contentsOf: "\\t".unicodeScalars)
      case "\r": escaped.append(contentsOf: "\\r".unicodeScalars)
      case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }

  private static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var plain = String.UnicodeScalarView()
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "\\", let next = scalars.next() else {
        plain.append(scalar)
        continue
      }
      plain.append(next == "t" ? "\t" : next == "r" ? "\r" : next == "n" ? "\n" : next)
    }
    return String(plain)
  }
}

/// A book that is being read, chunk by chunk.
private struct BookReading {
  let path: String
  let mostActs: Int
  private var acts: [DecisionAct] = []
  private var entries: [BookedDecision] = []
  private var head = DecisionBook.firstHash
  /// Bytes behind the last line end.
  private var rest: [UInt8] = []
  private var lineNumber = 0
  /// Lines that no closing line has followed yet.
  private var pending: [(decision: Decision, because: String)] = []
  private var pendingHash = Digest()
  /// A line that says nothing, unless a `t` follows.
  private var strangeLine: Int?
  /// It ends with the ~ that a command put behind what a crash tore off, before another crash tore off the t.
  private var strangeLineIsMarked = false
  private var hasPending = false

  init(path: String, mostActs: Int) {
    (self.path, self.mostActs) = (path, mostActs)
    forgetPending()
  }

  var isDone: Bool { acts.count >= mostActs }

  mutating func take(_ chunk: [UInt8]) throws(Stop) {
    var start = 0
    while let end = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
      rest.append(contentsOf: chunk[start..<end])
      lineNumber += 1
      if !isDone { try read(String(decoding: rest, as: UTF8.self)) }
      rest.removeAll(keepingCapacity: true)
      start = end + 1
    }
    rest.append(contentsOf: chunk[start...])
  }

  private mutating func read(_ line: String) throws(Stop) {
    if line == "t" { return forgetPending() }
    if let strangeLine {
      guard strangeLineIsMarked, line.utf8.last == UInt8(ascii: "~") else { throw damaged(strangeLine) }
      return
    }
    if let read = BookLine.decision(line), Int(read.decision.number) == entries.count + pending.count + 1 {
      pending.append(read)
      pendingHash.update(line + "\n")
      hasPending = true
      return
    }
    guard let (act, body, hash) = BookLine.act(line) else {
      // Unless a crash tore it off, which the line after it says.
      strangeLine = lineNumber
      strangeLineIsMarked = line.utf8.last == UInt8(ascii: "~")
      return
    }
    pendingHash.update(body)
    guard pendingHash.text == hash, act.decided == pending.count, act.number == acts.count + 1 else {
      throw damaged(lineNumber)
    }
    for (decision, because) in pending {
      entries.append(BookedDecision(decision: decision, act: acts.count, because: because))
    }
    for number in act.revoked ?? [] {
      guard entries.indices.contains(number - 1) else { throw damaged(lineNumber) }
      entries[number - 1].revokedBy = acts.count
    }
    acts.append(act)
    head = hash
    forgetPending()
  }

  private mutating func forgetPending() {
    pending.removeAll(keepingCapacity: true)
    pendingHash = Digest()
    pendingHash.update(head)
    strangeLine = nil
    hasPending = false
  }

  private func damaged(_ line: Int) -> Stop {
    Stop(
      .inputOutput, at: path, line: line, expected: "decisions as cardlink wrote them",
      found: "something else",
      remedy:
        "Nothing was changed. Keep the file as evidence and bring it back from a backup; no run goes on without "
        + "the officers' decisions.", next: "cardlink audit show PIPELINE --event decided")
  }

  consuming func finish() throws(Stop) -> ([DecisionAct], [BookedDecision], String, Bool) {
    // A whole line that says nothing, with nothing behind it, was damaged: a crash leaves no line end.
    if let strangeLine, rest.isEmpty, !isDone, !strangeLineIsMarked { throw damaged(strangeLine) }
    return (acts, entries, head, hasPending || !rest.isEmpty || strangeLine != nil)
  }
}

// MARK: Writing

/// What a command adds to the book.
package struct NewAct {
  var act: DecisionAct
  package var decisions: [(decision: Decision, because: String)] = []

  package init(act: DecisionAct, decisions: [(decision: Decision, because: String)] = []) {
    self.act = act
    self.decisions = decisions
  }
}

extension DecisionBook {
  /// Takes hold of the book, adds an act to it, and waits until the disk has it.
  ///
  /// - Parameters:
  ///   - make: makes the act from the book as it is; what it throws leaves the book as it is, and so does nil.
  ///   - announce: told of the act before it is written, for the audit log.
  /// - Throws: ``Stop``; the book is then as before, or, on a disk that takes nothing back any more, as the stop says.
  package static func append(
    to workspace: String, _ make: (DecisionBook) throws(Stop) -> NewAct?,
    announce: (NewAct) throws(Stop) -> Void
  ) throws(Stop) -> NewAct? {
    let path = path(in: workspace)
    // A refusal leaves no empty book behind.
    if !Folder.exists(path), try make(DecisionBook(workspace)) == nil { return nil }
    var file = try GrowingFile(path)
    // What is read now counts as recorded from here on, whether the sync behind it went well or not.
    try file.sync()
    let book = try DecisionBook(workspace)
    guard var new = try make(book) else { return nil }
    (new.act.number, new.act.decided) = (book.acts.count + 1, new.decisions.count)
    try announce(new)
    let lines = new.decisions.map { BookLine.text($0.decision, because: $0.because) }.joined()
    let closing = BookLine.closing(new.act, lines: lines, after: book.head)
    do throws(Stop) {
      try file.append((book.hasTornEnd ? "~\nt\n" : "") + lines + closing.text)
    } catch {
      // Who is told that it failed must not find it applied tomorrow.
      guard file.takeBack() else { throw error.unknown(at: path) }
      throw error
    }
    return new
  }
}

extension Stop {
  /// A failure behind which the disk alone knows whether the act is in the book.
  fileprivate func unknown(at path: String) -> Stop {
    Stop(
      exit, at: path, expected: finding.expected, found: finding.found,
      remedy: "Mend the disk. Then look whether it was recorded, and if not, give the command again.",
      next: "cardlink decisions PIPELINE")
  }
}
