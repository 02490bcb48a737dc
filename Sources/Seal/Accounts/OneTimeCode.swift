// The six digits that an authenticator app shows, new every 30 seconds (TOTP, RFC 6238 with its usual HMAC-SHA-1).

import Crypto
import Foundation

package struct OneTimeCode: Hashable, Sendable {
  static let stepSeconds = 30
  private let secret: Data

  /// A new random secret of 160 bits, as long as RFC 4226 asks for.
  package init() {
    var generator = SystemRandomNumberGenerator()
    secret = Data((0..<20).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  init(secret: Data) { self.secret = secret }

  /// Reads a secret in base32; nil for another text, or one of less than 128 bits.
  package init?(base32 text: some StringProtocol) {
    var (bits, count, bytes) = (UInt32(0), 0, Data())
    for letter in text.utf8 {
      guard let value = Self.alphabet.firstIndex(of: letter) else { return nil }
      (bits, count) = (bits << 5 | UInt32(value), count + 5)
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    guard bytes.count >= 16 else { return nil }
    secret = bytes
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  /// The secret in base32, as apps take it.
  package var base32: String {
    var (bits, count, text) = (UInt32(0), 0, "")
    func letter(_ value: UInt32) -> Character {
      Character(UnicodeScalar(Self.alphabet[Int(value & 31)]))
    }
    for byte in secret {
      (bits, count) = (bits << 8 | UInt32(byte), count + 8)
      while count >= 5 {
        count -= 5
        text.append(letter(bits >> UInt32(count)))
      }
    }
    if count > 0 { text.append(letter(bits << UInt32(5 - count))) }
    return text
  }

  /// The address that an app takes as a QR code or a link.
  package func address(for name: String) -> String {
    let plain = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    return "otpauth://totp/cardlink:\(plain)?secret=\(base32)&issuer=cardlink"
  }

  /// The digits of a step of 30 seconds since 1970.
  func digits(at step: Int, count: Int = 6) -> String {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(step) >> UInt64(56 - 8 * $0)) }
    let code = Data(
      HMAC<Insecure.SHA1>.authenticationCode(for: Data(bytes), using: SymmetricKey(data: secret)))
    let offset = Int(code[19] & 15)
    let word = code[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    var rest = Int(word)
    var digits = ""
    for _ in 0..<count {
      digits = String(rest % 10) + digits
      rest /= 10
    }
    return digits
  }

  /// The step whose digits were typed: the one of now, or one before or after, for clocks that differ.
  ///
  /// - Parameters:
  ///   - seconds: since 1970.
  ///   - used: the step of the last sign-in; its digits, and earlier ones, serve no more.
  package func step(of typed: String, at seconds: Int, after used: Int?) -> Int? {
    let digits = typed.filter { !$0.isWhitespace }
    let now = seconds / Self.stepSeconds
    return (now - 1...now + 1).first { step in
      step > (used ?? .min) && self.digits(at: step) == digits
    }
  }
}
