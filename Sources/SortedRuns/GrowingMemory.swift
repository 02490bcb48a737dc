// Memory that grows at its end, for loops that can't pay for an array's checks.
// Invariant: what was written stays when it grows; it has one owner.
// Load: up to a gigabyte; large blocks are moved by the kernel, page by page, not copied.

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

/// The memory of a sorter, for the next one when it is done: so the kernel need not find and clear its pages anew.
package struct SorterMemory: ~Copyable {
  var records = GrowingMemory()
  var index = GrowingMemory()

  package init() {}

  /// Takes over what another one has and leaves it empty.
  package init(taking other: inout SorterMemory) {
    swap(&records, &other.records)
    swap(&index, &other.index)
  }
}
