// Computes the exports' digests on a thread of its own while other threads read the records.
// Invariant: each export is read from its first to its last byte, at most as far ahead of the record readers
// as the page cache allows, so that the disk reads each byte once.
// Load: every byte of every export, some 1.3 GB/s. The thread also counts the lines before each part of a
// file.

import Dispatch
import Files
import Seal
import Synchronization
import Threads
import Values

/// Digests in progress.
struct ExportDigests: Sendable {
  private let limits: ReadingLimits
  private let digests: Background<[String]>
  /// How far ahead of the records a file may be read.
  private let lead: Int

  /// Starts with the exports whose digests aren't known yet.
  ///
  /// - Parameters:
  ///   - order: the files' positions in the order in which their records are read.
  ///   - parts: the parts of a file by its position, if it is read in parts.
  ///   - lead: how far ahead of its records a file may be read.
  init(of files: [FoundFile], order: [Int], parts: [Int: FileParts], lead: Int = 512 << 20) {
    self.lead = lead
    let limits = ReadingLimits(fileCount: files.count)
    self.limits = limits
    digests = Background { () throws(Stop) -> [String] in
      var digests = files.map { $0.digest ?? "" }
      var unfinished: [Reading] = []
      for i in order where files[i].digest == nil {
        unfinished.append(Reading(of: files[i], number: i, lines: parts[i]?.lineCount))
      }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
      defer { unsafe buffer.deallocate() }
      while !unfinished.isEmpty {
        // The first file that may be read further, so that the disk reads one file after the other.
        let next = try limits.next { allowed in
          unfinished.firstIndex { $0.offset < allowed[$0.number] || $0.isDone }
        }
        try unsafe unfinished[next].go(on: buffer)
        if unfinished[next].isDone {
          digests[unfinished[next].number] = unfinished[next].digest.text
          unfinished.remove(at: next)
        }
      }
      return digests
    }
  }

  /// Records that a file's records have been read up to a byte, or soon will be.
  func follow(_ number: Int, to offset: Int) { limits.allow(number, offset + lead) }

  /// Waits for the digests, in the files' order.
  ///
  /// All records have been read, so the digests need no longer wait for them.
  func value() throws(Stop) -> [String] {
    limits.allowAll()
    return try digests.value()
  }

  /// Stops the digests that are not complete.
  func abandon() { limits.abandon() }
}

/// A file being read for its digest.
///
/// It is open only from its first piece to its last, since there may be hundreds of files.
private struct Reading {
  let number: Int
  private let path: String
  private var file: InputFile?
  private var byteCount: Int
  private var lines: FileParts.LineCount?
  private(set) var digest = Digest()
  private(set) var offset = 0

  init(of file: FoundFile, number: Int, lines: FileParts.LineCount?) {
    self.number = number
    self.lines = lines
    path = file.path
    byteCount = file.byteCount
  }

  var isDone: Bool { offset == byteCount }

  /// Reads the next piece, which fills the buffer or ends the file.
  mutating func go(on buffer: UnsafeMutableRawBufferPointer) throws(Stop) {
    let file: InputFile
    if let opened = self.file { file = opened } else { file = try InputFile(path) }
    self.file = file
    byteCount = file.byteCount
    let piece = unsafe UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<min(buffer.count, byteCount - offset)])
    try unsafe file.read(at: offset, into: piece)
    unsafe digest.update(piece.bytes)
    unsafe lines?.see(UnsafeRawBufferPointer(piece))
    offset += piece.count
  }
}

/// How far each file may be read.
private final class ReadingLimits: Sendable {
  private struct State {
    var allowed: [Int]
    var isAbandoned = false
  }
  private let state: Mutex<State>
  private let moved = DispatchSemaphore(value: 0)

  init(fileCount: Int) { state = Mutex(State(allowed: Array(repeating: 0, count: fileCount))) }

  func allow(_ number: Int, _ offset: Int) {
    state.withLock { $0.allowed[number] = max($0.allowed[number], offset) }
    moved.signal()
  }

  func allowAll() {
    state.withLock { state in for i in state.allowed.indices { state.allowed[i] = .max } }
    moved.signal()
  }

  func abandon() {
    state.withLock { $0.isAbandoned = true }
    moved.signal()
  }

  /// Waits until `choose` returns a file for the current limits.
  /// - Throws: ``Stop`` once the digests are abandoned.
  func next(_ choose: ([Int]) -> Int?) throws(Stop) -> Int {
    while true {
      let (isAbandoned, found) = state.withLock { ($0.isAbandoned, choose($0.allowed)) }
      if isAbandoned {
        throw Stop(
          .internalError, at: "cardlink", expected: "a reading that goes on", found: "one that was given up",
          remedy: "See the error before this one.")
      }
      if let found { return found }
      moved.wait()
    }
  }
}
