// No sudden lapse: who was in the store before, links to nothing today, and is kept because the data is only doubtful.
// Invariant: nobody is kept who has a linked record today, whose card's number another person's record has today, whom
// the population register says to be dead or gone, whose card has ended, or whom no record names any more though the
// insurance export was read to its end. The outcome of today's records stays what it is: keeping a person changes no
// record's end.
// Load: one pass over the store before beside one over today's linked persons; what fell out is sorted on disk twice, by
// insurance number and by person, within the match's memory; of the population only the blocks are read that they are in,
// and of today's claims those are sorted whose number a filter of what fell out may contain.

import Files
import SortedRuns
import Threads
package import Values

/// The store whose people must not lapse suddenly.
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

/// How many persons of the store before are kept, and how many are not.
package struct GraceCounts: Hashable, Sendable, Codable {
  /// By the outcome of today's record, or `file_damaged` where it may stand behind the fault of a damaged file.
  package var kept: [String: Int] = [:]
  /// Of these, those who were kept already.
  package var keptBefore = 0
  /// Their last day is over, or their card has ended.
  package var ended = 0
  /// Clearly gone: dead, withdrawn, rejected, or their number is another person's today.
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
  /// The findings and today's linked persons are read from it.
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

  /// Of runs that are removed before the match ends.
  private func sorter(_ name: String) -> Sorter {
    Sorter(
      folder: request.folder, name: "grace-\(name)", bufferBytes: request.sorterBytes, synced: false)
  }

  // MARK: 1. What today's records that did not link say

  private func marks() throws(Stop) -> (byPerson: [SortedRun], byNumber: [SortedRun]) {
    var byPerson = sorter("by-person")
    var byNumber = sorter("by-number")
    let export = UInt64(ExportKind.insurance.rawValue)
    var findings = try Merge(matched.findings, in: request.folder, from: export, to: export + 1)
    while findings.hasRecord {
      let (named, mark) = try findings.withPayload { (payload) throws(Stop) in Self.named(in: payload) }
      if let mark {
        let byte = [mark.rawValue]
        // An officer's word is about one card of the person.
        if mark != .cleared {
          for key in named.persons { try byPerson.append(key: key.packed, place: findings.place, byte) }
        }
        for number in named.numbers {
          try byNumber.append(key: number.packed, place: findings.place, byte)
        }
      }
      try findings.advance()
    }
    return (try byPerson.finish(), try byNumber.finish())
  }

  /// The persons and insurance numbers that a finding names, and what it says of them.
  private static func named(in payload: RawSpan) -> (
    (persons: [LinkKey], numbers: [InsuranceNumber]), GraceMark?
  ) {
    var persons: [LinkKey] = []
    var numbers: [InsuranceNumber] = []
    let mark: GraceMark?
    let outcome = Outcome(rawValue: payload.integer(at: 0)) ?? .quarantined
    if outcome == .quarantined {
      let record = QuarantinedRecord(payload.extracting(1...))
      if let id = try? PersonalID(record.personalID.utf8.span) { persons.append(.personal(id)) }
      if let number = try? InsuranceNumber(record.insuranceNumber.utf8.span) { numbers.append(number) }
      if let card = try? CardNumber(record.cardNumber.utf8.span) { numbers.append(card.tail) }
      mark = GraceMark(outcome, record.reasons)
    } else {
      let key = LinkKey(packed: payload.integer(at: 21))
      if key.personalID != nil { persons.append(key) }
      numbers = [
        InsuranceNumber(packed: payload.integer(at: 29)), InsuranceNumber(packed: payload.integer(at: 45)),
      ]
      mark = GraceMark(outcome, Reasons(low: payload.integer(at: 5), high: payload.integer(at: 13)))
    }
    numbers.removeAll { $0.isNone }
    if numbers.count == 2, numbers[0] == numbers[1] { numbers.removeLast() }
    // Since August 2025 an insurance number may be the person's own number.
    for number in numbers where number.digitCount == 12 {
      let key = LinkKey.personal(PersonalID(packed: number.digits))
      if !persons.contains(key) { persons.append(key) }
    }
    return ((persons, numbers), mark)
  }

  // MARK: 2. Who was in the store before and has no linked record today

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

  // MARK: 3. Whose card's number says more

  /// Today's claims of the numbers of those who fell out; some others may be among them.
  private func claims(of fallen: [SortedRun]) throws(Stop) -> [SortedRun] {
    guard !fallen.isEmpty else { return [] }
    let asked = KeyFilter(
      keyCount: fallen.reduce(0) { $0 + $1.recordCount }, memoryBytes: request.memoryBytes / 8)
    var numbers = try Merge(fallen, in: request.folder)
    while numbers.hasRecord {
      asked.insert(numbers.key)
      try numbers.advance()
    }
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
    let silence: GraceMark? = request.snapshot.isDamaged(.insurance) ? .unread : nil
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
        let isAnothers = holder.map { $0 != person } ?? false
        if !isAnothers, numberMark != .cleared,
          let found = [mark, numberMark].compactMap({ $0 }).min() ?? silence
        {
          bytes[0] = found.rawValue
          try doubtful.append(key: person, place: 0, bytes)
        } else {
          people.counts.cleared += 1
        }
        try candidates.advance()
      }
    }
    return try doubtful.finish()
  }

  // MARK: 4. Of whom the population says nothing clear

  private func keep(_ doubtful: [SortedRun], _ people: inout KeptPeople) throws(Stop) {
    guard !doubtful.isEmpty else { return }
    var kept = try SortedRunWriter(folder: request.folder, name: "kept")
    var candidates = try Merge(doubtful, in: request.folder)
    var population = try Merge(
      request.snapshot.population, in: request.stagedFolder, from: LinkKey.firstPersonal.packed,
      to: LinkKey.end.packed)
    while candidates.hasRecord {
      let key = candidates.key
      try population.skip(to: key)
      // Records that disagree in it say nothing clear.
      var (isKnown, isGone) = (false, true)
      while population.hasRecord, population.key == key {
        let status = try population.withPayload { (payload) throws(Stop) in PopulationRecord(payload).status }
        isKnown = true
        if !status.endsGrace { isGone = false }
        try population.advance()
      }
      if isKnown, isGone {
        people.counts.cleared += 1
      } else {
        try candidates.withPayload { (payload) throws(Stop) in
          if let word = KeptRecord.mark(of: payload)?.word {
            people.counts.kept[word, default: 0] += 1
          }
          if people.sources[Int(payload.integer(at: 1) as UInt16)].run != before.runID {
            people.counts.keptBefore += 1
          }
          try kept.append(key: key, place: 0, payload)
        }
      }
      try candidates.advance()
    }
    if let run = try kept.finish() { people.runs = [run] }
  }
}

/// Today's linked persons, asked for in ascending order.
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

/// Files, runs and last days of what is kept, each once; a night has some dozens.
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
  /// The least mark among the records of a key, to which it moves; keys ascend from call to call.
  fileprivate mutating func leastMark(at key: UInt64) throws(Stop) -> GraceMark? {
    try skip(to: key)
    var least: GraceMark?
    while hasRecord, self.key == key {
      let mark = try withPayload { (payload) throws(Stop) in GraceMark(rawValue: payload.integer(at: 0)) }
      least = least.map { min($0, mark) } ?? mark
      try advance()
    }
    return least
  }

  /// The person whose records claim a number today; nil if nobody or several persons do.
  fileprivate mutating func onlyClaimant(of number: UInt64) throws(Stop) -> UInt64? {
    try skip(to: number)
    var found: UInt64?
    var areSeveral = false
    while hasRecord, key == number {
      let person = try withPayload { (payload) throws(Stop) in payload.integer(at: 0) as UInt64 }
      if let found, found != person { areSeveral = true }
      found = person
      try advance()
    }
    return areSeveral ? nil : found
  }
}
