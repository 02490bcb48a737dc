// The 512-byte header of a file in a tar archive.
// Invariant: the bytes depend only on name, size and time. A header that is read has a valid checksum and a relative name
// without `..`.
// Source: POSIX.1-1988 ustar; sizes of 8 GiB and more in GNU tar's binary form.

struct TarHeader: Hashable {
  static let blockBytes = 512
  /// A path with `/` between its parts.
  var name: String
  var byteCount: Int
  var isFolder = false

  private static let octalLimit = 1 << 33

  /// - Parameter seconds: the time of last change, since 1970.
  func bytes(seconds: Int) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockBytes)
    func put(_ text: String, at offset: Int) {
      for (i, byte) in text.utf8.enumerated() { block[offset + i] = byte }
    }
    func octal(_ number: Int, count: Int) -> String {
      let digits = String(number, radix: 8)
      return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
    precondition(name.utf8.count < 100)
    put(name, at: 0)
    put(octal(isFolder ? 0o700 : 0o600, count: 7), at: 100)
    put(octal(0, count: 7), at: 108)
    put(octal(0, count: 7), at: 116)
    if byteCount < Self.octalLimit {
      put(octal(byteCount, count: 11), at: 124)
    } else {
      block[124] = 0x80
      for i in 0..<8 { block[135 - i] = UInt8(truncatingIfNeeded: byteCount >> (8 * i)) }
    }
    put(octal(seconds, count: 11), at: 136)
    block[156] = UInt8(ascii: isFolder ? "5" : "0")
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(Self.checksum(block), count: 6), at: 148)
    block[155] = 0x20
    return block
  }

  /// Reads a block; nil if it is no header of a plain file or a folder.
  init?(_ block: Span<UInt8>) {
    guard block.count == Self.blockBytes else { return nil }
    let bytes = block.indices.map { block[$0] }
    func octal(_ range: Range<Int>) -> Int? {
      let digits = bytes[range].drop { $0 == 0x20 }.prefix { (48...55).contains($0) }
      let rest = bytes[range].drop { $0 == 0x20 }.dropFirst(digits.count)
      guard !digits.isEmpty, rest.allSatisfy({ $0 == 0 || $0 == 0x20 }) else { return nil }
      return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
    }
    guard octal(148..<156) == Self.checksum(bytes) else { return nil }
    switch bytes[156] {
    case 0, UInt8(ascii: "0"): isFolder = false
    case UInt8(ascii: "5"): isFolder = true
    default: return nil
    }
    if bytes[124] == 0x80 {
      guard bytes[125..<129].allSatisfy({ $0 == 0 }) else { return nil }
      byteCount = bytes[129..<136].reduce(0) { $0 << 8 | Int($1) }
    } else {
      guard let count = octal(124..<136) else { return nil }
      byteCount = count
    }
    // A second part of the name is used for longer ones than ours.
    let isUstar = bytes[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0])
    guard !isUstar || bytes[345] == 0 else { return nil }
    var path = String(decoding: bytes[..<100].prefix { $0 != 0 }, as: UTF8.self)
    if isFolder, path.hasSuffix("/") { path.removeLast() }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), !isFolder || byteCount == 0
    else { return nil }
    name = path
  }

  init(name: String, byteCount: Int) {
    self.name = name
    self.byteCount = byteCount
  }

  /// The sum of all bytes, those of the checksum taken as spaces.
  private static func checksum(_ block: [UInt8]) -> Int {
    block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
  }
}
