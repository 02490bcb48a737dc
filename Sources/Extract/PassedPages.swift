// Drops exports from the page cache as they are read, when they exceed half of RAM.
// Load: otherwise they would push the staged records, which the match reads next, out of the cache.

import Files
import Glibc

/// The pages already read of one file, or of a part of one.
struct PassedPages {
  private let file: InputFile
  private var start: Int

  /// How much is dropped at once.
  private static let stepBytes = 8 << 20

  /// - Parameters:
  ///   - start: where reading begins in the file.
  ///   - total: the bytes of all exports.
  /// - Returns: nil if memory has room for them, or the file can't be opened for this.
  init?(of path: String, from start: Int, exportBytes total: Int, memoryBytes: Int = Self.machineBytes) {
    guard total > memoryBytes / 2, let file = try? InputFile(path) else { return nil }
    self.file = file
    self.start = start
  }

  /// Drops the pages before `offset`, which have been read.
  ///
  /// - Parameter isLast: no more of the file is read.
  mutating func pass(_ offset: Int, isLast: Bool = false) {
    guard isLast ? offset > start : offset - start >= Self.stepBytes else { return }
    file.letGo(of: start..<offset)
    start = offset
  }

  /// The memory of this machine.
  private static let machineBytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
}
