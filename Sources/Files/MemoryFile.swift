// A file in memory only: decrypted content, for a reader that needs a path.
// Invariant: its bytes exist only in this process's memory and are gone when the process ends.
// Load: a facility's table of people, some megabytes.

import CSync
import Glibc
package import Values

/// A file in memory, written from front to back and then read by its path.
package final class MemoryFile: Sendable {
  private let descriptor: Int32

  package init() throws(Stop) {
    descriptor = cardlink_memory_file()
    guard descriptor >= 0 else { throw .cannotCreate("a file in memory", errno) }
  }

  /// The path that opens it, in this process only.
  package var path: String { "/proc/self/fd/\(descriptor)" }

  package func append(_ bytes: Span<UInt8>) throws(Stop) {
    let file = OpenFile(descriptor: descriptor, path: path)
    if let failure = unsafe bytes.withUnsafeBytes({ unsafe file.write($0) }) { throw failure }
  }

  deinit { close(descriptor) }
}
