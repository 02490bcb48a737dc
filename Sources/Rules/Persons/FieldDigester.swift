// Digests of names, and the keys that bring records and candidates together.
// Load: two keys for each person of the population if any record needs candidates; the rough key folds no
// name.

import Names
package import Values

/// Folds names into the forms and digests that decisions and candidates compare.
package struct FieldDigester: Sendable {
  private let folder = NameFolder()
  private var exact: [UInt8] = []
  /// The bare form of the last name given to ``candidateKey(ofClean:_:_:)`` or ``foldBare(_:)``.
  package private(set) var bare: [UInt8] = []

  package init() {}

  package mutating func nameDigest(ofClean name: Span<UInt8>) -> UInt64 {
    exact.removeAll(keepingCapacity: true)
    folder.exact(ofClean: name, into: &exact)
    return unsafe digest64(exact.span.bytes)
  }

  package mutating func insuranceFields(of record: InsuranceRecord, _ name: Span<UInt8>, held: LinkKey)
    -> InsuranceFields
  {
    InsuranceFields(
      name: nameDigest(ofClean: name), birthDate: record.birthDate, sex: record.sex, held: held)
  }

  package mutating func populationFields(of record: PopulationRecord, _ name: Span<UInt8>) -> PopulationFields
  {
    PopulationFields(
      name: nameDigest(ofClean: name), birthDate: record.birthDate, sex: record.sex, status: record.status)
  }

  /// The key that a record shares with its candidates: a digest of bare name, birth date and sex; nil if the
  /// date is not full or the sex is unknown.
  package mutating func candidateKey(ofClean name: Span<UInt8>, _ birthDate: CalendarDate, _ sex: Sex)
    -> UInt64?
  {
    guard !birthDate.isNone, birthDate.day > 0, sex != .unknown else { return nil }
    foldBare(name)
    return unsafe digest64(bare.span.bytes, seed: UInt64(birthDate.packed) << 2 | UInt64(sex.rawValue)) >> 1
  }

  /// A coarser key, made of the words' first letters without folding the name; nil if
  /// ``candidateKey(ofClean:_:_:)`` is nil.
  ///
  /// Records with equal candidate keys have equal rough keys.
  ///
  /// - Parameter name: the clean or the bare form; both give the same key.
  package mutating func roughKey(ofClean name: Span<UInt8>, _ birthDate: CalendarDate, _ sex: Sex) -> UInt64?
  {
    guard !birthDate.isNone, birthDate.day > 0, sex != .unknown else { return nil }
    var key = UInt64(birthDate.packed) << 2 | UInt64(sex.rawValue)
    let raw = unsafe name.bytes
    if raw.byteCount > 0 { add(initialAt: 0, of: name, to: &key) }
    var i = 0
    while i < raw.byteCount {
      // The top bit of each byte that is a space; the last bytes, fewer than eight, are compared one by one.
      var spaces: UInt64
      if i + 8 <= raw.byteCount {
        let word: UInt64 = raw.integer(at: i) ^ 0x2020_2020_2020_2020
        spaces =
          ~((word & 0x7F7F_7F7F_7F7F_7F7F &+ 0x7F7F_7F7F_7F7F_7F7F) | word) & 0x8080_8080_8080_8080
      } else {
        spaces = 0
        for k in 0..<raw.byteCount - i where name[i + k] == 0x20 { spaces |= 0x80 << UInt64(8 * k) }
      }
      while spaces != 0 {
        let next = i + spaces.trailingZeroBitCount >> 3 + 1
        if next < raw.byteCount { add(initialAt: next, of: name, to: &key) }
        spaces &= spaces - 1
      }
      i += 8
    }
    return key
  }

  /// Adds the first letter of a word in its bare form.
  @inline(__always)
  private mutating func add(initialAt i: Int, of name: Span<UInt8>, to key: inout UInt64) {
    var letter = name[i]
    if letter >= 0x80 {
      letter = initial(at: i, of: name)
    } else if letter >= 0x61, letter <= 0x7A {
      letter -= 0x20
    }
    key = (key ^ UInt64(letter)) &* 0x9E37_79B9_7F4A_7C15
  }

  /// The first byte of a word's bare form; a space if there is none.
  @inline(never)
  private mutating func initial(at start: Int, of name: Span<UInt8>) -> UInt8 {
    var end = start
    while end < name.count, name[end] != 0x20 { end += 1 }
    foldBare(name.extracting(start..<end))
    return bare.first ?? 0x20
  }

  /// Writes the bare form of a clean name into ``bare``.
  package mutating func foldBare(_ name: Span<UInt8>) {
    bare.removeAll(keepingCapacity: true)
    folder.bare(ofClean: name, into: &bare)
  }
}
