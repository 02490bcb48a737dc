// Writes a file once, from front to back; it is complete when it is finished.
// Invariant: every write, fsync and close is checked; a file that was not finished is removed.
// Load: staged runs of gigabytes; one 256 KiB buffer, one write(2) each time it is full.

import Glibc
package import Values

/// A new file, mode 0600, written from front to back.
package struct OutputFile: ~Copyable {
  package let path: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  /// Bytes appended so far.
  package private(set) var byteCount = 0
  private static let bufferBytes = 256 << 10
  private static let largeBytes = 60 << 10

  /// Creates the file, or empties an existing one.
  ///
  /// - Parameter readableForAll: mode 0644 rather than 0600.
  package init(creating path: String, readableForAll: Bool = false) throws(Stop) {
    try Faults.pass(.create, path)
    let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw .cannotCreate(path, errno) }
    // Otherwise an existing file would keep its mode.
    guard fchmod(opened, readableForAll ? 0o644 : 0o600) == 0 else {
      let code = errno
      close(opened)
      throw .cannotCreate(path, code)
    }
    self.path = path
    descriptor = opened
    buffer.reserveCapacity(Self.bufferBytes)
  }

  /// Appends bytes; they reach the disk with ``finish()``.
  package mutating func append(_ bytes: Span<UInt8>) throws(Stop) {
    byteCount += bytes.count
    let isLarge = bytes.count >= Self.largeBytes
    if isLarge || buffer.count + bytes.count > Self.bufferBytes { try flush() }
    // Large data is written directly, without a copy.
    if isLarge { return try write(bytes) }
    unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
  }

  package mutating func append(_ text: String) throws(Stop) { try append(Array(text.utf8).span) }

  /// Writes the buffer, syncs the file and closes it.
  package consuming func finish() throws(Stop) {
    try flush()
    if let failure = file.sync() { throw failure }
    try closeFile()
  }

  /// Writes the buffer and closes the file without a sync; ``Folder/syncAll(_:)`` syncs many such files
  /// together.
  package consuming func finishUnsynced() throws(Stop) {
    try flush()
    try closeFile()
  }

  private mutating func closeFile() throws(Stop) {
    let closing = file
    descriptor = -1
    guard let failure = closing.close() else { return }
    try? Folder.remove(path)
    throw failure
  }

  private mutating func flush() throws(Stop) {
    guard !buffer.isEmpty else { return }
    try write(buffer.span)
    buffer.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: Span<UInt8>) throws(Stop) {
    let file = file
    if let failure = unsafe bytes.withUnsafeBytes({ unsafe file.write($0) }) { throw failure }
  }

  private var file: OpenFile { OpenFile(descriptor: descriptor, path: path) }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    try? Folder.remove(path)
  }
}

extension Stop {
  /// The failure to create a file or folder.
  package static func cannotCreate(_ path: String, _ code: Int32) -> Stop {
    Stop(
      .cannotCreate, at: path, expected: "to create it", found: errorText(code),
      remedy: "Check that the folder exists, that this user may write there, and that the disk has room.")
  }
  /// The failure of a write or fsync; nothing that was in force has changed.
  package static func writeFailed(_ path: String, _ code: Int32) -> Stop {
    Stop(
      .inputOutput, at: path, expected: "to write it", found: errorText(code),
      remedy: "Free disk space or mend the disk; nothing that was in force has changed.")
  }
  package static func readFailed(_ path: String, _ code: Int32) -> Stop {
    Stop(
      .inputOutput, at: path, expected: "to read it", found: errorText(code),
      remedy: "Check that the file exists and that this user may read it.")
  }
  private static func errorText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
