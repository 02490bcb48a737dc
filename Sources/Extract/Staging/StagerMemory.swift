// The memory of a stager, which the next stager takes over, so that the kernel need not find and clear new pages.

import SortedRuns

/// Only one stager at a time uses it, on any thread.
package final class StagerMemory: @unchecked Sendable {
  var records = SorterMemory()
  var legacy = SorterMemory()
  var quarantine = SorterMemory()

  package init() {}
}
