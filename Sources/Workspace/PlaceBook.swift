// The book of status places: who was given which place in which status list, until when, and which are revoked.
// Invariant: a place is on disk before anything is signed that names it, and is never given again, whatever becomes of the
// signature. A batch is a file that appears whole and is changed by an erasure alone. A month's list gets no place after it.
// Load: a million places of some forty bytes in a list; a batch for each file of requests.
//
//   workspace/attestations/2026-11/batch-0001   the places that one command gave
//   workspace/attestations/2026-11/revoked      one place a line
//
//   cardlink-places 1 CAPACITY CONSUMER DAY REQUESTS
//   PLACE PERSONAL-ID EXPIRES CARD     PLACE is - for an attestation without a status, PERSONAL-ID for an erased person

package import Files
import Glibc
import Seal
package import Values

package struct PlaceBook: Sendable {
  /// One attestation.
  package struct Entry: Hashable, Sendable {
    /// Nil for an attestation without a status.
    package var place: Int?
    /// Nil for an erased person.
    package var id: PersonalID?
    /// Seconds since 1970.
    package var expires: Int
    /// A digest of what the store had of the person's card.
    package var card: String

    package init(place: Int?, id: PersonalID?, expires: Int, card: String) {
      (self.place, self.id, self.expires, self.card) = (place, id, expires, card)
    }

    fileprivate var line: String {
      "\(place.map(String.init) ?? "-") \(id?.text ?? "-") \(expires) \(card)\n"
    }
  }

  /// What one command gave in one list.
  package struct Batch: Hashable, Sendable {
    package var consumer: String
    package var day: String
    /// Requests of the command's file; 0 in all its batches but one.
    package var requests: Int
    package var entries: [Entry]
  }

  package struct List: Hashable, Sendable {
    /// `2026-11`, or `2026-11-2` for the second of a month.
    package let name: String
    package let capacity: Int
    package fileprivate(set) var batches: [Batch] = []
    package fileprivate(set) var revoked: Set<Int> = []
    fileprivate var taken: Set<Int> = []
    /// Given and not yet on disk.
    fileprivate var fresh: [Entry] = []

    package var entries: [Entry] { batches.flatMap(\.entries) }
    /// When the last attestation with a place in it expires; 0 for none.
    package var lastExpires: Int { entries.reduce(0) { max($0, $1.expires) } }
    /// Beyond it, drawing a free place takes too long.
    fileprivate var isFull: Bool { taken.count >= capacity / 4 * 3 }
  }

  private let folder: String
  /// By name.
  package private(set) var lists: [List] = []

  package static func folder(in workspace: String) -> String { workspace + "/attestations" }

  /// Reads the book; without a file it is empty.
  package init(in workspace: String) throws(Stop) {
    folder = Self.folder(in: workspace)
    guard try Folder.exists(folder) else { return }
    for name in try Folder.names(in: folder).sorted() where try Folder.isFolder(folder + "/" + name) {
      if let list = try Self.list(name, in: folder + "/" + name) { lists.append(list) }
    }
  }

  /// Keeps other commands out while the lock lives.
  ///
  /// - Throws: ``Stop`` with ``Exit/runInProgress`` if another one is at work.
  package static func lock(in workspace: String, waitingSeconds: Int = 0) throws(Stop) -> LockFile {
    let folder = folder(in: workspace)
    try Folder.create(folder)
    try Folder.sync(workspace)
    var lock = try LockFile(holding: folder + "/lock")
    for _ in 0..<waitingSeconds where lock == nil {
      sleep(1)
      lock = try LockFile(holding: folder + "/lock")
    }
    guard let lock else {
      throw Stop(
        .runInProgress, at: folder, expected: "no other command for attestations", found: "one at work",
        remedy: "Wait until it has finished, then try again.")
    }
    return lock
  }

  /// A digest of what a store has of a person and the serving card, by which a change is seen.
  package static func digest(_ values: [String]) -> String {
    String(Digest.text(of: values.joined(separator: "\u{1F}")).prefix(16))
  }

  // MARK: Giving places

  /// Gives a random free place of a month's list.
  package mutating func take(
    in month: String, capacity: Int, for id: PersonalID, expires: Int, card: String
  ) -> (list: String, place: Int) {
    let at = openList(in: month, capacity: capacity)
    var place = Int.random(in: 0..<lists[at].capacity)
    while lists[at].taken.contains(place) { place = Int.random(in: 0..<lists[at].capacity) }
    lists[at].taken.insert(place)
    lists[at].fresh.append(Entry(place: place, id: id, expires: expires, card: card))
    return (lists[at].name, place)
  }

  /// Notes an attestation without a status.
  package mutating func note(
    in month: String, capacity: Int, for id: PersonalID, expires: Int, card: String
  ) {
    let at = openList(in: month, capacity: capacity)
    lists[at].fresh.append(Entry(place: nil, id: id, expires: expires, card: card))
  }

  private mutating func openList(in month: String, capacity: Int) -> Int {
    for number in 1... {
      let name = number == 1 ? month : "\(month)-\(number)"
      guard let at = lists.firstIndex(where: { $0.name == name }) else {
        lists.append(List(name: name, capacity: capacity))
        return lists.count - 1
      }
      if !lists[at].isFull { return at }
    }
    return 0
  }

  /// Writes what was given since the book was read, and waits until it is on disk.
  ///
  /// - Parameters:
  ///   - month: has a batch even if nothing was given, which counts the requests.
  ///   - requests: those of the file.
  package mutating func write(
    consumer: String, day: String, month: String, capacity: Int, requests: Int
  ) throws(Stop) {
    let counting = openList(in: month, capacity: capacity)
    for at in lists.indices where !lists[at].fresh.isEmpty || at == counting {
      let path = folder + "/" + lists[at].name
      try Folder.create(path)
      try Folder.sync(folder)
      let last = try Folder.names(in: path).compactMap(Self.number(ofBatch:)).max() ?? 0
      let batch = Batch(
        consumer: consumer, day: day, requests: at == counting ? requests : 0, entries: lists[at].fresh)
      try Self.write(batch, lists[at].capacity, to: path + "/" + Self.batchName(last + 1))
      lists[at].batches.append(batch)
      lists[at].fresh = []
    }
  }

  /// What a consumer was given on a day: requests, and attestations by person.
  package func given(to consumer: String, on day: String) -> (requests: Int, persons: [PersonalID: Int]) {
    var (requests, persons) = (0, [PersonalID: Int]())
    for batch in lists.flatMap(\.batches) where batch.consumer == consumer && batch.day == day {
      requests += batch.requests
      for entry in batch.entries { if let id = entry.id { persons[id, default: 0] += 1 } }
    }
    return (requests, persons)
  }

  // MARK: Revoking and erasing

  /// Revokes places of a list, for good.
  package mutating func revoke(_ places: some Sequence<Int>, in name: String) throws(Stop) {
    guard let at = lists.firstIndex(where: { $0.name == name }) else { return }
    let all = lists[at].revoked.union(places)
    guard all.count > lists[at].revoked.count else { return }
    try Folder.writeWhole(
      all.sorted().map { "\($0)\n" }.joined(), to: folder + "/" + name + "/revoked")
    lists[at].revoked = all
  }

  package func holds(_ id: PersonalID) -> Bool {
    lists.contains { $0.batches.contains { $0.entries.contains { $0.id == id } } }
  }

  /// Revokes a person's places, and removes the person from the book; the places stay taken.
  ///
  /// - Returns: how many attestations it was.
  package mutating func erase(_ id: PersonalID) throws(Stop) -> Int {
    var count = 0
    for at in lists.indices {
      let places = lists[at].entries.filter { $0.id == id }.compactMap(\.place)
      try revoke(places, in: lists[at].name)
      let path = folder + "/" + lists[at].name
      for name in try Folder.names(in: path) where Self.number(ofBatch: name) != nil {
        var (batch, capacity) = try Self.batch(path + "/" + name)
        guard batch.entries.contains(where: { $0.id == id }) else { continue }
        for i in batch.entries.indices where batch.entries[i].id == id {
          (batch.entries[i].id, batch.entries[i].card) = (nil, "-")
          count += 1
        }
        try Self.write(batch, capacity, to: path + "/" + name)
      }
      if let list = try Self.list(lists[at].name, in: path) { lists[at] = list }
    }
    return count
  }

  /// The folders of lists whose last attestation expired before a moment, and whose month is over.
  package func ended(before now: Int, month: String) -> [String] {
    lists.filter { $0.lastExpires < now && $0.name.prefix(7) < month }.map { folder + "/" + $0.name }
  }

  // MARK: Files

  private static func batchName(_ number: Int) -> String { "batch-" + padded(UInt64(number), to: 4) }

  private static func number(ofBatch name: String) -> Int? {
    name.hasPrefix("batch-") ? Int(name.dropFirst(6)) : nil
  }

  private static func write(_ batch: Batch, _ capacity: Int, to path: String) throws(Stop) {
    var text = "cardlink-places 1 \(capacity) \(batch.consumer) \(batch.day) \(batch.requests)\n"
    for entry in batch.entries { text += entry.line }
    try Folder.writeWhole(text, to: path)
  }

  private static func list(_ name: String, in path: String) throws(Stop) -> List? {
    var batches: [Batch] = []
    var capacity: Int?
    for file in try Folder.names(in: path).filter({ number(ofBatch: $0) != nil }).sorted() {
      let (batch, own) = try batch(path + "/" + file)
      batches.append(batch)
      capacity = max(capacity ?? 0, own)
    }
    guard let capacity else { return nil }
    var list = List(name: name, capacity: capacity)
    list.batches = batches
    list.taken = Set(list.entries.compactMap(\.place))
    let text = try Folder.read(path + "/revoked") ?? ""
    let places = text.split(separator: "\n").map { Int($0) }
    list.revoked = Set(places.compactMap(\.self))
    guard !places.contains(nil) else { throw damaged(path + "/revoked") }
    return list
  }

  private static func batch(_ path: String) throws(Stop) -> (Batch, capacity: Int) {
    var lines = (try Folder.readBytes(path) ?? []).split(separator: UInt8(ascii: "\n"))[...]
    let head = lines.popFirst().map(words) ?? []
    guard head.count == 6, head[0] == "cardlink-places", head[1] == "1", let capacity = Int(head[2]),
      let requests = Int(head[5])
    else { throw damaged(path) }
    var entries: [Entry] = []
    entries.reserveCapacity(lines.count)
    for line in lines {
      let words = words(line)
      guard words.count == 4, let expires = Int(words[2]) else { throw damaged(path) }
      let place = Int(words[0])
      let id = try? PersonalID(Array(words[1].utf8).span)
      guard place.map({ (0..<capacity).contains($0) }) ?? (words[0] == "-"), id != nil || words[1] == "-"
      else { throw damaged(path) }
      entries.append(Entry(place: place, id: id, expires: expires, card: words[3]))
    }
    return (Batch(consumer: head[3], day: head[4], requests: requests, entries: entries), capacity)
  }

  private static func words(_ line: some Collection<UInt8>) -> [String] {
    line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private static func damaged(_ path: String) -> Stop {
    Stop(
      .inputOutput, at: path, expected: "places that cardlink wrote", found: "something else",
      remedy: "Bring the folder attestations back from a backup: without it a place could be given twice.")
  }
}
