// How many files publishing may have open: every thread reads all sorted runs, tonight's and those of the night before.
// Invariant: with what a thread writes, all threads together stay below the limit of the process; where one thread alone
// wouldn't, runs are merged into fewer before.
// Load: a country's people in 128 MiB a thread leave a hundred runs; 1024 files, the usual limit, are enough for four threads.

import Glibc

struct OpenFiles: Sendable {
  /// Files that may be opened for reading runs and writing packages.
  private let budget: Int
  /// The log, the lock, the store and what else the process has open.
  private static let elsewhere = 24
  /// What a thread has open beside the runs: a package in all formats, or its archive.
  private static let ofPackage = 8

  /// - Parameter limit: how many files the process may have open; nil for what the system says.
  init(limit: Int?) {
    var limits = rlimit()
    var known = limit ?? 1024
    if limit == nil, unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 {
      known = Int(min(limits.rlim_cur, 1 << 20))
    }
    budget = max(16, known - Self.elsewhere)
  }

  /// The most runs that one publication may leave: half of what a single thread may read, for the next publication reads
  /// them beside its own.
  var mostRuns: Int { max(2, (budget - Self.ofPackage) / 2) }

  /// How many threads may write packages at once, each reading so many runs.
  func width(_ threads: Int, reading runs: Int) -> Int {
    max(1, min(threads, budget / (runs + Self.ofPackage)))
  }
}
