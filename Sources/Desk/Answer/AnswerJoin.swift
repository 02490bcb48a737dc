// Joins requests with the population and the cards, in ascending order of personal ID numbers.
// Invariant: each request gets one result, under its place in the request file. Requests about one number are counted over
// the day, in the order of the file.
// Load: one range of numbers of three merges and one reading of the store; memory does not grow with the requests.

import Package
import Pipeline
import Rules
import SortedRuns
import Values

/// Persons' cards; the caller asks in ascending order.
protocol CardLookup: AnyObject {
  /// The person's cards, the serving one first; empty for none.
  func cards(of id: PersonalID) throws(Stop) -> [CardRow]
}

/// One range of numbers.
struct AnswerJoin: Sendable {
  /// What is joined.
  struct Inputs: Sendable {
    var requests: (runs: [SortedRun], folder: String)
    var population: (runs: [SortedRun], folder: String)
    /// The numbers that were asked about earlier today.
    var earlier: (runs: [SortedRun], folder: String)
    /// Opens the cards of a range; nil if the policy needs none.
    var openCards: (@Sendable (_ keys: Range<UInt64>) throws(Stop) -> any CardLookup)?
  }

  struct Result: Sendable {
    /// By the request's place: the result's code and the values.
    var answers: [SortedRun] = []
    /// By personal ID number: how often it was asked about today, and what was asked first.
    var asked: [SortedRun] = []
    /// Numbers that were asked about with different data, or too often: the first of them, and how many.
    var probed: [PersonalID] = []
    var probedCount = 0
  }

  static let mostProbed = 100

  var inputs: Inputs
  var rules: AnswerRules
  /// Requests about one number and day that get an answer.
  var limit: Int
  var folder: String
  var bufferBytes: Int

  func run(part: Int, _ keys: Range<UInt64>) throws(Stop) -> Result {
    var rules = rules
    var requests = try merge(inputs.requests, keys)
    var population = try merge(inputs.population, keys)
    var earlier = try merge(inputs.earlier, keys)
    var answers = Sorter(
      folder: folder, name: "answers-\(part)", bufferBytes: bufferBytes / 8 * 7, synced: false)
    var asked = Sorter(folder: folder, name: "asked-\(part)", bufferBytes: bufferBytes / 8, synced: false)
    let cards = try inputs.openCards?(keys)
    var person = PersonRules()
    var values = AnswerValues()
    var payload: [UInt8] = []
    var result = Result()
    while requests.hasRecord || earlier.hasRecord {
      let key = min(requests.key, earlier.key)
      var count = AskedCount()
      if earlier.key == key {
        count = try earlier.withPayload { bytes throws(Stop) in AskedCount(bytes) }
        try earlier.advance()
      }
      if requests.key == key, let id = LinkKey(packed: key).personalID {
        person.begin(id)
        try population.skip(to: key)
        while population.key == key {
          try population.withPayload { bytes throws(Stop) in
            var nameStart = 0
            let record = PopulationRecord(bytes, &nameStart)
            person.add(record, name: Span(_bytes: bytes.extracting(nameStart...)))
          }
          try population.advance()
        }
        let found = try cards?.cards(of: id) ?? []
        while requests.key == key {
          let place = requests.place
          let code = try requests.withPayload { bytes throws(Stop) in
            var nameStart = 0
            let request = PopulationRecord(bytes, &nameStart)
            let name = Span<UInt8>(_bytes: bytes.extracting(nameStart...))
            count.add(request, name)
            guard count.requests <= limit else { return AnswerCode.limitReached }
            return rules.answer(request, name: name, about: &person, cards: found, into: &values)
          }
          payload.removeAll(keepingCapacity: true)
          payload.append(code.rawValue)
          if code != .limitReached { payload.append(contentsOf: values.bytes) }
          try answers.append(key: place, place: 0, payload)
          try requests.advance()
        }
        if count.isProbed || count.requests > limit {
          result.probedCount += 1
          if result.probed.count < Self.mostProbed { result.probed.append(id) }
        }
      }
      payload.removeAll(keepingCapacity: true)
      count.append(to: &payload)
      try asked.append(key: key, place: 0, payload)
    }
    result.answers = try answers.finish()
    result.asked = try asked.finish()
    return result
  }

  private func merge(
    _ source: (runs: [SortedRun], folder: String), _ keys: Range<UInt64>
  ) throws(Stop) -> Merge {
    try merged(source.runs, in: source.folder, keys)
  }
}

/// How often a number was asked about on one day.
private struct AskedCount {
  var requests = 0
  /// A digest of what was asked first.
  private var first: UInt64 = 0
  /// Whether another request had another name, birth date or sex.
  private(set) var isProbed = false

  init() {}

  init(_ bytes: RawSpan) {
    var at = 0
    requests = Int(bytes.integer(at: &at, byteCount: 4))
    first = bytes.integer(at: &at, byteCount: 8)
    isProbed = bytes.integer(at: &at, byteCount: 1) != 0
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(integer: UInt32(truncatingIfNeeded: requests))
    bytes.append(integer: first)
    bytes.append(isProbed ? 1 : 0)
  }

  mutating func add(_ request: PopulationRecord, _ name: Span<UInt8>) {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    func take(_ byte: UInt64) { digest = (digest ^ byte) &* 0x0000_0100_0000_01B3 }
    for i in name.indices { take(UInt64(name[i])) }
    take(UInt64(request.birthDate.packed) << 2 | UInt64(request.sex.rawValue))
    requests += 1
    if requests == 1 { first = digest } else if digest != first { isProbed = true }
  }
}
