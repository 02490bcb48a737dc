// A file that another library has begun and that we go on with, page by page: appended to, and patched in place.
// Invariant: every write and close is checked; pages appended reach the file in the order of their numbers; the
// page that the library never uses is never ours; nobody else has the file open meanwhile.
// Load: a store of some ten gigabytes; one buffer of a mebibyte, one write(2) each time it is full.

import Glibc
package import Record

/// An existing file of whole pages, open for appending and patching.
package struct PagedFile: ~Copyable {
  package let path: String
  package let pageBytes: Int
  /// Pages that the file has, those in the buffer included.
  package private(set) var pageCount: Int
  /// The page that the file's owner keeps clear of; it stays zero.
  private let unusedPage: Int?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferBytes = 1 << 20

  /// Opens a file.
  ///
  /// - Parameter unusedPage: the number of a page that ``append(page:)`` leaves out; pages count from 1.
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if it can't be opened or doesn't end with a whole page.
  package init(_ path: String, pageBytes: Int, unusedPage: Int? = nil) throws(Stop) {
    self.path = path
    self.pageBytes = pageBytes
    self.unusedPage = unusedPage
    pageCount = 0
    descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writeFailed(path, errno) }
    var info = stat()
    guard unsafe fstat(descriptor, &info) == 0 else { throw .writeFailed(path, errno) }
    guard Int(info.st_size) % pageBytes == 0 else { throw .writeFailed(path, EIO) }
    pageCount = Int(info.st_size) / pageBytes
    buffer.reserveCapacity(Self.bufferBytes)
  }

  /// Appends a page.
  /// - Returns: its number; pages count from 1.
  @discardableResult
  package mutating func append(page: UnsafeRawBufferPointer) throws(Stop) -> UInt32 {
    precondition(page.count == pageBytes)
    if pageCount + 1 == unusedPage {
      buffer.append(contentsOf: repeatElement(0, count: pageBytes))
      pageCount += 1
    }
    if buffer.count + pageBytes > Self.bufferBytes { try flush() }
    unsafe buffer.append(contentsOf: page)
    pageCount += 1
    return UInt32(pageCount)
  }

  /// Writes bytes over those at an offset, all of them in pages that were there when the file was opened.
  package mutating func overwrite(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(Stop) {
    try Faults.pass(.write, path)
    if let failure = unsafe file.write(bytes, at: offset) { throw failure }
  }

  /// Bytes as the file has them.
  package func bytes(at offset: Int, count: Int) throws(Stop) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let file = file
    let failure = unsafe bytes.withUnsafeMutableBytes { unsafe file.read(at: offset, into: $0) }
    if let failure { throw failure }
    return bytes
  }

  /// Writes what is buffered and closes the file; the disk may have it later.
  package consuming func close() throws(Stop) {
    try flush()
    let closing = descriptor
    descriptor = -1
    guard Glibc.close(closing) == 0 else { throw .writeFailed(path, errno) }
  }

  private mutating func flush() throws(Stop) {
    guard !buffer.isEmpty else { return }
    try Faults.pass(.write, path)
    let offset = pageCount * pageBytes - buffer.count
    let file = file
    let failure = unsafe buffer.withUnsafeBytes { unsafe file.write($0, at: offset) }
    if let failure { throw failure }
    buffer.removeAll(keepingCapacity: true)
  }

  private var file: OpenFile { OpenFile(descriptor: descriptor, path: path) }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }
}
