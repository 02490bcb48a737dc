// Syncs finished runs to disk while the stage writes others.
// Invariant: when ``RunSync/wait()`` returns, every added run is on disk; a run is not removed or renamed
// before.
// Load: some dozen runs of some ten MiB in a stage, each synced on its own thread while the cores sort the
// next.

import Files
import Synchronization
import Threads
package import Values

/// Syncs the runs of one folder.
package final class RunSync: Sendable {
  private let folder: String
  private let syncing = Mutex<[Background<Void>]>([])

  package init(folder: String) { self.folder = folder }

  /// Starts to sync finished runs, and returns at once.
  package func add(_ runs: [SortedRun]) {
    guard !runs.isEmpty else { return }
    let some = Background { [folder] () throws(Stop) in
      for run in runs { _ = try Folder.syncFile(folder + "/" + run.name) }
    }
    syncing.withLock { $0.append(some) }
  }

  /// Waits until all runs are on disk.
  /// - Throws: ``Stop`` if a sync failed.
  package func wait() throws(Stop) { for some in syncing.withLock({ $0 }) { try some.value() } }

  /// Waits until all threads have stopped, for a stage that ends early.
  package func abandon() { for some in syncing.withLock({ $0 }) { _ = try? some.value() } }
}
