// Who may be meant by the records that lead to nobody: the persons with the same bare name, full birth date and sex.
// Invariant: exact; the digest that brings both sides together is checked against name, date and sex. A candidate is a
// suggestion for an officer and never a link. A person whom an officer rejected for a record is none.
// Load: one more pass over the population; no pass at all when nothing is asked. Two filters of 16 bits for each record
// asked about let the persons through who may be wanted: one by birth date, sex and the words' first letters, and for the
// few per cent behind it one by the whole bare name, so that few names are folded. They keep to a quarter of the memory
// and let more through when that is little.
//
//   hits         by key, then personal ID number: place u64, PopulationFields, bare name
//   candidates   by export, then place: count u32, personal ID number u64 if it is one, PopulationFields

import Files
import SortedRuns
import Threads
import Values

/// A person who may be meant.
struct Candidate: BitwiseCopyable {
  var person: PersonalID
  var fields: PopulationFields
}

/// Finds the candidates of all records asked about.
struct CandidateSearch: Sendable {
  var request: MatchRequest
  var sought: [SortedRun]
  /// Records whose number exists once its zeros are put back; from ``RepairedNumbers``.
  var repairedHits: [SortedRun]
  /// Ranges of the population's keys.
  var ranges: [(part: Int, start: UInt64, end: UInt64)]

  func run() throws(Stop) -> [SortedRun] {
    var named: [SortedRun] = []
    if !sought.isEmpty {
      let filters = try filters()
      let hits = try inOrder(ranges, width: request.threads) { (range) throws(Stop) in
        try self.hits(filters, range.part, from: range.start, to: range.end)
      }.flatMap(\.self)
      let compactedHits = try compacted(hits, in: request.folder, name: "hits", synced: false)
      let keyRanges = try request.ranges(of: sought + compactedHits, in: request.folder, from: 0, to: .max)
      named = try inOrder(keyRanges, width: request.threads) { (range) throws(Stop) in
        try self.meeting(compactedHits, range.part, from: range.start, to: range.end)
      }.flatMap(\.self)
      for run in compactedHits { try Folder.remove(request.folder + "/" + run.name) }
      named = try compacted(named, in: request.folder, name: "named", synced: false)
    }
    guard !named.isEmpty || !repairedHits.isEmpty else { return [] }
    let candidates = try together(named, repairedHits)
    for run in named + repairedHits { try Folder.remove(request.folder + "/" + run.name) }
    return candidates.map { [$0] } ?? []
  }

  /// Which persons may be asked about.
  private struct Filters: Sendable {
    /// By ``FieldDigester/roughKey(ofClean:_:_:)``.
    let rough: KeyFilter
    /// By ``FieldDigester/candidateKey(ofClean:_:_:)``.
    let whole: KeyFilter
  }

  private func filters() throws(Stop) -> Filters {
    let count = sought.reduce(0) { $0 + $1.recordCount }
    let filters = Filters(
      rough: KeyFilter(keyCount: count, memoryBytes: request.memoryBytes / 8),
      whole: KeyFilter(keyCount: count, memoryBytes: request.memoryBytes / 8))
    _ = try inOrder(sought, width: request.threads) { (run) throws(Stop) in
      var digester = FieldDigester()
      var records = try Merge([run], in: request.folder)
      while records.hasRecord {
        filters.whole.insert(records.key)
        try records.withPayload { (payload) throws(Stop) in
          let fields = SoughtRecord(payload).fields
          let name = Span<UInt8>(_bytes: payload.extracting(SoughtRecord.headByteCount...))
          if let key = digester.roughKey(ofClean: name, fields.birthDate, fields.sex) {
            filters.rough.insert(key)
          }
        }
        try records.advance()
      }
    }
    return filters
  }

  /// The persons of a range whom the filters let through.
  private func hits(_ filters: Filters, _ part: Int, from start: UInt64, to end: UInt64) throws(Stop)
    -> [SortedRun]
  {
    var hits = Sorter(
      folder: request.folder, name: "hits-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var digester = FieldDigester()
    var bytes: [UInt8] = []
    // Each run by itself: what is found is sorted by name anyway.
    for run in request.snapshot.population {
      var population = try Merge([run], in: request.stagedFolder, from: start, to: end)
      while population.hasRecord {
        let (id, place) = (population.key, population.place)
        try population.withPayload { (payload) throws(Stop) in
          var nameStart = 0
          let record = PopulationRecord(payload, &nameStart)
          let name = Span<UInt8>(_bytes: payload.extracting(nameStart...))
          guard let rough = digester.roughKey(ofClean: name, record.birthDate, record.sex),
            filters.rough.mayContain(rough),
            let key = digester.candidateKey(ofClean: name, record.birthDate, record.sex),
            filters.whole.mayContain(key)
          else { return }
          bytes.removeAll(keepingCapacity: true)
          bytes.append(integer: place)
          PopulationFields(
            name: digester.nameDigest(ofClean: name), birthDate: record.birthDate, sex: record.sex,
            status: record.status
          ).append(to: &bytes)
          bytes.append(contentsOf: digester.bare)
          try hits.append(key: key, place: id, bytes.span)
        }
        try population.advance()
      }
    }
    return try hits.finish()
  }

  /// The persons of one bare name, birth date and sex.
  private struct Group {
    var name: Range<Int>
    var birthDate: CalendarDate
    var sex: Sex
    var count = 0
    var last = PersonalID(packed: .max)
    /// Where the last person's record stands, of which the first in the export is shown.
    var lastPlace: UInt64 = 0
    /// The first of them.
    var known: Range<Int>
  }
  /// So many persons of a group are held in memory, so that rejected ones can be told apart.
  private static let mostKnown = 16

  /// Brings records and persons of a range of keys together.
  private func meeting(_ hits: [SortedRun], _ part: Int, from start: UInt64, to end: UInt64) throws(Stop)
    -> [SortedRun]
  {
    var named = Sorter(
      folder: request.folder, name: "named-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var records = try Merge(sought, in: request.folder, from: start, to: end)
    var persons = try Merge(hits, in: request.folder, from: start, to: end)
    var groups: [Group] = []
    var known: [Candidate] = []
    var names: [UInt8] = []
    var bytes: [UInt8] = []
    while records.hasRecord, persons.hasRecord {
      let key = records.key
      try persons.skip(to: key)
      guard persons.key == key else {
        guard persons.hasRecord else { break }
        try records.skip(to: persons.key)
        continue
      }
      groups.removeAll(keepingCapacity: true)
      known.removeAll(keepingCapacity: true)
      names.removeAll(keepingCapacity: true)
      while persons.key == key {
        let id = LinkKey(packed: persons.place).personalID ?? PersonalID(packed: 0)
        try persons.withPayload { (payload) throws(Stop) in
          let place: UInt64 = payload.integer(at: 0)
          let fields = PopulationFields(payload.extracting(8...))
          let name = payload.extracting((8 + PopulationFields.byteCount)...)
          var i = groups.firstIndex {
            $0.birthDate == fields.birthDate && $0.sex == fields.sex && Self.areEqual(names, $0.name, name)
          }
          if i == nil {
            // Another name under one digest is next to impossible; then each has its own room.
            let room = known.count
            known += repeatElement(Candidate(person: id, fields: fields), count: Self.mostKnown)
            let start = names.count
            unsafe name.withUnsafeBytes { unsafe names.append(contentsOf: $0) }
            groups.append(
              Group(
                name: start..<names.count, birthDate: fields.birthDate, sex: fields.sex, known: room..<room))
            i = groups.count - 1
          }
          guard let i else { return }
          let isNew = groups[i].last != id
          if isNew {
            groups[i].last = id
            groups[i].count += 1
            if groups[i].known.count < Self.mostKnown {
              groups[i].known = groups[i].known.lowerBound..<groups[i].known.upperBound + 1
            }
          }
          // Of a person's records the first in the export stands for all.
          guard groups[i].count <= Self.mostKnown, isNew || place < groups[i].lastPlace else { return }
          groups[i].lastPlace = place
          known[groups[i].known.upperBound - 1] = Candidate(person: id, fields: fields)
        }
        try persons.advance()
      }
      while records.key == key {
        let place = records.place
        let candidates = try records.withPayload {
          (payload) throws(Stop) -> (count: Int, first: Candidate)? in
          let record = SoughtRecord(payload)
          let name = payload.extracting(SoughtRecord.headByteCount...)
          guard
            let group = groups.first(where: {
              $0.birthDate == record.fields.birthDate && $0.sex == record.fields.sex
                && Self.areEqual(names, $0.name, name)
            })
          else { return nil }
          return left(of: known[group.known], count: group.count, for: record)
        }
        if let candidates {
          bytes.removeAll(keepingCapacity: true)
          bytes.append(integer: UInt32(clamping: candidates.count))
          bytes.append(integer: candidates.first.person.packed)
          candidates.first.fields.append(to: &bytes)
          try named.append(key: UInt64(ExportKind.insurance.rawValue), place: place, bytes.span)
        }
        try records.advance()
      }
    }
    return try named.finish()
  }

  /// Leaves out the persons whom an officer rejected for this record.
  private func left(of known: ArraySlice<Candidate>, count: Int, for record: SoughtRecord) -> (
    count: Int, first: Candidate
  )? {
    guard var first = known.first else { return nil }
    guard count <= Self.mostKnown, request.decisions.haveAny(on: record.numbers) else {
      return (count, first)
    }
    var left = 0
    for candidate in known
    where !request.decisions.isRejected(
      record.numbers, JudgedFields(record.fields, candidate.fields), candidate.person)
    {
      if left == 0 { first = candidate }
      left += 1
    }
    return left == 0 ? nil : (left, first)
  }

  private static func areEqual(_ names: [UInt8], _ range: Range<Int>, _ name: RawSpan) -> Bool {
    guard range.count == name.byteCount else { return false }
    for i in 0..<name.byteCount where names[range.lowerBound + i] != name.integer(at: i) as UInt8 {
      return false
    }
    return true
  }

  /// Adds the persons found by a repaired number to those found by name.
  private func together(_ named: [SortedRun], _ repaired: [SortedRun]) throws(Stop) -> SortedRun? {
    var named = try Merge(named, in: request.folder)
    var repaired = try Merge(repaired, in: request.folder)
    var candidates = try SortedRunWriter(folder: request.folder, name: "candidates")
    var bytes: [UInt8] = []
    while named.hasRecord || repaired.hasRecord {
      let place = min(named.place, repaired.place)
      var count: UInt32 = 0
      var first: Candidate?
      if named.hasRecord, named.place == place {
        (count, first) = try named.withPayload { (payload) throws(Stop) in
          (payload.integer(at: 0) as UInt32, Candidate(payload.extracting(4...)))
        }
        try named.advance()
      }
      if repaired.hasRecord, repaired.place == place {
        let (isNamed, person) = try repaired.withPayload { (payload) throws(Stop) in
          (payload.integer(at: 0) as UInt8 != 0, Candidate(payload.extracting(1...)))
        }
        if !isNamed {
          count += 1
          if first == nil { first = person }
        }
        try repaired.advance()
      }
      guard let first else { continue }
      bytes.removeAll(keepingCapacity: true)
      bytes.append(integer: count)
      first.append(to: &bytes)
      try candidates.append(key: UInt64(ExportKind.insurance.rawValue), place: place, bytes)
    }
    return try candidates.finish(synced: false)
  }
}

extension Candidate {
  init(_ bytes: RawSpan) {
    person = PersonalID(packed: bytes.integer(at: 0))
    fields = PopulationFields(bytes.extracting(8...))
  }
  func append(to bytes: inout [UInt8]) {
    bytes.append(integer: person.packed)
    fields.append(to: &bytes)
  }
}
