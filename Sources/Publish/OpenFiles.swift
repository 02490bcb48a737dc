// Limits how many files publishing has open. Every thread reads all sorted runs, of this publication and the
// one before.
// Invariant: all threads together stay below the limit of the process; if one thread alone would exceed it,
// runs are first merged into fewer.
// Load: a country's people in 128 MiB a thread leave a hundred runs; the usual limit of 1024 files allows
// four threads.

import Glibc

struct OpenFiles: Sendable {
  /// Files that may be open for reading runs and writing packages.
  private let budget: Int
  /// The log, the lock, the store and whatever else the process has open.
  private static let elsewhere = 24
  /// What a thread has open besides the runs: a package in all formats, or its archive.
  private static let ofPackage = 9

  /// - Parameter limit: how many files the process may have open; nil for the system's limit.
  init(limit: Int?) {
    var limits = rlimit()
    var known = limit ?? 1024
    if limit == nil, unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 {
      known = Int(min(limits.rlim_cur, 1 << 20))
    }
    budget = max(16, known - Self.elsewhere)
  }

  /// The most runs that one publication may leave: half of what one thread may read, since the next
  /// publication reads them too.
  var mostRuns: Int { max(2, (budget - Self.ofPackage) / 2) }

  /// How many threads may write packages at once, each reading `runs` runs.
  func width(_ threads: Int, reading runs: Int) -> Int {
    max(1, min(threads, budget / (runs + Self.ofPackage)))
  }
}
