// The fields that an officer judges to decide whether a record is a person's, and the digest that a decision
// refers to.
// Invariant: two values are equal only if no judged field has changed. Names are compared by their exact
// forms, so that another way to type the same name changes nothing. The digest does not reveal a name.
// Load: computed for the few per cent of records that did not link; compared for the pairs with a decision.

/// The insurance side of a judged pair.
package struct InsuranceFields: Hashable, Sendable, BitwiseCopyable {
  /// ``nameDigest(ofExact:)``.
  package var name: UInt64
  package var birthDate: CalendarDate
  package var sex: Sex
  /// The ``LinkKey`` of the personal ID field; for an unusable number, a digest of the field.
  package var held: LinkKey

  package init(name: UInt64, birthDate: CalendarDate, sex: Sex, held: LinkKey) {
    (self.name, self.birthDate, self.sex, self.held) = (name, birthDate, sex, held)
  }

  package static let byteCount = 21

  /// Whether name, birth date and sex are the same, whatever the personal ID field contains.
  package func describesSameInsured(as other: Self) -> Bool {
    name == other.name && birthDate == other.birthDate && sex == other.sex
  }
}

/// The population side of a judged pair.
package struct PopulationFields: Hashable, Sendable, BitwiseCopyable {
  package var name: UInt64
  package var birthDate: CalendarDate
  package var sex: Sex
  package var status: PersonStatus

  package init(name: UInt64, birthDate: CalendarDate, sex: Sex, status: PersonStatus) {
    (self.name, self.birthDate, self.sex, self.status) = (name, birthDate, sex, status)
  }

  package static let byteCount = 14
}

/// Both sides; without the population's until the person is known.
package struct JudgedFields: Hashable, Sendable, BitwiseCopyable {
  package var insurance: InsuranceFields
  package var population: PopulationFields?

  package init(_ insurance: InsuranceFields, _ population: PopulationFields?) {
    (self.insurance, self.population) = (insurance, population)
  }

  /// The changes since these fields, as words for the officer; empty if there are none.
  ///
  /// - Parameter comparingHeld: whether to compare the personal ID fields.
  package func changes(to now: JudgedFields, comparingHeld: Bool) -> Reasons {
    var words = Reasons()
    if insurance.name != now.insurance.name { words.insert(.reopenedInsuranceName) }
    if insurance.birthDate != now.insurance.birthDate { words.insert(.reopenedInsuranceBirthDate) }
    if insurance.sex != now.insurance.sex { words.insert(.reopenedInsuranceSex) }
    if comparingHeld, insurance.held != now.insurance.held { words.insert(.reopenedInsurancePersonalID) }
    guard let then = population, let now = now.population else { return words }
    if then.name != now.name { words.insert(.reopenedPopulationName) }
    if then.birthDate != now.birthDate { words.insert(.reopenedPopulationBirthDate) }
    if then.sex != now.sex { words.insert(.reopenedPopulationSex) }
    if then.status != now.status { words.insert(.reopenedPopulationStatus) }
    return words
  }
}

// MARK: Bytes and text

extension InsuranceFields {
  package func append(to bytes: inout [UInt8]) {
    bytes.append(integer: name)
    bytes.append(integer: birthDate.packed)
    bytes.append(sex.rawValue)
    bytes.append(integer: held.packed)
  }
  package init(_ bytes: RawSpan) {
    name = bytes.integer(at: 0)
    birthDate = CalendarDate(packed: bytes.integer(at: 8))
    sex = Sex(rawValue: bytes.integer(at: 12)) ?? .unknown
    held = LinkKey(packed: bytes.integer(at: 13))
  }
}

extension PopulationFields {
  package func append(to bytes: inout [UInt8]) {
    bytes.append(integer: name)
    bytes.append(integer: birthDate.packed)
    bytes.append(sex.rawValue)
    bytes.append(status.rawValue)
  }
  package init(_ bytes: RawSpan) {
    name = bytes.integer(at: 0)
    birthDate = CalendarDate(packed: bytes.integer(at: 8))
    sex = Sex(rawValue: bytes.integer(at: 12)) ?? .unknown
    status = PersonStatus(rawValue: bytes.integer(at: 13)) ?? .unknown
  }
}

extension JudgedFields {
  /// The text in work lists and decisions.
  ///
  /// It is `d`, the insurance side in hexadecimal digits, then `p` and the population's if it is known, so
  /// that no spreadsheet takes it for a number.
  package var text: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(InsuranceFields.byteCount + PopulationFields.byteCount)
    insurance.append(to: &bytes)
    let first = bytes.count
    population?.append(to: &bytes)
    // One text for each finding of a night.
    return unsafe String(unsafeUninitializedCapacity: 2 * bytes.count + 2) { text in
      unsafe text[0] = UInt8(ascii: "d")
      unsafe writeHex(bytes.span.extracting(..<first).bytes, to: text.extracting(1...))
      guard population != nil else { return 1 + 2 * first }
      unsafe text[1 + 2 * first] = UInt8(ascii: "p")
      unsafe writeHex(bytes.span.extracting(first...).bytes, to: text.extracting((2 + 2 * first)...))
      return 2 + 2 * bytes.count
    }
  }

  /// Reads what ``text`` wrote; nil for anything else.
  package init?(text: String) {
    let parts = text.split(separator: "p", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, first.first == "d",
      let side = Self.bytes(first.dropFirst(), count: InsuranceFields.byteCount),
      side[12] <= Sex.female.rawValue
    else { return nil }
    insurance = unsafe InsuranceFields(side.span.bytes)
    population = nil
    guard parts.count == 2 else { return }
    guard let other = Self.bytes(parts[1], count: PopulationFields.byteCount),
      other[12] <= Sex.female.rawValue, PersonStatus(rawValue: other[13]) != nil
    else { return nil }
    population = unsafe PopulationFields(other.span.bytes)
  }

  private static func bytes(_ digits: Substring, count: Int) -> [UInt8]? {
    let digits = Array(digits.utf8)
    guard digits.count == 2 * count else { return nil }
    var bytes: [UInt8] = []
    for i in stride(from: 0, to: digits.count, by: 2) {
      var byte: UInt8 = 0
      for digit in digits[i..<i + 2] {
        switch digit {
        case 48...57: byte = byte << 4 | (digit - 48)
        case 97...102: byte = byte << 4 | (digit - 87)
        default: return nil
        }
      }
      bytes.append(byte)
    }
    return bytes
  }
}

// MARK: Digests

/// 64 bits of a text's digest: enough to notice a change, not a defence against forgery.
package func digest64(_ bytes: RawSpan, seed: UInt64 = 0) -> UInt64 {
  var sum: UInt64 = (0x9E37_79B9_7F4A_7C15 &+ seed) ^ UInt64(bytes.byteCount)
  func mix(_ word: UInt64) {
    let product = (sum ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    sum = product.high ^ product.low &+ 0xE703_7ED1_A0B4_28DB
  }
  var i = 0
  while i + 8 <= bytes.byteCount {
    mix(bytes.integer(at: i))
    i += 8
  }
  if i < bytes.byteCount { mix(bytes.integer(at: &i, byteCount: bytes.byteCount - i)) }
  mix(0x8EBC_6AF0_9C88_C6E3)
  return sum
}

/// The digest by which decisions recognize a name.
package func nameDigest(ofExact exact: Span<UInt8>) -> UInt64 { unsafe digest64(exact.bytes) }

extension LinkKey {
  /// The key of an unusable number, from a digest of its field.
  package static func invalid(digestOf field: RawSpan) -> LinkKey {
    LinkKey(packed: invalid.packed | digest64(field) & (1 << 40 - 1))
  }

  /// Whether it is the key of an unusable number.
  package var isInvalid: Bool { packed >> 40 == 1 }
}
