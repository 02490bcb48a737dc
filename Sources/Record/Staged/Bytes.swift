// Integers and texts in staged bytes.
// Invariant: little-endian and unaligned, on every machine; a read outside the bytes traps.

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  @inlinable
  package mutating func append<I: FixedWidthInteger & BitwiseCopyable>(integer: I) {
    var value = integer.littleEndian
    unsafe Swift.withUnsafeBytes(of: &value) { unsafe append(contentsOf: $0) }
  }
}

extension RawSpan {
  /// The integer at a byte offset, least significant byte first.
  @inlinable
  package func integer<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> I {
    precondition(offset >= 0 && offset + MemoryLayout<I>.size <= byteCount)
    return unsafe I(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: I.self))
  }

  /// The bytes of a range as text.
  package func text(_ range: Range<Int>) -> String {
    unsafe extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}
