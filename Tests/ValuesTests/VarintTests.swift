import Support
import Testing
import Values

@Suite struct VarintTests {
  /// Seven bits of each byte, the least significant first, one after the other.
  static func slowly(_ value: UInt64) -> [UInt8] {
    value < 0x80
      ? [UInt8(value)] : [UInt8(truncatingIfNeeded: value) & 0x7F | 0x80] + slowly(value >> 7)
  }

  @Test("varints are written as a loop writes them, and read back", arguments: UInt64(0)..<200)
  func varints(seed: UInt64) {
    var random = SeededGenerator(seed)
    let values = (0..<Int.random(in: 1...40, using: &random)).map { _ in
      random.next() as UInt64 >> UInt64.random(in: 0...63, using: &random)
    }
    let rest = [UInt8](repeating: 0xFF, count: Int(seed % 9))
    var bytes: [UInt8] = []
    bytes.append(room: values.count * 10 + 10) { for value in values { $0.append(varint: value) } }
    #expect(bytes == values.flatMap(Self.slowly))
    let text = bytes + rest
    var at = 0
    for value in values { #expect(text.span.bytes.varint(at: &at) == value) }
    #expect(at == bytes.count)
  }
}
