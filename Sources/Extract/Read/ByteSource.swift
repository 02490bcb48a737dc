// Reads a file as UTF-8, a chunk at a time: inflates gzip and decodes other encodings.
// Invariant: memory is bounded; a gzip file that ends early or has wrong bytes stops the run; no byte is
// dropped. Inflated bytes are right if their member's checksum is, or if the file is merely cut off; see
// SoundPart.
// Load: gigabytes in chunks of 1 MiB; a plain UTF-8 file is read straight into the caller's buffer.

import CZlib
import Files
import Glibc
import Values

/// Reads one file from front to back.
@safe final class ByteSource {
  private let file: ExportFile
  private let descriptor: Int32
  private let chunkBytes: Int
  private var stream = unsafe z_stream()
  private(set) var isGzip = false
  private var memberEnded = false
  /// The offset in the file of the current gzip member.
  private var memberStart = 0
  /// The file's byte count up to the end of the last member with a right checksum.
  private(set) var soundByteCount = 0
  private var raw: [UInt8] = []
  private var rawCount = 0
  private var rawAt = 0
  private var hasEnded = false
  /// Bytes read from the file itself.
  private(set) var bytesRead = 0
  /// Bytes read ahead of the caller, or not yet decoded.
  private var plain: [UInt8] = []
  private var plainAt = 0
  private var plainHasEnded = false
  private var decoder: LegacyDecoder?
  private(set) var encoding = TextEncoding.utf8
  private var watch: EncodingWatch?
  /// The documents of an envelope that are read in place of their Base64.
  private var bundles: BundledDocuments?
  /// Ctrl-Z characters that may be the end of the text.
  private var markCount = 0
  /// Whether the gzip file ends early and has no other fault; the text before its end has been returned.
  ///
  /// A file with wrong bytes does not count as cut off, because the first wrong byte is unknown.
  private(set) var isCutOff = false

  /// The offset in the file at which reading began.
  let offset: Int

  /// - Parameter offset: where reading begins; zero unless the file is plain.
  init(_ file: ExportFile, chunkBytes: Int, from offset: Int = 0) throws(Stop) {
    try Faults.pass(.read, file.path)
    let opened = unsafe open(file.path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else {
      throw Stop(
        .exportMissing, at: file.path, expected: "a file that can be read", found: "none",
        remedy: "Check that the export is there and that this user may read it; nothing was changed.")
    }
    self.file = file
    self.chunkBytes = chunkBytes
    self.offset = offset
    descriptor = opened
    guard offset == 0 || lseek(opened, off_t(offset), SEEK_SET) == off_t(offset) else {
      throw Stop(
        .inputOutput, at: file.name, expected: "to read from byte \(offset) on",
        found: unsafe String(cString: strerror(errno)),
        remedy: "Check the disk or the share that the export lies on; nothing was changed.")
    }
    try fillRaw()
    if offset == 0, rawCount >= 2, raw[0] == 0x1F, raw[1] == 0x8B {
      isGzip = true
      guard unsafe cardlink_inflate_start(&stream) == Z_OK else {
        throw .notWhole(file, "zlib could not start")
      }
    }
  }

  deinit {
    if isGzip { _ = unsafe inflateEnd(&stream) }
    close(descriptor)
  }

  /// The file's beginning before any decoding, to detect the encoding.
  ///
  /// Call it before ``next(into:)``.
  /// - Returns: as many bytes as requested, or all that the file has.
  func beginning(_ byteCount: Int) throws(Stop) -> (bytes: [UInt8], isWhole: Bool) {
    while plain.count < byteCount, !plainHasEnded { plainHasEnded = try !nextPlain(into: &plain) }
    return (Array(plain.prefix(byteCount)), plainHasEnded && plain.count <= byteCount)
  }

  /// Whether the bytes are returned as they are in the file.
  var isPlain: Bool { !isGzip && decoder == nil && bundles == nil }

  /// Whether the text is returned without decoding; it may have been inflated.
  var isText: Bool { decoder == nil }

  /// Decodes from `encoding` from now on; without this call, bytes are returned as they are.
  func decode(from encoding: TextEncoding) {
    self.encoding = encoding
    decoder = LegacyDecoder(encoding)
  }

  /// Checks from now on whether the bytes are still in the expected encoding.
  func look(with watch: EncodingWatch) { self.watch = watch }

  /// Decodes the documents of an envelope in place; nil for other files.
  func unpack(_ bundles: BundledDocuments?) { self.bundles = bundles }

  /// Appends the next chunk of UTF-8.
  /// - Returns: false at the end of the file.
  func next(into buffer: inout [UInt8]) throws(Stop) -> Bool {
    let start = buffer.count
    let more = try nextText(into: &buffer)
    if bundles != nil {
      let text = buffer[start...]
      buffer.removeSubrange(start...)
      try bundles?.take(text, isLast: !more, into: &buffer)
    }
    holdBackMarks(of: &buffer, from: start, isLast: !more)
    return more
  }

  /// Keeps the Ctrl-Z characters at the end of the text until more comes: old programs mark the end of a file with one or
  /// more, which are no text.
  private func holdBackMarks(of buffer: inout [UInt8], from start: Int, isLast: Bool) {
    if markCount > 0, buffer.count > start {
      buffer.insert(contentsOf: repeatElement(0x1A, count: markCount), at: start)
      markCount = 0
    }
    while buffer.count > start, buffer[buffer.count - 1] == 0x1A {
      buffer.removeLast()
      markCount += 1
    }
    if isLast { markCount = 0 }
  }

  private func nextText(into buffer: inout [UInt8]) throws(Stop) -> Bool {
    let start = buffer.count
    var more = true
    if plainAt < plain.count {
      // Return what was read ahead in chunks too.
      let piece = plain[plainAt..<min(plain.count, plainAt + chunkBytes)]
      plainAt += piece.count
      if decoder == nil {
        buffer.append(contentsOf: piece)
      } else {
        try decode(piece, isLast: false, &buffer)
      }
    } else if decoder == nil {
      more = plainHasEnded ? false : try nextPlain(into: &buffer)
    } else {
      plain.removeAll(keepingCapacity: true)
      plainAt = 0
      more = plainHasEnded ? false : try nextPlain(into: &plain)
      try decode(plain[...], isLast: !more, &buffer)
      plainAt = plain.count
    }
    if watch != nil {
      if decoder == nil { try watch?.see(buffer.span.extracting(start..<buffer.count)) }
      if !more { try watch?.finish() }
    }
    return more
  }

  private func decode(_ bytes: ArraySlice<UInt8>, isLast: Bool, _ buffer: inout [UInt8]) throws(Stop) {
    let bytes = Array(bytes)
    try watch?.see(bytes.span)
    decoder?.decode(bytes, isLast: isLast, into: &buffer)
  }

  private func nextPlain(into buffer: inout [UInt8]) throws(Stop) -> Bool {
    if isGzip { return try inflateChunk(into: &buffer) }
    if rawAt == rawCount { return try read(into: &buffer) > 0 }
    buffer.append(contentsOf: raw[rawAt..<rawCount])
    rawAt = rawCount
    return true
  }

  private func fillRaw() throws(Stop) {
    raw.removeAll(keepingCapacity: true)
    rawAt = 0
    rawCount = try read(into: &raw)
  }

  /// Appends the next bytes of the file itself.
  /// - Returns: how many; 0 at its end.
  private func read(into buffer: inout [UInt8]) throws(Stop) -> Int {
    guard !hasEnded else { return 0 }
    try Faults.pass(.read, file.path)
    let start = buffer.count
    let wanted = min(max(16, chunkBytes), (file.sound?.byteCount ?? .max) - bytesRead)
    buffer.append(contentsOf: repeatElement(0, count: wanted))
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(descriptor, bytes.baseAddress.map { unsafe $0 + start }, bytes.count - start)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Stop(
          .inputOutput, at: file.name, expected: "to read on", found: unsafe String(cString: strerror(errno)),
          remedy: "Check the disk or the share that the export lies on; nothing was changed.")
      }
      buffer.removeLast(buffer.count - start - count)
      hasEnded = count == 0
      bytesRead += count
      return count
    }
  }

  /// Inflates until a chunk is full or the file has ended; a file may have several gzip members.
  private func inflateChunk(into buffer: inout [UInt8]) throws(Stop) -> Bool {
    var out = [UInt8](repeating: 0, count: chunkBytes)
    var filled = 0
    while filled < chunkBytes {
      if rawAt == rawCount { try fillRaw() }
      if rawCount == 0 {
        // Return what has been inflated before reporting the fault.
        if filled > 0 { break }
        if let sound = file.sound {
          isCutOff = true
          throw sound.fault
        }
        if memberEnded { break }
        throw endsInTheMiddle()
      }
      if memberEnded {
        // Zeros after the last member are padding; anything else is another member.
        if raw[rawAt] == 0 {
          rawAt += 1
          continue
        }
        guard unsafe inflateReset(&stream) == Z_OK else { throw .notWhole(file, "zlib could not go on") }
        memberEnded = false
        memberStart = position
      }
      let (start, end, space) = (rawAt, rawCount, filled)
      var code: Int32 = 0
      unsafe raw.withUnsafeMutableBufferPointer { input in
        unsafe out.withUnsafeMutableBufferPointer { output in
          unsafe stream.next_in = input.baseAddress.map { unsafe $0 + start }
          unsafe stream.avail_in = UInt32(end - start)
          unsafe stream.next_out = output.baseAddress.map { unsafe $0 + space }
          unsafe stream.avail_out = UInt32(output.count - space)
          code = unsafe inflate(&stream, Z_NO_FLUSH)
        }
      }
      rawAt = unsafe rawCount - Int(stream.avail_in)
      filled = unsafe chunkBytes - Int(stream.avail_out)
      switch code {
      case Z_OK: break
      case Z_STREAM_END:
        memberEnded = true
        soundByteCount = position
      default: throw wrongBytes()
      }
    }
    guard filled > 0 else { return false }
    buffer.append(contentsOf: out[..<filled])
    return true
  }

  /// The offset in the file that zlib has reached.
  private var position: Int { offset + bytesRead - (rawCount - rawAt) }

  /// The fault that zlib found: in the member's checksum or length, or before.
  private func wrongBytes() -> Stop {
    let reason = unsafe stream.msg.map { unsafe String(cString: $0) } ?? ""
    let isChecksum = reason == "incorrect data check" || reason == "incorrect length check"
    return .notWhole(
      file,
      isChecksum
        ? "a checksum that does not hold, of the data between bytes \(memberStart) and \(position)"
        : "wrong bytes behind byte \(memberStart), noticed at byte \(position)")
  }

  /// The fault of a file that ends within a member: it is cut off, or wrong bytes hide the member's end.
  private func endsInTheMiddle() -> Stop {
    if endsInZeros {
      return .notWhole(file, "zeros at its end, as of a copy that reserved its space and never finished")
    }
    if seemsToEndWhole {
      return .notWhole(file, "wrong bytes behind byte \(memberStart), which hide the end that is there")
    }
    isCutOff = true
    return .notWhole(file, "it ends in the middle")
  }

  private var endsInZeros: Bool { lastBytes?.allSatisfy { $0 == 0 } ?? false }

  /// Whether the file's last bytes give about the inflated length, as those of a whole member do.
  ///
  /// A file that is cut off does so by chance in one of two thousand cases, and is then refused.
  private var seemsToEndWhole: Bool {
    guard let lastBytes else { return false }
    let length = lastBytes[4...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let difference = unsafe UInt32(truncatingIfNeeded: stream.total_out) &- length
    return min(difference, 0 &- difference) <= 1 << 20
  }

  /// The last eight bytes, which in a whole file are the checksum and the length of its last member.
  private var lastBytes: [UInt8]? {
    var last = [UInt8](repeating: 0, count: 8)
    let start = lseek(descriptor, 0, SEEK_END) - 8
    guard start > 10, unsafe pread(descriptor, &last, 8, start) == 8 else { return nil }
    return last
  }
}

extension Stop {
  /// A gzip file that can't be inflated to its end.
  fileprivate static func notWhole(_ file: ExportFile, _ found: String) -> Stop {
    Stop(
      .dataRefused, at: file.name, expected: "a whole gzip file", found: found,
      remedy: "Copy the file again or ask the supplier for it; nothing was changed.")
  }
}
