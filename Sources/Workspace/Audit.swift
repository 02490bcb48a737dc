// The audit log: who did what, when and why, in a file that only grows.
// Invariant: an event is on the disk before its effect begins. Each line ends with a hash over itself and the hash of
// the line before, so that no line can be changed, taken out or put in between without the later ones telling. A
// personal ID number never stands in it, only its pseudonym under a key of this workspace. A line that a crash tore
// off stays, and the line after it says so; if that was torn off as well, the next one speaks for both.
// Load: a handful of lines a night and one for each question of an officer.
//
//   workspace/audit.log   {"at":…,"event":…,"number":…,…,"hash":…}   one line each, mode 0600
//   workspace/audit.key   the key of the pseudonyms, mode 0600

import Files
import Foundation
import Glibc
import Seal
package import Values

/// What is written down.
package enum AuditEvent: String, Sendable, CaseIterable, Codable {
  case runBegan = "run_began"
  case runResumed = "run_resumed"
  case runDone = "run_done"
  case runFailed = "run_failed"
  case runHeld = "run_held"
  case released
  case rolledBack = "rolled_back"
  case pruned
  case decided
  /// A decision taken back.
  case revoked
  case lookedUp = "looked_up"
  case explained
  case findingsRead = "findings_read"
  case decisionsRead = "decisions_read"
  /// The persons in which two runs' stores differ.
  case differencesRead = "differences_read"
  case cardChecked = "card_checked"
  /// A file of card checks; its persons are not written down one by one.
  case cardBatchBegan = "card_batch_began"
  case cardBatchDone = "card_batch_done"
  /// The line before was torn off by a crash; its effect did not happen.
  case mended
}

/// One line of the audit log.
package struct AuditLine: Hashable, Sendable, Codable {
  /// Counts from 1.
  package var number: Int
  package var at: String
  package var event: String
  /// The user name, and behind it the one who became that user through sudo.
  package var user: String
  package var userID: Int
  package var run: Int?
  /// The pseudonym of a personal ID number.
  package var person: String?
  /// Why, in the words of the one who did it.
  package var because: String?
  /// How the question came in, for answers that show a person: `command`.
  package var door: String?
  /// What else belongs to the event: names of gates, counts, paths.
  package var detail: [String: String]?

  private enum CodingKeys: String, CodingKey {
    case number, at, event, user, run, person, because, door, detail
    case userID = "user_id"
  }
}

/// The audit log of a workspace.
package struct Audit: Sendable {
  private let workspace: String
  package var path: String { workspace + "/audit.log" }
  private var keyPath: String { workspace + "/audit.key" }

  /// No line is longer; the reason that a person gives is cut to fit.
  static let longestLine = 16 << 10
  static let longestReason = 1000

  /// - Parameter workspace: the workspace's folder, whether this process holds the workspace or not.
  package init(_ workspace: String) { self.workspace = workspace }

  /// Writes one event and waits until the disk has it; call it before the effect begins.
  ///
  /// - Parameters:
  ///   - person: whom it is about; only a pseudonym is written.
  ///   - because: the reason given, if one was.
  ///   - detail: counts, names of gates or files; nothing about a person.
  /// - Throws: ``Stop``; the effect must then not happen.
  package func append(
    _ event: AuditEvent, run: Int? = nil, person: PersonalID? = nil, because: String? = nil,
    detail: [String: String] = [:]
  ) throws(Stop) {
    try append(event, [(person, detail)], run: run, because: because)
  }

  /// Writes one event for each of several persons and waits once until the disk has all.
  ///
  /// - Parameters:
  ///   - name: who asks or acts; nil for the user of this process.
  ///   - door: how the question came in.
  package func append(
    _ event: AuditEvent, _ persons: [(person: PersonalID?, detail: [String: String])], run: Int? = nil,
    because: String? = nil, by name: String? = nil, door: String? = nil
  ) throws(Stop) {
    let now = AuditLine(
      number: 0, at: Clock.now(), event: event.rawValue, user: name ?? Self.user, userID: Int(getuid()),
      run: run, because: because.map { String($0.prefix(Self.longestReason)) }, door: door)
    try Folder.create(workspace)
    var pseudonyms: [String?] = []
    for (person, _) in persons {
      pseudonyms.append(try person.map { id throws(Stop) in try pseudonym(of: id) })
    }
    var file = try GrowingFile(path)
    var chain = try Chain(endOf: file)
    if let torn = chain.torn {
      var note = now
      (note.event, note.run, note.because) = (AuditEvent.mended.rawValue, nil, nil)
      note.detail = ["torn_bytes": "\(torn.count)", "torn_digest": AuditText.digest(of: torn)]
      try file.append((chain.lacksLineEnd ? "\n" : "") + chain.link(&note))
    }
    var text = chain.torn == nil && chain.lacksLineEnd ? "\n" : ""
    for (i, person) in persons.enumerated() {
      var line = now
      line.person = pseudonyms[i]
      line.detail = person.detail.isEmpty ? nil : person.detail
      text += chain.link(&line)
    }
    try file.append(text)
  }

  /// The name under which a person stands in this log.
  package func pseudonym(of id: PersonalID) throws(Stop) -> String {
    if let key = try Folder.read(keyPath) { return Digest.pseudonym(of: id.text, key: key) }
    try Folder.create(workspace)
    let key = Digest.newKey()
    try Folder.writeWhole(key, to: keyPath)
    return Digest.pseudonym(of: id.text, key: key)
  }

  /// The user, and who became it through sudo.
  package static var user: String {
    var name = "\(getuid())"
    if let entry = unsafe getpwuid(getuid()), let text = unsafe entry.pointee.pw_name {
      name = unsafe String(cString: text)
    }
    guard let sudo = unsafe getenv("SUDO_USER") else { return name }
    return unsafe "\(name) (sudo: \(String(cString: sudo)))"
  }
}

/// Where the log ends: what the next line is chained to.
private struct Chain {
  private(set) var number = 0
  private(set) var hash = AuditText.firstHash
  /// What stands behind the last whole line, without a line end at its end; nil for nothing.
  private(set) var torn: [UInt8]?
  private(set) var lacksLineEnd = false

  init(endOf file: borrowing GrowingFile) throws(Stop) {
    let bytes = try file.end(3 * Audit.longestLine)
    let pieces = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    lacksLineEnd = !(pieces.last?.isEmpty ?? true)
    var behind = pieces[...]
    // One that lacks but its line end is whole.
    if let last = pieces.lastIndex(where: { AuditText($0) != nil }), let whole = AuditText(pieces[last]) {
      (number, hash) = (whole.line.number, whole.hash)
      behind = pieces[(last + 1)...]
    } else if pieces.count > 1 {
      // Not even a first line: torn off more than once, or not ours.
      guard bytes.count == file.byteCount, pieces.allSatisfy(AuditText.isBeginning) else {
        throw Stop(
          .inputOutput, at: file.path, expected: "lines that cardlink wrote", found: "something else",
          remedy:
            "Find out who changed the audit log, keep it as evidence, and move it out of the workspace.",
          next: "cardlink audit verify PIPELINE")
      }
    }
    if !lacksLineEnd { behind = behind.dropLast() }
    if !behind.isEmpty { torn = AuditText.joined(behind) }
  }

  /// The line's text, with its number and hash.
  mutating func link(_ line: inout AuditLine) -> String {
    number += 1
    line.number = number
    let text = AuditText(line, after: hash)
    hash = text.hash
    return text.text + "\n"
  }
}

/// A line as it stands in the file.
struct AuditText {
  let line: AuditLine
  let hash: String
  /// The line without its hash.
  private let body: String

  static let firstHash = String(repeating: "0", count: 64)

  package var text: String { body.dropLast() + ",\"hash\":\"\(hash)\"}" }

  /// A new line.
  init(_ line: AuditLine, after previous: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    self.line = line
    body = (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    hash = Digest.text(of: previous + body)
  }

  /// A line that was read; nil if it is none.
  init?(_ bytes: some Collection<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.utf8.count > 80, text.hasSuffix("\"}"),
      let cut = text.range(of: ",\"hash\":\"", options: .backwards)
    else { return nil }
    body = text[..<cut.lowerBound] + "}"
    hash = String(text[cut.upperBound...].dropLast(2))
    guard hash.utf8.count == 64, let line = try? JSONDecoder().decode(AuditLine.self, from: Data(body.utf8))
    else {
      return nil
    }
    self.line = line
  }

  /// Whether the line follows one with that hash and is as it was written.
  func follows(_ previous: String) -> Bool { hash == Digest.text(of: previous + body) }

  /// Whether this may be a line that was torn off.
  static func isBeginning(_ bytes: some Collection<UInt8>) -> Bool {
    zip(bytes, "{\"at\":\"".utf8).allSatisfy { $0 == $1 }
  }

  /// Lines as they stand in the file.
  static func joined(_ lines: some Collection<ArraySlice<UInt8>>) -> [UInt8] {
    Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  static func digest(of bytes: some Collection<UInt8>) -> String {
    var digest = Digest()
    let all = Array(bytes)
    digest.update(all.span.bytes)
    return digest.text
  }
}

// MARK: Reading

/// What a reading of the whole log has shown.
package struct AuditReading: Sendable {
  package var lines: [AuditLine] = []
  /// Torn lines that a later line explains.
  package var mended = 0
  /// Whether the end is torn off, as a crash leaves it.
  package var hasTornEnd = false
  /// The line of the file, from 1, from which on the log is not what was written, and how that shows.
  package var broken: (fileLine: Int, why: String)?
  /// The last line's hash: whoever keeps it elsewhere can tell later that nothing was cut off.
  package var head = AuditText.firstHash
}

extension Audit {
  /// Reads the log from its beginning and checks every line against the one before.
  package func reading() throws(Stop) -> AuditReading {
    var reading = AuditReading()
    guard Folder.exists(path) else { return reading }
    // As bytes: a letter that was torn in two is no text.
    let file = try InputFile(path)
    var all: [UInt8] = []
    try file.read(at: 0, count: file.byteCount, into: &all)
    var lines = all.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let end = lines.popLast() ?? []
    var torn: [ArraySlice<UInt8>] = []
    for (i, bytes) in lines.enumerated() {
      guard let line = AuditText(bytes) else {
        torn.append(bytes)
        continue
      }
      if !torn.isEmpty {
        guard line.line.event == AuditEvent.mended.rawValue,
          line.line.detail?["torn_digest"] == AuditText.digest(of: AuditText.joined(torn))
        else { return reading.broken(at: i - torn.count + 1, "it is no line of an audit log") }
        reading.mended += 1
        torn = []
      }
      guard line.line.number == reading.lines.count + 1 else {
        return reading.broken(
          at: i + 1, "it has number \(line.line.number) where \(reading.lines.count + 1) belongs")
      }
      guard line.follows(reading.head) else {
        return reading.broken(at: i + 1, "its hash does not follow from it and the line before")
      }
      reading.lines.append(line.line)
      reading.head = line.hash
    }
    if !torn.isEmpty, !(torn + [end]).allSatisfy(AuditText.isBeginning) {
      return reading.broken(at: lines.count - torn.count + 1, "it is no line of an audit log")
    }
    reading.hasTornEnd = !torn.isEmpty || !end.isEmpty
    return reading
  }
}

extension Audit {
  /// Whether some line has this hash; the log must have been read as intact.
  package func has(head: String) throws(Stop) -> Bool {
    try Folder.read(path)?.contains(",\"hash\":\"\(head)\"}\n") ?? false
  }
}

extension AuditReading {
  fileprivate func broken(at fileLine: Int, _ why: String) -> AuditReading {
    var reading = self
    reading.broken = (fileLine, why)
    return reading
  }
}
