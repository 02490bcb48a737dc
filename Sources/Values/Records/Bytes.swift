// Reads and writes integers and texts in staged bytes.
// Invariant: little-endian and unaligned on every machine; a read outside the bytes traps.

extension [UInt8] {
  /// Appends an integer, least significant byte first.
  @inlinable
  package mutating func append<I: FixedWidthInteger & BitwiseCopyable>(integer: I) {
    var value = integer.littleEndian
    unsafe Swift.withUnsafeBytes(of: &value) { unsafe append(contentsOf: $0) }
  }
}

/// Writes into memory that its caller owns, for loops that know in advance how much room a record needs.
///
/// The memory must outlive the writer, and nothing else may use it meanwhile.
@safe package struct ByteWriter {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let room: Int
  package private(set) var count = 0

  /// - Parameter room: how many bytes may be written from `base` on.
  package init(_ base: UnsafeMutableRawPointer, room: Int) {
    unsafe self.base = base
    self.room = room
  }

  /// Appends the `byteCount` least significant bytes of an integer, the least first.
  @inline(__always)
  package mutating func append(_ value: UInt64, byteCount: Int) {
    precondition(count + 8 <= room)
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
    count += byteCount
  }

  /// Appends an integer as a varint: seven bits per byte, the least significant first.
  @inline(__always)
  package mutating func append(varint value: UInt64) {
    if value < 0x80 { return append(byte: UInt8(truncatingIfNeeded: value)) }
    precondition(count + 10 <= room)
    guard value < 1 << 56 else { return append(longVarint: value) }
    // The length is unpredictable, so nothing depends on it but the count.
    let bits = UInt64.bitWidth - value.leadingZeroBitCount
    let byteCount = (bits &* 9 &+ 64) &>> 6
    let flags = 0x8080_8080_8080_8080 &>> (UInt64(truncatingIfNeeded: 9 &- byteCount) &* 8)
    unsafe base.storeBytes(of: (spread(value) | flags).littleEndian, toByteOffset: count, as: UInt64.self)
    count += byteCount
  }

  @inline(never)
  private mutating func append(longVarint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(byte: UInt8(truncatingIfNeeded: rest))
  }

  /// Appends one byte.
  @inline(__always)
  package mutating func append(byte: UInt8) {
    precondition(count < room)
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Appends a number in decimal digits, with leading zeros; digits beyond `width` are dropped.
  @inline(__always)
  package mutating func append(digitsOf number: UInt64, width: Int) {
    precondition(count + width <= room)
    var rest = number
    var at = count + width
    while at > count {
      at -= 1
      unsafe base.storeBytes(
        of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: at, as: UInt8.self)
      rest /= 10
    }
    count += width
  }

  @inline(__always)
  package mutating func append(_ bytes: RawSpan) {
    precondition(count + bytes.byteCount <= room)
    unsafe bytes.withUnsafeBytes { bytes in
      guard let source = bytes.baseAddress else { return }
      unsafe (base + count).copyMemory(from: source, byteCount: bytes.count)
    }
    count += bytes.byteCount
  }
}

extension [UInt8] {
  /// Appends what `write` writes, at most `room` bytes.
  @inline(__always)
  package mutating func append(room: Int, _ write: (inout ByteWriter) -> Void) {
    unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { memory in
      guard let base = memory.baseAddress else { return }
      var writer = unsafe ByteWriter(base, room: room)
      write(&writer)
      unsafe append(contentsOf: UnsafeRawBufferPointer(start: base, count: writer.count))
    }
  }
}

extension RawSpan {
  /// Reads what ``ByteWriter/append(_:byteCount:)`` wrote, and moves past it.
  @inline(__always)
  package func integer(at offset: inout Int, byteCount: Int) -> UInt64 {
    precondition(offset >= 0 && offset + byteCount <= self.byteCount)
    var value: UInt64
    if offset + 8 <= self.byteCount {
      value = unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      if byteCount < 8 { value &= (1 << UInt64(8 * byteCount)) - 1 }
    } else {
      value = 0
      for i in 0..<byteCount {
        value |= UInt64(unsafe unsafeLoad(fromByteOffset: offset + i, as: UInt8.self)) << UInt64(8 * i)
      }
    }
    offset += byteCount
    return value
  }

  /// Reads what ``ByteWriter/append(varint:)`` wrote, and moves past it.
  @inline(__always)
  package func varint(at offset: inout Int) -> UInt64 {
    let first: UInt8 = integer(at: offset)
    if first < 0x80 {
      offset += 1
      return UInt64(first)
    }
    guard offset + 8 <= byteCount else { return longVarint(at: &offset) }
    let word: UInt64 = integer(at: offset)
    let stops = ~word & 0x8080_8080_8080_8080
    guard stops != 0 else { return longVarint(at: &offset) }
    offset += stops.trailingZeroBitCount >> 3 + 1
    return gathered(word & (stops ^ (stops &- 1)))
  }

  /// Reads a varint byte by byte: one of nine or ten bytes, or one near the end.
  @inline(never)
  private func longVarint(at offset: inout Int) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte: UInt8 = integer(at: offset)
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      precondition(shift < 64)
    }
  }

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

/// The seven lowest bits of each byte as one number: what the bytes of a varint say.
@inline(__always)
package func gathered(_ bytes: UInt64) -> UInt64 {
  var bits = bytes & 0x7F7F_7F7F_7F7F_7F7F
  bits = bits & 0x007F_007F_007F_007F | (bits & 0x7F00_7F00_7F00_7F00) >> 1
  bits = bits & 0x0000_3FFF_0000_3FFF | (bits & 0x3FFF_0000_3FFF_0000) >> 2
  return bits & 0x0FFF_FFFF | (bits & 0x0FFF_FFFF_0000_0000) >> 4
}

/// The inverse of ``gathered(_:)``, of a number below 2^56.
@inline(__always)
package func spread(_ value: UInt64) -> UInt64 {
  var bits = value & 0x0FFF_FFFF | (value &<< 4) & 0x0FFF_FFFF_0000_0000
  bits = bits & 0x0000_3FFF_0000_3FFF | (bits &<< 2) & 0x3FFF_0000_3FFF_0000
  return bits & 0x007F_007F_007F_007F | (bits &<< 1) & 0x7F00_7F00_7F00_7F00
}

/// Bytes as hexadecimal digits in small letters.
package func hexText(_ bytes: RawSpan) -> String {
  unsafe String(unsafeUninitializedCapacity: 2 * bytes.byteCount) { text in
    unsafe writeHex(bytes, to: text)
    return 2 * bytes.byteCount
  }
}

/// Writes two hexadecimal digits for each byte.
func writeHex(_ bytes: RawSpan, to text: UnsafeMutableBufferPointer<UInt8>) {
  func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }
  for i in 0..<bytes.byteCount {
    let byte: UInt8 = bytes.integer(at: i)
    unsafe text[2 * i] = digit(byte >> 4)
    unsafe text[2 * i + 1] = digit(byte & 15)
  }
}
