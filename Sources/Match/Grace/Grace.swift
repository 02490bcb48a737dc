// Keeps persons of the previous store who link to nothing today, while today's data about them is doubtful.
// Invariant: a person is kept only if all of this holds: no record of the person links today; no other
// person's linked record has the card's insurance number; the population register does not list the person as
// dead or gone; the card has not ended; and a record still names the card or person, or the insurance export
// was not read to its end. Keeping a person changes no record's outcome.
// Load: one pass over the previous store beside one over today's linked persons. The persons without a linked
// record are sorted on disk twice, by insurance number and by person. Only the blocks of the population that
// hold them are read, and only the claims that pass a filter of their numbers are sorted.

import Files
import Rules
import SortedRuns
import Threads
package import Values

/// The store of the last run, whose persons may be kept in grace.
package struct StoreBefore {
  /// How many days after the business date a person is kept.
  package var graceDays: Int
  package var runID: Int
  /// The names of the files that its cards come from, by ``CardRow/fileIndex``.
  package var insuranceFiles: [String]
  /// The same for cards that were kept in grace already.
  package var keptSources: [KeptSource]
  /// Fills the batch with the next persons, ascending, each with the card that serves; false when there are none left.
  package var nextBatch: (inout PersonBatch) throws(Stop) -> Bool

  package init(
    graceDays: Int, runID: Int, insuranceFiles: [String], keptSources: [KeptSource],
    nextBatch: @escaping (inout PersonBatch) throws(Stop) -> Bool
  ) {
    self.graceDays = graceDays
    self.runID = runID
    self.insuranceFiles = insuranceFiles
    self.keptSources = keptSources
    self.nextBatch = nextBatch
  }
}

/// How many persons of the previous store are kept, and how many are not.
package struct GraceCounts: Hashable, Sendable, Codable {
  /// By the outcome of today's record, or `file_damaged` if the record may be in the unread part of a damaged file.
  package var kept: [String: Int] = [:]
  /// How many of them were in grace already.
  package var keptBefore = 0
  /// Persons whose last day is over or whose card has ended.
  package var ended = 0
  /// Persons without doubt: dead, withdrawn, rejected, or with a number that is another person's today.
  package var cleared = 0

  package init() {}

  package var total: Int { kept.values.reduce(0, +) }
}

/// The persons who are kept, as the match leaves them.
struct KeptPeople: Sendable {
  var runs: [SortedRun] = []
  var sources: [KeptSource] = []
  var counts = GraceCounts()
}

struct Grace {
  var request: MatchRequest
  var before: StoreBefore
  /// Findings and linked persons of today.
  var matched: MatchedSnapshot
  /// Insurance number → person, of the records that would link.
  var claims: [ClaimLog.Written]

  func run() throws(Stop) -> KeptPeople {
    var people = KeptPeople()
    let (byPerson, byNumber) = try marks()
    let fallen = try fallenOut(byPerson, &people)
    let claims = try claims(of: fallen)
    let doubtful = try stillDoubtful(fallen, byNumber, claims, &people)
    try keep(doubtful, &people)
    for run in byPerson + byNumber + fallen + claims + doubtful {
      try Folder.remove(request.folder + "/" + run.name)
    }
    return people
  }

  /// A sorter of runs that are removed before the match ends.
  private func sorter(_ name: String) -> Sorter {
    Sorter(
      folder: request.folder, name: "grace-\(name)", bufferBytes: request.sorterBytes, synced: false)
  }

  // MARK: 1. Mark the persons and cards of today's records that did not link

  private func marks() throws(Stop) -> (byPerson: [SortedRun], byNumber: [SortedRun]) {
    var byPerson = sorter("by-person")
    var byNumber = sorter("by-number")
    let export = UInt64(ExportKind.insurance.rawValue)
    var findings = try Merge(matched.findings, in: request.folder, from: export, to: export + 1)
    try findings.forEach { _, place, payload throws(Stop) in
      let (named, mark) = Self.named(in: payload)
      guard let mark else { return }
      let byte = [mark.rawValue]
      // An officer's decision is about one card of the person.
      if mark != .cleared {
        for key in named.persons { try byPerson.append(key: key.packed, place: place, byte) }
      }
      for number in named.numbers { try byNumber.append(key: number.packed, place: place, byte) }
    }
    return (try byPerson.finish(), try byNumber.finish())
  }

  /// The persons and insurance numbers that a finding names, and what it says about them.
  private static func named(in payload: RawSpan) -> (NamedInFinding, GraceMark?) {
    switch WrittenFinding(payload) {
    case .quarantined(let record):
      (NamedInFinding(record), GraceMark(.quarantined, record.reasons))
    case .notLinked(let record):
      (
        NamedInFinding(record.key, [record.insuranceNumber, record.cardNumber.tail]),
        GraceMark(record.outcome, record.reasons)
      )
    }
  }

  // MARK: 2. Find the persons of the previous store who have no linked record today

  /// - Returns: by the card's insurance number, then person.
  private func fallenOut(_ byPerson: [SortedRun], _ people: inout KeptPeople) throws(Stop) -> [SortedRun] {
    var fallen = sorter("fallen")
    var marks = try Merge(byPerson, in: request.folder)
    var today = LinkedToday(try MatchedPersons(matched, in: request.folder, asOf: request.asOf))
    var sources = KeptSources(before)
    var batch = PersonBatch()
    var bytes: [UInt8] = []
    while try before.nextBatch(&batch) {
      for person in batch.persons where !(try today.links(person.personalID)) {
        guard let serving = person.cards.first(where: { batch.cards[$0].isServing }) else { continue }
        let card = batch.cards[serving]
        guard let until = card.graceDay(on: request.asOf, days: before.graceDays) else {
          people.counts.ended += 1
          continue
        }
        let key = LinkKey.personal(person.personalID).packed
        bytes.removeAll(keepingCapacity: true)
        KeptRecord.append(
          try marks.leastMark(at: key), person, name: batch.bytes.span.extracting(person.nameRange), card,
          source: sources.index(of: card, until: until), until: until, to: &bytes)
        try fallen.append(key: card.insuranceNumber.packed, place: key, bytes)
      }
    }
    people.sources = sources.all
    return try fallen.finish()
  }

  // MARK: 3. Add what today's records say about the cards' insurance numbers

  /// Today's claims of the numbers of these persons; a few others may be included.
  private func claims(of fallen: [SortedRun]) throws(Stop) -> [SortedRun] {
    guard !fallen.isEmpty else { return [] }
    let asked = KeyFilter(
      keyCount: fallen.reduce(0) { $0 + $1.recordCount }, memoryBytes: request.memoryBytes / 8)
    var numbers = try Merge(fallen, in: request.folder)
    try numbers.forEach { number, _, _ throws(Stop) in asked.insert(number) }
    let logs = claims.indices.map { (part: $0, log: claims[$0]) }
    let sorted = try inOrder(logs, width: request.threads) { [request] (item) throws(Stop) in
      try item.log.sorted(asked, request, name: "grace-claims-\(item.part)")
    }
    return try compacted(sorted.flatMap(\.self), in: request.folder, name: "grace-claims", synced: false)
  }

  /// - Returns: by person.
  private func stillDoubtful(
    _ fallen: [SortedRun], _ byNumber: [SortedRun], _ claims: [SortedRun], _ people: inout KeptPeople
  ) throws(Stop) -> [SortedRun] {
    var doubtful = sorter("doubtful")
    var candidates = try Merge(fallen, in: request.folder)
    var marks = try Merge(byNumber, in: request.folder)
    var claims = try Merge(claims, in: request.folder)
    let isExportDamaged = request.snapshot.isDamaged(.insurance)
    var bytes: [UInt8] = []
    while candidates.hasRecord {
      let number = candidates.key
      let holder = try claims.onlyClaimant(of: number)
      let numberMark = try marks.leastMark(at: number)
      while candidates.hasRecord, candidates.key == number {
        let person = candidates.place
        let mark = try candidates.withPayload { (payload) throws(Stop) in
          bytes.removeAll(keepingCapacity: true)
          unsafe payload.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
          return KeptRecord.mark(of: payload)
        }
        let evidence = GraceEvidence(
          person: mark, number: numberMark, isAnothers: holder.map { $0 != person } ?? false,
          isExportDamaged: isExportDamaged)
        if let doubt = evidence.doubt {
          KeptRecord.set(doubt, in: &bytes)
          try doubtful.append(key: person, place: 0, bytes)
        } else {
          people.counts.cleared += 1
        }
        try candidates.advance()
      }
    }
    return try doubtful.finish()
  }

  // MARK: 4. Leave out persons whom the population register lists as gone

  private func keep(_ doubtful: [SortedRun], _ people: inout KeptPeople) throws(Stop) {
    guard !doubtful.isEmpty else { return }
    var kept = try SortedRunWriter(folder: request.folder, name: "kept")
    var candidates = try Merge(doubtful, in: request.folder)
    var population = try Merge(
      request.snapshot.population, in: request.stagedFolder, from: LinkKey.firstPersonal.packed,
      to: LinkKey.end.packed)
    var statuses: [PersonStatus] = []
    try candidates.forEach { key, _, payload throws(Stop) in
      statuses.removeAll(keepingCapacity: true)
      try population.forEach(of: key) { _, payload throws(Stop) in
        statuses.append(PopulationRecord(payload).status)
      }
      guard !isGone(statuses) else {
        people.counts.cleared += 1
        return
      }
      if let word = KeptRecord.mark(of: payload)?.word { people.counts.kept[word, default: 0] += 1 }
      if people.sources[KeptRecord.source(of: payload)].run != before.runID { people.counts.keptBefore += 1 }
      try kept.append(key: key, place: 0, payload)
    }
    if let run = try kept.finish() { people.runs = [run] }
  }
}

/// Today's linked persons; callers ask in ascending order.
private struct LinkedToday {
  private let persons: MatchedPersons
  private var batch = PersonBatch()
  private var next = 0
  private var isDone = false

  init(_ persons: MatchedPersons) { self.persons = persons }

  mutating func links(_ id: PersonalID) throws(Stop) -> Bool {
    while true {
      while next < batch.persons.count {
        if batch.persons[next].personalID >= id { return batch.persons[next].personalID == id }
        next += 1
      }
      guard !isDone else { return false }
      next = 0
      isDone = !(try persons.nextBatch(into: &batch))
    }
  }
}

/// The distinct files, runs and last days of kept persons; some dozens a night.
private struct KeptSources {
  private let before: StoreBefore
  private(set) var all: [KeptSource] = []
  private var places: [KeptSource: UInt16] = [:]

  init(_ before: StoreBefore) { self.before = before }

  mutating func index(of card: CardRow, until: CalendarDate) -> UInt16 {
    let file = Int(card.fileIndex)
    let source: KeptSource
    if !card.graceUntil.isNone, file < before.keptSources.count {
      source = before.keptSources[file]
    } else {
      source = KeptSource(
        sourceFile: file < before.insuranceFiles.count ? before.insuranceFiles[file] : "",
        run: before.runID, graceUntil: until.text)
    }
    if let place = places[source] { return place }
    let place = UInt16(all.count)
    places[source] = place
    all.append(source)
    return place
  }
}

extension Merge {
  /// The least mark among the records of a key.
  ///
  /// Keys ascend from call to call.
  fileprivate mutating func leastMark(at key: UInt64) throws(Stop) -> GraceMark? {
    var least: GraceMark?
    try forEach(of: key) { _, payload throws(Stop) in
      let mark = GraceMark(rawValue: payload.integer(at: 0))
      least = least.map { min($0, mark) } ?? mark
    }
    return least
  }

  /// The only person whose records claim a number today; nil if none or several do.
  fileprivate mutating func onlyClaimant(of number: UInt64) throws(Stop) -> UInt64? {
    var found: UInt64?
    var areSeveral = false
    try forEach(of: number) { _, payload throws(Stop) in
      let person: UInt64 = payload.integer(at: 0)
      if let found, found != person { areSeveral = true }
      found = person
    }
    return areSeveral ? nil : found
  }
}
