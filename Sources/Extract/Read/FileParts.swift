// Cuts a large file into parts that several threads read at the same time.
// Invariant: the parts' records, one part after the other, are the records of the file, with the same lines.
// A part begins with the first line that begins in it. The line may be inside a quoted value, so
// ``Extraction`` compares the end of each part with the beginning of the next, and reads the next again if
// they differ.
// Load: parts of 24 MiB and more. The thread that makes the file's digest counts the lines before each part;
// a part's reader counts those that the thread has not reached yet.

internal import CScan
import Synchronization
package import Values

/// One part of a file.
package struct FilePart: Sendable, Hashable {
  /// The part has the records that begin at a byte of `start..<end`.
  package var start: Int
  package var end: Int
  /// The number of the line that begins at `start`, if one does.
  package var line: Int
  /// Whether a record is known to begin at `start`.
  package var isExact: Bool

  func source(of file: ExportFile, _ format: ExportFormat, chunkBytes: Int) throws(Stop) -> ByteSource {
    let source = try ByteSource(file, chunkBytes: chunkBytes, from: isExact ? start : start - 1)
    // Only plain UTF-8 is read in parts.
    source.look(
      with: EncodingWatch(file, encoding: .utf8, isDeclared: format.encoding != nil, from: source.offset))
    return source
  }
}

/// The parts of one file.
package final class FileParts: Sendable {
  package let count: Int
  private let file: ExportFile
  private let byteCount: Int
  package let partBytes: Int
  private let lineEnd: UInt8
  /// How many lines end before each part, as far as counted.
  private let linesBefore = Mutex<[Int]>([0])

  /// Cuts a file into parts, if it is plain CSV in UTF-8 and larger than a part.
  ///
  /// - Throws: ``Stop`` if the file can't be read.
  package init?(_ file: ExportFile, format: ExportFormat, byteCount: Int, partBytes: Int) throws(Stop) {
    guard case .csv(let dialect) = format.kind, byteCount > partBytes else { return nil }
    let source = try openSource(file, format, chunkBytes: 64 << 10)
    guard source.isPlain else { return nil }
    lineEnd = try CSVReader(file, source: source, dialect: dialect, columns: format.columns).lineEnd
    self.file = file
    self.byteCount = byteCount
    self.partBytes = partBytes
    count = (byteCount + partBytes - 1) / partBytes
  }

  /// The part with a number, from 0.
  ///
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if the file can't be read.
  /// - Complexity: reads the parts before it whose lines are not counted yet.
  package func part(_ i: Int) throws(Stop) -> FilePart {
    let lines = try linesBefore.withLock { counted throws(Stop) in
      while counted.count <= i {
        let known = counted.count - 1
        counted.append(
          counted[known] + (try countLines(from: known * partBytes, to: (known + 1) * partBytes)))
      }
      return counted[i]
    }
    return FilePart(
      start: i * partBytes, end: min((i + 1) * partBytes, byteCount), line: lines + 1,
      isExact: i == 0)
  }

  /// Counts the lines before each part, for a thread that reads the whole file anyway.
  package var lineCount: LineCount { LineCount(self) }

  /// Takes the bytes of a file from front to back.
  package struct LineCount: Sendable {
    private let parts: FileParts
    private var byteCount = 0
    private var lines = 0

    fileprivate init(_ parts: FileParts) { self.parts = parts }

    /// Takes the next bytes.
    package mutating func see(_ bytes: UnsafeRawBufferPointer) {
      var at = 0
      while at < bytes.count {
        let count = min(bytes.count - at, parts.partBytes - byteCount % parts.partBytes)
        lines += unsafe parts.countLines(in: UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
        at += count
        byteCount += count
        guard byteCount % parts.partBytes == 0 else { return }
        parts.linesBefore.withLock { counted in
          if counted.count * parts.partBytes == byteCount { counted.append(lines) }
        }
      }
    }
  }

  private func countLines(in text: UnsafeRawBufferPointer) -> Int {
    guard let base = unsafe text.assumingMemoryBound(to: UInt8.self).baseAddress else { return 0 }
    return unsafe Int(cardlink_count(base, UInt64(text.count), lineEnd))
  }

  private func countLines(from start: Int, to end: Int) throws(Stop) -> Int {
    let source = try ByteSource(file, chunkBytes: 256 << 10, from: start)
    var text: [UInt8] = []
    var lines = 0
    var left = end - start
    while left > 0 {
      text.removeAll(keepingCapacity: true)
      guard try source.next(into: &text) else { break }
      let count = min(left, text.count)
      lines += unsafe text.withUnsafeBytes { text in
        unsafe countLines(in: UnsafeRawBufferPointer(rebasing: text[..<count]))
      }
      left -= count
    }
    return lines
  }
}
