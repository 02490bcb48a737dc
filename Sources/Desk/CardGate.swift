// Card checks for programs: many clients at once, from the store in force or a facility's package.
// Invariant: each answer comes from one store or package, and is in the audit log, on disk, before it is given. A store or package
// that comes in force is taken up while the one before answers; one that can't be used changes nothing.
// Load: a worker answers all waiting questions together, with one wait for the disk.

package import CardCheck
import Files
import Glibc
package import Package
import Rules
import Store
import Synchronization
package import Values
import Workspace

/// Takes up what is in force, for workers that answer from it.
package final class CardGate: Sendable {
  private enum Place {
    case store(Desk)
    case package(String, PackageCheck)
  }

  /// What answers: a store with the numbers on its cards, or a package's people.
  fileprivate struct Edition: Sendable {
    var number: Int
    var identity: FileAttributes.Identity
    var asOf: CalendarDate
    var numbers: StoreNumbers?
    var people: MemoryCards?
  }

  private let place: Place
  /// The folder of the audit log.
  fileprivate let folder: String
  private let fixedDay: CalendarDate?
  private let latest = Mutex<Edition?>(nil)

  /// - Parameters:
  ///   - desk: the desk of the pipeline whose store answers.
  ///   - day: the day asked about; nil for today.
  package init(store desk: Desk, on day: CalendarDate? = nil) {
    (place, folder, fixedDay) = (.store(desk), desk.pipeline.workspace, day)
  }

  /// - Parameters:
  ///   - path: the folder of a package, or its encrypted file.
  ///   - folder: where the audit log is kept, for the facility has no workspace.
  package init(
    package path: String, check: PackageCheck, audit folder: String, on day: CalendarDate? = nil
  ) {
    (place, self.folder, fixedDay) = (.package(path, check), folder, day)
  }

  fileprivate var today: CalendarDate { fixedDay ?? Clock.today() }
  fileprivate var edition: Edition? { latest.withLock { $0 } }

  /// The business date of what answers; nil before the first ``refresh()``.
  package var asOf: CalendarDate? { edition?.asOf }

  /// Takes up what is in force now, if that isn't what answers already; to be called by one thread.
  ///
  /// - Returns: what is not known about the origin of a package that was taken up now.
  package func refresh() throws(Stop) -> Bilingual? {
    guard let identity = try identity() else {
      // Says what is missing.
      switch place {
      case .store(let desk): _ = try desk.storeNumbers()
      case .package(let path, let check): _ = try FacilityPackage.open(path, check, on: today)
      }
      return nil
    }
    let before = edition
    guard identity != before?.identity else { return nil }
    var next = Edition(number: (before?.number ?? 0) + 1, identity: identity, asOf: .none)
    var doubt: PackageDoubt?
    switch place {
    case .store(let desk):
      let numbers = try desk.storeNumbers()
      next.numbers = numbers
      next.asOf = try desk.cards(daysOfUse: CardDesk.daysOfUse, numbers).standing.asOf
    case .package(let path, let check):
      let opened = try FacilityPackage.open(path, check, on: today)
      var cards = MemoryCards(opened.people)
      cards.index = cards.numberIndex()
      (next.people, next.asOf, doubt) = (cards, cards.standing.asOf, opened.doubt)
    }
    // Another one may have come meanwhile; the next call takes it up.
    guard try self.identity() == identity else { return nil }
    latest.withLock { $0 = next }
    return doubt.map { Bilingual($0.vietnamese, $0.english) }
  }

  /// Changes with whatever is in force; nil if there is nothing.
  private func identity() throws(Stop) -> FileAttributes.Identity? {
    switch place {
    case .store(let desk):
      return try FileAttributes(of: desk.pipeline.storePath(in: desk.pipeline.workspace))?.identity
    case .package(let path, _):
      let manifest = try FileAttributes(of: path + "/" + BagName.tagManifest)
      if let manifest { return manifest.identity }
      return try FileAttributes(of: path)?.identity
    }
  }

  /// Opens an edition for one worker.
  ///
  /// - Returns: nil if another one is in force already.
  fileprivate func open(_ edition: Edition, on day: CalendarDate) throws(Stop) -> (any HeldCards)? {
    if let cards = edition.people {
      let last = cards.standing.validUntil
      guard last.isNone || day.lastDay <= last.lastDay else {
        throw Stop(
          .dataRefused, at: "package", expected: "a package for use on \(day.text)",
          found: "one for use until \(last.text)", remedy: "Put the newest package in its place.")
      }
      return Held(cards, on: day)
    }
    guard case .store(let desk) = place, let numbers = edition.numbers else { return nil }
    let cards = try desk.cards(daysOfUse: CardDesk.daysOfUse, numbers)
    guard try identity() == edition.identity else { return nil }
    return Held(cards, on: day)
  }

  fileprivate func names(on day: CalendarDate) -> FacilityNames {
    guard case .store(let desk) = place else { return FacilityNames() }
    return FacilityNames((try? desk.pipeline.facilities(on: day)) ?? Facilities())
  }
}

/// A source of either kind, opened for one worker.
private protocol HeldCards: AnyObject {
  var standing: DataStanding { get }
  func check(
    _ batch: inout QuestionBatch, _ answer: (Answer, borrowing PersonBatch) throws(Stop) -> Void
  ) throws(Stop)
}

private final class Held<Source: CardSource & ~Copyable>: HeldCards {
  private var checker: CardChecker<Source>

  init(_ source: consuming Source, on day: CalendarDate) { checker = CardChecker(source, on: day) }

  var standing: DataStanding { checker.standing }
  func check(
    _ batch: inout QuestionBatch, _ answer: (Answer, borrowing PersonBatch) throws(Stop) -> Void
  ) throws(Stop) {
    try checker.check(&batch, answer)
  }
}

/// A question of a client.
package struct GateQuestion: Sendable {
  package var client: String
  package var request: GatewayRequest

  package init(client: String, _ request: GatewayRequest) { (self.client, self.request) = (client, request) }
}

/// The answers to questions, in their order.
package struct GateAnswers: Sendable {
  /// One JSON object after the other.
  package var bytes: [UInt8] = []
  /// Where each ends.
  package var ends: [Int] = []
  package var codes: [String] = []
}

/// Answers questions on one thread.
package struct GateWorker {
  private let gate: CardGate
  private var reader = QuestionReader()
  private var batch = QuestionBatch()
  private var cards: (any HeldCards)?
  private var names = FacilityNames()
  private var number = 0
  private var day = CalendarDate.none

  package init(_ gate: CardGate) { self.gate = gate }

  /// Answers all questions from what is in force.
  ///
  /// - Throws: ``Stop``; none of the answers must be given then.
  package mutating func answer(_ questions: [GateQuestion]) throws(Stop) -> GateAnswers {
    let found = try found(questions)
    try Desk.audit(found.lines, through: .serve, in: gate.folder)
    return found.answers
  }

  /// Reads what answers, again for two seconds at most where the store can't be read.
  ///
  /// A run that ends marks itself as done in the store that it has just put in force. While it does, SQLite at a connection to
  /// the store before finds a journal of its name, and refuses to read.
  private mutating func found(_ questions: [GateQuestion]) throws(Stop) -> Found {
    for _ in 0..<40 {
      do throws(Stop) {
        return try read(questions)
      } catch  where error.exit == .storeUnavailable && cards != nil {
        usleep(50_000)
      }
    }
    return try read(questions)
  }

  private struct Found {
    var answers = GateAnswers()
    /// For the audit log.
    var lines: [(by: String, person: PersonalID?, detail: [String: String])] = []
  }

  private mutating func read(_ questions: [GateQuestion]) throws(Stop) -> Found {
    let cards = try current()
    batch.removeAll()
    for question in questions { reader.read(question.request, number: 1, into: &batch) }
    var writer = AnswerWriter(.gateway, cards.standing, on: day, names: names)
    var found = Found()
    found.lines.reserveCapacity(questions.count)
    try cards.check(&batch) { (answer, people) throws(Stop) in
      writer.append(answer, people)
      found.lines.append(
        (questions[found.lines.count].client, answer.personalID, ["code": answer.code.text]))
      found.answers.ends.append(writer.count)
      found.answers.codes.append(answer.code.text)
    }
    found.answers.bytes = writer.bytes
    return found
  }

  /// What answers now, opened anew when another edition is in force or another day has begun.
  private mutating func current() throws(Stop) -> any HeldCards {
    let today = gate.today
    let edition = gate.edition
    if let edition, edition.number != number || today != day {
      // Where a store was replaced this very moment, the one before answers until the gate has taken up the new one.
      if let opened = try gate.open(edition, on: today) {
        (cards, number, day, names) = (opened, edition.number, today, gate.names(on: today))
      }
    }
    guard let cards else {
      throw Stop(
        .storeUnavailable, at: "card check", expected: "a store or a package", found: "none yet",
        remedy: "Wait a moment and ask again.")
    }
    return cards
  }
}
