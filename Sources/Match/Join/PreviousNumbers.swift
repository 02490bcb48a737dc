// Finds out, before the join, where the earlier personal ID numbers lead that population records name (`previous_id`).
// Invariant: a number that a record of the population has, and that this record does not call cancelled, leads nowhere
// else. Any other number leads to the only person who names it, and from a person whose number is cancelled on to the
// person who names that one, for at most ``NumberFate/mostSteps`` steps. If two persons name a number, or the steps do
// not end, it is ambiguous.
// Load: one pair for each number named; reads only the blocks of the population that have one. Nothing without the field.
//
//   moves   by the earlier number: key of today's person u64, zero if it is ambiguous
//   open    by the number reached so far, then the earlier number: no payload

import Files
import Rules
import SortedRuns
import Threads
import Values

struct PreviousNumbers: Sendable {
  var request: MatchRequest

  func moves() throws(Stop) -> [SortedRun] {
    let first = LinkKey.firstPersonal.packed
    let pairs = request.snapshot.legacy.filter { $0.lastKey >= first }
    guard !pairs.isEmpty else { return [] }
    var (moves, open) = try step(1, over: pairs, in: request.stagedFolder)
    var number = 2
    while !open.isEmpty {
      let next = try step(number, over: open, in: request.folder)
      for run in open { try Folder.remove(request.folder + "/" + run.name) }
      moves += next.moves
      open = next.open
      number += 1
    }
    return try compacted(moves, in: request.folder, name: "moves", synced: false)
  }

  /// Takes a step from each number: in the first step from those that persons name, then from those that are open.
  private func step(_ number: Int, over runs: [SortedRun], in folder: String) throws(Stop) -> (
    moves: [SortedRun], open: [SortedRun]
  ) {
    let ranges = try request.ranges(
      of: runs, in: folder, from: LinkKey.firstPersonal.packed, to: LinkKey.end.packed)
    let parts = try inOrder(ranges, width: request.threads) { [request] (range) throws(Stop) in
      try PreviousStep(
        request: request, number: number, open: number == 1 ? nil : runs, part: range.part,
        start: range.start, end: range.end
      ).run()
    }
    let open = try compacted(
      parts.flatMap(\.open), in: request.folder, name: "open-\(number)", synced: false)
    return (parts.flatMap(\.moves), open)
  }
}

/// A step from the numbers of one range.
private struct PreviousStep: Sendable {
  var request: MatchRequest
  var number: Int
  /// Nil in the first step.
  var open: [SortedRun]?
  var part: Int
  var start: UInt64
  var end: UInt64

  func run() throws(Stop) -> (moves: [SortedRun], open: [SortedRun]) {
    var pairs = try Merge(request.snapshot.legacy, in: request.stagedFolder, from: start, to: end)
    var population = try Merge(request.snapshot.population, in: request.stagedFolder, from: start, to: end)
    var moves = sorter("moves")
    var next = sorter("next")
    guard let open else {
      while pairs.hasRecord {
        let key = pairs.key
        let holders = try pairs.holders(of: key)
        guard !(try population.hasPresent(key)) else { continue }
        try lead(key, to: holders, &moves, &next)
      }
      return (try moves.finish(), try next.finish())
    }
    var numbers = try Merge(open, in: request.folder, from: start, to: end)
    while numbers.hasRecord {
      let key = numbers.key
      let holders = try pairs.holders(of: key)
      let isPresent = try population.hasPresent(key)
      while numbers.key == key {
        if isPresent || holders.isEmpty {
          try moves.append(key: numbers.place, place: 0, MovedNumber(to: key).bytes)
        } else {
          try lead(numbers.place, to: holders, &moves, &next)
        }
        try numbers.advance()
      }
    }
    return (try moves.finish(), try next.finish())
  }

  private func lead(
    _ earlier: UInt64, to holders: NumberHolders, _ moves: inout Sorter, _ next: inout Sorter
  ) throws(Stop) {
    guard number <= NumberFate.mostSteps, let holder = holders.only else {
      return try moves.append(key: earlier, place: 0, MovedNumber(to: nil).bytes)
    }
    let key = LinkKey.personal(holder.id).packed
    if holder.isCancelled {
      try next.append(key: key, place: earlier, Span())
    } else {
      try moves.append(key: earlier, place: 0, MovedNumber(to: key).bytes)
    }
  }

  private func sorter(_ name: String) -> Sorter {
    Sorter(
      folder: request.folder, name: "previous-\(number)-\(name)-\(part)", bufferBytes: request.sorterBytes,
      synced: false)
  }
}

/// What a move says.
private struct MovedNumber {
  /// The key of today's person; zero if the number is ambiguous.
  var target: UInt64

  init(to target: UInt64?) { self.target = target ?? 0 }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(integer: target)
    return bytes
  }
}

/// Reads where numbers lead, in ascending order.
struct MovedNumbers: ~Copyable {
  private var moves: Merge

  init(_ moves: [SortedRun], _ request: MatchRequest, from start: UInt64 = 0, to end: UInt64 = .max)
    throws(Stop)
  {
    self.moves = try Merge(moves, in: request.folder, from: start, to: end)
  }

  /// The next number that does not lead to the person who has it; the greatest possible key if there is none.
  @inline(__always)
  var key: UInt64 { moves.key }

  /// Where a number leads.
  mutating func fate(of key: UInt64) throws(Stop) -> NumberFate {
    try moves.skip(to: key)
    guard moves.key == key else { return .own }
    let target = try moves.withPayload { (payload) throws(Stop) in payload.integer(at: 0) as UInt64 }
    return LinkKey(packed: target).personalID.map { .moved($0) } ?? .ambiguous
  }

  mutating func advance() throws(Stop) { try moves.advance() }
}

extension Merge {
  /// Whether the population has a record of a number that is not cancelled; numbers ascend from call to call.
  fileprivate mutating func hasPresent(_ key: UInt64) throws(Stop) -> Bool {
    var isPresent = false
    try forEach(of: key) { _, payload throws(Stop) in
      if PopulationRecord(payload).status != .numberCancelled { isPresent = true }
    }
    return isPresent
  }
}
