// The pages of exports that memory can't hold beside what is made of them, given back once they have been read.
// Invariant: what is read stays the same; only where it comes from, if somebody reads it again, may not.
// Load: exports larger than half of the machine's memory; without this they push the staged records out of it, which
// matching reads next.

import Files
import Glibc
import Values

/// What has been read of one file, or of a part of one.
struct PassedPages {
  private let file: InputFile
  private var start: Int

  /// So much is given back at once.
  private static let stepBytes = 8 << 20

  /// - Parameters:
  ///   - start: where reading begins in the file.
  ///   - total: the bytes of all exports.
  /// - Returns: nil where memory has room for them, or the file can't be opened for this.
  init?(of path: String, from start: Int, exportBytes total: Int, memoryBytes: Int = Self.machineBytes) {
    guard total > memoryBytes / 2, let file = try? InputFile(path) else { return nil }
    self.file = file
    self.start = start
  }

  /// Everything before `offset` has been read.
  ///
  /// - Parameter isLast: nothing is read behind it.
  mutating func pass(_ offset: Int, isLast: Bool = false) {
    guard isLast ? offset > start : offset - start >= Self.stepBytes else { return }
    file.letGo(of: start..<offset)
    start = offset
  }

  /// The memory of this machine.
  private static let machineBytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
}
