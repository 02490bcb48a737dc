// Sorts the persons of the store by recipient, on disk.
// Invariant: a person is written once under the key of each package that can be written and that the rules give
// to the facility on a card which serves while the packages may be used; a person in no package is counted by
// the reason. Persons ascend, or the publication stops.
// Load: 90 million persons, in parts that the threads read and sort.

import Rules
import SortedRuns
import Synchronization
import Threads
import Values

/// The sorted runs, and the counts of persons in no package.
struct SortedPeople: Sendable {
  var runs: [SortedRun]
  /// The keys of all packages with people, including those left out.
  var packages: Set<UInt64>
  /// The persons' insurance numbers of 10 digits, where a rule asks for card numbers of 15 characters.
  var numbers: [SortedRun]
  /// The keys of packages left out, because there is no key to encrypt them to.
  var leftOut: Set<UInt64>
  var report: PublishReport
}

/// Sorts the people of all parts, several parts at once.
func sortPeople(
  _ parts: PeopleParts, _ request: PublishRequest, _ encryption: PackageKeys, into folder: String,
  numbersIn kept: String?
) throws(Stop) -> SortedPeople {
  let known = request.policy.showsFifteen ? kept.flatMap { TenDigitNumbers.read(in: $0) } : nil
  let threads = max(1, request.threads)
  let next = Atomic<Int>(0)
  // One sorter per thread, not per part: each leaves at least one file, and merging opens all of them.
  let sorted = try inOrder(Array(0..<threads), width: threads) { thread throws(Stop) in
    var sorter = PeopleSorter(
      request, encryption, into: folder, name: "people-\(thread)", bytes: request.memoryBytes / threads)
    while true {
      let part = next.add(1, ordering: .relaxed).oldValue
      guard part < parts.count else { break }
      if let known, let kept {
        sorter.beginPart { first throws(Stop) in try known.reader(in: kept, from: first) }
      } else {
        sorter.beginPart { _ throws(Stop) in try parts.formerNumbers(part) }
      }
      try parts.handOver(part) { batch throws(Stop) in try sorter.append(batch) }
    }
    return try sorter.finish()
  }
  return sorted.dropFirst().reduce(into: sorted[0]) { $0.add($1) }
}

extension SortedPeople {
  fileprivate mutating func add(_ other: SortedPeople) {
    runs += other.runs
    numbers += other.numbers
    packages.formUnion(other.packages)
    leftOut.formUnion(other.leftOut)
    report.persons += other.report.persons
    report.copies += other.report.copies
    report.personsLeftOut += other.report.personsLeftOut
    report.personsWithoutFacility += other.report.personsWithoutFacility
    report.personsWithMalformedFacility += other.report.personsWithMalformedFacility
    report.personsNotSelected += other.report.personsNotSelected
    report.facilities.add(other.report.facilities)
  }
}

private struct PeopleSorter: ~Copyable {
  private var sorter: Sorter
  private var recipients: Recipients
  private var report = PublishReport()
  private var packed: [UInt8] = []
  private var last: PersonalID?
  private let period: (first: CalendarDate, last: CalendarDate)
  /// The current person's cards: the serving one, then those that begin while the packages may be used, or before.
  private var cards: [CardRow] = []
  private var keys: [UInt64] = []
  private let encryption: PackageKeys
  /// Takes the numbers of 10 digits, where a rule asks for them.
  private var numbers: Sorter
  private let asksForNumbers: Bool
  private var former: FormerNumbers?
  private var openFormer: ((PersonalID) throws(Stop) -> FormerNumbers)?
  /// Whether a package is left out for lack of an encryption key, by its sort key.
  private var leftOut: [UInt64: Bool] = [:]

  init(_ request: PublishRequest, _ encryption: PackageKeys, into folder: String, name: String, bytes: Int) {
    self.encryption = encryption
    period = (request.asOf, request.validUntil)
    asksForNumbers = request.policy.showsFifteen
    let forNumbers = asksForNumbers ? bytes / 8 : 0
    sorter = Sorter(folder: folder, name: name, bufferBytes: bytes - forNumbers)
    numbers = Sorter(folder: folder, name: "numbers-\(name)", bufferBytes: forNumbers)
    recipients = Recipients(request.policy.rules, request.facilities)
  }

  /// Begins a part, whose persons' former numbers `open` reads from the first person on.
  mutating func beginPart(_ open: @escaping (PersonalID) throws(Stop) -> FormerNumbers) {
    (former, openFormer) = (nil, open)
  }

  /// The person's insurance number of 10 digits, of today or the last one known.
  private mutating func tenDigits(
    of person: PersonRow, _ batch: PersonBatch, serving: Int
  ) throws(Stop) -> InsuranceNumber {
    guard asksForNumbers else { return .none }
    var number = batch.cards[serving].tenDigits
    for i in person.cards where number.isNone { number = batch.cards[i].tenDigits }
    if number.isNone {
      if former == nil { former = try openFormer?(person.personalID) }
      number = try former?(person.personalID) ?? .none
    }
    if !number.isNone {
      try numbers.append(key: person.personalID.packed, place: number.packed, [])
    }
    return number
  }

  mutating func append(_ batch: PersonBatch) throws(Stop) {
    for person in batch.persons {
      if let last, last >= person.personalID { throw .wrongOrder }
      last = person.personalID
      guard let serving = person.cards.first(where: { batch.cards[$0].isServing }) else {
        throw .noServingCard
      }
      let card = batch.cards[serving]
      let tenDigits = try tenDigits(of: person, batch, serving: serving)
      let place = recipients.place(of: card.facility)
      recipients.count(personAt: place)
      // Few have another card; all others go straight from the code's packages to the sorter.
      let hasOthers = person.cards.count > 1
      if hasOthers { takeOthers(of: person, batch, serving: serving) }
      let packages = hasOthers ? keys.indices : place.packages
      guard !packages.isEmpty else {
        if place.isNameless {
          report.personsWithoutFacility += 1
          if !card.facility.isNone { report.personsWithMalformedFacility += 1 }
        } else {
          report.personsNotSelected += 1
        }
        continue
      }
      packed.removeAll(keepingCapacity: true)
      PackedPerson.append(
        person, name: batch.bytes.span.extracting(person.nameRange), card,
        others: hasOthers ? cards.dropFirst() : [], tenDigits: tenDigits, to: &packed)
      var written = 0
      for package in packages {
        let key = hasOthers ? keys[package] : recipients.keys[package]
        // Skip the look-up if the pipeline leaves no package out.
        if encryption.leavesOut, try isLeftOut(key) { continue }
        try sorter.append(key: key, place: person.personalID.packed, packed)
        written += 1
      }
      guard written > 0 else {
        report.personsLeftOut += 1
        continue
      }
      report.persons += 1
      report.copies += written - 1
    }
  }

  /// Takes a person's cards, and the packages of the facilities on those that serve or will.
  private mutating func takeOthers(
    of person: PersonRow, _ batch: PersonBatch, serving: Int
  ) {
    keys.removeAll(keepingCapacity: true)
    cards.removeAll(keepingCapacity: true)
    cards.append(batch.cards[serving])
    for i in person.cards
    where i != serving && batch.cards[i].validFrom.firstDay <= period.last.firstDay
      && cards.count <= PackedPerson.mostOthers
    {
      cards.append(batch.cards[i])
    }
    let found = servingCards(among: cards.span, from: period.first, through: period.last)
    recipients.takePackages(of: cards, serving: found, into: &keys)
  }

  private mutating func isLeftOut(_ key: UInt64) throws(Stop) -> Bool {
    if let known = leftOut[key] { return known }
    let (rule, name) = recipients.recipient(of: key)
    let isWanting = try encryption.keys(of: name, rule)?.isEmpty ?? false
    leftOut[key] = isWanting
    return isWanting
  }

  consuming func finish() throws(Stop) -> SortedPeople {
    report.facilities = recipients.persons
    return SortedPeople(
      runs: try sorter.finish(), packages: recipients.packages, numbers: try numbers.finish(),
      leftOut: Set(leftOut.filter(\.value).keys), report: report)
  }
}

extension Stop {
  fileprivate static let wrongOrder = Stop(
    .internalError, at: "store", expected: "persons in ascending order of their numbers",
    found: "one that doesn't ascend", remedy: "Write the store anew: cardlink rerun load PIPELINE")
  fileprivate static let noServingCard = Stop(
    .internalError, at: "store", expected: "one serving card for each person", found: "none",
    remedy: "Write the store anew: cardlink rerun load PIPELINE")
}
