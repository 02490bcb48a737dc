// The persons of the store, sorted by recipient on disk.
// Invariant: a person stands once under the key of each package that the rules give to the facility on the serving card,
// whatever the memory; persons come in ascending order or the publication stops.
// Load: 90 million persons. They are read on the caller's thread and sorted on another, four batches ahead at most.

import Disk
import Dispatch
import Record
import Sorted
import Synchronization

/// What sorting leaves: the runs, and who is in none of them.
struct SortedPeople: Sendable {
  var runs: [SortedRun]
  var report: PublishReport
}

/// Sorts all that `next` hands over.
func sortPeople(
  _ next: (inout PersonBatch) throws(Stop) -> Bool, _ request: PublishRequest, into folder: String
) throws(Stop) -> SortedPeople {
  var batch = PersonBatch()
  guard request.threads > 1 else {
    var sorter = PeopleSorter(request, into: folder)
    while try next(&batch) { try sorter.append(batch) }
    return try sorter.finish()
  }
  let queue = BatchQueue()
  let sorting = Background { () throws(Stop) -> SortedPeople in
    defer { queue.close() }
    var sorter = PeopleSorter(request, into: folder)
    var batch = PersonBatch()
    while queue.take(&batch) { try sorter.append(batch) }
    return try sorter.finish()
  }
  do throws(Stop) {
    while try next(&batch), queue.put(&batch) {}
  } catch {
    // Nothing of the folder is removed before the other thread has ended.
    queue.close()
    _ = try? sorting.value()
    throw error
  }
  queue.end()
  return try sorting.value()
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

/// Batches on their way from one thread to another; buffers go back and forth.
private final class BatchQueue: Sendable {
  private struct State {
    var filled: [PersonBatch] = []
    var empty: [PersonBatch] = []
    var isClosed = false
  }
  private let state = Mutex(State())
  private let room = DispatchSemaphore(value: 0)
  private let waiting = DispatchSemaphore(value: 0)

  init() {
    // Not as the initial value, below which a semaphore must not be when it is freed.
    for _ in 0..<4 { room.signal() }
  }

  /// Hands a batch over for an empty one; false if nobody takes it any more.
  func put(_ batch: inout PersonBatch) -> Bool {
    room.wait()
    let isTaken = state.withLock { state in
      guard !state.isClosed else { return false }
      state.filled.append(batch)
      batch = state.empty.popLast() ?? PersonBatch()
      return true
    }
    waiting.signal()
    return isTaken
  }

  /// Takes the next batch, and the one before back; false when there is none left.
  func take(_ batch: inout PersonBatch) -> Bool {
    waiting.wait()
    let isThere = state.withLock { state in
      guard !state.filled.isEmpty, !state.isClosed else { return false }
      state.empty.append(batch)
      batch = state.filled.removeFirst()
      return true
    }
    room.signal()
    return isThere
  }

  /// No batch follows.
  func end() { waiting.signal() }

  /// Neither side goes on.
  func close() {
    state.withLock { $0.isClosed = true }
    room.signal()
    waiting.signal()
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
