// Maps letters back to the bytes that Windows-1252 reads as these letters, to restore text that was read in
// the wrong encoding.
// Invariant: bytes 80–9F are also restored from the control characters that Latin-1 reads them as.
// Load: only names and samples that look wrong.

/// The single-byte encoding of Western Europe, in which Vietnamese bytes turn into other letters.
package enum Windows1252 {
  private static let specials: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D,
    0x17D,
    0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153,
    0x9D,
    0x17E, 0x178,
  ]

  /// What a byte is read as.
  static func scalar(of byte: Int) -> UInt32 { 0x80..<0xA0 ~= byte ? specials[byte - 0x80] : UInt32(byte) }

  /// The byte that is read as this scalar; nil if none is.
  ///
  /// Đ counts as the Eth that names are folded from.
  package static func byte(readAs scalar: UInt32) -> UInt8? {
    if scalar < 0x100 { return UInt8(truncatingIfNeeded: scalar) }
    if scalar == 0x110 { return 0xD0 }
    if scalar == 0x111 { return 0xF0 }
    return specials.firstIndex(of: scalar).map { UInt8(0x80 + $0) }
  }
}
