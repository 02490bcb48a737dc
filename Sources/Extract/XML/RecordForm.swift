// The form of a plain record: its tags and the white space between them, cut at the places of its values.
// Invariant: a record of this form gives the same values as reading it tag by tag; other records are not
// read.
// Load: nearly every record of an export has the form of the one before. Its tags are then compared some
// thirty bytes at once, without a look-up.

internal import CScan
import Values

/// Remembers a record's form, and reads the records that have it.
@safe struct RecordForm: ~Copyable {
  /// The bytes before a value, and the slot of the value.
  private struct Piece: BitwiseCopyable {
    var start: Int
    var byteCount: Int
    var lineCount: UInt32
    /// -1 if the value is not read, and after the last value.
    var slot: Int
    /// Whether the piece ends within the tag of an empty element, which has no text.
    var isEmpty: Bool
  }
  /// A value of the record that is being read tag by tag.
  private struct Noted: BitwiseCopyable {
    var start: Int
    var end: Int
    var slot: Int
    var isEmpty: Bool
  }
  private struct State: BitwiseCopyable {
    /// 0 while no form is known; the last piece comes after the last value.
    var pieceCount = 0
    var notedCount = 0
    /// White space before the record.
    var leadByteCount = 0
    var leadLineCount: UInt32 = 0
    /// How many more records had another form than this one, recently.
    var missCount = 0
    var hasMissed = false
    /// How many of the next records are not compared.
    var restCount = 0
  }

  // The form's own memory, so that the loop needs no bounds checks and copies nothing.
  private let pieces: UnsafeMutableBufferPointer<Piece>
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let noted: UnsafeMutableBufferPointer<Noted>
  private let state: UnsafeMutablePointer<State>

  /// Records with more values, or longer tags, are not remembered.
  private static let mostValues = 128
  private static let mostBytes = 8 << 10
  /// If the miss count exceeds this, the next records are not compared.
  private static let mostMisses = 16
  private static let restCount = 1000

  init() {
    unsafe pieces = .allocate(capacity: Self.mostValues + 1)
    unsafe bytes = .allocate(capacity: Self.mostBytes + PlainRecordScanner.slack)
    unsafe bytes.initialize(repeating: 0)
    unsafe noted = .allocate(capacity: Self.mostValues)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: State())
  }

  deinit {
    unsafe pieces.deallocate()
    unsafe bytes.deallocate()
    unsafe noted.deallocate()
    unsafe state.deallocate()
  }

  // MARK: Reading

  /// Reads the record that begins at `at`, or after white space there, if it has this form.
  ///
  /// - Parameters:
  ///   - line: the line at `at`, and then the line after the record.
  ///   - values: where its values go; they are absent.
  /// - Returns: where the record begins, on which line, and where it ends; nil, with some of the values set,
  ///   if the record
  ///   has another form or is incomplete.
  @inline(__always)
  func read(
    _ text: UnsafeBufferPointer<UInt8>, at: Int, line: inout UInt32,
    _ values: UnsafeMutableBufferPointer<UInt64>
  ) -> (start: Int, line: UInt32, end: Int)? {
    guard unsafe state.pointee.pieceCount > 0 else { return nil }
    if unsafe state.pointee.restCount > 0 {
      unsafe state.pointee.restCount -= 1
      return nil
    }
    var end = at
    var endLine = line
    guard unsafe readPieces(text, &end, &endLine, values) else {
      unsafe state.pointee.missCount += 1
      if unsafe state.pointee.missCount == Self.mostMisses {
        unsafe state.pointee.missCount = 0
        unsafe state.pointee.restCount = Self.restCount
      }
      return nil
    }
    if unsafe state.pointee.missCount > 0 { unsafe state.pointee.missCount -= 1 }
    unsafe state.pointee.hasMissed = false
    let startLine = unsafe line &+ state.pointee.leadLineCount
    line = endLine
    return unsafe (at &+ state.pointee.leadByteCount, startLine, end)
  }

  @inline(__always)
  private func readPieces(
    _ text: UnsafeBufferPointer<UInt8>, _ i: inout Int, _ line: inout UInt32,
    _ values: UnsafeMutableBufferPointer<UInt64>
  ) -> Bool {
    guard let own = unsafe UnsafePointer(bytes.baseAddress) else { return false }
    let last = unsafe state.pointee.pieceCount &- 1
    for k in 0...last {
      let piece = unsafe pieces[k]
      guard unsafe PlainRecordScanner.matches(text, i, own + piece.start, piece.byteCount) else {
        return false
      }
      i &+= piece.byteCount
      line &+= piece.lineCount
      if k == last { return true }
      let start = i
      var hasCarriageReturn = false
      if !piece.isEmpty {
        switch unsafe PlainRecordScanner.passText(text, &i, &line) {
        case .text: break
        case .textWithCarriageReturn: hasCarriageReturn = true
        case .notPlain, .needsMore: return false
        }
      }
      if piece.slot >= 0 {
        guard !hasCarriageReturn, unsafe PlainRecordScanner.take(piece.slot, start, i, values) else {
          return false
        }
      }
    }
    return true
  }

  // MARK: Learning the form

  /// Called before a record is read tag by tag.
  @inline(__always)
  func begin() { unsafe state.pointee.notedCount = 0 }

  /// Called for each value between two tags of a record that is read tag by tag.
  @inline(__always)
  func note(_ slot: Int, _ start: Int, _ end: Int, isEmpty: Bool = false) {
    let count = unsafe state.pointee.notedCount
    if count < Self.mostValues {
      unsafe noted[count] = Noted(start: start, end: end, slot: slot, isEmpty: isEmpty)
    }
    unsafe state.pointee.notedCount = count &+ 1
  }

  /// Called after a record was read tag by tag: the next ones may have its form.
  ///
  /// A single record of another form does not replace the form; two in a row do.
  ///
  /// - Parameters:
  ///   - lead: where the white space before the record begins.
  func end(_ text: UnsafeBufferPointer<UInt8>, lead: Int, start: Int, end: Int) {
    let isFirst = unsafe state.pointee.pieceCount == 0
    let hasMissed = unsafe state.pointee.hasMissed
    unsafe state.pointee.hasMissed = true
    let count = unsafe state.pointee.notedCount
    guard isFirst || hasMissed, unsafe state.pointee.restCount == 0, count <= Self.mostValues else { return }
    unsafe state.pointee.pieceCount = 0
    var (from, byteCount) = (lead, 0)
    for k in 0...count {
      let value = unsafe k < count ? noted[k] : Noted(start: end, end: end, slot: -1, isEmpty: true)
      let piece = unsafe UnsafeBufferPointer(rebasing: text[from..<value.start])
      guard byteCount + piece.count <= Self.mostBytes else { return }
      for i in piece.indices { unsafe bytes[byteCount + i] = piece[i] }
      unsafe pieces[k] = Piece(
        start: byteCount, byteCount: piece.count, lineCount: Self.lineCount(piece), slot: value.slot,
        isEmpty: value.isEmpty)
      byteCount += piece.count
      from = value.end
    }
    unsafe state.pointee.leadByteCount = start - lead
    unsafe state.pointee.leadLineCount = Self.lineCount(UnsafeBufferPointer(rebasing: text[lead..<start]))
    unsafe state.pointee.pieceCount = count + 1
  }

  private static func lineCount(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var count: UInt32 = 0
    for i in bytes.indices where unsafe bytes[i] == 0x0A { count += 1 }
    return count
  }
}
