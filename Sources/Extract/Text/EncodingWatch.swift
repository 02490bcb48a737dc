// Judges samples of a file while it is read, so that a file that changes its encoding in the middle is
// refused too.
// Invariant: the position of a sample depends on the file alone, not on chunks, parts or threads.

import Values

/// The samples of one file, or of a part of one.
struct EncodingWatch {
  static let firstByteCount = 64 << 10
  private static let byteCount = 16 << 10
  private static let distance = 2 << 20

  private let file: ExportFile
  private let judge: EncodingJudge
  private let isDeclared: Bool
  private var sample: [UInt8] = []
  /// The offset in the file of the next sample.
  private var next: Int
  private var at: Int

  init(_ file: ExportFile, encoding: TextEncoding, isDeclared: Bool, from offset: Int) {
    self.file = file
    self.isDeclared = isDeclared
    judge = EncodingJudge(encoding: encoding)
    at = offset
    next = max(1, (offset + Self.distance - 1) / Self.distance) * Self.distance
  }

  /// Judges the beginning of a file.
  func look(atBeginning beginning: Span<UInt8>, isWhole: Bool) throws(Stop) {
    try refuse(judge.fault(in: beginning, at: 0, isWhole: isWhole))
  }

  /// Takes the next bytes, before decoding.
  mutating func see(_ bytes: Span<UInt8>) throws(Stop) {
    let end = at + bytes.count
    defer { at = end }
    while next + sample.count < end {
      let start = next + sample.count - at
      let wanted = Self.byteCount - sample.count
      let taken = bytes.extracting(start..<min(bytes.count, start + wanted))
      for i in taken.indices { sample.append(taken[i]) }
      guard sample.count == Self.byteCount else { return }
      try judgeSample(isWhole: false)
    }
  }

  /// Judges the rest at the end of the file.
  mutating func finish() throws(Stop) {
    if !sample.isEmpty { try judgeSample(isWhole: true) }
  }

  private mutating func judgeSample(isWhole: Bool) throws(Stop) {
    try refuse(judge.fault(in: sample.span, at: next, isWhole: isWhole))
    sample.removeAll(keepingCapacity: true)
    next += Self.distance
  }

  private func refuse(_ fault: EncodingFault?) throws(Stop) {
    guard let fault else { return }
    throw fault.stop(file, expected: judge.encoding, isDeclared: isDeclared)
  }
}
