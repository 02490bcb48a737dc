// Finds candidates for the records that lead to no person: persons with the same bare name, full birth date
// and sex.
// Invariant: exact; a digest brings records and persons together, and then name, date and sex are compared.
// Load: one more pass over the population, or none if no record needs candidates. Two filters, of 16 bits for
// each such record, select the persons: the first by birth date, sex and the words' first letters; the
// second, for the few per cent that pass the first, by the whole bare name. So few names are folded. The
// filters take at most a quarter of the memory; with less memory they let more persons through.
//
//   hits         by key, then personal ID number: place u64, PopulationFields, bare name
//   candidates   by export, then place: count u32, personal ID number u64 if it is one, PopulationFields

import Files
import Rules
import SortedRuns
import Threads
import Values

/// Finds the candidates of all records that need them.
struct CandidateSearch: Sendable {
  var request: MatchRequest
  var sought: [SortedRun]
  /// Records whose number exists once its zeros are restored; from ``RepairedNumbers``.
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

  /// Selects the persons who may be candidates.
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
      try records.forEach { key, _, payload throws(Stop) in
        filters.whole.insert(key)
        let fields = SoughtRecord(payload).fields
        let name = Span<UInt8>(_bytes: payload.extracting(SoughtRecord.headByteCount...))
        if let rough = digester.roughKey(ofClean: name, fields.birthDate, fields.sex) {
          filters.rough.insert(rough)
        }
      }
    }
    return filters
  }

  /// The persons of a range who pass the filters.
  private func hits(_ filters: Filters, _ part: Int, from start: UInt64, to end: UInt64) throws(Stop)
    -> [SortedRun]
  {
    var hits = Sorter(
      folder: request.folder, name: "hits-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var digester = FieldDigester()
    var bytes: [UInt8] = []
    // Run by run, without a merge: the hits are sorted by name anyway.
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
          digester.populationFields(of: record, name).append(to: &bytes)
          bytes.append(contentsOf: digester.bare)
          try hits.append(key: key, place: id, bytes.span)
        }
        try population.advance()
      }
    }
    return try hits.finish()
  }

  /// Compares records and persons of a range of keys.
  private func meeting(_ hits: [SortedRun], _ part: Int, from start: UInt64, to end: UInt64) throws(Stop)
    -> [SortedRun]
  {
    var named = Sorter(
      folder: request.folder, name: "named-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var records = try Merge(sought, in: request.folder, from: start, to: end)
    var persons = try Merge(hits, in: request.folder, from: start, to: end)
    var groups = CandidateGroups()
    let decisions = request.decisions
    var bytes: [UInt8] = []
    while records.hasRecord, persons.hasRecord {
      let key = records.key
      try persons.skip(to: key)
      guard persons.key == key else {
        guard persons.hasRecord else { break }
        try records.skip(to: persons.key)
        continue
      }
      try Self.read(&persons, key, into: &groups)
      while records.key == key {
        if let candidates = try Self.candidates(of: records, groups, decisions) {
          bytes.removeAll(keepingCapacity: true)
          bytes.append(integer: UInt32(clamping: candidates.count))
          candidates.first.append(to: &bytes)
          try named.append(key: UInt64(ExportKind.insurance.rawValue), place: records.place, bytes.span)
        }
        try records.advance()
      }
    }
    return try named.finish()
  }

  /// Reads the persons of one key.
  private static func read(_ persons: inout Merge, _ key: UInt64, into groups: inout CandidateGroups)
    throws(Stop)
  {
    groups.removeAll()
    try persons.forEach(of: key) { person, payload throws(Stop) in
      let id = LinkKey(packed: person).personalID ?? PersonalID(packed: 0)
      groups.add(
        Candidate(person: id, fields: PopulationFields(payload.extracting(8...))),
        place: payload.integer(at: 0), bareName: payload.extracting((8 + PopulationFields.byteCount)...))
    }
  }

  /// The candidates of the record at hand.
  private static func candidates(
    of records: borrowing Merge, _ groups: CandidateGroups, _ decisions: Decisions
  ) throws(Stop) -> (count: Int, first: Candidate)? {
    try records.withPayload { (payload) throws(Stop) in
      let record = SoughtRecord(payload)
      return groups.candidates(
        of: record.fields, bareName: payload.extracting(SoughtRecord.headByteCount...), record.numbers,
        decisions)
    }
  }

  /// Merges the persons found by their restored numbers with those found by name.
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
    self.init(
      person: PersonalID(packed: bytes.integer(at: 0)), fields: PopulationFields(bytes.extracting(8...)))
  }
  func append(to bytes: inout [UInt8]) {
    bytes.append(integer: person.packed)
    fields.append(to: &bytes)
  }
}
