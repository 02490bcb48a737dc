// Some thousand raw records, which the reader fills and the stager takes.
// Invariant: values are ranges of one text as the export has it: UTF-8, quotes and entities resolved, not
// trimmed; without anything to resolve, it is the export's own text. An absent value is not an empty one.
// Load: filled and emptied some ten thousand times a night; its buffers are reused, so that a record costs no
// allocation.

/// The fault of a raw record as a whole.
package enum RawFault: UInt8, Sendable, BitwiseCopyable {
  case none, fieldCount, encoding, unclosedQuote, tooLong
  /// An element given twice under one path.
  case tooManyValues
  /// Represents the unreadable rest of a damaged file.
  case damaged
}

/// The place of a raw record in its file, and its fault.
package struct RawRecord: Hashable, Sendable, BitwiseCopyable {
  /// The line, from 1.
  ///
  /// CSV: the record's first line, the header being line 1; XML: its start tag's line.
  package var line: UInt32
  /// Ascends within the file: the line (CSV), or the record's number from 0 (XML).
  package var ordinal: UInt32
  /// The record's offset in the file's text, after inflating gzip and converting to UTF-8.
  package var byteOffset: UInt64
  /// The start and length, in the batch's bytes, of the record as in the export; zero if the reader doesn't
  /// know.
  package var textStart: UInt32
  package var textByteCount: UInt32
  /// The record's text in the batch's bytes.
  package var textRange: Range<Int> { Int(textStart)..<Int(textStart) + Int(textByteCount) }
  /// The slots, one bit each, whose values contain bytes outside ASCII that are not validated yet; slots from
  /// 63 on share a bit.
  package var uncheckedSlots: UInt64 = 0
  package var fault: RawFault
  /// Fields found, or the position of the malformed byte.
  package var faultDetail: UInt32

  package init(
    line: UInt32, ordinal: UInt32, byteOffset: UInt64 = 0, textStart: UInt32 = 0, textByteCount: UInt32 = 0,
    fault: RawFault = .none, faultDetail: UInt32 = 0
  ) {
    self.line = line
    self.ordinal = ordinal
    self.byteOffset = byteOffset
    self.textStart = textStart
    self.textByteCount = textByteCount
    self.fault = fault
    self.faultDetail = faultDetail
  }
}

/// Raw records with one slot for each column or path that the pipeline file reads.
package struct RawBatch: Sendable {
  package let slotCount: Int
  /// The text that the values are ranges of.
  package private(set) var bytes: [UInt8] = []
  package private(set) var count = 0
  /// The records, then spare room.
  private var records: [RawRecord] = []
  /// Start (low half) and end of each slot's value in ``bytes``, record after record, ``absent`` for no
  /// value; then spare room.
  package private(set) var ends: [UInt64] = []

  package static let absent = UInt64.max
  @inline(__always)
  package static func packed(_ start: Int, _ end: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: start) | UInt64(truncatingIfNeeded: end) << 32
  }

  package init(slotCount: Int) { self.slotCount = slotCount }

  package func record(_ i: Int) -> RawRecord { records[i] }

  /// The range of a value in ``bytes``; nil if the record doesn't have it.
  package func range(_ record: Int, _ slot: Int) -> Range<Int>? {
    let packed = ends[record * slotCount + slot]
    return packed == Self.absent ? nil : Int(packed & 0xFFFF_FFFF)..<Int(packed >> 32)
  }

  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    count = 0
  }

  /// Makes room for `more` records.
  private mutating func reserve(_ more: Int) {
    let missing = count + more - records.count
    guard missing > 0 else { return }
    let room = max(missing, records.count)
    records.append(contentsOf: repeatElement(RawRecord(line: 0, ordinal: 0), count: room))
    ends.append(contentsOf: repeatElement(Self.absent, count: room * slotCount))
  }

  /// Begins a record whose values are all absent.
  package mutating func append(_ record: RawRecord) {
    reserve(1)
    records[count] = record
    for slot in 0..<slotCount { ends[count * slotCount + slot] = Self.absent }
    count += 1
  }

  /// Appends a record whose values are ranges of the text that ``adopt(_:)`` will take.
  ///
  /// - Parameter values: one for each slot, as ``packed(_:_:)`` makes them.
  package mutating func append(_ record: RawRecord, values: UnsafeBufferPointer<UInt64>) {
    reserve(1)
    records[count] = record
    for slot in 0..<slotCount { unsafe ends[count * slotCount + slot] = values[slot] }
    count += 1
  }

  /// Offers room for more records and for the values of each, to be filled from the front.
  ///
  /// - Parameter fill: returns how many records it filled, with all their values.
  package mutating func append(
    room: Int, _ fill: (UnsafeMutablePointer<RawRecord>, UnsafeMutablePointer<UInt64>) -> Int
  ) {
    reserve(room)
    let (count, slotCount) = (count, slotCount)
    var filled = 0
    unsafe records.withUnsafeMutableBufferPointer { records in
      unsafe ends.withUnsafeMutableBufferPointer { values in
        guard let record = records.baseAddress, let value = values.baseAddress else { return }
        filled = unsafe fill(record + count, value + count * slotCount)
      }
    }
    precondition(filled <= room)
    self.count += filled
  }

  /// Sets a value of the last record.
  package mutating func set(_ slot: Int, _ value: Span<UInt8>) {
    let start = UInt32(truncatingIfNeeded: bytes.count)
    unsafe value.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    ends[(count - 1) * slotCount + slot] = Self.packed(Int(start), bytes.count)
  }

  /// Takes over the text of the values, and leaves an empty one in its place.
  package mutating func adopt(_ text: inout [UInt8]) {
    swap(&bytes, &text)
    text.removeAll(keepingCapacity: true)
  }

  /// Sets the fault of the last record.
  package mutating func mark(_ fault: RawFault, detail: UInt32 = 0) {
    records[count - 1].fault = fault
    records[count - 1].faultDetail = detail
  }
}
