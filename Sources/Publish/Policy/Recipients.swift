// Decides which packages a person goes into, by the facility on a card.
// Invariant: a code always leads to the same packages: one for each copying rule that selects it, and one for
// the first other rule that does. A package named by a code holds that code's people only, and those of the codes that it
// has replaced.
// Load: called for every person; a code is compared with the rules once and remembered.

import Package
package import Values

struct Recipients {
  /// The packages of one facility's people.
  struct Place: Hashable {
    /// The packages, as a range of ``Recipients/keys``.
    fileprivate(set) var packages: Range<Int>
    /// Whether there are none because the code can't name a package.
    fileprivate(set) var isNameless = false
    /// Its index among the codes that are remembered.
    fileprivate var index: Int
  }

  let rules: [PackageRule]
  let facilities: Facilities
  /// The sort keys of the packages of all places.
  private(set) var keys: [UInt64] = []
  /// The sort keys of all packages that have people.
  private(set) var packages: Set<UInt64> = []
  private var known: [UInt64: Place] = [:]
  /// The codes that are remembered, with the persons counted so far.
  private var counted: [(code: ShortCode, persons: Int)] = []
  private var earlier = FacilityCounts()
  /// A bit set in the keys of packages with a name of their own; codes never have it.
  fileprivate static let named: UInt64 = 1 << 63

  init(_ rules: [PackageRule], _ facilities: Facilities = Facilities()) {
    (self.rules, self.facilities) = (rules, facilities)
  }

  mutating func place(of code: ShortCode) -> Place {
    if let place = known[code.packed] { return place }
    // Windows holds two folders whose names differ only in case for one, and so do suppliers' typists.
    let written = code.capitals
    // A facility gets its package under the code that it has today.
    let facility = facilities.current(written)
    // There are some thousand codes; an export full of invented ones must not exhaust memory.
    if known.count >= 100_000 {
      earlier = persons
      known.removeAll(keepingCapacity: true)
      counted.removeAll(keepingCapacity: true)
      keys.removeAll(keepingCapacity: true)
    }
    let start = keys.count
    var isNameless = !facility.namesAFile
    for (i, rule) in rules.enumerated() where rule.selects(facility, facilities) {
      if rule.name != nil {
        keys.append(Self.named | UInt64(i))
      } else if facility.namesAFile {
        keys.append(facility.packed)
      } else {
        isNameless = true
      }
      if !rule.isCopy { break }
    }
    packages.formUnion(keys[start...])
    let place = Place(
      packages: start..<keys.count, isNameless: isNameless && start == keys.count,
      index: counted.count)
    counted.append((written, 0))
    known[code.packed] = place
    return place
  }

  /// Appends the packages of a person's cards: those of the first card, which serves, and of the others that serve in the period
  /// those that show such cards.
  ///
  /// - Parameter found: the cards that serve in the period, as ``servingCards(among:from:through:)`` gives them.
  mutating func takePackages(of cards: [CardRow], serving found: UInt64, into packages: inout [UInt64]) {
    packages.append(contentsOf: keys[place(of: cards[0].facility).packages])
    for i in 1..<cards.count where found >> UInt64(i) & 1 == 1 {
      for key in keys[place(of: cards[i].facility).packages]
      where !packages.contains(key) && showsOtherCards(key) {
        packages.append(key)
      }
    }
  }

  /// Counts a person whose serving card names the facility.
  mutating func count(personAt place: Place) { counted[place.index].persons += 1 }

  /// The persons counted so far.
  var persons: FacilityCounts {
    counted.reduce(into: earlier) { $0.add($1.code, $1.persons, facilities) }
  }

  /// The code of the facility that a package is for; `none` for a package with a name of its own.
  static func facility(of key: UInt64) -> ShortCode { key & named != 0 ? .none : ShortCode(packed: key) }

  /// The keys of packages with a name of their own, even without people.
  var keysOfNamedPackages: [UInt64] {
    rules.indices.filter { rules[$0].name != nil }.map { Self.named | UInt64($0) }
  }

  /// Whether the package of a key holds cards beside the serving ones.
  func showsOtherCards(_ key: UInt64) -> Bool {
    !Attribute.ofOtherCards(recipient(of: key).rule.attributes).isEmpty
  }

  /// The rule of a key, and the package's name.
  func recipient(of key: UInt64) -> (rule: PackageRule, name: String) {
    if key & Self.named != 0 {
      let rule = rules[Int(key & ~Self.named)]
      return (rule, rule.name ?? "")
    }
    let facility = ShortCode(packed: key)
    return (rules.first { !$0.isCopy && $0.selects(facility, facilities) } ?? PackageRule(), facility.text)
  }
}

extension PackageRule {
  func selects(_ facility: ShortCode, _ facilities: Facilities) -> Bool {
    switch selection {
    case .all: true
    case .province(let province): !facility.isNone && facility.text.hasPrefix(province)
    case .province2025(let code): facilities.province(of: facility)?.code == code
    case .facility(let glob):
      !facility.isNone && matches(Array(facility.text.utf8)[...], Array(glob.uppercased().utf8)[...])
    }
  }
}

extension PackageRule.Selection {
  /// Whether it selects the facility of a card, under the code that it has today.
  package func selects(_ facility: ShortCode, _ facilities: Facilities) -> Bool {
    PackageRule(self).selects(facilities.current(facility.capitals), facilities)
  }
}

/// Whether `glob` matches the whole of `text`.
private func matches(_ text: ArraySlice<UInt8>, _ glob: ArraySlice<UInt8>) -> Bool {
  guard let first = glob.first else { return text.isEmpty }
  if first == UInt8(ascii: "*") {
    return matches(text, glob.dropFirst()) || (!text.isEmpty && matches(text.dropFirst(), glob))
  }
  guard let byte = text.first, first == UInt8(ascii: "?") || first == byte else { return false }
  return matches(text.dropFirst(), glob.dropFirst())
}

extension ShortCode {
  /// The i-th character.
  func byte(_ i: Int) -> UInt8 { UInt8(truncatingIfNeeded: packed >> UInt64(8 * (7 - i))) }

  /// Whether it consists of ASCII letters and digits, and so can name a folder.
  var namesAFile: Bool {
    guard !isNone else { return false }
    for i in 0..<Int(packed & 0xff) {
      switch byte(i) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        continue
      default: return false
      }
    }
    return !isReservedByWindows
  }

  /// With small letters as capitals.
  var capitals: ShortCode {
    ShortCode(Array(text.uppercased().utf8).span) ?? self
  }

  /// CON, NUL, COM1 and their like, which Windows has no folder of.
  private var isReservedByWindows: Bool {
    switch text.uppercased() {
    case "CON", "PRN", "AUX", "NUL": true
    case let name where name.count == 4 && (name.hasPrefix("COM") || name.hasPrefix("LPT")):
      name.last.map { "0"..."9" ~= $0 } ?? false
    default: false
    }
  }
}
