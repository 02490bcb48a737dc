// Continues a file that another library has begun: appends pages, and overwrites bytes in place.
// Invariant: every write and close is checked. A page has one number and is written once. The page that the
// library never uses is never appended. No other process has the file open meanwhile.
// Load: a store of some ten gigabytes, to which a few threads append, a mebibyte with each write.

import Glibc
import Synchronization
package import Values

/// An existing file of whole pages, open for appending and patching.
///
/// Several threads may append, and get page numbers in no fixed order.
package final class PagedFile: Sendable {
  package let path: String
  package let pageBytes: Int
  /// How many pages the file has, including those being written.
  private let pages: Mutex<Int>
  /// The page that the library never uses; it stays zero.
  private let unusedPage: Int?
  private let descriptor: Int32
  private let isClosed = Atomic<Bool>(false)

  /// Opens a file.
  ///
  /// - Parameter unusedPage: the number of a page that is never appended; pages count from 1.
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if it can't be opened or doesn't end with a whole page.
  package init(_ path: String, pageBytes: Int, unusedPage: Int? = nil) throws(Stop) {
    self.path = path
    self.pageBytes = pageBytes
    self.unusedPage = unusedPage
    try Faults.pass(.create, path)
    descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writeFailed(path, errno) }
    var info = stat()
    let isKnown = unsafe fstat(descriptor, &info) == 0
    let isWhole = isKnown && Int(info.st_size) % pageBytes == 0
    pages = Mutex(isWhole ? Int(info.st_size) / pageBytes : 0)
    guard isWhole else { throw .writeFailed(path, isKnown ? EIO : errno) }
  }

  package var pageCount: Int { pages.withLock { $0 } }

  /// Appends contiguous pages.
  ///
  /// - Parameter numbers: gets the number of each, in their order.
  package func append(pages bytes: UnsafeRawBufferPointer, _ numbers: inout [UInt32]) throws(Stop) {
    precondition(bytes.count % pageBytes == 0)
    let count = bytes.count / pageBytes
    guard count > 0 else { return }
    let first = take(count)
    var before = count  // how many of these come before the unused page
    if let unusedPage, first <= unusedPage, unusedPage < first + count { before = unusedPage - first }
    let split = before * pageBytes
    try unsafe write(unsafe UnsafeRawBufferPointer(rebasing: bytes[..<split]), from: first)
    try unsafe write(unsafe UnsafeRawBufferPointer(rebasing: bytes[split...]), from: first + before + 1)
    for i in 0..<count { numbers.append(UInt32(first + i + (i < before ? 0 : 1))) }
  }

  /// Appends a page.
  /// - Returns: its number; pages count from 1.
  package func append(page: UnsafeRawBufferPointer) throws(Stop) -> UInt32 {
    precondition(page.count == pageBytes)
    var numbers: [UInt32] = []
    try unsafe append(pages: page, &numbers)
    return numbers[0]
  }

  /// Reserves `count` page numbers, and one more if the unused page is among them.
  /// - Returns: the first.
  private func take(_ count: Int) -> Int {
    pages.withLock { pages in
      let first = pages + 1
      pages += count
      if let unusedPage, first <= unusedPage, unusedPage <= pages { pages += 1 }
      return first
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, from page: Int) throws(Stop) {
    guard unsafe !bytes.isEmpty else { return }
    if let failure = unsafe file.write(bytes, at: (page - 1) * pageBytes) { throw failure }
  }

  /// Overwrites bytes at an offset, all in pages that existed when the file was opened.
  package func overwrite(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(Stop) {
    if let failure = unsafe file.write(bytes, at: offset) { throw failure }
  }

  /// Bytes as the file has them.
  package func bytes(at offset: Int, count: Int) throws(Stop) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let failure = unsafe bytes.withUnsafeMutableBytes { unsafe file.read(at: offset, into: $0) }
    if let failure { throw failure }
    return bytes
  }

  /// Syncs what was appended so far.
  package func sync() throws(Stop) { if let failure = file.sync() { throw failure } }

  /// Closes the file without a sync, after the last append.
  package func close() throws(Stop) {
    isClosed.store(true, ordering: .relaxed)
    if let failure = file.close() { throw failure }
  }

  private var file: OpenFile { OpenFile(descriptor: descriptor, path: path) }

  deinit { if descriptor >= 0, !isClosed.load(ordering: .relaxed) { Glibc.close(descriptor) } }
}
