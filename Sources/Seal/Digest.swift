// SHA-256 of what is read or written. A stage checks with it that its input is unchanged, a facility that a
// file is what we sent.
// Load: every byte of every export, once, while it is in memory.

import Crypto
import Files
import Foundation
package import Values

/// The SHA-256 of bytes that come in pieces.
package struct Digest {
  fileprivate var hasher = SHA256()

  package init() {}

  package mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
  }

  package mutating func update(_ text: String) { hasher.update(data: Array(text.utf8)) }

  /// 64 hexadecimal digits in lower case, of all that came so far.
  package var text: String {
    unsafe hasher.finalize().withUnsafeBytes { bytes in unsafe hexText(bytes.bytes) }
  }

  package static func text(of text: String) -> String { self.text(of: Array(text.utf8)) }

  /// The digest in base64, as the content security policy of a page names what it allows.
  package static func base64(of text: String) -> String {
    Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString()
  }

  package static func text(of bytes: [UInt8]) -> String {
    var digest = Digest()
    unsafe digest.update(bytes.span.bytes)
    return digest.text
  }
}

extension Digest {
  /// The SHA-256 of a file's bytes on disk.
  ///
  /// - Complexity: some 1.3 GB/s on a core with SHA-256 instructions.
  package static func text(ofFile path: String) throws(Stop) -> String {
    let file = try InputFile(path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { unsafe buffer.deallocate() }
    var digest = Digest()
    var offset = 0
    while offset < file.byteCount {
      let count = min(buffer.count, file.byteCount - offset)
      let chunk = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      try unsafe file.read(at: offset, into: chunk)
      unsafe digest.hasher.update(bufferPointer: UnsafeRawBufferPointer(chunk))
      offset += count
    }
    return digest.text
  }

  /// A pseudonym of a text, which depends on the key and is useless without it.
  package static func pseudonym(of text: String, key: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array(text.utf8), using: SymmetricKey(data: Array(key.utf8)))
    return unsafe code.withUnsafeBytes { bytes in unsafe hexText(bytes.bytes.extracting(..<16)) }
  }

  /// A new random key of 64 hexadecimal digits.
  package static func newKey() -> String {
    unsafe SymmetricKey(size: .bits256).withUnsafeBytes { bytes in unsafe hexText(bytes.bytes) }
  }
}
