// An invented person, computed anew on each request.
// Invariant: depends only on the seed and the index (and, for the second of a pair, on the first); both
// exports see the same person.
// Load: computed once for the population row and once for the insurance row, in some hundred nanoseconds
// without allocation.

import Values

struct Person {
  let index: Int
  let trouble: Trouble
  let idNumber: UInt64
  /// Two digits: the province that issues the card and has the facility.
  let residence: Int
  let isFemale: Bool
  let birth: CalendarDate
  let name: Name
  /// The former 9-digit number; 0 for people who never had one.
  let legacy: Int
  /// Further randomness for the person's records: the variant of a trouble, and the card.
  let variant: UInt64

  var isSecondOfPair: Bool { index & 1 == 1 }
}

/// Makes people.
struct People: Sendable {
  let seed: UInt64
  let asOf: CalendarDate
  let numbers: Numbers
  let options: GeneratorOptions

  init(_ options: GeneratorOptions) {
    self.options = options
    seed = mixed(options.seed ^ 0x5065_6F70_6C65_2121)
    asOf = options.asOf
    numbers = Numbers(seed: options.seed, asOfYear: options.asOf.year, people: options.people)
  }

  func person(_ index: Int, _ drawn: Trouble) -> Person {
    var random = SeededGenerator(mixed(seed &+ UInt64(index)))
    let isNewborn = drawn.isNewborn || (drawn == .numberShared && index & 1 == 1)
    let number = isNewborn ? numbers.newborn(index) : numbers.personal(index)
    let trouble = feasible(drawn, number)

    let variant = random.next()
    var isFemale = number.isFemale
    var birth = birthDate(number.year, isNewborn: isNewborn, trouble, &random)
    if trouble == .idDigitsDiffer {
      if variant & 1 == 0 { isFemale.toggle() } else { birth = moved(birth, toYear: birth.year - 1) }
    }
    let place = random.next()
    // Most people live in the province of their registration.
    let residence =
      number.place.isCountry || place % 100 < 15
      ? Places.all[cut(place, to: Places.provinceCount)].code : number.place.code

    return Person(
      index: index, trouble: trouble, idNumber: number.packed, residence: residence, isFemale: isFemale,
      birth: birth,
      name: name(isFemale: isFemale, trouble, variant, &random),
      legacy: legacy(index, trouble, number.year, &random),
      variant: variant)
  }

  /// The trouble, or none if the format or the number rules it out: XML has no fields to lose, and the number
  /// of a person born abroad has no leading zero.
  private func feasible(_ trouble: Trouble, _ number: Numbers.PersonalNumber) -> Trouble {
    switch trouble {
    case .none: .none
    case .tooFewFields, .badEncoding: options.insuranceFormat == .xml ? .nameMissing : trouble
    case .populationTooFewFields, .populationBadEncoding:
      options.populationFormat == .xml ? .populationNameMissing : trouble
    case .leadingZeroLost: number.place.isCountry ? .idExponent : trouble
    default: trouble
    }
  }

  private func birthDate(
    _ year: Int, isNewborn: Bool, _ trouble: Trouble, _ random: inout SeededGenerator
  ) -> CalendarDate {
    let word = random.next()
    let firstDay = CalendarDate(year, 1, 1)
    if isNewborn { return firstDay.adding(days: cut(word, to: asOf.dayNumber - firstDay.dayNumber + 1)) }
    if trouble == .disputedDayMonth {
      // Day and month are both between 1 and 12, and differ.
      let month = 1 + cut(word, to: 12)
      let step = 1 + cut(mixed(word), to: 11)
      return CalendarDate(year, month, (month - 1 + step) % 12 + 1)
    }
    // Of some old people only the year is known.
    if trouble == .none, year < 1960, word % 16 == 0 { return CalendarDate(year, 0, 0) }
    return firstDay.adding(days: cut(word, to: CalendarDate(year + 1, 1, 1).dayNumber - firstDay.dayNumber))
  }

  private func name(
    isFemale: Bool, _ trouble: Trouble, _ variant: UInt64, _ random: inout SeededGenerator
  ) -> Name {
    let word = random.next()
    if trouble == .none {
      // Every fiftieth person belongs to an ethnic minority with its own names.
      if word % 50 == 0 { return Names.minorityNames[cut(word, to: Names.minorityNames.count)] }
      return Names.name(isFemale: isFemale, word: word)
    }
    if trouble == .nameApostrophe { return Names.apostropheNames[cut(word, to: Names.apostropheNames.count)] }
    var name = Names.name(isFemale: isFemale, word: word)
    switch trouble {
    case .nameTonePlace: name.given = Names.tonePlaces[cut(variant, to: Names.tonePlaces.count)].0
    case .nameEth: name.family = Names.familiesWithD[cut(variant, to: Names.familiesWithD.count)]
    case .disputedIY: name.given = Names.iAndY[cut(variant, to: Names.iAndY.count)].0
    case .disputedSurname: name.family = Names.surnames[cut(variant, to: Names.surnames.count)].0
    case .disputedMiddleName: if name.middle.utf8CodeUnitCount == 0 { name.middle = isFemale ? "THỊ" : "VĂN" }
    default: break
    }
    return name
  }

  private func legacy(
    _ index: Int, _ trouble: Trouble, _ year: Int, _ random: inout SeededGenerator
  ) -> Int {
    let word = random.next()
    switch trouble {
    // The pair has the number of its first person.
    case .legacyAmbiguous: return numbers.legacyNumber(index & ~1)
    case .legacyLink: return numbers.legacyNumber(index)
    default: return year <= 2004 && word % 10 < 6 ? numbers.legacyNumber(index) : 0
    }
  }

  /// The same day of another year, or the 28th where it doesn't exist.
  func moved(_ day: CalendarDate, toYear year: Int) -> CalendarDate {
    CalendarDate(year, day.month, min(day.day, day.month == 2 ? 28 : 31))
  }
}

extension CalendarDate {
  /// A date of these parts, which the caller knows to exist, or wants not to; month and day may be 0.
  init(_ year: Int, _ month: Int, _ day: Int) {
    self.init(packed: UInt32(year * 10_000 + month * 100 + day))
  }
}
