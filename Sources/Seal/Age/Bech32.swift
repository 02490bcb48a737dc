// Bech32, in which age writes keys: 32 bytes as letters and digits with a checksum against typing errors.
// Invariant: a text with one to four changed characters is refused. Each key has one text in small letters
// and one in capitals, and none in mixed case.
//
// Source: BIP 173, without its limit of 90 characters, as in age.

enum Bech32 {
  private static let letters = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
  private static let checksumCount = 6

  /// The text of some bytes, in small letters.
  static func text(_ prefix: String, _ bytes: [UInt8]) -> String {
    var values = regrouped(bytes, from: 8, to: 5, isPadded: true) ?? []
    let sum = checksum(prefix, values + Array(repeating: 0, count: checksumCount)) ^ 1
    for i in 0..<checksumCount { values.append(UInt8(sum >> UInt32(5 * (checksumCount - 1 - i)) & 31)) }
    return prefix + "1" + String(decoding: values.map { letters[Int($0)] }, as: UTF8.self)
  }

  /// The bytes of a text with this lower-case prefix; nil if it isn't one.
  static func bytes(in text: String, prefix: String) -> [UInt8]? {
    guard text == text.lowercased() || text == text.uppercased() else { return nil }
    let text = text.lowercased()
    guard text.hasPrefix(prefix + "1") else { return nil }
    var values: [UInt8] = []
    for letter in text.utf8.dropFirst(prefix.utf8.count + 1) {
      guard let value = letters.firstIndex(of: letter) else { return nil }
      values.append(UInt8(value))
    }
    guard values.count >= checksumCount, checksum(prefix, values) == 1 else { return nil }
    return regrouped(Array(values.dropLast(checksumCount)), from: 5, to: 8, isPadded: false)
  }

  private static func checksum(_ prefix: String, _ values: [UInt8]) -> UInt32 {
    let generators: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    var sum: UInt32 = 1
    for value in prefix.utf8.map({ $0 >> 5 }) + [0] + prefix.utf8.map({ $0 & 31 }) + values {
      let top = sum >> 25
      sum = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
      for i in 0..<5 where top >> UInt32(i) & 1 == 1 { sum ^= generators[i] }
    }
    return sum
  }

  /// Regroups bits into another width; nil if more than zero padding is left over.
  private static func regrouped(_ values: [UInt8], from: Int, to: Int, isPadded: Bool) -> [UInt8]? {
    var (bits, count) = (0, 0)
    var groups: [UInt8] = []
    for value in values {
      bits = bits << from | Int(value)
      count += from
      while count >= to {
        count -= to
        groups.append(UInt8(bits >> count & (1 << to - 1)))
        bits &= 1 << count - 1
      }
    }
    if isPadded {
      if count > 0 { groups.append(UInt8(bits << (to - count))) }
    } else if count >= from || bits != 0 {
      return nil
    }
    return groups
  }
}
