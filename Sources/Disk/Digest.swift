// SHA-256 of what is read or written: how a stage knows that its input is still the same, and a facility that a file
// is what we sent.
// Load: every byte of every export, once, while it passes through memory.

import Crypto

/// The SHA-256 of bytes that come in pieces.
package struct Digest {
  private var hasher = SHA256()

  package init() {}

  package mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
  }

  package mutating func update(_ text: String) { hasher.update(data: Array(text.utf8)) }

  /// 64 hexadecimal digits in lower case, of all that came so far.
  package var text: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in hasher.finalize() {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The digest of one text.
  package static func text(of text: String) -> String {
    var digest = Digest()
    digest.update(text)
    return digest.text
  }
}
