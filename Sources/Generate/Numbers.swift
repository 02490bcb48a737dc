// The numbers of invented people: personal ID, insurance and legacy numbers.
// Invariant: every number is a one-to-one function of the person's index, so it is unique without a table. No
// number is a filler of one repeated digit.
// Load: two or three permutations per person.
//
// Personal ID number: the last six digits are a permutation of the index modulo a million. People who share
// them (every millionth index) are in different cells of place, birth year and sex: the cells lie on a ring,
// each as wide as its share, and such people are further apart on the ring than the widest cell.

struct Numbers: Sendable {
  /// A personal ID number, and what its digits mean.
  struct PersonalNumber {
    var packed: UInt64
    var place: Place
    var year: Int
    var isFemale: Bool
  }

  private let tail: Permutation
  private let insurance: Permutation
  private let legacy: Permutation
  private let key: UInt64
  private let asOfYear: Int
  private let places: [Place]
  /// The position on the ring of shares → the place's index and the start of its share.
  private let placeAt: [(index: Int, start: Int)]
  /// The same for ages in years; age 0 is reserved for newborns.
  private let ageAt: [(age: Int, start: Int)]
  private let ageWeight: [Int]

  private static let tailCount = 1_000_000
  /// How many people may share their last six digits.
  private let strata: Int
  /// Numbers from here on belong to no person, or are a person's second number.
  private let half: Int
  /// Whether there are more people than eight digits can number: then all ten digits are drawn, whatever the
  /// province.
  private let isNational: Bool
  private static let repeated10 = (0...9).map { $0 * 1_111_111_111 }
  private static let repeated8 = (0...9).map { $0 * 11_111_111 }
  private static let mostWithProvince = 49_000_000
  /// Fillers that people type when they don't know the number.
  private static let fillers9 = [0, 111_111_111, 123_456_789] + (2...9).map { $0 * 111_111_111 }

  /// - Parameter people: how many; up to 49 million have insurance numbers that begin with their province.
  init(seed: UInt64, asOfYear: Int, people: Int) {
    isNational = people > Self.mostWithProvince
    half = isNational ? GeneratorOptions.largestPeople : Self.mostWithProvince
    strata = isNational ? 256 : 128
    var random = SeededGenerator(mixed(seed ^ 0x4E75_6D62_6572_7321))
    tail = Permutation(size: Self.tailCount, seed: random.next())
    insurance = Permutation(
      size: isNational ? 10_000_000_000 - Self.repeated10.count : 100_000_000 - Self.repeated8.count,
      seed: random.next())
    legacy = Permutation(size: 1_000_000_000 - Self.fillers9.count, seed: random.next())
    key = random.next()
    self.asOfYear = asOfYear
    places = Places.all
    var placeAt: [(index: Int, start: Int)] = []
    for (i, place) in places.enumerated() {
      placeAt += Array(repeating: (i, placeAt.count), count: place.weight)
    }
    self.placeAt = placeAt
    // An invented age distribution: even up to sixty, then declining up to 96.
    ageWeight = [0] + (1...96).map { $0 <= 60 ? 20 : max(1, 20 - ($0 - 60) / 2) }
    var ageAt: [(age: Int, start: Int)] = []
    for (age, weight) in ageWeight.enumerated() {
      ageAt += Array(repeating: (age, ageAt.count), count: weight)
    }
    self.ageAt = ageAt
    // Two people with the same six digits must never be in one cell.
    precondition(
      (places.map(\.weight).max() ?? 0) * (ageWeight.max() ?? 0)
        < placeAt.count * ageAt.count * 2 / strata)
  }

  /// The number of a person born before the year of the business date.
  func personal(_ index: Int) -> PersonalNumber {
    let last = index % Self.tailCount
    let ring = placeAt.count * ageAt.count * 2
    let start = cut(mixed(key &+ UInt64(last)), to: ring)
    var spot = (start + index / Self.tailCount * (ring / strata)) % ring
    let (placeIndex, placeStart) = placeAt[spot / (ageAt.count * 2)]
    let place = places[placeIndex]
    spot -= placeStart * ageAt.count * 2
    let (age, ageStart) = ageAt[spot / (place.weight * 2)]
    spot -= ageStart * place.weight * 2
    let isFemale = spot >= ageWeight[age] * place.weight
    return number(place, asOfYear - age, isFemale, last)
  }

  /// The number of a person born in the year of the business date.
  func newborn(_ index: Int) -> PersonalNumber {
    let last = index % Self.tailCount
    let cells = Places.provinceCount * 2
    let cell = (cut(mixed(key &- UInt64(last)), to: cells) + index / Self.tailCount) % cells
    return number(places[cell / 2], asOfYear, cell % 2 == 1, last)
  }

  private func number(_ place: Place, _ year: Int, _ isFemale: Bool, _ last: Int) -> PersonalNumber {
    let century = (year - 1900) / 100 * 2 + (isFemale ? 1 : 0)
    let head = (place.code * 10 + century) * 100 + year % 100
    return PersonalNumber(
      packed: UInt64(head * Self.tailCount + tail.place(of: last)), place: place, year: year,
      isFemale: isFemale)
  }

  /// The ten digits of an insurance number.
  ///
  /// - Parameters:
  ///   - residence: two digits, the province with which it begins.
  ///   - second: another number of the same person.
  func insuranceNumber(_ index: Int, residence: Int, second: Bool = false) -> UInt64 {
    let drawn = insurance.place(of: second ? index + half : index)
    if isNational { return UInt64(Self.skip(Self.repeated10, drawn)) }
    return UInt64(residence * 100_000_000 + Self.skip(Self.repeated8, drawn))
  }

  /// A 9-digit number; with `ofNobody`, one that no person holds.
  func legacyNumber(_ index: Int, ofNobody: Bool = false) -> Int {
    Self.skip(Self.fillers9, legacy.place(of: ofNobody ? index + half : index))
  }

  /// The number at an index among those that are not left out; `left` is sorted.
  private static func skip(_ left: [Int], _ place: Int) -> Int {
    var number = place
    for i in left.indices where number >= left[i] { number += 1 }
    return number
  }
}
