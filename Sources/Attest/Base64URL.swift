// Base64 for URLs and without padding (RFC 4648 §5), as JOSE writes everything.
// Invariant: each text that is read is the only one for its bytes; padding, line ends and unused bits are refused.
// Load: some four thousand characters for an attestation.

package enum Base64URL {
  private static let letters: [UInt8] = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (i, letter) in letters.enumerated() { values[Int(letter)] = UInt8(i) }
    return values
  }()

  /// Appends the text of some bytes.
  package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    let (letters, bytes) = (letters.span, bytes.span)
    var i = 0
    while i + 2 < bytes.count {
      let three = Int(bytes[i]) << 16 | Int(bytes[i + 1]) << 8 | Int(bytes[i + 2])
      text.append(letters[three >> 18])
      text.append(letters[three >> 12 & 63])
      text.append(letters[three >> 6 & 63])
      text.append(letters[three & 63])
      i += 3
    }
    guard i < bytes.count else { return }
    let rest = Int(bytes[i]) << 16 | (i + 1 < bytes.count ? Int(bytes[i + 1]) << 8 : 0)
    text.append(letters[rest >> 18])
    text.append(letters[rest >> 12 & 63])
    if i + 1 < bytes.count { text.append(letters[rest >> 6 & 63]) }
  }

  package static func text(of bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 4 / 3 + 3)
    append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text; nil if another text would be the one for them.
  package static func bytes(of text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count) = (0, 0)
    for letter in text.utf8 {
      let value = values[Int(letter)]
      guard value != 0xFF else { return nil }
      bits = bits << 6 | Int(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(bits >> count))
        bits &= 1 << count - 1
      }
    }
    // Six bits left over are a letter too many, others must be zero.
    return count < 6 && bits == 0 ? bytes : nil
  }
}
