// Memory that grows at its end, for loops that can't afford an array's checks.
// Invariant: growing keeps the content; there is one owner.
// Load: up to a gigabyte. The kernel moves large blocks page by page instead of copying them.

import Glibc

@safe struct GrowingMemory: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer
  private var capacity: Int
  var count = 0

  init() {
    capacity = 4096
    unsafe base = unsafe Self.grown(nil, to: capacity)
  }

  deinit { unsafe free(base) }

  /// Makes room for `more` bytes after `count`.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if count + more > capacity { grow(to: count + more) }
  }

  private mutating func grow(to needed: Int) {
    capacity = max(needed, capacity * 2)
    unsafe base = unsafe Self.grown(base, to: capacity)
  }

  private static func grown(_ old: UnsafeMutableRawPointer?, to byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = unsafe realloc(old, byteCount) else { fatalError("out of memory: \(byteCount) bytes") }
    return unsafe memory
  }
}

/// The memory of a sorter, lent to the next one so that the kernel need not find and clear new pages.
package struct SorterMemory: ~Copyable {
  var records = GrowingMemory()
  var index = GrowingMemory()

  package init() {}

  /// Takes over another one's memory and leaves it empty.
  package init(taking other: inout SorterMemory) {
    swap(&records, &other.records)
    swap(&index, &other.index)
  }
}
