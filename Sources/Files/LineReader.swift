// Reads text line by line, from a file or from standard input.
// Invariant: memory is one buffer. A line that doesn't fit is marked as too long and skipped. A last line
// without a line end counts as a line.
// Load: at least a hundred megabytes a second through a pipe.

import Glibc
package import Values

/// Reads a descriptor line by line.
package struct LineReader: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private let isOwned: Bool
  /// The memory that the ranges refer to.
  package private(set) var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var hasEnded = false
  /// Whether the last line from ``next()`` was longer than the buffer; it is then empty.
  package private(set) var isTooLong = false
  /// Whether a carriage return before its end was left out.
  package private(set) var endsInReturn = false

  /// The longest line that is read.
  package static let longestLine = 64 << 10

  /// Reads a file; `-` is standard input.
  package init(_ path: String, bufferBytes: Int = 256 << 10) throws(Stop) {
    self.path = path == "-" ? "standard input" : path
    isOwned = path != "-"
    descriptor = unsafe isOwned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
    buffer = [UInt8](repeating: 0, count: bufferBytes)
    guard descriptor >= 0 else {
      throw Stop(
        .exportMissing, at: path, expected: "a file that can be read",
        found: unsafe String(cString: strerror(errno)),
        remedy: "Name a file of questions, or - for standard input.")
    }
  }

  deinit { if isOwned { close(descriptor) } }

  /// The range of the next line in ``buffer``, without its end; nil when there are no more.
  package mutating func next() throws(Stop) -> Range<Int>? {
    isTooLong = false
    // How many bytes from the start on are known to contain no line end.
    var searched = 0
    while true {
      if let found = lineEnd(from: start + searched) {
        let line = start..<found
        start = found + 1
        return withoutReturn(line)
      }
      searched = end - start
      if searched > min(Self.longestLine, buffer.count - 1) { return try skipLongLine() }
      guard try fill() else {
        guard end > start else { return nil }
        let line = start..<end
        start = end
        return withoutReturn(line)
      }
    }
  }

  /// Whether ``next()`` would wait for somebody to type or scan.
  package var mustWait: Bool {
    guard !hasEnded, lineEnd(from: start) == nil else { return false }
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&wanted, 1, 0) == 0
  }

  private func lineEnd(from: Int) -> Int? {
    guard from < end else { return nil }
    return unsafe buffer.withUnsafeBytes { all -> Int? in
      guard let base = all.baseAddress, let found = unsafe memchr(base + from, 0x0A, end - from) else {
        return nil
      }
      return unsafe base.distance(to: UnsafeRawPointer(found))
    }
  }

  private mutating func withoutReturn(_ line: Range<Int>) -> Range<Int> {
    endsInReturn = line.last.map { buffer[$0] == 0x0D } ?? false
    return endsInReturn ? line.lowerBound..<line.upperBound - 1 : line
  }

  private mutating func skipLongLine() throws(Stop) -> Range<Int>? {
    isTooLong = true
    while true {
      if let found = lineEnd(from: start) {
        start = found + 1
        return 0..<0
      }
      start = end
      guard try fill() else { return 0..<0 }
    }
  }

  /// Moves the unread bytes to the front and reads more after them.
  ///
  /// - Returns: false at the end of the input.
  private mutating func fill() throws(Stop) -> Bool {
    guard !hasEnded else { return false }
    if start > 0 {
      let kept = end - start
      unsafe buffer.withUnsafeMutableBytes { all in
        guard let base = all.baseAddress, kept > 0 else { return }
        unsafe memmove(base, base + start, kept)
      }
      (start, end) = (0, kept)
    }
    while true {
      let room = buffer.count - end
      let count = unsafe buffer.withUnsafeMutableBytes { all in
        unsafe Glibc.read(descriptor, all.baseAddress.map { unsafe $0 + end }, room)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Stop(
          .inputOutput, at: path, expected: "to read it", found: unsafe String(cString: strerror(errno)),
          remedy: "Check that the file exists and that this user may read it.")
      }
      if count == 0 { hasEnded = true }
      end += count
      return count > 0
    }
  }
}
