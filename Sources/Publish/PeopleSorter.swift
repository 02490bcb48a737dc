// The persons of the store, sorted by recipient on disk.
// Invariant: a person stands once under the key of each package that the rules give to the facility on the serving card,
// whatever the memory; persons come in ascending order or the publication stops.
// Load: 90 million persons. They are read on the caller's thread and sorted on another, four batches ahead at most.

import Disk
import Record
import Sorted

/// What sorting leaves: the runs, and who is in none of them.
struct SortedPeople: Sendable {
  var runs: [SortedRun]
  var report: PublishReport
}

/// Sorts all that `next` hands over.
func sortPeople(
  _ next: (inout PersonBatch) throws(Stop) -> Bool, _ request: PublishRequest, into folder: String
) throws(Stop) -> SortedPeople {
  guard request.threads > 1 else {
    var batch = PersonBatch()
    var sorter = PeopleSorter(request, into: folder)
    while try next(&batch) { try sorter.append(batch) }
    return try sorter.finish()
  }
  return try handingOver(PersonBatch(), from: next) { queue throws(Stop) in
    var sorter = PeopleSorter(request, into: folder)
    var batch = PersonBatch()
    while queue.take(&batch) { try sorter.append(batch) }
    return try sorter.finish()
  }
}

private struct PeopleSorter: ~Copyable {
  private var sorter: Sorter
  private var recipients: Recipients
  private var report = PublishReport()
  private var packed: [UInt8] = []
  private var last: PersonalID?

  init(_ request: PublishRequest, into folder: String) {
    sorter = Sorter(folder: folder, name: "people", bufferBytes: request.memoryBytes)
    recipients = Recipients(request.policy.rules)
  }

  mutating func append(_ batch: PersonBatch) throws(Stop) {
    for person in batch.persons {
      if let last, last >= person.personalID { throw .wrongOrder }
      last = person.personalID
      guard let serving = person.cards.first(where: { batch.cards[$0].isServing }) else {
        throw .noServingCard
      }
      let card = batch.cards[serving]
      let place = recipients.place(of: card.facility)
      guard !place.packages.isEmpty else {
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
        person, name: batch.bytes.span.extracting(person.nameRange), card, to: &packed)
      for package in place.packages {
        try sorter.append(key: recipients.keys[package], place: person.personalID.packed, packed)
      }
      report.persons += 1
      report.copies += place.packages.count - 1
    }
  }

  consuming func finish() throws(Stop) -> SortedPeople {
    SortedPeople(runs: try sorter.finish(), report: report)
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
