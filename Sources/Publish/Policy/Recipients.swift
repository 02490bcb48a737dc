// Which package a person goes into, by the facility on the serving card.
// Invariant: the same code always leads to the same package, the one of the first rule that selects it.
// Load: asked for every person; a code is compared with the rules once and remembered.

import Record

struct Recipients {
  /// Where a facility's people go.
  enum Place: Hashable {
    /// A package: the key under which its people are sorted.
    case package(UInt64)
    /// No rule selects the facility.
    case unselected
    /// A code that can't name a package, or none.
    case nameless
  }

  let rules: [PackageRule]
  private var known: [UInt64: Place] = [:]
  /// Set in the keys of packages with a name of their own; no code has it.
  private static let named: UInt64 = 1 << 63

  init(_ rules: [PackageRule]) { self.rules = rules }

  mutating func place(of facility: ShortCode) -> Place {
    if let place = known[facility.packed] { return place }
    let place = slowPlace(of: facility)
    // Codes are some thousands; an export full of invented ones must not fill the memory.
    if known.count < 100_000 { known[facility.packed] = place }
    return place
  }

  private func slowPlace(of facility: ShortCode) -> Place {
    guard let rule = rules.firstIndex(where: { $0.selects(facility) }) else {
      return facility.namesAFile ? .unselected : .nameless
    }
    if rules[rule].name != nil { return .package(Self.named | UInt64(rule)) }
    return facility.namesAFile ? .package(facility.packed) : .nameless
  }

  /// The rule behind a key, and the package's name.
  func recipient(of key: UInt64) -> (rule: PackageRule, name: String) {
    if key & Self.named != 0 {
      let rule = rules[Int(key & ~Self.named)]
      return (rule, rule.name ?? "")
    }
    let facility = ShortCode(packed: key)
    return (rules.first { $0.selects(facility) } ?? PackageRule(), facility.text)
  }
}

extension PackageRule {
  func selects(_ facility: ShortCode) -> Bool {
    switch selection {
    case .all: true
    case .province(let province): !facility.isNone && facility.text.hasPrefix(province)
    case .facility(let glob):
      !facility.isNone && matches(Array(facility.text.utf8)[...], Array(glob.utf8)[...])
    }
  }
}

/// Whether all of `text` is as `glob` says.
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

  /// Made of the letters and digits of ASCII only, and so fit to be a folder's name.
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
    return true
  }
}
