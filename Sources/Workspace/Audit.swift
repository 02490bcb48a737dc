// The audit log: who did what, when and why, in an append-only file.
// Invariant: an event is on disk before its effect begins. The entries are chained (see ChainedLog). The log
// never holds a personal ID number, only its pseudonym under a key of this workspace. An incomplete line that
// a crash left stays; the next entry, `mended`, holds its digest. If that entry is incomplete too, the next
// `mended` covers both.
//
//   workspace/audit.log   {"at":…,"event":…,"number":…,…,"hash":…}   one line each, mode 0600
//   workspace/audit.key   the key of the pseudonyms, mode 0600

import Files
import Foundation
import Glibc
import Seal
package import Values

/// The events that the log records.
package enum AuditEvent: String, Sendable, CaseIterable, Codable {
  case runBegan = "run_began"
  case runResumed = "run_resumed"
  case runDone = "run_done"
  case runFailed = "run_failed"
  case runHeld = "run_held"
  case released
  case rolledBack = "rolled_back"
  case pruned
  /// A person was erased, or exports may bring an erased person again.
  case erased
  case returnAllowed = "return_allowed"
  case decided
  /// A decision was revoked.
  case revoked
  case lookedUp = "looked_up"
  /// A person's timeline was read.
  case historyRead = "history_read"
  case explained
  case findingsRead = "findings_read"
  /// A record of the work list was shown with both sides.
  case workItemShown = "work_item_shown"
  case decisionsRead = "decisions_read"
  /// The persons whose cards differ between two runs' stores were listed.
  case differencesRead = "differences_read"
  case cardChecked = "card_checked"
  /// A file of card checks; the log does not name its persons.
  case cardBatchBegan = "card_batch_began"
  case cardBatchDone = "card_batch_done"
  /// The terms of a consumer's policy were approved.
  case policyApproved = "policy_approved"
  /// A file of a consumer's requests was answered; the log does not name its persons.
  case answered
  /// A package of answers that was announced, or was about to be, never left.
  case answerWithdrawn = "answer_withdrawn"
  /// A file of a wallet provider's requests was attested; the log does not name its persons.
  case attested
  /// A run revoked attestations, whose persons or cards are no longer as they said.
  case attestationsRevoked = "attestations_revoked"
  /// A number was asked about with different data, or too often.
  case probed
  /// A person signed in at the console.
  case signedIn = "signed_in"
  /// So many wrong tries in a row that the name must wait.
  case signInRefused = "sign_in_refused"
  /// The line before is incomplete because of a crash; its effect did not happen.
  case mended
}

/// One line of the audit log.
package struct AuditLine: Hashable, Sendable, ChainedContent {
  /// Counts from 1.
  package var number: Int
  package var at: String
  package var event: String
  /// The user name, followed by the user who ran sudo.
  package var user: String
  package var userID: Int
  package var run: Int?
  /// The pseudonym of a personal ID number.
  package var person: String?
  /// The reason, as the user wrote it.
  package var because: String?
  /// How the question came in, for answers that show a person: `command`, `console` or `serve`.
  package var door: String?
  /// Further details of the event: names of gates, counts, paths.
  package var detail: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case number, at, event, user, run, person, because, door, detail
    case userID = "user_id"
  }
}

extension AuditLine {
  /// What the encoder writes, written by hand: a server writes some ten thousand lines a second.
  ///
  /// Nil for a line that has something to escape, or several details to sort.
  package var json: String? {
    let texts: [String?] = [at, because, door, event, person, user]
    guard (detail?.count ?? 0) < 2, texts.allSatisfy({ $0?.isPlainJSON ?? true }),
      detail?.allSatisfy({ $0.key.isPlainJSON && $0.value.isPlainJSON }) ?? true
    else { return nil }
    var line = "{\"at\":\"\(at)\""
    if let because { line += ",\"because\":\"\(because)\"" }
    if let detail {
      line += ",\"detail\":{" + (detail.first.map { "\"\($0.key)\":\"\($0.value)\"" } ?? "") + "}"
    }
    if let door { line += ",\"door\":\"\(door)\"" }
    line += ",\"event\":\"\(event)\",\"number\":\(number)"
    if let person { line += ",\"person\":\"\(person)\"" }
    if let run { line += ",\"run\":\(run)" }
    return line + ",\"user\":\"\(user)\",\"user_id\":\(userID)}"
  }
}

extension String {
  fileprivate var isPlainJSON: Bool {
    !utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 == 0x7F }
  }
}

/// The audit log of a workspace.
package struct Audit: Sendable {
  private let workspace: String
  package var path: String { workspace + "/audit.log" }
  private var keyPath: String { workspace + "/audit.key" }

  /// Lines are not longer, because longer reasons are cut.
  static let longestLine = 16 << 10
  static let longestReason = 1000

  /// - Parameter workspace: the workspace's folder, whether this process holds the workspace or not.
  package init(_ workspace: String) { self.workspace = workspace }

  /// Writes one event and waits until it is on disk.
  ///
  /// Call this before the effect begins.
  ///
  /// - Parameters:
  ///   - person: the person concerned; only a pseudonym is written.
  ///   - because: the reason that the user gave.
  ///   - detail: counts, names of gates or files; nothing about a person.
  /// - Throws: ``Stop``; the effect must not happen then.
  package func append(
    _ event: AuditEvent, run: Int? = nil, person: PersonalID? = nil, because: String? = nil,
    detail: [String: String] = [:]
  ) throws(Stop) {
    try append(event, [(person, detail)], run: run, because: because)
  }

  /// Writes one event for each of several persons and syncs once.
  ///
  /// - Parameters:
  ///   - name: who asks or acts; nil for the user of this process.
  ///   - door: how the question came in.
  package func append(
    _ event: AuditEvent, _ persons: [(person: PersonalID?, detail: [String: String])], run: Int? = nil,
    because: String? = nil, by name: String? = nil, door: String? = nil
  ) throws(Stop) {
    let name = name ?? Self.user
    try append(
      event, persons.map { (by: name, person: $0.person, detail: $0.detail) }, run: run, because: because,
      door: door)
  }

  /// Writes one event for each of several persons, whom several clients asked for, and syncs once.
  package func append(
    _ event: AuditEvent, _ asked: [(by: String, person: PersonalID?, detail: [String: String])],
    run: Int? = nil, because: String? = nil, door: String?
  ) throws(Stop) {
    guard let first = asked.first else { return }
    let now = AuditLine(
      number: 0, at: Clock.now(), event: event.rawValue, user: first.by, userID: Int(getuid()),
      run: run, because: because.map { String($0.prefix(Self.longestReason)) }, door: door)
    try Folder.create(workspace)
    let key = asked.contains { $0.person != nil } ? try pseudonymKey() : ""
    var file = try GrowingFile(path)
    let end = try LogEnd(of: file)
    var chain = end.chain
    var text = end.lacksLineEnd ? "\n" : ""
    if let torn = end.torn {
      var note = now
      (note.event, note.run, note.because) = (AuditEvent.mended.rawValue, nil, nil)
      note.detail = ["torn_bytes": "\(torn.count)", "torn_digest": Digest.text(of: torn)]
      text += chain.append(note).line
    }
    for one in asked {
      var line = now
      line.user = one.by
      line.person = one.person.map { Digest.pseudonym(of: $0.text, key: key) }
      line.detail = one.detail.isEmpty ? nil : one.detail
      text += chain.append(line).line
    }
    try file.append(text)
  }

  /// The pseudonym of a person in this log.
  package func pseudonym(of id: PersonalID) throws(Stop) -> String {
    Digest.pseudonym(of: id.text, key: try pseudonymKey())
  }

  private func pseudonymKey() throws(Stop) -> String {
    if let key = try Folder.read(keyPath) { return key }
    try Folder.create(workspace)
    let key = Digest.newKey()
    try Folder.writeWhole(key, to: keyPath)
    return key
  }

  /// Set by the console for the commands that it starts: who gave them there.
  package static let consoleVariable = "CARDLINK_CONSOLE_USER"

  /// The user name, and the user who ran sudo or gave the command at the console.
  package static var user: String {
    var name = "\(getuid())"
    if let entry = unsafe getpwuid(getuid()), let text = unsafe entry.pointee.pw_name {
      name = unsafe String(cString: text)
    }
    if let console = unsafe getenv(consoleVariable) {
      return unsafe "\(name) (console: \(String(cString: console)))"
    }
    guard let sudo = unsafe getenv("SUDO_USER") else { return name }
    return unsafe "\(name) (sudo: \(String(cString: sudo)))"
  }
}

/// The end of the log's file.
private struct LogEnd {
  private(set) var chain = Chain()
  /// The bytes after the last whole entry; nil for none.
  private(set) var torn: [UInt8]?
  private(set) var lacksLineEnd = false

  init(of file: borrowing GrowingFile) throws(Stop) {
    let bytes = try file.end(3 * Audit.longestLine)
    var pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    lacksLineEnd = !(pieces.last?.isEmpty ?? true)
    // An entry that lacks only its line end is whole.
    if let last = pieces.lastIndex(where: { ChainedEntry<AuditLine>($0) != nil }),
      let entry = ChainedEntry<AuditLine>(pieces[last])
    {
      chain = Chain(after: entry)
      pieces = pieces[(last + 1)...]
    } else if pieces.count > 1 {
      // Either the first line was incomplete several times, or another program wrote the file.
      guard bytes.count == file.byteCount, pieces.allSatisfy(AuditLine.isBeginning) else {
        throw Stop(
          .inputOutput, at: file.path, expected: "lines that cardlink wrote", found: "something else",
          remedy:
            "Find out who changed the audit log, keep it as evidence, and move it out of the workspace.",
          next: "cardlink audit verify PIPELINE")
      }
    }
    if !lacksLineEnd { pieces = pieces.dropLast() }
    if !pieces.isEmpty { torn = Array(pieces.joined(separator: [UInt8(ascii: "\n")])) }
  }
}

extension AuditLine {
  /// Whether the bytes may be an incomplete line.
  fileprivate static func isBeginning(_ bytes: some Collection<UInt8>) -> Bool {
    zip(bytes, "{\"at\":\"".utf8).allSatisfy { $0 == $1 }
  }

  /// Whether it is the entry that covers these incomplete lines.
  fileprivate func mends(_ torn: [[UInt8]]) -> Bool {
    event == AuditEvent.mended.rawValue
      && detail?["torn_digest"] == Digest.text(of: Array(torn.joined(separator: [UInt8(ascii: "\n")])))
  }
}

// MARK: Reading

/// The whole log, with each line checked against the one before.
package struct AuditReading: Sendable {
  package private(set) var lines: [AuditLine] = []
  /// Incomplete lines that a later line covers.
  package private(set) var mended = 0
  /// Whether the last line is incomplete because of a crash.
  package private(set) var hasTornEnd = false
  /// The first line of the file, from 1, that has been altered, and how that shows.
  package private(set) var broken: (fileLine: Int, why: String)?
  /// The hash of each line.
  private var hashes: Set<String> = []
  private var chain = Chain()
  private var torn: [[UInt8]] = []
  private var fileLine = 0

  /// The last line's hash.
  ///
  /// A copy of it elsewhere shows later whether the end of the log was removed.
  package var head: String { chain.head }

  /// Whether a line has this hash.
  package func has(head: String) -> Bool { hashes.contains(head) }

  fileprivate mutating func take(_ bytes: [UInt8]) {
    guard broken == nil else { return }
    fileLine += 1
    guard let entry = ChainedEntry<AuditLine>(bytes) else { return torn.append(bytes) }
    if !torn.isEmpty {
      guard entry.content.mends(torn) else { return refuseTorn(endingAt: fileLine - 1) }
      mended += 1
      torn = []
    }
    if let why = chain.advance(to: entry) { return broken = (fileLine, why) }
    lines.append(entry.content)
    hashes.insert(entry.hash)
  }

  fileprivate mutating func finish(rest: [UInt8]) {
    guard broken == nil else { return }
    if !torn.isEmpty, !(torn + [rest]).allSatisfy(AuditLine.isBeginning) {
      return refuseTorn(endingAt: fileLine)
    }
    hasTornEnd = !torn.isEmpty || !rest.isEmpty
  }

  private mutating func refuseTorn(endingAt last: Int) {
    broken = (last - torn.count + 1, "it is no line of an audit log")
  }
}

extension Audit {
  /// Reads the log from its beginning and checks every line against the one before.
  package func reading() throws(Stop) -> AuditReading {
    var reading = AuditReading()
    guard try Folder.exists(path) else { return reading }
    let rest = try InputFile(path).readLines { line throws(Stop) in reading.take(line) }
    reading.finish(rest: rest)
    return reading
  }
}
