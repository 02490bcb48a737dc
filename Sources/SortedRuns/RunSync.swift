// Syncs whole runs to disk while the stage makes others.
// Invariant: once ``RunSync/wait()`` has returned, the disk has every run that was added; a run is not removed or
// renamed before.
// Load: some dozen runs of some ten MiB in a stage, each synced on a thread of its own while the cores sort the next.

import Files
import Synchronization
import Threads
package import Values

/// Syncs the runs of one folder.
package final class RunSync: Sendable {
  private let folder: String
  private let syncing = Mutex<[Background<Void>]>([])

  package init(folder: String) { self.folder = folder }

  /// Begins to sync runs that are whole, and returns at once.
  package func add(_ runs: [SortedRun]) {
    guard !runs.isEmpty else { return }
    let some = Background { [folder] () throws(Stop) in
      for run in runs { _ = try Folder.syncFile(folder + "/" + run.name) }
    }
    syncing.withLock { $0.append(some) }
  }

  /// Waits until the disk has all of them.
  /// - Throws: ``Stop`` if it doesn't get one.
  package func wait() throws(Stop) { for some in syncing.withLock({ $0 }) { try some.value() } }

  /// Waits until no thread is at work on them, for a stage that ends early.
  package func abandon() { for some in syncing.withLock({ $0 }) { _ = try? some.value() } }
}
